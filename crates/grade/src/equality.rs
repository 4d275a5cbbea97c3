//! Equality of values.

use std::cmp::Ordering;

use crate::fingerprint::Fingerprint;
use crate::line;
use crate::token::Relation;
use crate::value::{Clock, Decimal, End, Scalar, Value};

/// Digits after which a decimal that agrees with an irrational or periodic value is that value written out;
/// fewer are an approximation, which is a different number.
const LONG_DECIMAL: u32 = 10;

/// Whether two values are the same answer; symmetric.
pub(crate) fn same(a: &Value, b: &Value) -> bool {
    // Patterns between values of one kind are symmetric; trying both directions would double at every level.
    one_way(a, b) || std::mem::discriminant(a) != std::mem::discriminant(b) && one_way(b, a)
}

/// The cases with `a` as the first-named kind.
fn one_way(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Scalar(a), Value::Scalar(b)) => scalars(a, b),
        (Value::Based { digits, base }, Value::Based { digits: other, base: other_base }) => {
            digits == other && base == other_base
        }
        // The question names the base; a bare numeral is read in it, never converted.
        (Value::Based { digits, .. }, Value::Scalar(scalar)) => {
            matches!(&scalar.value, Fingerprint::Exact(value) if value.to_string() == *digits)
        }
        (
            Value::Named { value, equation, name },
            Value::Named { value: other, equation: other_equation, name: other_name },
        ) => {
            let equations = match (equation, other_equation) {
                (Some(a), Some(b)) => a.ratio_sign(b).is_some(),
                _ => false,
            };
            equations || (name == other_name && same(value, other))
        }
        (Value::Named { equation: Some(equation), .. }, Value::Relation { difference, relation, .. }) => {
            let difference = difference.as_ref();
            *relation == Relation::Equal
                && difference.is_some_and(|difference| equation.ratio_sign(difference).is_some())
        }
        (Value::Named { value, .. }, other) if !matches!(other, Value::Relation { .. }) => same(value, other),
        (
            Value::Relation { difference, relation, .. },
            Value::Relation { difference: other, relation: other_relation, .. },
        ) => {
            let sign = difference.as_ref().zip(other.as_ref()).and_then(|(a, b)| a.ratio_sign(b));
            relation == other_relation
                && match relation {
                    Relation::Equal | Relation::NotEqual => sign.is_some(),
                    _ => sign == Some(Ordering::Greater),
                }
        }
        (Value::List(a), Value::List(b)) if labelled(a) != labelled(b) => in_order(a, b),
        (Value::List(a), Value::List(b))
        | (Value::Set(a), Value::List(b) | Value::Set(b))
        | (Value::Intersection(a), Value::Intersection(b)) => members(a, b),
        (Value::List(a) | Value::Set(a), Value::Scalar(_)) => a.len() == 1 && same(&a[0], b),
        (Value::List(a) | Value::Tuple(a), Value::Tuple(b)) => in_order(a, b),
        (Value::Difference(a), Value::Difference(b)) if in_order(a, b) => true,
        (Value::Ratio { parts: a, clock }, Value::Ratio { parts: b, clock: other }) => match (clock, other) {
            (Clock::No, Clock::No) => ratios(a, b),
            // `7:05` is not `7:5`.
            _ => (*clock == Clock::Yes) == (*other == Clock::Yes) && in_order(a, b),
        },
        (Value::Tuple(a), Value::Interval { low, high, .. }) => {
            matches!(a.as_slice(), [first, second] if open_at(low, first) && open_at(high, second))
        }
        (Value::Tuple(a), Value::Matrix(rows)) => {
            // A column vector; a row is a different matrix but the same list of coordinates.
            let entries: Vec<_> = rows.iter().flatten().cloned().collect();
            (rows.len() == 1 || rows.iter().all(|row| row.len() == 1)) && in_order(a, &entries)
        }
        (Value::Matrix(a), Value::Matrix(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| in_order(a, b))
        }
        (
            Value::Interval { low, high, variable },
            Value::Interval { low: other_low, high: other_high, variable: other_variable },
        ) => {
            let names = variable.is_none() || other_variable.is_none() || variable == other_variable;
            names && ends(low, other_low) && ends(high, other_high)
        }
        (
            Value::Union(_) | Value::Difference(_),
            Value::Union(_) | Value::Difference(_) | Value::Interval { .. },
        ) => {
            let (a, b) = (line::parts(a), line::parts(b));
            // A difference that is still one could not be worked out, and would come back here.
            let done = !a.iter().chain(&b).any(|part| matches!(part, Value::Difference(_) | Value::Union(_)));
            done && members(&a, &b)
        }
        (Value::Text(a), Value::Text(b)) => a == b,
        _ => false,
    }
}

