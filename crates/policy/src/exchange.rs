//! Parameters or test-time compute, at equal FLOPs (section 7).

use crate::equal_cost::{Allowance, Coin, means};
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
    /// every shared prefix paid once. Pretraining is the proposer's alone, `6·N` per token where its answers cost `2·N`:
    /// three times the FLOPs of its answers over R. A verifier makes no pretraining dearer.
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
    /// Measured FLOPs of the small proposer alone for one answer, mean per question: no verifier, for it is the unit in
    /// which pretraining is credited.
    pub small_answer: f64,
    /// Measured FLOPs of one greedy answer of the large model, mean per question.
    pub large_answer: f64,
}

impl Sides {
    /// What the small side may spend per question so that both bills are equal; `ratio` is inference tokens over
    /// pretraining tokens (R).
    ///
    /// # Errors
    /// [`ExchangeError::OutOfRange`] unless the scale is at least 1, `ratio` > 0 and all FLOPs are finite.
    pub fn allowed(&self, account: Account, ratio: f64) -> Result<Allowance, ExchangeError> {
        let Self { scale, small_answer, large_answer } = *self;
        above("the scale of the larger model", scale, 1.0 - f64::EPSILON)?;
        above("the ratio of inference to pretraining tokens", ratio, 0.0)?;
        let saved = (scale - 1.0) / ratio;
        let amount = match account {
            Account::Formula => scale + 3.0 * saved,
            Account::WithVerifier => scale + 1.5 * saved,
            Account::Ledger => {
                above("the FLOPs of an answer", small_answer, 0.0)?;
                above("the FLOPs of the large model", large_answer, 0.0)?;
                large_answer + 3.0 * saved * small_answer
            }
        };
        Ok(Allowance { cost: account.cost(), amount })
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

/// What an allowance buys among the points of a policy.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bought {
    /// Nothing: the cheapest point costs more than is allowed.
    Nothing {
        /// Its mean cost per question.
        cheapest: f64,
    },
    /// All that is allowed, by a coin between the two neighbouring points.
    All,
    /// The dearest point, which costs less than is allowed. What more would give was not measured.
    Dearest {
        /// Its mean cost per question.
        spent: f64,
    },
}

/// The exchange at one allowance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Exchanged {
    /// What the allowance bought.
    pub bought: Bought,
    /// By bin, and overall; empty if it bought nothing.
    pub rows: Vec<ExchangeRow>,
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

/// Compares, per bin and overall, what `small` (`[points][questions]`, each fitted beforehand) achieves at the allowance
/// with the large model's accuracy per question. Between the two points next to the allowance every question flips a
/// coin, so that both bills are equal; beyond the dearest point nothing is assumed. Bins without questions are left out.
///
/// # Errors
/// [`ExchangeError::Lengths`] if the lists differ in length.
pub fn exchange(
    small: &[Vec<Cell>],
    allowed: Allowance,
    large: (&[f64], &[usize]),
    seed: u64,
) -> Result<Exchanged, ExchangeError> {
    let (large, bins) = large;
    let expected = bins.len();
    if let Some(found) = small.iter().map(Vec::len).chain([large.len()]).find(|length| *length != expected) {
        return Err(ExchangeError::Lengths { found, expected });
    }
    let all: Vec<usize> = (0..expected).collect();
    let costs: Vec<f64> = small.iter().map(|point| means(point, allowed.cost, &all).0).collect();
    let Some(coin) = Coin::between(&costs, allowed.amount) else {
        let cheapest = costs.into_iter().fold(f64::INFINITY, f64::min);
        return Ok(Exchanged { bought: Bought::Nothing { cheapest }, rows: Vec::new() });
    };
    let ours = coin.flip(small);
    let groups = (0..=bins.iter().max().copied().unwrap_or(0)).map(Some).chain([None]);
    let row = |bin: Option<usize>| {
        let members: Vec<usize> = (0..expected).filter(|&at| bin.is_none_or(|bin| bins[at] == bin)).collect();
        let right: Vec<f64> = members.iter().map(|&at| ours[at].accuracy).collect();
        let theirs: Vec<f64> = members.iter().map(|&at| large[at]).collect();
        let difference = paired_difference(&right, &theirs, seed)?;
        let spent = means(&ours, allowed.cost, &members).0;
        Some(ExchangeRow { bin, questions: members.len(), spent, difference, winner: winner(difference) })
    };
    let bought = if coin.cheaper == coin.dearer && coin.spent < allowed.amount * (1.0 - 1e-9) {
        Bought::Dearest { spent: coin.spent }
    } else {
        Bought::All
    };
    Ok(Exchanged { bought, rows: groups.filter_map(row).collect() })
}

/// Who wins, if the interval excludes 0.
fn winner(difference: Interval) -> Option<Winner> {
    if difference.low > 0.0 {
        Some(Winner::TestTime)
    } else if difference.high < 0.0 {
        Some(Winner::Parameters)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIDES: Sides = Sides { scale: 14.0, small_answer: 2.0, large_answer: 28.0 };

    #[test]
    fn both_formulas_give_the_papers_factors() {
        let factor = |ratio, account| SIDES.allowed(account, ratio).unwrap().amount;
        assert!((factor(0.16, Account::Formula) - (14.0 + 3.0 / 0.16 * 13.0)).abs() < 1e-9);
        // Halving R and the constant together is the same exchange.
        assert!((factor(0.16, Account::Formula) - factor(0.08, Account::WithVerifier)).abs() < 1e-9);
        let alike = Sides { scale: 1.0, ..SIDES };
        assert!((alike.allowed(Account::Formula, 1.0).unwrap().amount - 1.0).abs() < 1e-12);
        assert!(SIDES.allowed(Account::Formula, 0.0).is_err());
        assert!(Sides { scale: 0.5, ..SIDES }.allowed(Account::Formula, 1.0).is_err());
        assert!(Sides { large_answer: f64::NAN, ..SIDES }.allowed(Account::Ledger, 1.0).is_err());
    }

    #[test]
    fn the_ledger_agrees_with_the_formula_where_its_assumptions_hold() {
        // The large answer costs 14 small ones, as the formula has it.
        let [formula, ledger] =
            [Account::Formula, Account::Ledger].map(|one| SIDES.allowed(one, 0.79).unwrap().amount);
        assert!((ledger / SIDES.small_answer / formula - 1.0).abs() < 1e-12);
    }

    #[test]
    fn each_bin_has_its_own_winner_or_none() {
        let bins: Vec<usize> = (0..90).map(|at| at % 3).collect();
        let cell = |accuracy| Cell { accuracy, flops: 10.0, ..Cell::default() };
        let small: Vec<Cell> = bins.iter().map(|&bin| cell([1.0, 0.5, 0.0][bin])).collect();
        let dear = vec![Cell { flops: 100.0, ..cell(1.0) }; 90];
        let bought = exchange(&[small.clone(), dear.clone()], flops(10.0), (&[0.5; 90], &bins), 0).unwrap();
        let winners: Vec<_> = bought.rows.iter().map(|row| row.winner).collect();
        assert_eq!(winners, [Some(Winner::TestTime), None, Some(Winner::Parameters), None]);
        assert!(exchange(&[small], flops(10.0), (&[0.5], &[0]), 0).is_err());
    }

    fn flops(amount: f64) -> Allowance {
        Allowance { cost: Cost::Flops, amount }
    }

    /// It used to compare 4 samples where 10 could be paid.
    #[test]
    fn an_allowance_between_two_points_buys_what_lies_between() {
        let point = |accuracy, flops| vec![Cell { accuracy, flops, ..Cell::default() }; 20];
        let small = [point(0.4, 4.0), point(0.8, 16.0)];
        let found = exchange(&small, flops(10.0), (&[0.5; 20], &[0; 20]), 0).unwrap();
        let all = found.rows.last().unwrap();
        assert_eq!(found.bought, Bought::All);
        assert!((all.spent - 10.0).abs() < 1e-9 && (all.difference.value - 0.1).abs() < 1e-9, "{all:?}");
        assert_eq!(all.winner, Some(Winner::TestTime));
    }

    #[test]
    fn beyond_the_dearest_point_nothing_is_assumed_and_below_the_cheapest_nothing_bought() {
        let point = |accuracy, flops| vec![Cell { accuracy, flops, ..Cell::default() }; 20];
        let small = [point(0.4, 4.0), point(0.8, 16.0)];
        let at = |amount| exchange(&small, flops(amount), (&[0.5; 20], &[0; 20]), 0).unwrap();
        assert_eq!((at(100.0).bought, at(100.0).rows[0].spent), (Bought::Dearest { spent: 16.0 }, 16.0));
        assert_eq!(at(16.0).bought, Bought::All);
        assert_eq!(at(3.0), Exchanged { bought: Bought::Nothing { cheapest: 4.0 }, rows: Vec::new() });
    }

    /// Pretraining used to be credited with the FLOPs of proposer and verifier.
    #[test]
    fn a_dearer_verifier_earns_no_pretraining() {
        // Both sides know the proposer's FLOPs alone: a verifier is on the bill, never in the allowance.
        let saved = |sides: Sides| sides.allowed(Account::Ledger, 1.0).unwrap().amount - sides.large_answer;
        assert!((saved(SIDES) - 3.0 * 13.0 * SIDES.small_answer).abs() < 1e-9);
    }
}
