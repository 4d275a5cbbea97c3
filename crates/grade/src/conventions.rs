//! What mathematics leaves open: whether a unit may be left out, whether a rounding counts, and so on.
//!
//! | name | default | what it accepts |
//! |---|---|---|
//! | `units-optional` | on | `12 cm` and `12`; two units must agree all the same |
//! | `currency-optional` | on | `\$12` and `12` |
//! | `percent-optional` | on | `12\%` and `12` |
//! | `degree-optional` | on | `12^\circ` and `12` |
//! | `lhs-optional` | on | `x = 5` and `5`, `f(x) = x^2` and `x^2`, `m+n = 36` for `36` |
//! | `unordered-list` | on | `1, 2` and `2, 1`; tuples keep their order in any case |
//! | `set-braces-optional` | on | `1, 2` and `\{1, 2\}` |
//! | `interval-vs-inequality` | on | `(1,2)` and `1 < x < 2` |
//! | `vector-as-tuple` | on | a column and `(1, 2)` |
//! | `base-optional` | on | `52_8` and `52`, read in the base of the question |
//! | `decimal-comma` | on | `2,74` and `2.74` |
//! | `choice-words-optional` | on | `B` and `(B) 12` |
//! | `tuple-as-set` | off | `(1, 2)` and `\{2, 1\}` |
//! | `base-converted` | off | `52_8` and `42` |
//! | `rounded-value` | off | `0.33` for `\frac13`: a decimal with at least two digits that rounds the gold answer |
//! | `float-tolerance` | off | decimals within a thousandth of the gold answer |
//! | `percent-as-share` | off | `25\%` and `\frac14` |
//!
//! Always: values count and not their form (`\frac{6}{4}`, `1.5`, `\sqrt{117}` for `3\sqrt{13}`, `9 \cdot 1`), a
//! calculation is what it arrives at, words and letters of a choice have no case, stops and spaces say nothing.

use std::fmt;
use std::str::FromStr;

use crate::equality;
use crate::fingerprint::Fingerprint;
use crate::value::{Scalar, Value};
use crate::{Answer, correct, parser};

/// A decision that mathematics leaves open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the table above explains each")]
pub enum Convention {
    UnitsOptional,
    CurrencyOptional,
    PercentOptional,
    DegreeOptional,
    LhsOptional,
    UnorderedList,
    SetBracesOptional,
    IntervalVsInequality,
    VectorAsTuple,
    BaseOptional,
    DecimalComma,
    ChoiceWordsOptional,
    TupleAsSet,
    BaseConverted,
    RoundedValue,
    FloatTolerance,
    PercentAsShare,
}

use Convention as C;

impl Convention {
    /// All of them with their names and defaults, in the order of the table.
    pub const ALL: [(Self, &'static str, bool); 17] = [
        (C::UnitsOptional, "units-optional", true),
        (C::CurrencyOptional, "currency-optional", true),
        (C::PercentOptional, "percent-optional", true),
        (C::DegreeOptional, "degree-optional", true),
        (C::LhsOptional, "lhs-optional", true),
        (C::UnorderedList, "unordered-list", true),
        (C::SetBracesOptional, "set-braces-optional", true),
        (C::IntervalVsInequality, "interval-vs-inequality", true),
        (C::VectorAsTuple, "vector-as-tuple", true),
        (C::BaseOptional, "base-optional", true),
        (C::DecimalComma, "decimal-comma", true),
        (C::ChoiceWordsOptional, "choice-words-optional", true),
        (C::TupleAsSet, "tuple-as-set", false),
        (C::BaseConverted, "base-converted", false),
        (C::RoundedValue, "rounded-value", false),
        (C::FloatTolerance, "float-tolerance", false),
        (C::PercentAsShare, "percent-as-share", false),
    ];
}

/// Which conventions hold. Written as `units-optional=off,rounded-value`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conventions(u32);

impl Default for Conventions {
    fn default() -> Self {
        Convention::ALL.iter().fold(Self(0), |all, (convention, _, on)| all.with(*convention, *on))
    }
}

impl Conventions {
    /// The same, with one of them on or off.
    #[must_use]
    pub fn with(self, convention: Convention, on: bool) -> Self {
        let bit = 1 << convention as u32;
        Self(if on { self.0 | bit } else { self.0 & !bit })
    }

    /// Whether it holds.
    pub fn has(self, convention: Convention) -> bool {
        self.0 & 1 << convention as u32 != 0
    }
}

/// A convention that does not exist, or a setting that is neither on nor off.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is no convention; there are {}", Names)]
pub struct ConventionError {
    /// What was given.
    pub given: String,
}

struct Names;

impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = Convention::ALL.iter().map(|(_, name, _)| *name).collect();
        write!(f, "{} (each with `=on` or `=off`)", names.join(", "))
    }
}

impl FromStr for Conventions {
    type Err = ConventionError;