/// Whether each part says what it is: `x = 3, y = 5`, "23 chickens and 12 rabbits". Beside bare numbers these have
/// an order.
fn labelled(parts: &[Value]) -> bool {
    let label = |part: &Value| match part {
        Value::Named { name, .. } => Some(name.clone()),
        Value::Scalar(scalar) => scalar.measure.as_ref().and_then(|measure| measure.noun.clone()),
        _ => None,
    };
    let labels: Option<Vec<_>> = parts.iter().map(label).collect();
    labels.is_some_and(|labels| {
        labels.len() > 1 && (1..labels.len()).all(|at| !labels[..at].contains(&labels[at]))
    })
}

pub(crate) fn in_order(a: &[Value], b: &[Value]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
}

/// Equal as sets: each member of one is in the other.
pub(crate) fn members(a: &[Value], b: &[Value]) -> bool {
    let within = |a: &[Value], b: &[Value]| a.iter().all(|a| b.iter().any(|b| same(a, b)));
    within(a, b) && within(b, a)
}

fn ends(a: &End, b: &End) -> bool {
    a.closed == b.closed
        && match (&a.value, &b.value) {
            (Some(a), Some(b)) => same(a, b),
            (None, None) => true,
            _ => false,
        }
}

fn open_at(end: &End, value: &Value) -> bool {
    !end.closed && end.value.as_ref().is_some_and(|end| same(end, value))
}

/// `1:2:3` and `2:4:6`, `1:\sqrt3` and `\sqrt3:3`: each pair of parts in the same proportion as the first.
fn ratios(a: &[Value], b: &[Value]) -> bool {
    let value = |value: &Value| match value {
        Value::Scalar(scalar) => Some(scalar.value.clone()),
        _ => None,
    };
    let values = |parts: &[Value]| parts.iter().map(value).collect::<Option<Vec<_>>>();
    if a.len() != b.len() {
        return false;
    }
    let (Some(a_values), Some(b_values)) = (values(a), values(b)) else { return in_order(a, b) };
    // Nothing is in proportion to zero.
    if a_values.iter().chain(&b_values).any(Fingerprint::is_zero) {
        return in_order(a, b);
    }
    let pairs = || a_values.iter().zip(&b_values);
    pairs().skip(1).all(|(x, y)| x.proportional(y, &a_values[0], &b_values[0])) || in_order(a, b)
}

fn scalars(a: &Scalar, b: &Scalar) -> bool {
    if a.letter.is_some() && a.letter == b.letter {
        return true;
    }
    if (a.spelled || b.spelled) && a.measure.is_some() && b.measure.is_some() {
        return false;
    }
    let (Some(a_measure), Some(b_measure)) = (&a.measure, &b.measure) else {
        return quantities(a, b) || degrees(a, b) || degrees(b, a) || letters(a, b) || letters(b, a);
    };
    let (Some(first), Some(second)) = (&a_measure.unit, &b_measure.unit) else { return quantities(a, b) };
    if first.kinds != second.kinds {
        return false;
    }
    if first.size == second.size {
        return quantities(a, b);
    }
    match (&a.value, &b.value) {
        (Fingerprint::Exact(a), Fingerprint::Exact(b)) => a * &first.size == b * &second.size,
        _ => false,
    }
}

/// `90^\circ` and `\frac{\pi}{2}`.
fn degrees(angle: &Scalar, radians: &Scalar) -> bool {
    let unit = angle.measure.as_ref().and_then(|measure| measure.unit.as_ref());
    unit.is_some_and(|unit| unit.is("degree"))
        && radians.measure.is_none()
        && angle.value.is_degrees_of(&radians.value)
}

/// `1 km` and `1000 m`, where the letter would be a variable by itself.
fn letters(quantity: &Scalar, letters: &Scalar) -> bool {
    let unit = quantity.measure.as_ref().and_then(|measure| measure.unit.as_ref());
    let (Some(unit), Some(lettered), Fingerprint::Exact(value)) = (unit, &letters.lettered, &quantity.value)
    else {
        return false;
    };
    unit.kinds == lettered.unit.kinds && value * &unit.size == &lettered.value * &lettered.unit.size
}

fn quantities(a: &Scalar, b: &Scalar) -> bool {
    if a.value.same(&b.value) {
        return true;
    }
    match (&a.decimal, &b.decimal) {
        (Some(a), Some(b)) if a.places != b.places => {
            let (short, long) = if a.places < b.places { (a, b) } else { (b, a) };
            is_long(short) && Fingerprint::Exact(long.value.clone()).rounds_to(&short.value, short.places)
        }
        (Some(decimal), None) => is_long(decimal) && b.value.rounds_to(&decimal.value, decimal.places),
        (None, Some(decimal)) => is_long(decimal) && a.value.rounds_to(&decimal.value, decimal.places),
        _ => false,
    }
}

fn is_long(decimal: &Decimal) -> bool {
    decimal.significant >= LONG_DECIMAL && decimal.places >= LONG_DECIMAL / 2
}
