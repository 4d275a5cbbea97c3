//! Ways of thinking as one line of text, sized to a budget of imagined steps.

use super::{Average, CrossEntropy, PathIntegral};
use deliberate_search::{Aggregation, Rule, Selection, SpecError, Strategy, StrategySpec};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// How a move is thought about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Thinking {
    /// Not at all: the policy's likeliest move.
    Reflex,
    /// The best first move on average.
    Average,
    /// The cross-entropy method.
    CrossEntropy(CrossEntropy),
    /// Path integrals.
    PathIntegral(PathIntegral),
    /// A strategy of the search core.
    Search(StrategySpec),
}

/// Text that is no way of thinking, or one that the budget does not reach for.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ThinkingError {
    /// An option is not one of the strategy's.
    #[error("`{option}` is not an option of `{strategy}` with a positive number ({known})")]
    Option {
        /// What was written.
        option: String,
        /// The strategy.
        strategy: &'static str,
        /// Its options.
        known: &'static str,
    },
    /// The budget is smaller than the fewest plans that the strategy compares.
    #[error(
        "`{strategy}` takes at least {needed} of {plan} imagined steps, and there are {budget} for a move (raise the budget, or shorten the horizon)",
        needed = if *.needed == 1 { "a plan".to_owned() } else { format!("{} plans", .needed) }
    )]
    FewPlans {
        /// As written.
        strategy: String,
        /// Plans that it takes.
        needed: u32,
        /// Steps of one plan.
        plan: u64,
        /// Steps that there are.
        budget: u64,
    },
    /// It is neither one of acting nor one of the core.
    #[error("{0} (beside the strategies of search there are `reflex`, `average`, `cem` and `mppi`)")]
    Core(#[from] SpecError),
}

/// The plan with the best score is followed; for the best mean there is [`Thinking::Average`].
const BEST: Selection = Selection { rule: Rule::Best, aggregation: Aggregation::Last };

impl Thinking {
    /// The strategy for plans of so many imagined steps each.
    ///
    /// # Errors
    /// [`ThinkingError::FewPlans`] if the budget is too small, or the core's own reason.
    pub fn build(&self, budget: u64, plan: u64) -> Result<Option<Box<dyn Strategy>>, ThinkingError> {
        if *self == Self::Reflex {
            return Ok(None);
        }
        let plans = u32::try_from(budget / plan.max(1)).unwrap_or(u32::MAX);
        let few = |needed| ThinkingError::FewPlans { strategy: self.to_string(), needed, plan, budget };
        if plans == 0 {
            return Err(few(1));
        }
        Ok(Some(match self {
            Self::Reflex => return Ok(None),
            Self::Average => Box::new(Average::new(plans)),
            Self::CrossEntropy(options) => options.build(plans),
            Self::PathIntegral(options) => options.build(plans),
            // Votes would count how often a move was drawn, and warm draws make the same one again and again.
            Self::Search(spec) => {
                let sized = spec.clone().with_selection(BEST).with_generations(plans);
                let sized = sized.map_err(|error| match error {
                    SpecError::TooExpensive { needed, .. } => few(needed),
                    other => other.into(),
                });
                sized?.build()?
            }
        }))
    }
}

impl FromStr for Thinking {
    type Err = ThinkingError;

    fn from_str(text: &str) -> Result<Self, ThinkingError> {
        let (name, options) = text.trim().split_once(':').unwrap_or((text.trim(), ""));
        let pairs = || options.split(',').filter(|option| !option.is_empty());
        match name {
            "reflex" if options.is_empty() => Ok(Self::Reflex),
            "average" if options.is_empty() => Ok(Self::Average),
            "cem" => {
                let mut own = CrossEntropy::default();
                for option in pairs() {
                    match number(option) {
                        Some(("rounds", value)) => own.rounds = value as u32,
                        Some(("elites", value)) => own.elites = value as u32,
                        _ => return Err(unknown(option, "cem", "rounds, elites")),
                    }
                }
                Ok(Self::CrossEntropy(own))
            }
            "mppi" => {
                let mut own = PathIntegral::default();
                for option in pairs() {
                    match number(option) {
                        Some(("rounds", value)) => own.rounds = value as u32,
                        Some(("temperature", value)) => own.temperature = value,
                        _ => return Err(unknown(option, "mppi", "rounds, temperature")),
                    }
                }
                Ok(Self::PathIntegral(own))
            }
            _ => Ok(Self::Search(text.parse()?)),
        }
    }
}

fn number(option: &str) -> Option<(&str, f64)> {
    let (name, value) = option.split_once('=')?;
    let value = value.trim().parse::<f64>().ok().filter(|value| *value > 0.0 && value.is_finite())?;
    Some((name.trim(), value))
}

fn unknown(option: &str, strategy: &'static str, known: &'static str) -> ThinkingError {
    ThinkingError::Option { option: option.to_owned(), strategy, known }
}

impl fmt::Display for Thinking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reflex => f.write_str("reflex"),
            Self::Average => f.write_str("average"),
            Self::CrossEntropy(own) if *own == CrossEntropy::default() => f.write_str("cem"),
            Self::CrossEntropy(own) => write!(f, "cem:rounds={},elites={}", own.rounds, own.elites),
            Self::PathIntegral(own) if *own == PathIntegral::default() => f.write_str("mppi"),
            Self::PathIntegral(own) => {
                write!(f, "mppi:rounds={},temperature={}", own.rounds, own.temperature)
            }
            Self::Search(spec) => spec.fmt(f),
        }
    }
}

impl TryFrom<String> for Thinking {
    type Error = ThinkingError;

    fn try_from(text: String) -> Result<Self, ThinkingError> {
        text.parse()
    }
}

impl From<Thinking> for String {
    fn from(thinking: Thinking) -> Self {
        thinking.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_comes_back_as_it_was() {
        for text in
            ["reflex", "average", "cem", "cem:rounds=6,elites=8", "mppi:rounds=2,temperature=0.1", "mcts"]
        {
            assert_eq!(text.parse::<Thinking>().map(|thinking| thinking.to_string()), Ok(text.to_owned()));
        }
    }

    #[test]
    fn what_is_wrong_is_named_with_the_way_out() {
        let error = |text: &str| text.parse::<Thinking>().expect_err(text).to_string();
        assert_eq!(
            error("cem:elite=3"),
            "`elite=3` is not an option of `cem` with a positive number (rounds, elites)"
        );
        assert!(error("cme").contains("`cem`"));
    }

    #[test]
    fn a_budget_for_too_few_plans_is_told_in_imagined_steps() {
        let error = |text: &str, budget| {
            let thinking: Thinking = text.parse().expect(text);
            thinking.build(budget, 12).err().expect("too small").to_string()
        };
        let there = |budget| {
            format!(
                "imagined steps, and there are {budget} for a move (raise the budget, or shorten the horizon)"
            )
        };
        assert_eq!(error("average", 5), format!("`average` takes at least a plan of 12 {}", there(5)));
        let beam = "beam:branching=2,lookahead=1";
        assert_eq!(error(beam, 16), format!("`{beam}` takes at least 2 plans of 12 {}", there(16)));
    }
}
