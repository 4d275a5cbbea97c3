//! Search for schedules: levels that a sampler makes the least error with, for a model, its data and a number of steps.
//!
//! [`refine`] lowers any [`Objective`] of a schedule: the exact KL divergence where data is Gaussian ([`GaussianKl`]), or
//! what comes out ([`Outcome`]). [`PathCosts`] is the bound of "Align Your Steps" on the KL divergence of whole paths, which is
//! a sum over steps and so has its least value found exactly.

mod gaussian_kl;
mod outcome;
mod path_costs;

pub use gaussian_kl::GaussianKl;
pub use outcome::Outcome;
pub use path_costs::{PathCosts, PathCostsError};

use crate::Schedule;

/// What a schedule is to be good for; lower is better.
pub trait Objective {
    /// The cost of a schedule.
    fn cost(&self, schedule: &Schedule) -> f64;
}

/// When [`refine`] stops.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Effort {
    /// Sweeps over all levels, at most.
    pub sweeps: u32,
    /// Evaluations of the objective for one level in one sweep.
    pub trials: u32,
    /// It ends after a sweep that lowers the cost by a smaller share.
    pub least_gain: f64,
}

impl Default for Effort {
    fn default() -> Self {
        Self { sweeps: 200, trials: 24, least_gain: 1e-5 }
    }
}

/// A schedule found.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The schedule.
    pub schedule: Schedule,
    /// Its cost.
    pub cost: f64,
    /// Schedules tried.
    pub trials: u32,
}

/// Lowers the cost of a schedule by moving its levels, the first and the last one fixed.
///
/// Each level in turn is put where the cost is least between its neighbours (golden section over ln sigma), and after each
/// sweep all levels go on in the direction in which the sweep moved them, as far as that pays (Hooke and Jeeves 1961).
pub fn refine(objective: &dyn Objective, start: &Schedule, effort: Effort) -> Found {
    let mut search = Descent { objective, trials: 0 };
    let mut levels = start.levels().to_vec();
    let mut cost = search.cost(&levels);
    for _ in 0..effort.sweeps {
        let (before, cost_before) = (levels.clone(), cost);
        for index in 1..levels.len() - 1 {
            cost = search.place(&mut levels, index, cost, effort.trials);
        }
        cost = search.go_on(&before, &mut levels, cost);
        if cost_before - cost <= effort.least_gain * cost_before.abs() {
            break;
        }
    }
    let schedule = Schedule::try_from(levels).expect("levels stay between their neighbours");
    Found { schedule, cost, trials: search.trials }
}

struct Descent<'o> {
    objective: &'o dyn Objective,
    trials: u32,
}

/// Farthest that a level moves in one sweep, as a factor; bounds it where the next level is 0.
const FARTHEST: f64 = 4.0;

impl Descent<'_> {
    /// Infinite for what is no schedule.
    fn cost(&mut self, levels: &[f64]) -> f64 {
        self.trials += 1;
        Schedule::try_from(levels.to_vec()).map_or(f64::INFINITY, |schedule| self.objective.cost(&schedule))
    }

    /// Puts one level where the cost is least, and says what it is then.
    fn place(&mut self, levels: &mut [f64], index: usize, cost: f64, trials: u32) -> f64 {
        let own = levels[index];
        let low = levels[index + 1].max(own / FARTHEST).ln();
        let high = levels[index - 1].min(own * FARTHEST).ln();
        let mut at = |levels: &mut [f64], log: f64| {
            levels[index] = log.exp();
            self.cost(levels)
        };
        let golden = 0.5 * (5f64.sqrt() - 1.0);
        let (mut low, mut high) = (low, high);
        let (mut left, mut right) = (high - golden * (high - low), low + golden * (high - low));
        let (mut left_cost, mut right_cost) = (at(levels, left), at(levels, right));
        for _ in 2..trials {
            if left_cost < right_cost {
                (high, right, right_cost) = (right, left, left_cost);
                left = high - golden * (high - low);
                left_cost = at(levels, left);
            } else {
                (low, left, left_cost) = (left, right, right_cost);
                right = low + golden * (high - low);
                right_cost = at(levels, right);
            }
        }
        let (best, best_cost) = if left_cost < right_cost { (left, left_cost) } else { (right, right_cost) };
        if best_cost < cost {
            levels[index] = best.exp();
            return best_cost;
        }
        levels[index] = own;
        cost
    }

    /// Repeats what a sweep did, in ever longer strides, while that pays.
    fn go_on(&mut self, before: &[f64], levels: &mut Vec<f64>, mut cost: f64) -> f64 {
        let strides: Vec<f64> =
            before.iter().zip(&*levels).map(|(from, to)| if *to > 0.0 { to / from } else { 1.0 }).collect();
        let base = levels.clone();
        let mut length = 1.0;
        loop {
            let farther: Vec<f64> =
                base.iter().zip(&strides).map(|(level, ratio)| level * ratio.powf(length)).collect();
            let farther_cost = self.cost(&farther);
            if farther_cost >= cost {
                return cost;
            }
            (*levels, cost) = (farther, farther_cost);
            length *= 2.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ScheduleSpec, Shape};

    /// Least where ratios are equal.
    struct Ratios;

    impl Objective for Ratios {
        fn cost(&self, schedule: &Schedule) -> f64 {
            schedule.levels().windows(2).map(|pair| (pair[0] / pair[1]).ln().powi(2)).sum()
        }
    }

    #[test]
    fn levels_go_where_the_cost_is_least() {
        let spec = |shape| ScheduleSpec::shaped(shape, 8).above_zero().build().unwrap();
        let found = refine(&Ratios, &spec(Shape::Rho(7.0)), Effort { least_gain: 1e-9, ..Effort::default() });
        let best = spec(Shape::Log);
        for (level, equal) in found.schedule.levels().iter().zip(best.levels()) {
            assert!((level / equal - 1.0).abs() < 1e-3, "{:?}", found.schedule);
        }
        assert!(found.cost >= Ratios.cost(&best) - 1e-9);
    }
}
