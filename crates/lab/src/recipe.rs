//! What questions to draw: families, ranges of their knobs, and weights. Reads from and writes to TOML.

use crate::{Family, Level};
use rand::Rng;
use serde::{Deserialize, Serialize};

/// A mixture of families.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// What is mixed.
    #[serde(rename = "part")]
    pub parts: Vec<Part>,
}

/// Questions of one family; every knob is drawn evenly from its range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// The family.
    pub family: Family,
    /// How often, relative to the other parts.
    #[serde(default = "one")]
    pub weight: u32,
    /// See [`Level::steps`].
    pub steps: Span,
    /// See [`Level::size`]. Of a chain, the primes in the range.
    pub size: Span,
    /// See [`Level::products`].
    #[serde(default)]
    pub products: Span,
    /// See [`Level::distractors`].
    #[serde(default)]
    pub distractors: Span,
    /// How many questions in a hundred are shuffled. Means nothing to a countdown or to purses.
    #[serde(default)]
    pub shuffled: u32,
}

fn one() -> u32 {
    1
}

/// Both ends are within: `[1, 8]`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span(pub u32, pub u32);

/// Why no questions can be drawn.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecipeError {
    /// Nothing to draw from.
    #[error("the recipe has no part with a weight above 0")]
    Empty,
    /// A knob is out of range.
    #[error("`{knob}` of {family} is [{}, {}], but must be within [{}, {}]", found.0, found.1, allowed.0, allowed.1)]
    Range {
        /// The family.
        family: Family,
        /// The knob.
        knob: &'static str,
        /// What the recipe says.
        found: Span,
        /// What it may say.
        allowed: Span,
    },
    /// A chain counts modulo a prime.
    #[error("there is no prime within `size` [{}, {}] of chain", found.0, found.1)]
    NoPrime {
        /// What the recipe says.
        found: Span,
    },
    /// There are not that many different questions.
    #[error("only {found} of {wanted} different questions found (widen the recipe's ranges)")]
    Exhausted {
        /// Asked for.
        wanted: usize,
        /// Found.
        found: usize,
    },
}

impl Recipe {
    /// The usual mixture of one family: easy and hard, with and without distractors.
    pub fn of(family: Family) -> Self {
        let part = match family {
            Family::Chain => Part {
                family,
                weight: 1,
                steps: Span(1, 10),
                size: Span(97, 97),
                products: Span(0, 50),
                distractors: Span(0, 3),
                shuffled: 80,
            },
            Family::Story => Part {
                family,
                weight: 1,
                steps: Span(1, 6),
                size: Span(60, 60),
                products: Span(0, 60),
                distractors: Span(0, 3),
                shuffled: 50,
            },
            Family::Countdown => Part {
                family,
                weight: 1,
                steps: Span(2, 4),
                size: Span(15, 30),
                products: Span(30, 30),
                distractors: Span(0, 1),
                shuffled: 0,
            },
            Family::Purses => Part {
                family,
                weight: 1,
                steps: Span(3, 14),
                size: Span(9, 9),
                products: Span(0, 0),
                distractors: Span(0, 0),
                shuffled: 0,
            },
        };
        Self { parts: vec![part] }
    }

    /// All families in equal parts.
    pub fn mixed() -> Self {
        Self { parts: Family::ALL.into_iter().flat_map(|family| Self::of(family).parts).collect() }
    }

    /// Whether questions can be drawn.
    ///
    /// # Errors
    /// [`RecipeError`] says what is wrong.
    pub fn check(&self) -> Result<(), RecipeError> {
        if self.parts.iter().all(|part| part.weight == 0) {
            return Err(RecipeError::Empty);
        }
        self.parts.iter().try_for_each(Part::check)
    }

    /// A family and a level. The recipe has been checked.
    pub(crate) fn draw(&self, rng: &mut impl Rng) -> (Family, Level) {
        let total: u64 = self.parts.iter().map(|part| u64::from(part.weight)).sum();
        let mut at = rng.random_range(0..total);
        let part = self.parts.iter().find(|part| {
            let here = at < u64::from(part.weight);
            at = at.saturating_sub(u64::from(part.weight));
            here
        });
        let part = part.expect("the weights sum up to the total");
        (part.family, part.draw(rng))
    }
}

impl Part {
    fn check(&self) -> Result<(), RecipeError> {
        let (steps, size, distractors) = match self.family {
            Family::Chain => (Span(1, 12), Span(11, 997), Span(0, 6)),
            Family::Story => (Span(1, 12), Span(10, 200), Span(0, 6)),
            Family::Countdown => (Span(2, 5), Span(8, 100), Span(0, 1)),
            Family::Purses => (Span(1, 20), Span(8, 100), Span(0, 0)),
        };
        let knobs = [
            ("steps", self.steps, steps),
            ("size", self.size, size),
            ("products", self.products, Span(0, 100)),
            ("distractors", self.distractors, distractors),
            ("shuffled", Span(self.shuffled, self.shuffled), Span(0, 100)),
        ];
        for (knob, found, allowed) in knobs {
            if found.0 > found.1 || found.0 < allowed.0 || found.1 > allowed.1 {
                return Err(RecipeError::Range { family: self.family, knob, found, allowed });
            }
        }
        if self.family == Family::Chain && self.size.primes().is_empty() {
            return Err(RecipeError::NoPrime { found: self.size });
        }
        Ok(())
    }

    fn draw(&self, rng: &mut impl Rng) -> Level {
        let size = if self.family == Family::Chain {
            let primes = self.size.primes();
            primes[rng.random_range(0..primes.len())]
        } else {
            self.size.draw(rng)
        };
        Level {
            steps: self.steps.draw(rng),
            size,
            products: self.products.draw(rng),
            distractors: self.distractors.draw(rng),
            shuffled: rng.random_range(0..100) < self.shuffled,
        }
    }
}

impl Span {
    fn draw(self, rng: &mut impl Rng) -> u32 {
        rng.random_range(self.0..=self.1)
    }

    fn primes(self) -> Vec<u32> {
        (self.0..=self.1)
            .filter(|&n| n > 1 && (2..n).take_while(|d| d * d <= n).all(|d| n % d != 0))
            .collect()
    }
}
