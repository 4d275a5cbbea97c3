//! A fixed number of samples for every question, and one selection for all: what everything else is compared with.
//!
//! Subsets could be counted exactly here, but other ways cannot: all are replayed along the same orders, so that what the
//! orders do by chance they do to both sides of a comparison.

use super::{Ended, Replayed, Stopping, WaySettings, held_out, limits, replay, way_folds};
use crate::Spent;
use crate::rounds::{every_selection, selection_name};
use crate::sheet::{Seen, Sheet};
use crate::tally::Tally;
use deliberate_search::{Aggregation, Rule, Selection};

/// So many samples, whatever they are.
struct Number {
    selection: Selection,
    samples: usize,
}

impl Stopping for Number {
    fn name(&self) -> String {
        format!("{} of {}", selection_name(self.selection), self.samples)
    }

    fn end(&self, seen: &[Seen]) -> Ended {
        let mut tally = Tally::default();
        for (at, one) in seen.iter().take(self.samples).enumerate() {
            tally.push(at as u32, one);
        }
        let presented = tally.presented(self.selection).map(|at| at as usize);
        Ended { drawn: tally.drawn as usize, presented }
    }
}

/// As many samples of every question as the budget allows, best-of-N weighted (section 5.1): nothing is chosen.
pub fn uniform(sheet: &Sheet, budgets: &[f64], settings: &WaySettings) -> Replayed {
    let selection = Selection { rule: Rule::Weighted, aggregation: Aggregation::Last };
    let number = |&budget: &f64| Number { selection, samples: (budget.max(1.0) as usize).min(sheet.depth()) };
    let settled = replay(sheet, &budgets.iter().map(number).collect::<Vec<_>>(), settings);
    let spent = budgets.iter().zip(&settled.cells);
    Replayed {
        name: "uniform, best-of-N weighted",
        spent: spent.map(|(&budget, cells)| Spent::of(budget, cells.iter().copied())).collect(),
        chosen: settled.names.into_iter().map(|name| vec![name]).collect(),
    }
}

/// The selection and the number of samples that are best on the training folds.
pub fn best_single_rule(sheet: &Sheet, budgets: &[f64], settings: &WaySettings) -> Replayed {
    let mut numbers = limits(sheet);
    numbers.extend(budgets.iter().map(|&budget| budget as usize).filter(|n| (1..=sheet.depth()).contains(n)));
    numbers.sort_unstable();
    numbers.dedup();
    let rules = every_selection()
        .into_iter()
        .flat_map(|selection| numbers.iter().map(move |&samples| Number { selection, samples }));
    let settled = replay(sheet, &rules.collect::<Vec<_>>(), settings);
    held_out("best single rule", |_| &settled, &way_folds(sheet, settings), budgets)
}