    fn from_str(text: &str) -> Result<Self, ConventionError> {
        text.split(',').map(str::trim).filter(|part| !part.is_empty()).try_fold(
            Self::default(),
            |all, part| {
                let (name, setting) = part.split_once('=').unwrap_or((part, "on"));
                let name = name.trim().replace('_', "-");
                let known = Convention::ALL.iter().find(|(_, known, _)| *known == name);
                match (known, setting.trim()) {
                    (Some((convention, ..)), "on") => Ok(all.with(*convention, true)),
                    (Some((convention, ..)), "off") => Ok(all.with(*convention, false)),
                    _ => Err(ConventionError { given: part.to_owned() }),
                }
            },
        )
    }
}

/// As [`correct`], under conventions of one's own.
pub fn correct_under(conventions: Conventions, gold: &Answer, prediction: &Answer) -> bool {
    if conventions == Conventions::default() {
        return correct(gold, prediction);
    }
    let rests_on = |convention| !conventions.has(convention) && needs(convention, gold, prediction);
    let allowed = Convention::ALL
        .iter()
        .filter(|(.., default)| *default)
        .all(|(convention, ..)| !rests_on(*convention));
    if allowed && correct(gold, prediction) {
        return true;
    }
    let adds = |convention| conventions.has(convention) && accepts(convention, gold, prediction);
    Convention::ALL.iter().filter(|(.., default)| !default).any(|(convention, ..)| adds(*convention))
}

/// Whether one of the two has what the convention lets go, and the other has not.
fn needs(convention: Convention, gold: &Answer, prediction: &Answer) -> bool {
    match convention {
        C::DecimalComma => gold.decimal_comma().is_some() != prediction.decimal_comma().is_some(),
        C::ChoiceWordsOptional => {
            let alone = |answer: &Answer| answer.choice().map(|choice| choice.alone);
            matches!((alone(gold), alone(prediction)), (Some(a), Some(b)) if a != b)
        }
        C::UnorderedList => match (gold.value(), prediction.value()) {
            (Some(Value::List(a)), Some(Value::List(b) | Value::Set(b)))
            | (Some(Value::Set(a)), Some(Value::List(b))) => !equality::in_order(a, b),
            _ => false,
        },
        _ => {
            let has = |answer: &Answer| {
                answer.value().is_some_and(|value| any(value, &|value| marks(convention, value)))
            };
            has(gold) != has(prediction)
        }
    }
}

const MONEY: [&str; 5] = ["money", "pounds sterling", "euros", "yen", "rupees"];

/// Whether a value carries what the convention lets go.
fn marks(convention: Convention, value: &Value) -> bool {
    let of_kind = |scalar: &Scalar, kinds: &[&str]| {
        let unit = scalar.measure.as_ref().and_then(|measure| measure.unit.as_ref());
        unit.is_some_and(|unit| kinds.iter().any(|kind| unit.is(kind)))
    };
    match (convention, value) {
        (C::UnitsOptional, Value::Scalar(scalar)) => {
            let special = of_kind(scalar, &MONEY) || of_kind(scalar, &["percent", "degree"]);
            scalar.measure.is_some() && !special
        }
        (C::CurrencyOptional, Value::Scalar(scalar)) => of_kind(scalar, &MONEY),
        (C::PercentOptional, Value::Scalar(scalar)) => of_kind(scalar, &["percent"]),
        (C::DegreeOptional, Value::Scalar(scalar)) => of_kind(scalar, &["degree"]),
        (C::LhsOptional, Value::Named { .. } | Value::Relation { .. })
        | (C::SetBracesOptional, Value::Set(_))
        | (C::IntervalVsInequality, Value::Interval { variable: Some(_), .. })
        | (C::VectorAsTuple, Value::Matrix(_))
        | (C::BaseOptional, Value::Based { .. }) => true,
        _ => false,
    }
}

fn any(value: &Value, test: &impl Fn(&Value) -> bool) -> bool {
    let within = |parts: &[Value]| parts.iter().any(|part| any(part, test));
    test(value)
        || match value {
            Value::List(parts)
            | Value::Tuple(parts)
            | Value::Set(parts)
            | Value::Union(parts)
            | Value::Intersection(parts)
            | Value::Difference(parts)
            | Value::Ratio { parts, .. } => within(parts),
            Value::Named { value, .. } => any(value, test),
            _ => false,
        }
}

