//! What an answer is: a number, a list, an interval, an equation, a word.

use num_rational::BigRational;

use crate::fingerprint::Fingerprint;
use crate::token::Relation;
use crate::units::Dimension;

/// What was written behind (or, for currency, before) a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Measure {
    /// The unit, if it is made of common ones.
    pub(crate) unit: Option<Dimension>,
    /// The first word: what is counted, where it is no unit.
    pub(crate) noun: Option<String>,
}

/// A decimal as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Decimal {
    pub(crate) value: BigRational,
    /// Digits after the point.
    pub(crate) places: u32,
    /// Digits from the first that is not zero.
    pub(crate) significant: u32,
}

/// A number or function.
#[derive(Debug, Clone)]
pub(crate) struct Scalar {
    pub(crate) value: Fingerprint,
    pub(crate) measure: Option<Measure>,
    /// The reading of trailing letters as a unit: `5 m` is 5 metres, if the other side has a length.
    pub(crate) lettered: Option<Box<Lettered>>,
    /// Whether the number was in words and counts something: "two lines" is what is said, not just a 2.
    pub(crate) spelled: bool,
    /// Present if the answer is a decimal and nothing else.
    pub(crate) decimal: Option<Decimal>,
    /// The lower-case name if the answer is a single letter, which may be a choice.
    pub(crate) letter: Option<String>,
}

/// A number and the unit that its letters name.
#[derive(Debug, Clone)]
pub(crate) struct Lettered {
    pub(crate) value: BigRational,
    pub(crate) unit: Dimension,
}

/// One end of an interval; `None` is infinite.
#[derive(Debug, Clone)]
pub(crate) struct End {
    pub(crate) value: Option<Box<Value>>,
    pub(crate) closed: bool,
}

/// Whether a ratio may be a time of day, which does not reduce.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Clock {
    No,
    Perhaps,
    /// Padded with a zero, as no ratio is: `7:05`.
    Yes,
}

/// The meaning of an answer.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    Scalar(Box<Scalar>),
    /// A numeral with its base.
    Based {
        digits: String,
        base: u32,
    },
    /// Parts without brackets: order counts only against a tuple.
    List(Vec<Value>),
    /// Parts in round, square or angle brackets: order counts.
    Tuple(Vec<Value>),
    /// Parts in braces.
    Set(Vec<Value>),
    /// `variable` is named when the answer was an inequality.
    Interval {
        low: End,
        high: End,
        variable: Option<String>,
    },
    Union(Vec<Value>),
    Intersection(Vec<Value>),
    Difference(Vec<Value>),
    Matrix(Vec<Vec<Value>>),
    /// `name = value`, where the name alone carries no information the question did not give.
    Named {
        value: Box<Value>,
        equation: Option<Fingerprint>,
        name: String,
    },
    /// An equation or inequality `difference (relation) 0`; `right` is the last side.
    Relation {
        /// `None` if a side cannot be evaluated.
        difference: Option<Fingerprint>,
        relation: Relation,
        right: Option<Box<Value>>,
    },
    Ratio {
        parts: Vec<Value>,
        clock: Clock,
    },
    /// Anything else, as normalised words.
    Text(String),
}
