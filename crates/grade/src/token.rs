//! The vocabulary between typography and mathematics.

use std::fmt;

use num_bigint::BigInt;
use num_rational::BigRational;

use crate::expression::{Function, Several};
use crate::limits::LITERAL_DIGITS;

/// A number as written, without its separators.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Literal {
    pub(crate) whole: String,
    pub(crate) fraction: String,
    /// The digits under a bar: `0.1\overline{6}`.
    pub(crate) repeating: String,
    pub(crate) exponent: i32,
}

impl Literal {
    pub(crate) fn is_whole(&self) -> bool {
        self.fraction.is_empty() && self.repeating.is_empty() && self.exponent == 0
    }

    /// Digits from the first that is not zero.
    pub(crate) fn significant(&self) -> usize {
        match self.whole.trim_start_matches('0').len() {
            0 => self.fraction.trim_start_matches('0').len(),
            whole => whole + self.fraction.len(),
        }
    }

    /// The value of an ordinary number: up to eighteen digits, no period, no exponent.
    fn short_value(&self) -> Option<BigRational> {
        let places = self.fraction.len() as u32;
        if !self.repeating.is_empty() || self.exponent != 0 || self.whole.len() + self.fraction.len() > 18 {
            return None;
        }
        let digits = self.whole.bytes().chain(self.fraction.bytes());
        let all = digits.fold(0_i64, |value, digit| 10 * value + i64::from(digit - b'0'));
        if places == 0 {
            return Some(BigRational::from_integer(all.into()));
        }
        let shift = 10_i64.pow(places);
        let common = num_integer::gcd(all, shift);
        Some(BigRational::new_raw((all / common).into(), (shift / common).into()))
    }

    /// `None` if it has more digits than are worth computing with.
    pub(crate) fn value(&self) -> Option<BigRational> {
        if let Some(value) = self.short_value() {
            return Some(value);
        }
        let digits = self.whole.len() + self.fraction.len() + self.repeating.len();
        if digits > LITERAL_DIGITS || self.exponent.unsigned_abs() as usize > LITERAL_DIGITS {
            return None;
        }
        let all = format!("0{}{}{}", self.whole, self.fraction, self.repeating);
        let shift = BigInt::from(10).pow((self.fraction.len() + self.repeating.len()) as u32);
        let mut value = if self.repeating.is_empty() {
            BigRational::new(all.parse().ok()?, shift)
        } else {
            let head: BigInt = format!("0{}{}", self.whole, self.fraction).parse().ok()?;
            let nines = BigInt::from(10).pow(self.repeating.len() as u32) - 1;
            let period = BigInt::from(10).pow(self.fraction.len() as u32) * nines;
            BigRational::new(all.parse::<BigInt>().ok()? - head, period)
        };
        let power = BigInt::from(10).pow(self.exponent.unsigned_abs());
        if self.exponent < 0 {
            value /= power;
        } else {
            value *= power;
        }
        Some(value)
    }
}

/// Kinds of brackets. `Group` is the invisible TeX brace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bracket {
    Round,
    Square,
    Set,
    Group,
    Angle,
    Floor,
    Ceiling,
}

/// Relation signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Relation {
    Equal,
    /// The other side is a rounding of this one.
    Approximate,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Relation {
    /// The sign read from right to left.
    pub(crate) fn mirrored(self) -> Self {
        match self {
            Self::Less => Self::Greater,
            Self::LessOrEqual => Self::GreaterOrEqual,
            Self::Greater => Self::Less,
            Self::GreaterOrEqual => Self::LessOrEqual,
            same => same,
        }
    }

    pub(crate) fn is_strict(self) -> bool {
        matches!(self, Self::Less | Self::Greater)
    }
}

/// One token of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Token {
    Number(Literal),
    Symbol(String),
    /// A word of prose, a unit or a name.
    Word(String),
    Pi,
    Infinity,
    EmptySet,
    Reals,
    Function(Function),
    Several(Several),
    Logarithm,
    Plus,
    Minus,
    PlusMinus,
    MinusPlus,
    Times,
    Over,
    Power,
    Under,
    Bang,
    Prime,
    Bar,
    Percent,
    Degree,
    Currency,
    Open(Bracket),
    Close(Bracket),
    Comma,
    Semicolon,
    Colon,
    And,
    Or,
    Relation(Relation),
    In,
    Cup,
    Cap,
    Without,
    Fraction,
    Root,
    Binomial,
    Choose,
    Overline,
    Begin(String),
    End(String),
    Ampersand,
    NewRow,
    /// A command or sign without a meaning here; it makes the answer text.
    Other(String),
}

impl fmt::Display for Token {
    /// A spelling that is the same for the same token, for comparing answers that are not mathematics.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(literal) => {
                write!(f, "{}", literal.whole)?;
                if !literal.fraction.is_empty() || !literal.repeating.is_empty() {
                    write!(f, ".{}({})", literal.fraction, literal.repeating)?;
                }
                if literal.exponent != 0 { write!(f, "e{}", literal.exponent) } else { Ok(()) }
            }
            Self::Symbol(name) | Self::Other(name) => write!(f, "{name}"),
            Self::Word(word) => write!(f, "{}", word.to_lowercase()),
            Self::Begin(name) => write!(f, "begin {name}"),
            Self::End(name) => write!(f, "end {name}"),
            other => write!(f, "{other:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeating_decimals_are_exact_fractions() {
        let literal = Literal { whole: "0".into(), fraction: "1".into(), repeating: "6".into(), exponent: 0 };
        assert_eq!(literal.value(), Some(BigRational::new(1.into(), 6.into())));
    }
}
