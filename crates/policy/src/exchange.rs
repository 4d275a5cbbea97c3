//! Parameters or test-time compute, at equal FLOPs (section 7).

use crate::outcomes::{Cell, Cost};
use crate::resample::{Interval, paired_difference};
use serde::{Deserialize, Serialize};

/// How the bills of both sides are made equal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Account {
    /// The paper's formula, in generations: the proposer alone counts, `2·N` per token, and a sample costs what a sample
    /// costs. The small side may draw `M + 3 / R · (M − 1)` of them.
    #[default]
    Formula,
    /// The formula of the conference version: a verifier of the proposer's size counts as well, `4·N` per token, and
    /// ratios are half as large. `M + 1.5 / R · (M − 1)` generations.
    WithVerifier,
    /// Measured FLOPs: what the large model spent on its answers, what the small side spent with its verifier and with
    /// every shared prefix paid once, and pretraining at `6·N` per token.
    Ledger,
}

impl Account {
    /// In what the small side's spending is counted.
    pub fn cost(self) -> Cost {
        match self {
            Self::Formula | Self::WithVerifier => Cost::Generations,
            Self::Ledger => Cost::Flops,
        }
    }
}

/// What is known of both sides before anyone searches.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sides {
    /// Parameters of the large model over those of the small one (M).
    pub scale: f64,
    /// Measured FLOPs of one sample of the small model, mean per question.
    pub small_sample: f64,
    /// Measured FLOPs of one greedy answer of the large model, mean per question.
    pub large_answer: f64,
}

impl Sides {
    /// What the small side may spend per question, in the account's cost, so that both bills are equal; `ratio` is
    /// inference tokens over pretraining tokens (R).
    ///
    /// # Errors
    /// [`ExchangeError::OutOfRange`] unless the scale is at least 1, `ratio` > 0 and all FLOPs are finite.
    pub fn allowed(&self, account: Account, ratio: f64) -> Result<f64, ExchangeError> {
        let Self { scale, small_sample, large_answer } = *self;
        above("the scale of the larger model", scale, 1.0 - f64::EPSILON)?;
        above("the ratio of inference to pretraining tokens", ratio, 0.0)?;
        let saved = (scale - 1.0) / ratio;
        Ok(match account {
            Account::Formula => scale + 3.0 * saved,
            Account::WithVerifier => scale + 1.5 * saved,
            Account::Ledger => {
                above("the FLOPs of a sample", small_sample, 0.0)?;
                above("the FLOPs of the large model", large_answer, 0.0)?;
                large_answer + 3.0 * saved * small_sample
            }
        })
    }
}

/// Why an exchange cannot be computed.
#[derive(Debug, thiserror::Error, PartialEq)]
#[non_exhaustive]
pub enum ExchangeError {
    /// A ratio that cannot be.
    #[error("{name} is {value}; it must be a finite number above {least}")]
    OutOfRange {
        /// Which number.
        name: &'static str,
        /// Its value.
        value: f64,
        /// The bound.
        least: f64,
    },
    /// Lists of different lengths.
    #[error("{found} outcomes of the large model for {expected} questions")]
    Lengths {
        /// Outcomes.
        found: usize,
        /// Questions.
        expected: usize,
    },
}

fn above(name: &'static str, value: f64, least: f64) -> Result<(), ExchangeError> {
    if value.is_finite() && value > least {
        Ok(())
    } else {
        Err(ExchangeError::OutOfRange { name, value, least })
    }
}

/// Who wins in one bin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ExchangeRow {
    /// The bin; `None` is all questions.
    pub bin: Option<usize>,
    /// Questions in it.
    pub questions: usize,
    /// What the small model spent per question, overall at most what it was allowed.
    pub spent: f64,
    /// Accuracy of the small model with test-time compute minus that of the large one.
    pub difference: Interval,
    /// Who wins, where the interval excludes 0.
    pub winner: Option<Winner>,
}

/// A side of the exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Winner {
    /// The small model with more test-time compute.
    TestTime,
    /// The larger model.
    Parameters,
}

