//! The best strategy for each bin of difficulty and each budget (section 3.2), by two-fold cross-validation inside
//! every bin: picked on one fold, measured on the other, swapped, averaged.

use crate::folds::folds;
use crate::outcomes::{Cell, Cost, Outcomes, OutcomesError};
use crate::resample::{Interval, paired_difference, share_interval};
use serde::{Deserialize, Serialize};

/// How choices are made.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FitSettings {
    /// In a bin another strategy than the best single one is taken if it is better there by this many standard errors
    /// of their paired difference. 0 takes the best of the bin, as in the paper, which pays for noise: a bin has few
    /// questions, and strategies are many.
    pub standard_errors: f64,
    /// What "cheaper" means.
    pub cost: Cost,
    /// Folds; the paper has two.
    pub folds: usize,
    /// Of the folds and the bootstrap.
    pub seed: u64,
}

impl Default for FitSettings {
    fn default() -> Self {
        Self { standard_errors: 1.0, cost: Cost::Generations, folds: 2, seed: 0 }
    }
}

/// The strategy for one bin at one budget, fitted on all questions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FixedChoice {
    /// Generations per question.
    pub budget: u32,
    /// From 0, the easiest.
    pub bin: usize,
    /// Name of the strategy.
    pub arm: String,
    /// The budget that it was measured at; at most `budget`.
    pub arm_budget: u32,
}

/// Held-out outcomes at one budget.
#[derive(Debug, Clone, PartialEq)]
pub struct FitPoint {
    /// Generations per question that strategies might spend.
    pub budget: u32,
    /// The arm applied to each question, chosen without that question.
    pub arms: Vec<usize>,
    /// What it gave, per question.
    pub chosen: Vec<Cell>,
    /// What the best single arm for all bins gave, chosen on the same training folds.
    pub single: Vec<Cell>,
    /// Mean accuracy of the choices.
    pub accuracy: Interval,
    /// Mean accuracy of the best single arm.
    pub single_accuracy: Interval,
    /// Mean gain over the best single arm, paired.
    pub gain: Interval,
}

/// Held-out curve and final choices.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit {
    /// One point per distinct budget of the arms, rising.
    pub points: Vec<FitPoint>,
    /// Fitted on all questions: what a policy file holds.
    pub choices: Vec<FixedChoice>,
}

/// Chooses per (bin, budget). `bins` holds each question's bin; arms of a smaller budget remain candidates at a larger.
///
/// # Errors
/// [`OutcomesError`] if the table is incomplete.
pub fn fit_fixed(table: &Outcomes, bins: &[usize], settings: FitSettings) -> Result<Fit, OutcomesError> {
    table.check()?;
    if bins.len() != table.questions.len() {
        return Err(OutcomesError::Bins { found: bins.len(), expected: table.questions.len() });
    }
    let fold = folds(bins, settings.folds.max(2), settings.seed);
    let mut budgets: Vec<u32> = table.arms.iter().map(|arm| arm.budget).collect();
    budgets.sort_unstable();
    budgets.dedup();
    let count = bins.iter().max().map_or(0, |bin| bin + 1);
    let mut fit = Fit { points: Vec::new(), choices: Vec::new() };
    for &budget in &budgets {
        let mut arms = vec![0; bins.len()];
        let mut single_arms = vec![0; bins.len()];
        for tested in 0..settings.folds.max(2) {
            let train = |bin: Option<usize>| -> Vec<usize> {
                (0..bins.len())
                    .filter(|&at| fold[at] != tested && bin.is_none_or(|bin| bins[at] == bin))
                    .collect()
            };
            let single = best(table, &train(None), budget, settings.cost);
            let chosen: Vec<usize> = (0..count)
                .map(|bin| {
                    let train = train(Some(bin));
                    pick(table, &train, budget, single, settings)
                })
                .collect();
            for at in (0..bins.len()).filter(|&at| fold[at] == tested) {
                arms[at] = chosen[bins[at]];
                single_arms[at] = single;
            }
        }
        fit.points.push(point(table, budget, arms, &single_arms, settings.seed));
        let all: Vec<usize> = (0..bins.len()).collect();
        let single = best(table, &all, budget, settings.cost);
        for bin in 0..count {
            let members: Vec<usize> = all.iter().copied().filter(|&at| bins[at] == bin).collect();
            let arm = &table.arms[pick(table, &members, budget, single, settings)];
            fit.choices.push(FixedChoice { budget, bin, arm: arm.name.clone(), arm_budget: arm.budget });
        }
    }
    Ok(fit)
}

