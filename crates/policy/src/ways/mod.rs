//! Ways to spend a budget of samples, replayed on recorded ones: the baselines that a policy has to beat, and what might.
//!
//! Every way is held out: its settings are chosen at each budget on the questions of the other folds, among those that
//! spend no more than the budget there. Every sample that is drawn counts. A way is one file; what they share is here.

mod consistency;
mod deployed;
mod log_odds;
mod ranking;
mod rejection;
mod rules;
mod threshold;

pub use consistency::{adaptive_consistency, early_stopping};
pub use deployed::{Deployed, deployed, fit_deployed};
pub use log_odds::{LogOdds, SOLUTION_FEATURES, log_odds_voting};
pub use ranking::{RANKING_FEATURES, Ranking, ranked_answers};
pub use rejection::early_rejection;
pub use rules::{best_single_rule, uniform};
pub use threshold::score_threshold;

use crate::folds::folds;
use crate::frontier::Spent;
use crate::orders::shuffled;
use crate::outcomes::Cell;
use crate::sheet::{Seen, Sheet};

/// How ways are replayed and held out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaySettings {
    /// Random orders of each question's samples.
    pub orders: u32,
    /// Folds of cross-validation.
    pub folds: usize,
    /// Of folds and orders.
    pub seed: u64,
}

impl Default for WaySettings {
    fn default() -> Self {
        Self { orders: 64, folds: 5, seed: 0 }
    }
}

/// A way at every budget.
#[derive(Debug, Clone, PartialEq)]
pub struct Replayed {
    /// What it is called.
    pub name: &'static str,
    /// Held-out outcomes, in the order of the budgets.
    pub spent: Vec<Spent>,
    /// The setting that each fold was given at each budget: `[budgets][folds]`.
    pub chosen: Vec<Vec<String>>,
}

/// Where a way stops along one order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Ended {
    /// Samples drawn.
    drawn: usize,
    /// Which of them is presented; `None` if no answer was found.
    presented: Option<usize>,
}

/// A rule that draws one sample after the other and stops. It sees no correctness.
trait Stopping {
    /// In words, with its settings.
    fn name(&self) -> String;

    /// Where it stops, given the samples that it may draw, at least one.
    fn end(&self, seen: &[Seen]) -> Ended;
}

/// Settings of a way and what each gave on every question, mean over orders: `cells[settings][questions]`.
struct Settled {
    names: Vec<String>,
    cells: Vec<Vec<Cell>>,
}

/// Runs every rule along every order of every question.
fn replay<S: Stopping>(sheet: &Sheet, rules: &[S], settings: &WaySettings) -> Settled {
    let mut cells = vec![vec![Cell::default(); sheet.questions.len()]; rules.len()];
    for (question, draws) in sheet.questions.iter().enumerate() {
        for order in 0..settings.orders {
            let order = shuffled(draws.len(), question, order, settings.seed);
            let seen: Vec<Seen> = order.iter().map(|&at| draws[at].seen).collect();
            for (rule, cells) in rules.iter().zip(&mut cells) {
                let Ended { drawn, presented } = rule.end(&seen);
                let cell = &mut cells[question];
                cell.accuracy += f64::from(u8::from(presented.is_some_and(|at| draws[order[at]].correct)));
                cell.generations += drawn as f64;
                cell.tokens += order[..drawn].iter().map(|&at| f64::from(draws[at].tokens)).sum::<f64>();
            }
        }
    }
    for cell in cells.iter_mut().flatten() {
        *cell = cell.over(settings.orders);
    }
    Settled { names: rules.iter().map(S::name).collect(), cells }
}

impl Cell {
    /// A sum over so many orders as a mean.
    fn over(self, orders: u32) -> Self {
        let count = f64::from(orders.max(1));
        Self {
            accuracy: self.accuracy / count,
            runs: self.runs,
            generations: self.generations / count,
            tokens: self.tokens / count,
            flops: self.flops / count,
        }
    }
}

/// The fold of each question. Depends on their number and the seed alone.
fn way_folds(sheet: &Sheet, settings: &WaySettings) -> Vec<usize> {
    folds(&vec![0; sheet.questions.len()], settings.folds, settings.seed)
}

/// The questions outside of a fold.
fn training(fold: &[usize], tested: usize) -> Vec<usize> {
    (0..fold.len()).filter(|&at| fold[at] != tested).collect()
}

