//! A family from nothing, on the lab's questions.

use super::{Learning, Plan};
use deliberate_decoder::Shape;
use deliberate_lab::Recipe;
use deliberate_train::growable;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Questions without end, a vocabulary learnt from them, and proposers trained from nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Lab {
    /// Tokens of the vocabulary.
    pub vocabulary: u32,
    /// Questions that the vocabulary is learnt from.
    pub vocabulary_questions: usize,
    /// What the questions are.
    pub questions: Recipe,
    /// Choices in a hundred that are guessed in the solutions that proposers learn from: as in what base models read,
    /// not everything written there comes out right.
    #[serde(default)]
    pub slips: u32,
    /// Sizes of the proposer; verifiers and reviser begin as copies of it.
    pub proposer: Size,
    /// Blocks on top of it that those have who judge what stands there: verifiers and the reviser.
    #[serde(default)]
    pub judging_blocks: u32,
    /// How the proposer learns from written solutions.
    pub written: Learning,
    /// Sizes of the larger proposer, if there is one: the proposer's or multiples of them.
    pub large: Option<Size>,
    /// How the larger proposer, grown from the proposer, goes on learning, from the same questions.
    pub large_written: Option<Learning>,
}

impl Lab {
    /// What keeps it from being built.
    pub(crate) fn check(&self) -> Result<(), String> {
        self.questions.check().map_err(|error| error.to_string())?;
        for size in [Some(self.proposer), self.large].into_iter().flatten() {
            size.shape(self.vocabulary).check().map_err(|error| error.to_string())?;
        }
        if let Some(large) = self.large {
            let [from, to] = [self.proposer, large].map(|size| size.shape(self.vocabulary));
            growable(&from, &to).map_err(|error| error.to_string())?;
        }
        if self.large.is_some() != self.large_written.is_some() {
            return Err("`large` and `large-written` go together".to_owned());
        }
        for learning in [Some(&self.written), self.large_written.as_ref()].into_iter().flatten() {
            learning.check()?;
            if learning.tokens.is_none() {
                return Err(
                    "the lab's questions have no end: say how many `tokens` a proposer learns".to_owned()
                );
            }
        }
        if self.slips > 100 {
            return Err("`slips` must be at most 100".to_owned());
        }
        Ok(())
    }
}

/// Sizes of a decoder of the family.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Size {
    /// Width of the residual stream.
    pub hidden: u32,
    /// Transformer blocks.
    pub layers: u32,
    /// Query heads, and as many for keys and values.
    pub heads: u32,
    /// Width of the gated layer.
    pub feed_forward: u32,
    /// Tokens that a sequence may hold.
    pub context: u32,
}

impl Size {
    /// The same with more blocks.
    pub(crate) fn deeper(self, blocks: u32) -> Self {
        Self { layers: self.layers + blocks, ..self }
    }

    /// The decoder's shape for a vocabulary.
    pub fn shape(&self, vocabulary: u32) -> Shape {
        Shape {
            vocabulary,
            context: self.context,
            hidden: self.hidden,
            layers: self.layers,
            heads: self.heads,
            kv_heads: self.heads,
            feed_forward: self.feed_forward,
            rope_base: 10_000.0,
            norm_epsilon: 1e-5,
            tied: true,
            bias: false,
        }
    }
}

/// A ready-made plan of the lab.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Minutes: for tests.
    Tiny,
    /// Hours: the bundled family.
    Full,
}

impl Scale {
    const ALL: [(Self, &'static str, &'static str); 2] = [
        (Self::Tiny, "tiny", include_str!("../../plans/tiny.toml")),
        (Self::Full, "full", include_str!("../../plans/full.toml")),
    ];

    fn entry(self) -> (&'static str, &'static str) {
        let (_, name, text) =
            Self::ALL.into_iter().find(|(scale, ..)| *scale == self).expect("all are listed");
        (name, text)
    }

    /// The plan.
    pub fn plan(self) -> Plan {
        Plan::parse(self.entry().1).expect("the plans that come with the crate are plans")
    }
}

impl fmt::Display for Scale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.entry().0)
    }
}

impl FromStr for Scale {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|(_, name, _)| *name == text);
        known.map(|(scale, ..)| scale).ok_or_else(|| format!("there is no scale `{text}` (tiny or full)"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plans_that_come_with_the_crate_are_plans() {
        for (scale, name, text) in Scale::ALL {
            let plan = Plan::parse(text).unwrap_or_else(|error| panic!("{name}: {error:?}"));
            assert_eq!(name.parse(), Ok(scale));
            let again = Plan::parse(&toml::to_string(&plan).unwrap()).unwrap();
            assert_eq!(plan, again);
        }
    }
}
