//! Parameters or test-time compute, at equal FLOPs (section 7).

use crate::outcomes::Cell;
use crate::resample::{Interval, paired_difference};
use serde::{Deserialize, Serialize};

/// What counts as inference of one generated token.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Convention {
    /// The proposer alone, `2·N` per token: the factor is `M + 3 / R · (M − 1)`.
    #[default]
    Proposer,
    /// Proposer and a verifier of its size, `4·N` per token: the factor is `M + 1.5 / R · (M − 1)`, and ratios are half
    /// as large (the conference version).
    WithVerifier,
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

/// Times its own inference compute that a small model may spend per question to match a model with `scale` times its
/// parameters, where `ratio` is inference tokens over pretraining tokens (R).
///
/// # Errors
/// [`ExchangeError::OutOfRange`] unless `scale` ≥ 1 and `ratio` > 0.
pub fn matched_factor(scale: f64, ratio: f64, convention: Convention) -> Result<f64, ExchangeError> {
    above("the scale of the larger model", scale, 1.0 - f64::EPSILON)?;
    above("the ratio of inference to pretraining tokens", ratio, 0.0)?;
    let pretraining = match convention {
        Convention::Proposer => 3.0,
        Convention::WithVerifier => 1.5,
    };
    Ok(scale + pretraining / ratio * (scale - 1.0))
}

/// Training and measured inference of one model, for the exact ledger.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Bill {
    /// FLOPs of training all models involved.
    pub training: f64,
    /// Mean measured FLOPs of one question, verifier included.
    pub per_question: f64,
}

/// FLOPs per question that the small side may spend so that both bills over `questions` questions are equal.
///
/// # Errors
/// [`ExchangeError::OutOfRange`] unless `questions` > 0 and all FLOPs are finite.
pub fn matched_flops(small_training: f64, large: Bill, questions: f64) -> Result<f64, ExchangeError> {
    above("the number of questions", questions, 0.0)?;
    above("the training of the small model", small_training, -f64::MIN_POSITIVE)?;
    above("the training of the large model", large.training, -f64::MIN_POSITIVE)?;
    above("the inference of the large model", large.per_question, 0.0)?;
    Ok((large.training - small_training) / questions + large.per_question)
}

/// Who wins in one bin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ExchangeRow {
    /// The bin; `None` is all questions.
    pub bin: Option<usize>,
    /// Questions in it.
    pub questions: usize,
    /// FLOPs per question that the small model spent, at most what it was allowed.
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
/// whose mean FLOPs do not exceed `allowed` with the large model's accuracy per question. Bins without questions are
/// left out; no rows if no point is affordable.
///
/// # Errors
/// [`ExchangeError::Lengths`] if the lists differ in length.
pub fn exchange(
    small: &[Vec<Cell>],
    allowed: f64,
    large: &[f64],
    bins: &[usize],
    seed: u64,
) -> Result<Vec<ExchangeRow>, ExchangeError> {
    let expected = bins.len();
    if let Some(found) = small.iter().map(Vec::len).chain([large.len()]).find(|length| *length != expected) {
        return Err(ExchangeError::Lengths { found, expected });
    }
    let flops =
        |point: &&Vec<Cell>| point.iter().map(|cell| cell.flops).sum::<f64>() / expected.max(1) as f64;
    let affordable = small.iter().filter(|point| flops(point) <= allowed);
    let Some(point) = affordable.max_by(|a, b| flops(a).total_cmp(&flops(b))) else { return Ok(Vec::new()) };
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
        let spent = members.iter().map(|&at| point[at].flops).sum::<f64>() / members.len() as f64;
        Some(ExchangeRow { bin, questions: members.len(), spent, difference, winner })
    };
    Ok(groups.filter_map(row).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_conventions_give_the_papers_factors() {
        let factor = |ratio, convention| matched_factor(14.0, ratio, convention).unwrap();
        assert!((factor(0.16, Convention::Proposer) - (14.0 + 3.0 / 0.16 * 13.0)).abs() < 1e-9);
        // Halving R and the constant together is the same exchange.
        assert!((factor(0.16, Convention::Proposer) - factor(0.08, Convention::WithVerifier)).abs() < 1e-9);
        assert!((matched_factor(1.0, 1.0, Convention::Proposer).unwrap() - 1.0).abs() < 1e-12);
        assert!(matched_factor(14.0, 0.0, Convention::Proposer).is_err());
        assert!(matched_factor(0.5, 1.0, Convention::Proposer).is_err());
    }

    #[test]
    fn the_ledger_agrees_with_the_formula_where_its_assumptions_hold() {
        // X = 6·N·D, Y = 2·N·T over one "question" of all inference tokens.
        let (n, pretraining, inference, scale) = (1e9, 1e12, 1e11, 14.0);
        let (x, y) = (6.0 * n * pretraining, 2.0 * n * inference);
        let large = Bill { training: scale * x, per_question: scale * y };
        let allowed = matched_flops(x, large, 1.0).unwrap();
        let factor = matched_factor(scale, inference / pretraining, Convention::Proposer).unwrap();
        assert!((allowed / y / factor - 1.0).abs() < 1e-12);
    }

    #[test]
    fn each_bin_has_its_own_winner_or_none() {
        let bins: Vec<usize> = (0..90).map(|at| at % 3).collect();
        let cell = |accuracy| Cell { accuracy, flops: 10.0, ..Cell::default() };
        let small: Vec<Cell> = bins.iter().map(|&bin| cell([1.0, 0.5, 0.0][bin])).collect();
        let dear = vec![Cell { flops: 100.0, ..cell(1.0) }; 90];
        let rows = exchange(&[small, dear], 50.0, &[0.5; 90], &bins, 0).unwrap();
        let winners: Vec<_> = rows.iter().map(|row| row.winner).collect();
        assert_eq!(winners, [Some(Winner::TestTime), None, Some(Winner::Parameters), None]);
        assert!(exchange(&[], 1.0, &[0.5], &[0], 0).unwrap().is_empty());
        assert!(exchange(&[], 1.0, &[0.5], &[0, 1], 0).is_err());
    }
}
