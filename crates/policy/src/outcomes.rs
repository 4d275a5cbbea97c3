//! What every strategy achieved on every question, and what it cost.

use serde::{Deserialize, Serialize};

/// A strategy at a budget. This crate does not know what the name means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arm {
    /// Names the strategy; whoever runs it can read it.
    pub name: String,
    /// Generations that it may spend per question.
    pub budget: u32,
}

/// One strategy on one question.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cell {
    /// Chance of a right answer, in 0..=1.
    pub accuracy: f64,
    /// Independent runs that the accuracy is worth: one search that was right or wrong is 1, the mean of four is 4.
    /// See [`Cell::runs_of_subsets`] for expectations over a pool.
    #[serde(default = "one_run")]
    pub runs: f64,
    /// Generations spent.
    pub generations: f64,
    /// Tokens spent.
    pub tokens: f64,
    /// Floating-point operations spent, all models counted.
    pub flops: f64,
}

/// In what a cost is measured.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cost {
    /// Full answers drawn.
    #[default]
    Generations,
    /// Tokens.
    Tokens,
    /// Floating-point operations.
    Flops,
}

fn one_run() -> f64 {
    1.0
}

impl Default for Cell {
    /// One run that was wrong and cost nothing.
    fn default() -> Self {
        Self { accuracy: 0.0, runs: one_run(), generations: 0.0, tokens: 0.0, flops: 0.0 }
    }
}

impl Cell {
    /// Runs that an expectation over all subsets of `k` of `n` samples is worth, at least: its variance is at most
    /// `k / n` of that of one subset (Hoeffding 1948), as if the pool were cut into `n / k` parts.
    pub fn runs_of_subsets(n: usize, k: u32) -> f64 {
        n as f64 / f64::from(k.max(1))
    }

    /// What a coin gives that takes `other` with this chance.
    #[must_use]
    pub(crate) fn mixed(&self, other: &Self, chance: f64) -> Self {
        let between = |of: fn(&Self) -> f64| of(self) + chance * (of(other) - of(self));
        Self {
            accuracy: between(|cell| cell.accuracy),
            runs: between(|cell| cell.runs),
            generations: between(|cell| cell.generations),
            tokens: between(|cell| cell.tokens),
            flops: between(|cell| cell.flops),
        }
    }

    /// What it cost.
    pub fn cost(&self, cost: Cost) -> f64 {
        match cost {
            Cost::Generations => self.generations,
            Cost::Tokens => self.tokens,
            Cost::Flops => self.flops,
        }
    }
}

/// Strategies by questions.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcomes {
    /// Ids of the questions.
    pub questions: Vec<String>,
    /// The strategies.
    pub arms: Vec<Arm>,
    /// `[arms][questions]`.
    pub cells: Vec<Vec<Cell>>,
}

/// Why a table cannot be used.
#[derive(Debug, thiserror::Error, PartialEq)]
#[non_exhaustive]
pub enum OutcomesError {
    /// Nothing to choose from, or on.
    #[error("the table has {arms} strategies and {questions} questions; both are needed")]
    Empty {
        /// Strategies.
        arms: usize,
        /// Questions.
        questions: usize,
    },
    /// A row is missing or of the wrong length.
    #[error(
        "strategy `{arm}` has outcomes for {found} questions instead of {expected} (run it on the rest, or leave it out)"
    )]
    Incomplete {
        /// The strategy.
        arm: String,
        /// Its outcomes.
        found: usize,
        /// The questions.
        expected: usize,
    },
    /// A number that cannot be.
    #[error("strategy `{arm}` on question `{question}`: {field} is {value}")]
    Impossible {
        /// The strategy.
        arm: String,
        /// The question.
        question: String,
        /// Which number.
        field: &'static str,
        /// The number.
        value: f64,
    },
    /// Other lists are not as long as the questions.
    #[error("{found} bins were given for {expected} questions")]
    Bins {
        /// Bins.
        found: usize,
        /// Questions.
        expected: usize,
    },
}

impl Outcomes {
    /// Checks that the table is complete and possible.
    ///
    /// # Errors
    /// [`OutcomesError`] names what is not.
    pub fn check(&self) -> Result<(), OutcomesError> {
        let expected = self.questions.len();
        if self.arms.is_empty() || expected == 0 {
            return Err(OutcomesError::Empty { arms: self.arms.len(), questions: expected });
        }
        for (at, arm) in self.arms.iter().enumerate() {
            let row = self.cells.get(at).map_or(&[][..], Vec::as_slice);
            if row.len() != expected {
                return Err(OutcomesError::Incomplete { arm: arm.name.clone(), found: row.len(), expected });
            }
            for (cell, question) in row.iter().zip(&self.questions) {
                let numbers = [
                    ("accuracy", cell.accuracy, 0.0..=1.0),
                    ("runs", cell.runs, f64::MIN_POSITIVE..=f64::MAX),
                    ("generations", cell.generations, 0.0..=f64::MAX),
                    ("tokens", cell.tokens, 0.0..=f64::MAX),
                    ("flops", cell.flops, 0.0..=f64::MAX),
                ];
                let wrong = numbers.into_iter().find(|(_, value, possible)| !possible.contains(value));
                if let Some((field, value, _)) = wrong {
                    let (arm, question) = (arm.name.clone(), question.clone());
                    return Err(OutcomesError::Impossible { arm, question, field, value });
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_with_a_hole_or_an_impossible_number_is_refused() {
        let mut table = Outcomes {
            questions: vec!["q".to_owned()],
            arms: vec![Arm { name: "a".to_owned(), budget: 1 }],
            cells: vec![vec![Cell::default()]],
        };
        assert_eq!(table.check(), Ok(()));
        table.cells[0][0].accuracy = 1.5;
        assert!(table.check().unwrap_err().to_string().contains("accuracy is 1.5"));
        table.cells[0][0].accuracy = f64::NAN;
        assert!(matches!(table.check(), Err(OutcomesError::Impossible { .. })));
        table.cells[0][0] = Cell { runs: 0.0, ..Cell::default() };
        assert!(table.check().unwrap_err().to_string().contains("runs is 0"));
        table.cells.clear();
        assert!(matches!(table.check(), Err(OutcomesError::Incomplete { found: 0, .. })));
    }
}
