//! Solving what is linear in one variable: `3 - 2x < 7`, `|x - 2| \le 3`.

use num_rational::BigRational;
use num_traits::{Signed, Zero};

use crate::exact::exact;
use crate::expression::{Expression, Function};
use crate::fingerprint::Fingerprint;
use crate::quantity;
use crate::token::Relation;
use crate::value::{End, Value};

/// `slope` times the variable, and the rest, which is constant. The slope is not zero.
pub(crate) struct Linear {
    pub(crate) name: String,
    slope: BigRational,
    rest: Expression,
}

impl Linear {
    /// `None` if the expression has no variable or several, or is not linear in it.
    pub(crate) fn of(expression: &Expression) -> Option<Self> {
        let mut name = None;
        let (slope, rest) = split(expression, &mut name)?;
        (!slope.is_zero()).then_some(Self { name: name?, slope, rest })
    }

    /// The value of the variable at which the whole takes `value`.
    fn solve(&self, value: &Expression) -> Option<Value> {
        let difference = value.clone().minus(self.rest.clone());
        let at = difference.over(Expression::Number(self.slope.clone()));
        Fingerprint::of(&at).filter(Fingerprint::is_constant).map(quantity::plain)
    }

    fn end(&self, value: Option<&Expression>, closed: bool) -> Option<End> {
        Some(match value {
            Some(value) => End { value: Some(Box::new(self.solve(value)?)), closed },
            None => End { value: None, closed: false },
        })
    }

    /// Where the whole lies between the two, each with whether it belongs.
    pub(crate) fn between(
        &self,
        low: Option<(&Expression, bool)>,
        high: Option<(&Expression, bool)>,
    ) -> Option<Value> {
        let end = |bound: Option<(&Expression, bool)>| {
            self.end(bound.map(|(value, _)| value), bound.is_some_and(|(_, closed)| closed))
        };
        let (low, high) = (end(low)?, end(high)?);
        let (low, high) = if self.slope.is_negative() { (high, low) } else { (low, high) };
        Some(Value::Interval { low, high, variable: Some(self.name.clone()) })
    }
}

/// The coefficient of the one variable and what is left.
fn split(expression: &Expression, name: &mut Option<String>) -> Option<(BigRational, Expression)> {
    if !expression.has_variable() {
        return Some((BigRational::zero(), expression.clone()));
    }
    match expression {
        Expression::Variable(variable) => {
            let known = name.get_or_insert_with(|| variable.clone());
            (known == variable).then(|| (BigRational::from_integer(1.into()), Expression::integer(0)))
        }
        Expression::Negative(one) => split(one, name).map(|(slope, rest)| (-slope, rest.negative())),
        Expression::Sum(parts) => {
            let mut sum = (BigRational::zero(), Vec::new());
            for part in parts {
                let (slope, rest) = split(part, name)?;
                sum.0 += slope;
                sum.1.push(rest);
            }
            Some((sum.0, Expression::Sum(sum.1)))
        }
        Expression::Product(factors) => {
            let mut varying = factors.iter().filter(|factor| factor.has_variable());
            let (one, None) = (varying.next()?, varying.next()) else { return None };
            let constant = factors.iter().filter(|factor| !factor.has_variable()).cloned().collect();
            let by = exact(&Expression::Product(constant))?;
            let (slope, rest) = split(one, name)?;
            Some((slope * &by, Expression::Product(vec![Expression::Number(by), rest])))
        }
        Expression::Quotient(above, below) => {
            let by = exact(below).filter(|below| !below.is_zero() && !expression_is_below(below))?;
            let (slope, rest) = split(above, name)?;
            Some((slope / &by, rest.over(Expression::Number(by))))
        }
        _ => None,
    }
}

/// Guards against slopes that nobody writes.
fn expression_is_below(value: &BigRational) -> bool {
    value.denom().bits() > 512 || value.numer().bits() > 512
}

