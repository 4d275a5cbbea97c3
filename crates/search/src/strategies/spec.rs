//! Strategies as data: checked, sized to a budget, and built.

use super::early_stop::{self, CHUNK, EarlyStop};
use super::options::{Options, Plan};
use super::{
    AbMcts, Beam, BestOfN, Dvts, Mcts, Needs, OptionInfo, Particle, Rebase, Revisions, Sequence, Synthesis,
    Threshold,
};
use crate::{Selection, Strategy};
use serde::{Deserialize, Serialize};
use std::num::NonZeroU32;

/// A strategy and its options. In data an object whose `name` tells which one; as text see [`std::str::FromStr`].
///
/// A fresh specification may leave its size open; [`StrategySpec::with_generations`] settles it, and
/// [`StrategySpec::build`] makes the strategy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "kebab-case")]
pub enum StrategySpec {
    /// N full solutions, one chosen.
    BestOfN(BestOfN),
    /// Beam search, with optional lookahead.
    Beam(Beam),
    /// Diverse verifier tree search.
    Dvts(Dvts),
    /// Reward-balanced search.
    Rebase(Rebase),
    /// Particle filtering.
    Particle(Particle),
    /// Monte-Carlo tree search.
    Mcts(Mcts),
    /// Chains of revisions.
    Revisions(Revisions),
    /// One answer written from several.
    Synthesis(Synthesis),
    /// Wider or deeper by Thompson sampling.
    AbMcts(AbMcts),
    /// Stages one after the other on the same tree.
    Sequence(StagesSpec),
    /// Another strategy, ended once its answer is certain.
    EarlyStop(EarlyStopSpec),
}

/// The stages of a sequence, as data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct StagesSpec {
    /// In the order in which they run.
    pub stages: Stages,
}

/// At least two stages.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Stage>", into = "Vec<Stage>")]
pub struct Stages(Vec<Stage>);

/// A sequence of less than two stages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a sequence has two stages or more")]
pub struct TooFewStages;

impl TryFrom<Vec<Stage>> for Stages {
    type Error = TooFewStages;

    fn try_from(stages: Vec<Stage>) -> Result<Self, TooFewStages> {
        if stages.len() < 2 { Err(TooFewStages) } else { Ok(Self(stages)) }
    }
}

impl From<Stages> for Vec<Stage> {
    fn from(stages: Stages) -> Self {
        stages.0
    }
}

impl std::ops::Deref for Stages {
    type Target = [Stage];

    fn deref(&self) -> &[Stage] {
        &self.0
    }
}

/// One stage of a sequence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Stage {
    /// Its part of what stages with a fixed size leave of the budget, relative to the others'.
    #[serde(default = "one")]
    pub share: NonZeroU32,
    /// What it runs.
    pub strategy: StrategySpec,
}

pub(super) const fn one() -> NonZeroU32 {
    NonZeroU32::MIN
}

/// Options of early stopping.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct EarlyStopSpec {
    /// Probability at which to stop.
    #[serde(default = "threshold")]
    pub threshold: Threshold,
    /// Draws between two looks at the votes.
    #[serde(default = "chunk")]
    pub chunk: NonZeroU32,
    /// What is stopped.
    pub strategy: Box<StrategySpec>,
}

const fn threshold() -> Threshold {
    Threshold::DEFAULT
}

const fn chunk() -> NonZeroU32 {
    CHUNK
}

/// A strategy that cannot be what was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SpecError {
    /// No strategy has this name.
    #[error("unknown strategy `{name}` ({alternatives})")]
    UnknownStrategy {
        /// The name.
        name: String,
        /// The nearest names, or all.
        alternatives: String,
    },
    /// The strategy has no such option.
    #[error("`{strategy}` has no option `{option}` ({alternatives})")]
    UnknownOption {
        /// The strategy.
        strategy: String,
        /// The option.
        option: String,
        /// Those that it has.
        alternatives: String,
    },
    /// An option's value is of the wrong kind.
    #[error("`{option}={value}` of `{strategy}` is not {expected}")]
    BadValue {
        /// The strategy.
        strategy: String,
        /// The option.
        option: String,
        /// What it was given.
        value: String,
        /// What it takes.
        expected: String,
    },
    /// An option is given twice.
    #[error("`{option}` of `{strategy}` is given twice")]
    Repeated {
        /// The strategy.
        strategy: String,
        /// The option.
        option: String,
    },
    /// The text has not the form of a strategy.
    #[error("cannot read strategy `{text}`: {reason}")]
    Form {
        /// The text, or the part of it at fault.
        text: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// The budget is too small.
    #[error(
        "`{strategy}` needs {needed} generations where it has {available} (raise the budget, or ask for less)"
    )]
    TooExpensive {
        /// The strategy.
        strategy: String,
        /// Generations that it needs at least.
        needed: u32,
        /// Generations that it has.
        available: u32,
    },
    /// The size is still open.
    #[error("`{strategy}` has no size yet (give it a budget in generations, or its own number)")]
    Open {
        /// The strategy.
        strategy: String,
    },
}

