//! Everything that decides a build, as data.

use deliberate_decoder::Shape;
use deliberate_lab::Recipe;
use deliberate_train::gather::{ChainPlan, ReturnsPlan, SearchPlan};
use deliberate_train::recipes::RevisionPlan;
use deliberate_train::{AdamW, Schedule, Settings, growable};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// How a family is made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Plan {
    /// Every draw and every weight follows from it.
    pub seed: u64,
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
    pub base: Learning,
    /// Sizes of the larger proposer, if there is one: the proposer's or multiples of them.
    pub large: Option<Size>,
    /// How the larger proposer, grown from the proposer, goes on learning, from the same questions.
    pub large_base: Option<Learning>,
    /// How a copy of the proposer learns from its own right samples (STaR, the first round of ReST-EM), if it does.
    pub star: Option<Learning>,
    /// How another copy learns from right samples of the first one (the second round of ReST-EM), if it does.
    pub rest_em: Option<Learning>,
    /// What searches are distilled into a copy of the proposer, if any.
    pub searches: Option<SearchPlan>,
    /// How that copy learns from what the searches chose.
    pub distilled: Option<Learning>,
    /// Temperature of all sampling.
    pub temperature: f32,
    /// Training questions that samples are drawn for.
    pub sampled_questions: usize,
    /// Samples of each.
    pub samples: u32,
    /// Monte-Carlo returns of the samples' steps.
    pub returns: ReturnsPlan,
    /// How the PRM learns.
    pub prm: Learning,
    /// How the ORM learns.
    pub orm: Learning,
    /// Solutions of a question that the ORMs learn from, at most.
    pub outcomes: usize,
    /// What the reviser learns from.
    pub revisions: RevisionPlan,
    /// How the reviser learns.
    pub reviser: Learning,
    /// Training questions that chains of revisions are drawn for.
    pub chained_questions: usize,
    /// Chains of each.
    pub chains: ChainPlan,
    /// How the ORM of revisions learns.
    pub revision_orm: Learning,
    /// How a copy of the reviser learns from its own trajectories up to the first right answer (ReST-EM), if it does.
    pub revision_rest_em: Option<Learning>,
    /// Questions in a hundred that are held out to stop training in time.
    pub held_out: u32,
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

/// How a model learns.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Learning {
    /// Tokens to go through: over fresh questions for a proposer, over the examples again and again for the others.
    pub tokens: u64,
    /// Tokens of one step.
    pub batch_tokens: usize,
    /// Highest learning rate.
    pub peak: f32,
    /// Share of the residual branches that is dropped.
    #[serde(default)]
    pub dropout: f32,
    /// Evaluations without a new minimum after which it ends.
    #[serde(default)]
    pub patience: Option<u32>,
    /// Evaluations after the minimum at which the weights are taken.
    #[serde(default)]
    pub after_minimum: u32,
}

impl Learning {
    /// Steps that the tokens take.
    pub fn steps(&self) -> u64 {
        self.tokens.div_ceil(self.batch_tokens as u64).max(1)
    }

    pub(crate) fn settings(&self, seed: u64) -> Settings {
        let steps = self.steps();
        Settings {
            seed,
            steps,
            schedule: Schedule {
                peak: self.peak,
                warm_up: (steps / 20).clamp(1, 200),
                ..Schedule::default()
            },
            adamw: AdamW::default(),
            dropout: self.dropout,
            evaluate_every: (steps / 20).max(1),
            patience: self.patience,
            after_minimum: self.after_minimum,
            ..Settings::default()
        }
    }
}

/// A ready-made plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Minutes: for tests.
    Tiny,
    /// Hours: the bundled family.
    Full,
}

impl Scale {
    const ALL: [(Self, &'static str, &'static str); 2] = [
        (Self::Tiny, "tiny", include_str!("../plans/tiny.toml")),
        (Self::Full, "full", include_str!("../plans/full.toml")),
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

/// A text that is no plan.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// It cannot be read as one.
    #[error("this is no plan")]
    Parse(#[from] Box<toml::de::Error>),
    /// Its sizes or its questions do not work.
    #[error("the plan cannot work: {reason}")]
    Nonsense {
        /// Why.
        reason: String,
    },
}

impl Plan {
    /// Reads a plan's TOML.
    ///
    /// # Errors
    /// [`PlanError`] if it is no plan or cannot work.
    pub fn parse(text: &str) -> Result<Self, PlanError> {
        let plan: Self = toml::from_str(text).map_err(Box::new)?;
        let nonsense = |reason: String| PlanError::Nonsense { reason };
        plan.questions.check().map_err(|error| nonsense(error.to_string()))?;
        for size in [Some(plan.proposer), plan.large].into_iter().flatten() {
            size.shape(plan.vocabulary).check().map_err(|error| nonsense(error.to_string()))?;
        }
        if let Some(large) = plan.large {
            let [from, to] = [plan.proposer, large].map(|size| size.shape(plan.vocabulary));
            growable(&from, &to).map_err(|error| nonsense(error.to_string()))?;
        }
        if plan.large.is_some() != plan.large_base.is_some() {
            return Err(nonsense("`large` and `large-base` go together".to_owned()));
        }
        if plan.rest_em.is_some() && plan.star.is_none() {
            return Err(nonsense("`rest-em` goes on from `star`".to_owned()));
        }
        if plan.searches.is_some() != plan.distilled.is_some() {
            return Err(nonsense("`searches` and `distilled` go together".to_owned()));
        }
        if let Some(Err(reason)) = plan.searches.as_ref().map(SearchPlan::spec) {
            return Err(nonsense(reason));
        }
        if !(0.0..=1.0).contains(&plan.revisions.kept) {
            return Err(nonsense("`revisions.kept` must be in 0..=1".to_owned()));
        }
        if plan.slips > 100 {
            return Err(nonsense("`slips` must be at most 100".to_owned()));
        }
        if plan.held_out >= 100 {
            return Err(nonsense("`held-out` must be below 100".to_owned()));
        }
        Ok(plan)
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