/// The reals at which `left (sign) right` holds, if one side is constant or both are linear in one variable.
///
/// `2|x - 1| < 6` too: what stands in the bars is linear, and what stands before them a positive number.
pub(crate) fn solution(left: &Expression, sign: Relation, right: &Expression) -> Option<Value> {
    let (left, right, sign) = if matches!(sign, Relation::Greater | Relation::GreaterOrEqual) {
        (right, left, sign.mirrored())
    } else {
        (left, right, sign)
    };
    let closed = match sign {
        Relation::Less => false,
        Relation::LessOrEqual => true,
        _ => return None,
    };
    if let Some(inside) = in_bars(left).filter(|_| !right.has_variable()) {
        return (sign_of(right)? > 0.0)
            .then(|| inside.between(Some((&right.clone().negative(), closed)), Some((right, closed))))?;
    }
    if let Some(inside) = in_bars(right).filter(|_| !left.has_variable()) {
        let least = sign_of(left)?;
        if least < 0.0 || closed && least <= 0.0 {
            return None;
        }
        let below = inside.between(None, Some((&left.clone().negative(), closed)))?;
        return Some(Value::Union(vec![below, inside.between(Some((left, closed)), None)?]));
    }
    let difference = left.clone().minus(right.clone());
    Linear::of(&difference)?.between(None, Some((&Expression::integer(0), closed)))
}

fn in_bars(side: &Expression) -> Option<Linear> {
    match side {
        Expression::Call(Function::Absolute, inside) => Linear::of(inside),
        _ => None,
    }
}

fn sign_of(constant: &Expression) -> Option<f64> {
    Fingerprint::of(constant)?.as_f64()
}

#[cfg(test)]
mod tests {
    use crate::equal;

    #[track_caller]
    fn check(expected: bool, pairs: &[(&str, &str)]) {
        for (gold, prediction) in pairs {
            assert_eq!(equal(gold, prediction), expected, "{gold} and {prediction}");
            assert_eq!(equal(prediction, gold), expected, "{prediction} and {gold}");
        }
    }

    #[test]
    fn linear_inequalities_are_solved() {
        check(
            true,
            &[
                ("x > 3", "-x < -3"),
                ("x > 3", "2x > 6"),
                ("x \\le 1", "-x \\ge -1"),
                ("x < 4", "3 - x > -1"),
                ("x \\ge \\frac{\\sqrt 2}{2}", "2x \\ge \\sqrt{2}"),
                ("(-2, 2)", "-3 < 2x + 1 < 5"),
                ("[-1, 4)", "-4 < -x \\le 1"),
                ("x > 3", "x - 3 > 0"),
            ],
        );
        check(
            false,
            &[("x > 3", "-x < 3"), ("x > 3", "-x > -3"), ("x > 3", "-x \\le -3"), ("x < 4", "y < 4")],
        );
    }

    #[test]
    fn absolute_values_are_intervals() {
        check(
            true,
            &[
                ("(-1,1)", "|x| < 1"),
                ("[-1,5]", "|x - 2| \\le 3"),
                ("(-1,1)", "1 > |x|"),
                ("(-\\infty,-2) \\cup (2,\\infty)", "|x| > 2"),
                ("-1 < x < 1", "\\left|x\\right| < 1"),
                ("(-2, 1)", "|2x + 1| < 3"),
                ("(-1,0) \\cup (0,1)", "0 < |x| < 1"),
            ],
        );
        check(
            false,
            &[("(-1,1)", "|x| \\le 1"), ("(-1,1)", "|x| > 1"), ("(-1,1)", "|x| < 2"), ("(-1,1)", "|x| < -1")],
        );
    }

    #[test]
    fn conditions_at_once_are_intersected_and_alternatives_united() {
        check(
            true,
            &[
                ("(1,2) \\cup (2,3)", "1 < x < 3,\\ x \\ne 2"),
                ("(1,3)", "x > 1 \\text{ and } x < 3"),
                ("(1,3)", "x > 1, x < 3"),
                ("(-\\infty,1) \\cup (3,\\infty)", "x < 1 \\text{ or } x > 3"),
                ("(-\\infty,1) \\cup (3,\\infty)", "x < 1, x > 3"),
                ("(0,\\infty)", "x \\ge 0, x \\ne 0"),
            ],
        );
        check(
            false,
            &[
                ("(1,3)", "x > 1 \\text{ or } x < 3"),
                ("x > 0", "x > 0, y > 1"),
                ("(1,3)", "1 < x < 3,\\ x \\ne 2"),
                ("\\mathbb{R}", "x > 1, x < 3"),
            ],
        );
    }
}