/// A strategy's entry in a catalogue, for help texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StrategyInfo {
    /// Its name in the text form and in data.
    pub name: &'static str,
    /// What it does, its source and its cost.
    pub about: String,
    /// Its options.
    pub options: Vec<OptionInfo>,
}

impl StrategySpec {
    /// All strategies that are not combinations, with their default options.
    pub fn all() -> [Self; 9] {
        [
            Self::BestOfN(BestOfN::default()),
            Self::Beam(Beam::default()),
            Self::Dvts(Dvts::default()),
            Self::Rebase(Rebase::default()),
            Self::Particle(Particle::default()),
            Self::Mcts(Mcts::default()),
            Self::Revisions(Revisions::default()),
            Self::Synthesis(Synthesis::default()),
            Self::AbMcts(AbMcts::default()),
        ]
    }

    /// What there is, for `--help` and documentation.
    pub fn catalogue() -> Vec<StrategyInfo> {
        let all = Self::all();
        let plans = all.iter().filter_map(Self::plan).map(|plan| StrategyInfo {
            name: plan.name(),
            about: unwrapped(plan.about()),
            options: plan.infos().into_iter().collect(),
        });
        let early_stop = StrategyInfo {
            name: "early-stop",
            about: early_stop::ABOUT.to_owned(),
            options: early_stop::infos(),
        };
        plans.chain([early_stop]).collect()
    }