fn point(table: &Outcomes, budget: u32, arms: Vec<usize>, single: &[usize], seed: u64) -> FitPoint {
    let cells = |arms: &[usize]| -> Vec<Cell> {
        arms.iter().enumerate().map(|(at, &arm)| table.cells[arm][at]).collect()
    };
    let (chosen, single) = (cells(&arms), cells(single));
    let accuracy = |cells: &[Cell]| cells.iter().map(|cell| cell.accuracy).collect::<Vec<f64>>();
    let (ours, theirs) = (accuracy(&chosen), accuracy(&single));
    let some = "a checked table has questions";
    FitPoint {
        budget,
        accuracy: share_interval(&ours, seed).expect(some),
        single_accuracy: share_interval(&theirs, seed).expect(some),
        gain: paired_difference(&ours, &theirs, seed).expect(some),
        arms,
        chosen,
        single,
    }
}

fn mean(cells: &[Cell], some: &[usize], of: impl Fn(&Cell) -> f64) -> f64 {
    some.iter().map(|&at| of(&cells[at])).sum::<f64>() / some.len() as f64
}

/// The most accurate arm within the budget. Ties go to the cheaper one, then to the one listed first.
fn best(table: &Outcomes, train: &[usize], budget: u32, cost: Cost) -> usize {
    highest(table, train, budget, cost, |arm| mean(&table.cells[arm], train, |cell| cell.accuracy))
}

/// The arm within the budget that is the most certainly better than `single` on these questions: by the mean of their
/// paired differences less its standard errors, which is 0 for `single` itself. Ties as in [`best`].
fn pick(table: &Outcomes, train: &[usize], budget: u32, single: usize, settings: FitSettings) -> usize {
    // One question leaves no idea of the error.
    if train.len() < 2 {
        return single;
    }
    highest(table, train, budget, settings.cost, |arm| {
        let gain = |at: &usize| table.cells[arm][*at].accuracy - table.cells[single][*at].accuracy;
        let gains: Vec<f64> = train.iter().map(gain).collect();
        let count = gains.len() as f64;
        let mean = gains.iter().sum::<f64>() / count;
        let squares: f64 = gains.iter().map(|gain| (gain - mean).powi(2)).sum();
        mean - settings.standard_errors * (squares / (count - 1.0) / count).sqrt()
    })
}

