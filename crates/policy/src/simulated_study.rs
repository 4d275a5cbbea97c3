//! Simulated studies with a known optimum, for tests only: what every way would achieve on all questions that there could
//! be is known, so 95 % intervals can be counted that hold it.

use crate::outcomes::{Arm, Cell, Cost, Outcomes};
use crate::{
    Allowance, Coin, Curve, Fit, FitSettings, Interval, Reselection, SingleRule, advantage, every_selection,
    fit_fixed, share_interval,
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Questions of a study.
const QUESTIONS: usize = 250;
/// Studies.
const STUDIES: u64 = 200;
/// Budgets of every arm.
const BUDGETS: [u32; 3] = [1, 4, 16];
/// Samples in the pool of a question.
const POOL: usize = 64;
/// Bins of difficulty.
const BINS: usize = 5;

/// A world: how often an arm is right on a question of this hardness (0..1), at a budget.
type Chance = fn(arm: usize, hardness: f64, budget: u32) -> f64;

/// Rules over one pool (0 to 2), and searches that are run (3 and 4). Which is best depends on hardness and budget.
fn a_search_helps_on_hard_questions(arm: usize, hardness: f64, budget: u32) -> f64 {
    let more = f64::from(budget).log2() / 6.0;
    let (start, fall, gain) =
        [(0.97, 0.95, 0.30), (0.97, 0.95, 0.34), (0.95, 0.95, 0.36), (0.90, 0.95, 0.10), (0.70, 0.45, 0.35)]
            [arm];
    (start - fall * hardness + gain * more).clamp(0.02, 0.985)
}

/// Nothing is better than anything else.
fn pure_noise(_: usize, hardness: f64, _: u32) -> f64 {
    1.0 - hardness
}

/// Mean over all questions of a bin that there could be.
fn truth(chance: Chance, (arm, budget): (usize, u32), bin: usize) -> f64 {
    let points = 200;
    let at = |point: i32| (bin as f64 + (f64::from(point) + 0.5) / f64::from(points)) / BINS as f64;
    (0..points).map(|point| chance(arm, at(point), budget)).sum::<f64>() / f64::from(points)
}

/// One study: questions of random hardness, five arms at every budget.
struct Simulated {
    chance: Chance,
    bins: Vec<usize>,
    table: Outcomes,
}

impl Simulated {
    fn draw(chance: Chance, seed: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let hardness: Vec<f64> = (0..QUESTIONS).map(|_| random.random_range(0.0..1.0)).collect();
        let bins = hardness.iter().map(|hardness| (hardness * BINS as f64) as usize).collect();
        // The rules look at the same samples: they share the dice of a question.
        let dice: Vec<Vec<f64>> =
            (0..QUESTIONS).map(|_| (0..POOL).map(|_| random.random_range(0.0..1.0)).collect()).collect();
        let mut table =
            Outcomes { questions: (0..QUESTIONS).map(|at| at.to_string()).collect(), ..Outcomes::default() };
        for (arm, budget) in (0..5).flat_map(|arm| BUDGETS.map(|budget| (arm, budget))) {
            let runs = if arm < 3 { POOL / budget as usize } else { 4 };
            let mut run = |at: usize| {
                let chance = chance(arm, hardness[at], budget);
                let mut thrown =
                    |die: usize| if arm < 3 { dice[at][die] } else { random.random_range(0.0..1.0) };
                let right = (0..runs).filter(|&die| thrown(die) < chance).count();
                // Easy questions end early.
                let generations = f64::from(budget) * if arm == 4 { 0.5 + 0.5 * hardness[at] } else { 1.0 };
                Cell {
                    accuracy: right as f64 / runs as f64,
                    runs: runs as f64,
                    generations,
                    ..Cell::default()
                }
            };
            table.cells.push((0..QUESTIONS).map(&mut run).collect());
            table.arms.push(Arm { name: arm.to_string(), budget });
        }
        Self { chance, bins, table }
    }

    /// Rows of the table.
    fn row(arm: usize, place: usize) -> usize {
        arm * BUDGETS.len() + place
    }

    /// An arm at all its budgets.
    fn curve(&self, arm: usize) -> Curve {
        (0..BUDGETS.len()).map(|place| self.table.cells[Self::row(arm, place)].clone()).collect()
    }

    /// What a row of the table would achieve on all questions that there could be.
    fn known(&self, row: usize) -> f64 {
        (0..BINS).map(|bin| self.known_in(row, bin)).sum::<f64>() / BINS as f64
    }

    fn known_in(&self, row: usize, bin: usize) -> f64 {
        truth(self.chance, (row / BUDGETS.len(), BUDGETS[row % BUDGETS.len()]), bin)
    }

    fn members(&self, bin: usize) -> Vec<usize> {
        (0..QUESTIONS).filter(|&at| self.bins[at] == bin).collect()
    }

    /// What these rows, one for each question, would achieve on all questions that there could be. Within a bin, folds
    /// weigh as much as they have questions.
    fn known_of(&self, rows: &[usize]) -> f64 {
        let of_bin = |bin: usize| {
            let members = self.members(bin);
            let sum: f64 = members.iter().map(|&at| self.known_in(rows[at], bin)).sum();
            sum / members.len() as f64
        };
        (0..BINS).map(of_bin).sum::<f64>() / BINS as f64
    }

    /// Mean generations of a row.
    fn cost(row: usize) -> f64 {
        let budget = f64::from(BUDGETS[row % BUDGETS.len()]);
        if row / BUDGETS.len() == 4 { 0.75 * budget } else { budget }
    }

    fn way(&self, arm: usize) -> Spending {
        let rows = || (0..BUDGETS.len()).map(|place| Self::row(arm, place));
        Spending {
            curve: self.curve(arm),
            costs: rows().map(Self::cost).collect(),
            known: rows().map(|row| self.known(row)).collect(),
            halves: false,
        }
    }

    /// The best of the pooled rules, as if re-selected, chosen without each fold.
    fn best_rule(&self, seed: u64) -> Spending {
        let accuracy = |arm: usize| -> Vec<Vec<f64>> {
            self.curve(arm).iter().map(|cells| cells.iter().map(|cell| cell.accuracy).collect()).collect()
        };
        let selections = every_selection()[..3].to_vec();
        let rules = Reselection {
            accuracy: (0..3).map(accuracy).collect(),
            selections,
            ks: BUDGETS.to_vec(),
            pass: Vec::new(),
            tokens: Vec::new(),
        };
        let single = SingleRule::of(&rules, seed);
        let row = |place: usize, at: usize| {
            let chosen = single.chosen[place][single.fold[at]];
            let rule = rules.selections.iter().position(|one| *one == chosen);
            Self::row(rule.expect("it is one of them"), place)
        };
        let rows = |place: usize| (0..QUESTIONS).map(move |at| row(place, at));
        let known = |place: usize| rows(place).map(|row| self.known(row)).sum::<f64>() / QUESTIONS as f64;
        let cells =
            |place: usize| rows(place).enumerate().map(|(at, row)| self.table.cells[row][at]).collect();
        Spending {
            curve: (0..BUDGETS.len()).map(cells).collect(),
            costs: BUDGETS.map(f64::from).to_vec(),
            known: (0..BUDGETS.len()).map(known).collect(),
            halves: false,
        }
    }

    /// A fit, its choices held out.
    fn policy(&self, fit: &Fit) -> Spending {
        let cost =
            |arms: &Vec<usize>| arms.iter().map(|&row| Self::cost(row)).sum::<f64>() / arms.len() as f64;
        Spending {
            curve: fit.points.iter().map(|point| point.chosen.clone()).collect(),
            costs: fit.points.iter().map(|point| cost(&point.arms)).collect(),
            known: fit.points.iter().map(|point| self.known_of(&point.arms)).collect(),
            halves: true,
        }
    }
}

/// A way to spend, and what every setting would cost and achieve on all questions that there could be.
struct Spending {
    curve: Curve,
    costs: Vec<f64>,
    known: Vec<f64>,
    /// Whether two halves of the questions chose it for each other.
    halves: bool,
}

impl Spending {
    fn at(&self, generations: f64) -> f64 {
        let coin = Coin::between(&self.costs, generations).expect("one sample is affordable");
        self.known[coin.cheaper] + coin.chance * (self.known[coin.dearer] - self.known[coin.cheaper])
    }
}

/// Intervals that hold what is known, those that lie above and below it, and those without width: of a policy that is its
/// reference, which claims nothing.
#[derive(Debug, Default)]
struct Coverage {
    held: u32,
    above: u32,
    below: u32,
    same: u32,
}

impl Coverage {
    fn count(&mut self, interval: Interval, known: f64) {
        let counter = if interval.high - interval.low < 1e-9 {
            &mut self.same
        } else if known < interval.low {
            &mut self.above
        } else if known > interval.high {
            &mut self.below
        } else {
            &mut self.held
        };
        *counter += 1;
    }

    /// A way against the reference at this many generations.
    fn count_at(&mut self, way: &Spending, reference: &Spending, generations: f64, seed: u64) {
        let allowed = Allowance { cost: Cost::Generations, amount: generations };
        let found = advantage(&way.curve, &reference.curve, allowed, seed).unwrap();
        let found = if way.halves { found.crossed() } else { found };
        self.count(found.difference, way.at(generations) - reference.at(generations));
    }

    fn all(&self) -> u32 {
        self.held + self.above + self.below + self.same
    }

    /// Percent of the intervals that claim something which hold what is known.
    fn held(&self) -> f64 {
        100.0 * f64::from(self.held) / f64::from(self.all() - self.same)
    }

    /// Percent of all that lie above what is known.
    fn above(&self) -> f64 {
        100.0 * f64::from(self.above) / f64::from(self.all())
    }

    fn below(&self) -> f64 {
        100.0 * f64::from(self.below) / f64::from(self.all())
    }
}

/// Kinds of intervals that a study reports.
const KINDS: [&str; 7] = [
    "accuracy of arms",
    "accuracy in the easiest bin",
    "accuracy of the best single rule",
    "points at equal cost",
    "points of the policy at equal cost",
    "gain of the policy",
    "gain of the policy by the paper's rule",
];

/// Held-out intervals of every kind: how often they hold what is known.
fn studies(chance: Chance) -> Vec<Coverage> {
    let mut kinds: Vec<Coverage> = KINDS.iter().map(|_| Coverage::default()).collect();
    for seed in 0..STUDIES {
        let study = Simulated::draw(chance, seed);
        // Every arm, each at another budget.
        for row in (0..5).map(|arm| Simulated::row(arm, (arm + seed as usize) % BUDGETS.len())) {
            let right = |at: &usize| study.table.cells[row][*at].accuracy;
            let all: Vec<f64> = (0..QUESTIONS).map(|at| right(&at)).collect();
            kinds[0].count(share_interval(&all, seed).unwrap(), study.known(row));
            let easy: Vec<f64> = study.members(0).iter().map(right).collect();
            kinds[1].count(share_interval(&easy, seed).unwrap(), study.known_in(row, 0));
        }
        let reference = study.best_rule(seed);
        for (cells, known) in reference.curve.iter().zip(&reference.known) {
            let right: Vec<f64> = cells.iter().map(|cell| cell.accuracy).collect();
            kinds[2].count(share_interval(&right, seed).unwrap(), *known);
        }
        kinds[3].count_at(&study.way(4), &reference, 10.0, seed);
        for (kind, standard_errors) in [(5, 2.0), (6, 0.0)] {
            let settings = FitSettings { standard_errors, seed, ..FitSettings::default() };
            let fit = fit_fixed(&study.table, &study.bins, settings).unwrap();
            for point in &fit.points[1..] {
                let gain = study.known_of(&point.arms) - study.known_of(&point.single_arms);
                kinds[kind].count(point.gain, gain);
            }
            if kind == 5 {
                kinds[4].count_at(&study.policy(&fit), &reference, 10.0, seed);
            }
        }
    }
    kinds
}

fn report(world: &str, kinds: &[Coverage]) {
    for (kind, found) in KINDS.iter().zip(kinds) {
        let Coverage { same, .. } = found;
        println!(
            "{world}, {kind}: of {} intervals {:.1} % lie above the truth and {:.1} % below; {:.1} % hold it, {same} \
             without width aside",
            found.all(),
            found.above(),
            found.below(),
            found.held()
        );
    }
}

#[test]
fn intervals_of_95_percent_hold_what_is_known_in_92_to_98() {
    let kinds = studies(a_search_helps_on_hard_questions);
    report("with a known optimum", &kinds);
    for (kind, found) in KINDS.iter().zip(&kinds) {
        assert!((92.0..=98.0).contains(&found.held()), "{kind}: {found:?}");
    }
}

#[test]
fn pure_noise_is_claimed_to_gain_no_more_often_than_intervals_err() {
    let kinds = studies(pure_noise);
    report("pure noise", &kinds);
    for (kind, found) in KINDS.iter().zip(&kinds) {
        // 2.5 and 5 %, and what 200 studies may err.
        assert!(found.above() <= 4.0 && found.above() + found.below() <= 7.0, "{kind}: {found:?}");
    }
}
