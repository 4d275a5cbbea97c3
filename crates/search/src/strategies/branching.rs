//! How many next steps are drawn from a kept prefix (M, the paper's "beam width").

use super::options::OptionValue;
use serde::{Deserialize, Serialize};
use std::num::NonZeroU32;

/// Proposals per kept prefix. In text and data a whole number from 1, or `sqrt`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Plain", into = "Plain")]
pub enum Branching {
    /// This many.
    Fixed(NonZeroU32),
    /// The square root of the number of beams, rounded to the nearest whole number.
    SquareRoot,
}

impl Branching {
    /// The paper's other setting besides the square root: 4.
    pub const FOUR: Self = Self::Fixed(NonZeroU32::new(4).expect("4 is not 0"));

    /// Proposals per prefix with `beams` beams.
    pub fn of(self, beams: u32) -> u32 {
        match self {
            Self::Fixed(branching) => branching.get(),
            Self::SquareRoot => (f64::from(beams).sqrt().round() as u32).max(1),
        }
    }
}

impl OptionValue for Branching {
    fn read(text: &str) -> Result<Self, String> {
        if text == "sqrt" {
            return Ok(Self::SquareRoot);
        }
        text.parse().map(Self::Fixed).map_err(|_| "a whole number from 1, or `sqrt`".to_owned())
    }
    fn show(&self) -> Option<String> {
        Some(match self {
            Self::Fixed(branching) => branching.to_string(),
            Self::SquareRoot => "sqrt".to_owned(),
        })
    }
}

/// The form in data.
#[derive(Serialize, Deserialize)]
#[serde(untagged, expecting = "branching is a whole number from 1, or `sqrt`")]
enum Plain {
    Number(NonZeroU32),
    Word(String),
}

impl TryFrom<Plain> for Branching {
    type Error = String;

    fn try_from(plain: Plain) -> Result<Self, String> {
        match plain {
            Plain::Number(number) => Ok(Self::Fixed(number)),
            Plain::Word(word) => {
                Self::read(&word).map_err(|expected| format!("branching `{word}` is not {expected}"))
            }
        }
    }
}

impl From<Branching> for Plain {
    fn from(branching: Branching) -> Self {
        match branching {
            Branching::Fixed(number) => Self::Number(number),
            Branching::SquareRoot => Self::Word("sqrt".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn square_roots_are_rounded_to_the_nearest() {
        let of: Vec<u32> = [1, 2, 8, 16, 32, 256].map(|n| Branching::SquareRoot.of(n)).into();
        assert_eq!(of, [1, 1, 3, 4, 6, 16]);
    }
}