    /// Its name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Sequence(_) => "sequence",
            Self::EarlyStop(_) => "early-stop",
            other => other.plan().map_or("", Options::name),
        }
    }

    /// `self` as a strategy that is no combination.
    pub(super) fn plan(&self) -> Option<&dyn Plan> {
        Some(match self {
            Self::BestOfN(plan) => plan,
            Self::Beam(plan) => plan,
            Self::Dvts(plan) => plan,
            Self::Rebase(plan) => plan,
            Self::Particle(plan) => plan,
            Self::Mcts(plan) => plan,
            Self::Revisions(plan) => plan,
            Self::Synthesis(plan) => plan,
            Self::AbMcts(plan) => plan,
            Self::Sequence(_) | Self::EarlyStop(_) => return None,
        })
    }

    /// `self` as a strategy that is no combination, to be changed.
    pub(super) fn plan_mut(&mut self) -> Option<&mut dyn Plan> {
        Some(match self {
            Self::BestOfN(plan) => plan,
            Self::Beam(plan) => plan,
            Self::Dvts(plan) => plan,
            Self::Rebase(plan) => plan,
            Self::Particle(plan) => plan,
            Self::Mcts(plan) => plan,
            Self::Revisions(plan) => plan,
            Self::Synthesis(plan) => plan,
            Self::AbMcts(plan) => plan,
            Self::Sequence(_) | Self::EarlyStop(_) => return None,
        })
    }

    /// What it asks of its roles.
    pub fn needs(&self) -> Needs {
        match self {
            Self::Sequence(sequence) => {
                sequence.stages.iter().map(|stage| stage.strategy.needs()).fold(Needs::default(), |a, b| {
                    Needs {
                        steps: a.steps || b.steps,
                        verifier: a.verifier || b.verifier,
                        reviser: a.reviser || b.reviser,
                    }
                })
            }
            Self::EarlyStop(wrapper) => wrapper.strategy.needs(),
            other => other.plan().map(Plan::needs).unwrap_or_default(),
        }
    }

    /// How it chooses its answer; for a sequence, how its last stage does.
    pub fn selection(&self) -> Selection {
        match self {
            Self::Sequence(sequence) => {
                sequence.stages.last().map(|stage| stage.strategy.selection()).unwrap_or_default()
            }
            Self::EarlyStop(wrapper) => wrapper.strategy.selection(),
            other => other.plan().map(|plan| plan.voting().selection).unwrap_or_default(),
        }
    }

    /// The same strategy, all its stages choosing in this way.
    pub fn with_selection(mut self, selection: Selection) -> Self {
        self.select_by(selection);
        self
    }

    fn select_by(&mut self, selection: Selection) {
        match self {
            Self::Sequence(sequence) => {
                for stage in &mut sequence.stages.0 {
                    stage.strategy.select_by(selection);
                }
            }
            Self::EarlyStop(wrapper) => wrapper.strategy.select_by(selection),
            other => {
                if let Some(plan) = other.plan_mut() {
                    plan.select_by(selection);
                }
            }
        }
    }

    /// Generations that it spends when nothing stops it; `None` while its size is open.
    pub fn cost(&self) -> Option<u32> {
        match self {
            Self::Sequence(sequence) => sequence
                .stages
                .iter()
                .try_fold(0_u32, |sum, stage| Some(sum.saturating_add(stage.strategy.cost()?))),
            Self::EarlyStop(wrapper) => wrapper.strategy.cost(),
            other => other.plan().and_then(Plan::cost),
        }
    }

    /// The same strategy, everything that is open settled so that it costs at most `budget` generations.
    ///
    /// With k steps of lookahead the width is the budget over k + 1. Revisions without `chains` and `length` split
    /// the budget by its square root. A sequence gives stages of fixed size what they need, and the rest to the
    /// others by their shares.
    ///
    /// # Errors
    /// [`SpecError::TooExpensive`] if the budget is not enough.
    pub fn with_generations(mut self, budget: u32) -> Result<Self, SpecError> {
        self.resolve(budget)?;
        Ok(self)
    }

    fn resolve(&mut self, budget: u32) -> Result<(), SpecError> {
        let name = self.name();
        let expensive =
            |needed| SpecError::TooExpensive { strategy: name.to_owned(), needed, available: budget };
        match self {
            Self::Sequence(sequence) => {
                let stages = &mut sequence.stages.0;
                let fixed =
                    stages.iter().filter_map(|stage| stage.strategy.cost()).fold(0_u32, u32::saturating_add);
                let open: u64 = stages
                    .iter()
                    .filter(|stage| stage.strategy.cost().is_none())
                    .map(|stage| u64::from(stage.share.get()))
                    .sum();
                let rest = budget.checked_sub(fixed).ok_or_else(|| expensive(fixed))?;
                let part = |share: NonZeroU32| (u64::from(rest) * u64::from(share.get()) / open) as u32;
                let parts = stages.iter().filter(|s| s.strategy.cost().is_none()).map(|s| part(s.share));
                let mut odd = rest - parts.sum::<u32>().min(rest);
                for stage in stages.iter_mut().filter(|stage| stage.strategy.cost().is_none()) {
                    stage.strategy.resolve(part(stage.share) + std::mem::take(&mut odd))?;
                }
                Ok(())
            }
            Self::EarlyStop(wrapper) => wrapper.strategy.resolve(budget),
            other => {
                let plan = other.plan_mut().expect("neither a sequence nor early stopping");
                let budget = NonZeroU32::new(budget).ok_or_else(|| expensive(1))?;
                plan.resolve(budget).map_err(expensive)
            }
        }
    }

    /// The strategy itself, ready to search once.
    ///
    /// # Errors
    /// [`SpecError::Open`] if its size is open.
    pub fn build(&self) -> Result<Box<dyn Strategy>, SpecError> {
        match self {
            Self::Sequence(sequence) => {
                let stages = sequence.stages.iter().map(|stage| stage.strategy.build());
                Ok(Box::new(Sequence::new(stages.collect::<Result<_, _>>()?)))
            }
            Self::EarlyStop(wrapper) => {
                let scored = wrapper.strategy.needs().verifier;
                let inner = wrapper.strategy.build()?;
                Ok(Box::new(EarlyStop::new(inner, wrapper.threshold, wrapper.chunk, scored)))
            }
            other => other
                .plan()
                .and_then(Plan::build)
                .ok_or_else(|| SpecError::Open { strategy: self.name().to_owned() }),
        }
    }
}

/// A documentation comment's paragraphs, each on one line.
fn unwrapped(about: &str) -> String {
    let paragraphs: Vec<String> =
        about.split("\n\n").map(|part| part.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    paragraphs.join("\n")
}
