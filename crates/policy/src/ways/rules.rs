//! A fixed number of samples for every question, and one selection for all: what everything else is compared with.

use super::{Replayed, Settled, WaySettings, held_out, limits, way_folds};
use crate::reselect::{Reselection, reselect};
use crate::rounds::{every_selection, selection_name};
use crate::sheet::Sheet;
use crate::subset::Subsets;
use crate::{Cell, Spent};
use deliberate_search::{Aggregation, Rule, Selection};

/// As many samples of every question as the budget allows, best-of-N weighted (section 5.1): nothing is chosen.
pub fn uniform(sheet: &Sheet, budgets: &[f64], settings: &WaySettings) -> Replayed {
    let weighted = Selection { rule: Rule::Weighted, aggregation: Aggregation::Last };
    let ks: Vec<u32> =
        budgets.iter().map(|&budget| (budget.max(1.0) as u32).min(sheet.depth() as u32)).collect();
    let again = reselect(sheet, &[weighted], &ks, Subsets { seed: settings.seed, ..Subsets::default() });
    let spent = budgets.iter().zip(&ks).map(|(&budget, &k)| {
        let column = again.ks.iter().position(|&one| one == k).expect("every question has as many samples");
        Spent::of(budget, cells(&again, 0, column))
    });
    let name = |k: &u32| vec![format!("N = {k}")];
    Replayed {
        name: "uniform, best-of-N weighted",
        spent: spent.collect(),
        chosen: ks.iter().map(name).collect(),
    }
}

/// The selection and the number of samples that are best on the training folds.
pub fn best_single_rule(sheet: &Sheet, budgets: &[f64], settings: &WaySettings) -> Replayed {
    let mut ks: Vec<u32> = limits(sheet).into_iter().map(|limit| limit as u32).collect();
    ks.extend(budgets.iter().map(|&budget| budget as u32));
    ks.sort_unstable();
    ks.dedup();
    let subsets = Subsets { seed: settings.seed, ..Subsets::default() };
    let again = reselect(sheet, &every_selection(), &ks, subsets);
    let mut settled = Settled { names: Vec::new(), cells: Vec::new() };
    for (row, &selection) in again.selections.iter().enumerate() {
        for (column, k) in again.ks.iter().enumerate() {
            settled.names.push(format!("{} of {k}", selection_name(selection)));
            settled.cells.push(cells(&again, row, column).collect());
        }
    }
    held_out("best single rule", |_| &settled, &way_folds(sheet, settings), budgets)
}

/// One selection at one number of samples, by question.
fn cells(again: &Reselection, row: usize, column: usize) -> impl Iterator<Item = Cell> {
    let tokens = &again.tokens[column];
    let cell = move |(&accuracy, &tokens): (&f64, &f64)| Cell {
        accuracy,
        generations: again.ks[column].into(),
        tokens,
        flops: 0.0,
    };
    again.accuracy[row][column].iter().zip(tokens).map(cell)
}