/// The arm within the budget of the highest merit; of equal ones the cheapest, and of those the first.
fn highest(
    table: &Outcomes,
    train: &[usize],
    budget: u32,
    cost: Cost,
    merit: impl Fn(usize) -> f64,
) -> usize {
    let allowed = (0..table.arms.len()).filter(|&arm| table.arms[arm].budget <= budget);
    let weighed = allowed.map(|arm| {
        // Merits are sums of shares: what differs by rounding alone is equal.
        let merit = (merit(arm) * 1e9).round();
        (merit, mean(&table.cells[arm], train, |cell| cell.cost(cost)), arm)
    });
    let better = |a: &(f64, f64, usize), b: &(f64, f64, usize)| {
        a.0.total_cmp(&b.0).then(b.1.total_cmp(&a.1)).then(b.2.cmp(&a.2))
    };
    weighed.max_by(better).expect("the budget is an arm's own").2
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcomes::Arm;
    use proptest::prelude::*;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    /// A simulated table: arm `a` is right in bin `b` with chance `chances[a][b]`.
    fn simulated_table(
        chances: &[[f64; 2]],
        budgets: &[u32],
        questions: usize,
        seed: u64,
    ) -> (Outcomes, Vec<usize>) {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let bins: Vec<usize> = (0..questions).map(|at| at % 2).collect();
        let cells = chances.iter().zip(budgets).map(|(chance, &budget)| {
            let cell = |bin: &usize| Cell {
                accuracy: f64::from(u8::from(random.random_bool(chance[*bin]))),
                generations: f64::from(budget),
                ..Cell::default()
            };
            bins.iter().map(cell).collect()
        });
        let table = Outcomes {
            questions: (0..questions).map(|at| at.to_string()).collect(),
            cells: cells.collect(),
            arms: budgets
                .iter()
                .enumerate()
                .map(|(at, &budget)| Arm { name: format!("arm {at}"), budget })
                .collect(),
        };
        (table, bins)
    }

    proptest! {
        #[test]
        fn no_choice_depends_on_the_fold_it_is_applied_to(seed in 0_u64..50, changed in 0_usize..40) {
            let (mut table, bins) = simulated_table(&[[0.5, 0.4], [0.6, 0.4], [0.5, 0.6]], &[1, 4, 4], 40, seed);
            let before = fit_fixed(&table, &bins, FitSettings::default()).unwrap();
            let fold = folds(&bins, 2, 0);
            for at in (0..40).filter(|&at| fold[at] == fold[changed]) {
                for row in &mut table.cells {
                    row[at].accuracy = 1.0 - row[at].accuracy;
                    row[at].generations *= 3.0;
                }
            }
            let after = fit_fixed(&table, &bins, FitSettings::default()).unwrap();
            for (one, other) in before.points.iter().zip(&after.points) {
                prop_assert_eq!(one.arms[changed], other.arms[changed]);
            }
        }
    }

    #[test]
    fn with_enough_questions_the_known_best_arm_of_each_bin_is_found() {
        let (table, bins) = simulated_table(&[[0.9, 0.2], [0.6, 0.5], [0.7, 0.3]], &[8, 8, 8], 4_000, 1);
        let fit = fit_fixed(&table, &bins, FitSettings::default()).unwrap();
        let chosen: Vec<&str> = fit.choices.iter().map(|choice| choice.arm.as_str()).collect();
        assert_eq!(chosen, ["arm 0", "arm 1"]);
        let point = &fit.points[0];
        assert_eq!(point.arms, bins, "both folds find the arm that is best in each bin");
        assert!((point.accuracy.value - 0.7).abs() < 0.03, "{:?}", point.accuracy);
        assert!(point.gain.low > 0.05, "{:?}", point.gain);
    }

    #[test]
    fn equal_arms_promise_no_gain() {
        let (mut contained, mut gains) = (0, 0.0);
        for seed in 0..20 {
            let (table, bins) = simulated_table(&[[0.5; 2]; 6], &[1, 2, 4, 8, 16, 32], 200, seed);
            let fit = fit_fixed(&table, &bins, FitSettings { seed, ..FitSettings::default() }).unwrap();
            let last = fit.points.last().unwrap();
            contained += u32::from(last.gain.low <= 0.0 && last.gain.high >= 0.0);
            gains += last.gain.value / 20.0;
        }
        assert!(contained >= 17, "{contained} of 20");
        assert!(gains.abs() < 0.02, "{gains}");
    }

    #[test]
    fn of_arms_that_are_always_equally_right_a_bin_takes_the_cheapest() {
        let (table, bins) = simulated_table(&[[1.0, 0.2], [1.0, 0.5]], &[1, 8], 400, 3);
        let fit = fit_fixed(&table, &bins, FitSettings::default()).unwrap();
        let last = fit.choices.iter().filter(|choice| choice.budget == 8);
        assert_eq!(last.map(|choice| choice.arm.as_str()).collect::<Vec<_>>(), ["arm 0", "arm 1"]);
    }
}
