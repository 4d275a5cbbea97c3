//! Accuracy of every selection at every number of samples, from a recorded pool, with no new model call.

use crate::sheet::Sheet;
use crate::subset::{Subsets, subset_accuracy};
use deliberate_run::pass_at_k;
use deliberate_search::{Selection, mix};

/// Per-question accuracies of selections over subsets of the recorded samples.
#[derive(Debug, Clone, PartialEq)]
pub struct Reselection {
    /// The rows.
    pub selections: Vec<Selection>,
    /// The columns: numbers of samples.
    pub ks: Vec<u32>,
    /// `[selections][ks][questions]`, in 0..=1.
    pub accuracy: Vec<Vec<Vec<f64>>>,
    /// Chance that any of `k` samples is right: `[ks][questions]`.
    pub pass: Vec<Vec<f64>>,
    /// Tokens of `k` samples: `[ks][questions]`; 0 where the pool did not count them.
    pub tokens: Vec<Vec<f64>>,
}

/// Evaluates `selections` at `ks`, those that every question has samples enough for.
pub fn reselect(sheet: &Sheet, selections: &[Selection], ks: &[u32], how: Subsets) -> Reselection {
    let ks: Vec<u32> = ks.iter().copied().filter(|&k| k > 0 && k as usize <= sheet.depth()).collect();
    let questions = sheet.questions.len();
    let mut accuracy = vec![vec![Vec::with_capacity(questions); ks.len()]; selections.len()];
    let mut pass = vec![Vec::with_capacity(questions); ks.len()];
    for (at, draws) in sheet.questions.iter().enumerate() {
        let how = Subsets { seed: mix(how.seed, at as u64), ..how };
        for (row, cells) in subset_accuracy(draws, selections, &ks, how).into_iter().enumerate() {
            for (column, cell) in cells.into_iter().enumerate() {
                accuracy[row][column].push(cell);
            }
        }
        let correct = draws.iter().filter(|draw| draw.correct).count() as u64;
        for (column, &k) in ks.iter().enumerate() {
            pass[column].push(pass_at_k(draws.len() as u64, correct, u64::from(k)).unwrap_or(f64::NAN));
        }
    }
    let mean = sheet.mean_tokens();
    let tokens = ks.iter().map(|&k| mean.iter().map(|tokens| tokens * f64::from(k)).collect()).collect();
    Reselection { selections: selections.to_vec(), ks, accuracy, pass, tokens }
}

impl Reselection {
    /// Per-question accuracies of one cell; `None` if it was not asked for.
    pub fn cell(&self, selection: Selection, k: u32) -> Option<&[f64]> {
        let row = self.selections.iter().position(|one| *one == selection)?;
        let column = self.ks.iter().position(|one| *one == k)?;
        Some(&self.accuracy[row][column])
    }
}