/// Compares, per bin and overall, the most expensive point of `small` (`[points][questions]`, each fitted beforehand)
/// whose mean cost does not exceed `allowed` with the large model's accuracy per question. Bins without questions are
/// left out; no rows if no point is affordable.
///
/// # Errors
/// [`ExchangeError::Lengths`] if the lists differ in length.
pub fn exchange(
    small: &[Vec<Cell>],
    (cost, allowed): (Cost, f64),
    large: &[f64],
    bins: &[usize],
    seed: u64,
) -> Result<Vec<ExchangeRow>, ExchangeError> {
    let expected = bins.len();
    if let Some(found) = small.iter().map(Vec::len).chain([large.len()]).find(|length| *length != expected) {
        return Err(ExchangeError::Lengths { found, expected });
    }
    let spent =
        |point: &&Vec<Cell>| point.iter().map(|cell| cell.cost(cost)).sum::<f64>() / expected.max(1) as f64;
    let affordable = small.iter().filter(|point| spent(point) <= allowed);
    let Some(point) = affordable.max_by(|a, b| spent(a).total_cmp(&spent(b))) else { return Ok(Vec::new()) };
    let groups = (0..=bins.iter().max().copied().unwrap_or(0)).map(Some).chain([None]);
    let row = |bin: Option<usize>| {
        let members: Vec<usize> = (0..expected).filter(|&at| bin.is_none_or(|bin| bins[at] == bin)).collect();
        let ours: Vec<f64> = members.iter().map(|&at| point[at].accuracy).collect();
        let theirs: Vec<f64> = members.iter().map(|&at| large[at]).collect();
        let difference = paired_difference(&ours, &theirs, seed)?;
        let winner = if difference.low > 0.0 {
            Some(Winner::TestTime)
        } else if difference.high < 0.0 {
            Some(Winner::Parameters)
        } else {
            None
        };
        let spent = members.iter().map(|&at| point[at].cost(cost)).sum::<f64>() / members.len() as f64;
        Some(ExchangeRow { bin, questions: members.len(), spent, difference, winner })
    };
    Ok(groups.filter_map(row).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIDES: Sides = Sides { scale: 14.0, small_sample: 2.0, large_answer: 28.0 };

    #[test]
    fn both_formulas_give_the_papers_factors() {
        let factor = |ratio, account| SIDES.allowed(account, ratio).unwrap();
        assert!((factor(0.16, Account::Formula) - (14.0 + 3.0 / 0.16 * 13.0)).abs() < 1e-9);
        // Halving R and the constant together is the same exchange.
        assert!((factor(0.16, Account::Formula) - factor(0.08, Account::WithVerifier)).abs() < 1e-9);
        let alike = Sides { scale: 1.0, ..SIDES };
        assert!((alike.allowed(Account::Formula, 1.0).unwrap() - 1.0).abs() < 1e-12);
        assert!(SIDES.allowed(Account::Formula, 0.0).is_err());
        assert!(Sides { scale: 0.5, ..SIDES }.allowed(Account::Formula, 1.0).is_err());
        assert!(Sides { large_answer: f64::NAN, ..SIDES }.allowed(Account::Ledger, 1.0).is_err());
    }

    #[test]
    fn the_ledger_agrees_with_the_formula_where_its_assumptions_hold() {
        // The large answer costs 14 small ones, as the formula has it.
        let [formula, ledger] =
            [Account::Formula, Account::Ledger].map(|one| SIDES.allowed(one, 0.79).unwrap());
        assert!((ledger / SIDES.small_sample / formula - 1.0).abs() < 1e-12);
    }

    #[test]
    fn each_bin_has_its_own_winner_or_none() {
        let bins: Vec<usize> = (0..90).map(|at| at % 3).collect();
        let cell = |accuracy| Cell { accuracy, flops: 10.0, ..Cell::default() };
        let small: Vec<Cell> = bins.iter().map(|&bin| cell([1.0, 0.5, 0.0][bin])).collect();
        let dear = vec![Cell { flops: 100.0, ..cell(1.0) }; 90];
        let rows = exchange(&[small, dear], (Cost::Flops, 50.0), &[0.5; 90], &bins, 0).unwrap();
        let winners: Vec<_> = rows.iter().map(|row| row.winner).collect();
        assert_eq!(winners, [Some(Winner::TestTime), None, Some(Winner::Parameters), None]);
        assert!(exchange(&[], (Cost::Flops, 1.0), &[0.5], &[0], 0).unwrap().is_empty());
        assert!(exchange(&[], (Cost::Flops, 1.0), &[0.5], &[0, 1], 0).is_err());
    }
}