/// Whether a convention that is off by default makes the prediction right.
fn accepts(convention: Convention, gold: &Answer, prediction: &Answer) -> bool {
    let (Some(gold), Some(prediction)) = (gold.value(), prediction.value()) else { return false };
    match (convention, gold, prediction) {
        (C::TupleAsSet, Value::Tuple(a), Value::Set(b)) | (C::TupleAsSet, Value::Set(b), Value::Tuple(a)) => {
            equality::members(a, b)
        }
        (C::BaseConverted, Value::Based { digits, base }, Value::Scalar(scalar))
        | (C::BaseConverted, Value::Scalar(scalar), Value::Based { digits, base }) => {
            let value = parser::in_base(digits, &num_rational::BigRational::from_integer((*base).into()));
            value.and_then(|value| Fingerprint::of(&value)).is_some_and(|value| value.same(&scalar.value))
        }
        (C::RoundedValue, Value::Scalar(gold), Value::Scalar(prediction)) => {
            let decimal = prediction.decimal.as_ref().filter(|decimal| decimal.significant >= 2);
            let value = gold.value.as_f64().zip(prediction.value.as_f64());
            decimal.zip(value).is_some_and(|(decimal, (gold, said))| {
                (gold - said).abs() <= 0.500_001 * 10_f64.powi(-(decimal.places as i32))
            })
        }
        (C::FloatTolerance, Value::Scalar(gold), Value::Scalar(prediction)) => {
            let values = gold.value.as_f64().zip(prediction.value.as_f64());
            prediction.decimal.is_some()
                && values.is_some_and(|(gold, said)| (gold - said).abs() <= 1e-3 * gold.abs())
        }
        (C::PercentAsShare, Value::Scalar(a), Value::Scalar(b)) => share(a, b) || share(b, a),
        (_, Value::Tuple(a), Value::Tuple(b)) | (_, Value::List(a), Value::List(b)) => each(convention, a, b),
        _ => false,
    }
}

fn each(convention: Convention, gold: &[Value], prediction: &[Value]) -> bool {
    let accepted = |(gold, said): (&Value, &Value)| {
        let answer = |value: &Value| Answer::of(value.clone());
        equality::same(gold, said) || accepts(convention, &answer(gold), &answer(said))
    };
    gold.len() == prediction.len() && gold.iter().zip(prediction).all(accepted)
}

/// `25\%` and `\frac14`.
fn share(percentage: &Scalar, share: &Scalar) -> bool {
    let unit = percentage.measure.as_ref().and_then(|measure| measure.unit.as_ref());
    match (&percentage.value, &share.value) {
        (Fingerprint::Exact(percentage), Fingerprint::Exact(value)) => {
            unit.is_some_and(|unit| unit.is("percent"))
                && share.measure.is_none()
                && *percentage == value * num_rational::BigRational::from_integer(100.into())
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(conventions: &str, expected: bool, pairs: &[(&str, &str)]) {
        let conventions = conventions.parse().unwrap();
        for (gold, prediction) in pairs {
            let (a, b) = (Answer::parse(gold), Answer::parse(prediction));
            assert_eq!(correct_under(conventions, &a, &b), expected, "{gold} and {prediction}");
        }
    }

    #[test]
    fn each_convention_can_be_switched_off() {
        let pairs = [
            ("units-optional", "12 cm", "12"),
            ("currency-optional", r"\$12", "12"),
            ("percent-optional", r"12\%", "12"),
            ("degree-optional", r"12^\circ", "12"),
            ("lhs-optional", "x = 5", "5"),
            ("lhs-optional", "36", "m+n = 36"),
            ("unordered-list", "1, 2", "2, 1"),
            ("set-braces-optional", "1, 2", r"\{1, 2\}"),
            ("interval-vs-inequality", "(1,2)", "1 < x < 2"),
            ("vector-as-tuple", r"\begin{pmatrix}1\\2\end{pmatrix}", "(1,2)"),
            ("base-optional", "52_8", "52"),
            ("decimal-comma", "2.74", "2,74"),
            ("choice-words-optional", "B", "(B) 12"),
        ];
        for (name, gold, prediction) in pairs {
            check("", true, &[(gold, prediction)]);
            check(&format!("{name}=off"), false, &[(gold, prediction)]);
            check(&format!("{name}=off"), true, &[(gold, gold), (prediction, prediction)]);
        }
    }

    #[test]
    fn each_convention_can_be_switched_on() {
        let pairs = [
            ("tuple-as-set", "(1,2)", r"\{2,1\}"),
            ("base-converted", "52_8", "42"),
            ("rounded-value", r"\frac13", "0.33"),
            ("rounded-value", r"(\frac13, 1)", "(0.333, 1)"),
            ("float_tolerance", r"\frac13", "0.3333"),
            ("percent-as-share", r"25\%", r"\frac14"),
        ];
        for (name, gold, prediction) in pairs {
            check("", false, &[(gold, prediction)]);
            check(name, true, &[(gold, prediction)]);
        }
        check("rounded-value", false, &[(r"\frac13", "0.34"), (r"\frac13", "0.3"), ("2", "3")]);
    }

    #[test]
    fn unknown_conventions_are_named() {
        let error = "units".parse::<Conventions>().unwrap_err();
        assert!(error.to_string().starts_with("`units` is no convention; there are units-optional"));
        assert!("units-optional=perhaps".parse::<Conventions>().is_err());
    }
}
