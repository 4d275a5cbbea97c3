//! The reference that a policy has to beat: the best single way of selecting, chosen without the questions that it is
//! measured on.

use crate::folds::folds;
use crate::reselect::Reselection;
use deliberate_search::Selection;

/// At every number of samples the selection that was best on the training folds, applied to the questions of the fold
/// that was left out.
#[derive(Debug, Clone, PartialEq)]
pub struct SingleRule {
    /// Numbers of samples.
    pub ks: Vec<u32>,
    /// `[ks][folds]`.
    pub chosen: Vec<Vec<Selection>>,
    /// Held out: `[ks][questions]`, in 0..=1.
    pub accuracy: Vec<Vec<f64>>,
    /// The fold of each question.
    pub fold: Vec<usize>,
}

/// Folds of the choice.
const FOLDS: usize = 5;

impl SingleRule {
    /// Chooses among all selections of `again`; of equally good ones the one listed first.
    pub fn of(again: &Reselection, seed: u64) -> Self {
        let questions = again.accuracy.first().and_then(|row| row.first()).map_or(0, Vec::len);
        let fold = folds(&vec![0; questions], FOLDS, seed);
        let columns = 0..again.ks.len();
        let chosen: Vec<Vec<usize>> = columns
            .map(|column| (0..FOLDS).map(|tested| best(again, column, &fold, tested)).collect())
            .collect();
        let cell = |(column, rows): (usize, &Vec<usize>)| -> Vec<f64> {
            (0..questions).map(|at| again.accuracy[rows[fold[at]]][column][at]).collect()
        };
        Self {
            ks: again.ks.clone(),
            accuracy: chosen.iter().enumerate().map(cell).collect(),
            chosen: chosen
                .iter()
                .map(|rows| rows.iter().map(|&row| again.selections[row]).collect())
                .collect(),
            fold,
        }
    }
}

/// The row of the selection that is right most often at this column on the questions outside a fold.
fn best(again: &Reselection, column: usize, fold: &[usize], tested: usize) -> usize {
    let right = |row: usize| -> f64 {
        let cells = again.accuracy[row][column].iter().zip(fold);
        cells.filter(|(_, fold)| **fold != tested).map(|(accuracy, _)| accuracy).sum()
    };
    let merits: Vec<f64> = (0..again.selections.len()).map(right).collect();
    (0..merits.len()).fold(0, |best, row| if merits[row] > merits[best] + 1e-9 { row } else { best })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulated::questions_of_known_ease;
    use crate::{Subsets, every_selection, reselect};

    #[test]
    fn the_rule_of_a_fold_does_not_depend_on_its_questions() {
        let sheet = questions_of_known_ease(60, 8, 3);
        let again = reselect(&sheet, &every_selection(), &[1, 4, 8], Subsets::default());
        let before = SingleRule::of(&again, 1);
        for fold in 0..FOLDS {
            let mut turned = again.clone();
            for cells in turned.accuracy.iter_mut().flatten() {
                for (cell, of) in cells.iter_mut().zip(&before.fold) {
                    *cell = if *of == fold { 1.0 - *cell } else { *cell };
                }
            }
            let after = SingleRule::of(&turned, 1);
            assert!((0..3).all(|column| before.chosen[column][fold] == after.chosen[column][fold]));
        }
    }

    #[test]
    fn it_is_the_known_best_rule_where_one_is_best_by_far() {
        let sheet = crate::simulated::a_perfect_verifier(200, 8, 1);
        let again = reselect(&sheet, &every_selection(), &[8], Subsets::default());
        let single = SingleRule::of(&again, 0);
        let pass = &again.pass[0];
        assert!(single.accuracy[0].iter().zip(pass).all(|(ours, pass)| (ours - pass).abs() < 1e-9));
    }
}
