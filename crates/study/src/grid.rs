//! What is tried: a pool of samples, and strategies at budgets. Reads from and writes to TOML.

use deliberate_search::StrategySpec;
use serde::{Deserialize, Serialize};
use std::num::NonZeroU32;

/// What is tried on every question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Grid {
    /// Independent samples of each question. Difficulty, and best-of-N and majority at every budget, follow from them
    /// without drawing again.
    pub samples: NonZeroU32,
    /// Budgets in generations.
    pub budgets: Vec<NonZeroU32>,
    /// Runs of every search of a question: one run is right or wrong by luck, what counts is the mean of several.
    #[serde(default = "four_runs")]
    pub runs: NonZeroU32,
    /// Strategies that are run for real.
    #[serde(default, rename = "strategy")]
    pub strategies: Vec<Tried>,
}

/// A strategy that is run at every budget that it can use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Tried {
    /// As `--strategy` takes it, its size left open: `beam:branching=4`.
    pub strategy: String,
    /// Other budgets than the grid's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budgets: Option<Vec<NonZeroU32>>,
    /// For `revisions`: split a budget into `chains` × `length` in every way in which `length` is a power of this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub splits: Option<NonZeroU32>,
}

/// Runs of a search where a grid names none.
fn four_runs() -> NonZeroU32 {
    NonZeroU32::new(4).expect("four is not zero")
}

/// One strategy at one budget.
#[derive(Debug, Clone, PartialEq)]
pub struct Arm {
    /// What it is called at every budget.
    pub name: String,
    /// Generations that it may spend.
    pub budget: u32,
    /// The strategy, sized to the budget.
    pub strategy: StrategySpec,
    /// Whether it is one chain of revisions and nothing else, so that its solutions are one after another.
    pub chain: bool,
}

/// A text that is no grid.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GridError {
    /// It cannot be read as one.
    #[error("this is no grid")]
    Parse(#[from] Box<toml::de::Error>),
    /// A strategy in it cannot be.
    #[error("`{strategy}` at {budget} generations")]
    Strategy {
        /// As it was written.
        strategy: String,
        /// The budget that was tried.
        budget: u32,
        /// Why.
        #[source]
        source: Box<deliberate_search::SpecError>,
    },
    /// It has no budgets, or not in rising order.
    #[error("budgets must rise: {found:?}")]
    Budgets {
        /// As they were written.
        found: Vec<NonZeroU32>,
    },
    /// Only revisions can be split.
    #[error("`splits` is a number from 2 on, for `revisions`, not for `{strategy}`")]
    NotSplit {
        /// As it was written.
        strategy: String,
    },
}

impl Grid {
    /// Reads a grid's TOML.
    ///
    /// # Errors
    /// [`GridError`] that names what cannot be.
    pub fn parse(text: &str) -> Result<Self, GridError> {
        let grid: Self = toml::from_str(text).map_err(Box::new)?;
        grid.arms()?;
        Ok(grid)
    }

    /// One sample of each question, and nothing else.
    pub fn once() -> Self {
        let one = NonZeroU32::MIN;
        Self { samples: one, budgets: vec![one], runs: one, strategies: Vec::new() }
    }

    /// Every strategy at every budget that is enough for it, cheap ones first.
    ///
    /// # Errors
    /// [`GridError`] if a strategy or the budgets make no sense.
    pub fn arms(&self) -> Result<Vec<Arm>, GridError> {
        let mut arms = Vec::new();
        for tried in &self.strategies {
            let budgets = tried.budgets.as_ref().unwrap_or(&self.budgets);
            let rising = budgets.windows(2).all(|pair| pair[0] < pair[1]);
            if budgets.is_empty() || !rising {
                return Err(GridError::Budgets { found: budgets.clone() });
            }
            for budget in budgets {
                tried.at(budget.get(), &mut arms)?;
            }
        }
        arms.sort_by_key(|arm| arm.budget);
        Ok(arms)
    }
}

impl Tried {
    fn at(&self, budget: u32, arms: &mut Vec<Arm>) -> Result<(), GridError> {
        let Self { strategy, splits, .. } = self;
        let Some(base) = splits else {
            arms.extend(arm(strategy, strategy.clone(), budget)?);
            return Ok(());
        };
        if !strategy.starts_with("revisions") || base.get() == 1 {
            return Err(GridError::NotSplit { strategy: strategy.clone() });
        }
        let separator = if strategy.contains(':') { ',' } else { ':' };
        let lengths = std::iter::successors(Some(1_u32), |length| length.checked_mul(base.get()));
        for length in lengths.take_while(|&length| length <= budget) {
            if budget.is_multiple_of(length) {
                let chains = budget / length;
                let ratio = if length >= chains {
                    format!("{}:1", length / chains)
                } else {
                    format!("1:{}", chains / length)
                };
                let sized = format!("{strategy}{separator}chains={chains},length={length}");
                let chain = chains == 1 && length > 1;
                let sized = arm(&sized, format!("{strategy} {ratio}"), budget)?;
                arms.extend(sized.map(|sized| Arm { chain, ..sized }));
            }
        }
        Ok(())
    }
}

/// The arm; `None` if the budget is not enough for it.
fn arm(strategy: &str, name: String, budget: u32) -> Result<Option<Arm>, GridError> {
    use deliberate_search::SpecError::TooExpensive;
    let spec = strategy.parse::<StrategySpec>().and_then(|spec| spec.with_generations(budget));
    match spec {
        Ok(strategy) => Ok(Some(Arm { name, budget, strategy, chain: false })),
        Err(TooExpensive { .. }) => Ok(None),
        Err(source) => {
            Err(GridError::Strategy { strategy: strategy.to_owned(), budget, source: Box::new(source) })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arms(text: &str) -> Vec<(String, u32)> {
        let grid = Grid::parse(text).unwrap();
        grid.arms().unwrap().into_iter().map(|arm| (arm.name, arm.budget)).collect()
    }

    #[test]
    fn every_strategy_is_sized_to_every_budget_that_is_enough() {
        let text = "samples = 4\nbudgets = [1, 8]\n[[strategy]]\nstrategy = \"beam\"\n[[strategy]]\nstrategy = \
                    \"beam:lookahead=3\"";
        let expected = [("beam", 1), ("beam", 8), ("beam:lookahead=3", 8)];
        assert_eq!(arms(text), expected.map(|(name, budget)| (name.to_owned(), budget)));
    }

    #[test]
    fn revisions_are_split_in_every_way() {
        let text = "samples = 4\nbudgets = [8]\n[[strategy]]\nstrategy = \"revisions\"\nsplits = 2";
        let names: Vec<String> = arms(text).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["revisions 1:8", "revisions 1:2", "revisions 2:1", "revisions 8:1"]);
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        let error = |rest: &str| {
            let text = format!("samples = 4\nbudgets = [8]\n[[strategy]]\n{rest}");
            Grid::parse(&text).unwrap_err().to_string()
        };
        assert!(error("strategy = \"bean\"").contains("bean"));
        assert!(error("strategy = \"beam\"\nsplits = 2").contains("beam"));
        assert!(error("strategy = \"beam\"\nbudgets = [4, 2]").contains("rise"));
    }
}