/// The setting that is right most often on the training questions among those that spend no more than the budget there;
/// of equal ones the cheapest. If none is so cheap, the cheapest of all.
fn most_accurate(cells: &[Vec<Cell>], training: &[usize], budget: f64) -> usize {
    let mean = |setting: usize, of: fn(&Cell) -> f64| {
        training.iter().map(|&at| of(&cells[setting][at])).sum::<f64>() / training.len().max(1) as f64
    };
    let weighed = (0..cells.len()).map(|setting| {
        let generations = mean(setting, |cell| cell.generations);
        let affordable = generations <= budget + 1e-9;
        // Means of shares: what differs by rounding alone is equal.
        let merit = (mean(setting, |cell| cell.accuracy) * 1e9).round();
        (affordable, if affordable { merit } else { 0.0 }, generations, setting)
    });
    let better = |a: &(bool, f64, f64, usize), b: &(bool, f64, f64, usize)| {
        a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)).then(b.2.total_cmp(&a.2)).then(b.3.cmp(&a.3))
    };
    weighed.max_by(better).expect("a way has a setting").3
}

/// Chooses a setting for every fold at every budget; `settled` gives the settings as they are for a tested fold.
fn held_out<'a>(
    name: &'static str,
    settled: impl Fn(usize) -> &'a Settled,
    fold: &[usize],
    budgets: &[f64],
) -> Replayed {
    let count = fold.iter().max().map_or(0, |last| last + 1);
    let at = |&budget: &f64| {
        let choose = |tested| most_accurate(&settled(tested).cells, &training(fold, tested), budget);
        let chosen: Vec<usize> = (0..count).map(choose).collect();
        let cell = |(at, &fold): (usize, &usize)| settled(fold).cells[chosen[fold]][at];
        let names = chosen.iter().enumerate().map(|(fold, &one)| settled(fold).names[one].clone());
        (Spent::of(budget, fold.iter().enumerate().map(cell)), names.collect())
    };
    let (spent, chosen) = budgets.iter().map(at).unzip();
    Replayed { name, spent, chosen }
}

/// Numbers of samples that a way with a limit may be given: powers of two and what lies in the middle of two.
fn limits(sheet: &Sheet) -> Vec<usize> {
    crate::doubling_rounds(sheet.depth() as u32).into_iter().map(|limit| limit as usize).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulated::questions_of_known_ease;
    use proptest::prelude::*;

    fn all(sheet: &Sheet) -> Vec<Replayed> {
        let settings = WaySettings { orders: 4, ..WaySettings::default() };
        let budgets = [2.0, 5.0];
        let ways = [
            best_single_rule,
            adaptive_consistency,
            early_stopping,
            score_threshold,
            log_odds_voting,
            ranked_answers,
        ];
        ways.map(|way| way(sheet, &budgets, &settings)).into()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4))]
        #[test]
        fn no_way_depends_on_the_outcomes_of_the_fold_it_is_tested_on(seed in 0_u64..1_000, tested in 0_usize..5) {
            let sheet = questions_of_known_ease(40, 8, seed);
            let fold = way_folds(&sheet, &WaySettings::default());
            let mut turned = sheet.clone();
            for (draws, _) in turned.questions.iter_mut().zip(&fold).filter(|(_, fold)| **fold == tested) {
                for draw in draws {
                    draw.correct = !draw.correct;
                }
            }
            for (before, after) in all(&sheet).iter().zip(all(&turned)) {
                for (one, other) in before.spent.iter().zip(&after.spent) {
                    for at in (0..fold.len()).filter(|&at| fold[at] == tested) {
                        prop_assert!((one.generations[at] - other.generations[at]).abs() < 1e-9, "{}", before.name);
                        prop_assert!((one.accuracy[at] + other.accuracy[at] - 1.0).abs() < 1e-9, "{}", before.name);
                    }
                }
            }
        }
    }

    #[test]
    fn what_costs_more_than_the_budget_is_not_chosen_where_anything_costs_less() {
        let cell = |accuracy, generations| vec![Cell { accuracy, generations, ..Cell::default() }; 3];
        let cells = [cell(0.2, 1.0), cell(0.9, 8.0), cell(0.5, 4.0), cell(0.5, 3.0)];
        assert_eq!(most_accurate(&cells, &[0, 1], 4.0), 3);
        assert_eq!(most_accurate(&cells, &[0, 1], 8.0), 1);
        assert_eq!(most_accurate(&cells, &[0, 1], 0.5), 0);
    }
}
