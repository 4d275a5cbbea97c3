//! How much cheaper is one way to reach another's accuracy? Read off curves of per-question outcomes.

use crate::outcomes::{Cell, Cost};
use crate::resample::{Interval, bootstrap};
use serde::{Deserialize, Serialize};

/// What one way to spend achieved on every question, setting by setting: `[settings][questions]`.
pub type Curve = Vec<Vec<Cell>>;

/// Cost of reaching a reference.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Efficiency {
    /// Accuracy of the reference.
    pub target: f64,
    /// Cost of the reference.
    pub reference_cost: f64,
    /// Cost at which the curve reaches the target; `None`: it does not.
    pub cost: Option<f64>,
    /// `reference_cost / cost`, with a 95 % interval; 0 stands for "not reached", in the ends as well.
    pub ratio: Interval,
    /// Share of resamples in which the curve reaches the target.
    pub reached: f64,
}

/// Mean (cost, accuracy) of one setting over `drawn` questions.
fn means(point: &[Cell], cost: Cost, drawn: &[usize]) -> (f64, f64) {
    let mean =
        |of: &dyn Fn(&Cell) -> f64| drawn.iter().map(|&at| of(&point[at])).sum::<f64>() / drawn.len() as f64;
    (mean(&|cell| cell.cost(cost)), mean(&|cell| cell.accuracy))
}

/// The lowest cost at which the points reach `target`, linear between points of a rising curve: a point that costs
/// more and is no better than a cheaper one is passed over.
pub fn cost_to_reach(points: &[(f64, f64)], target: f64) -> Option<f64> {
    let mut sorted = points.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0).then(b.1.total_cmp(&a.1)));
    let mut last: Option<(f64, f64)> = None;
    for (cost, accuracy) in sorted {
        if accuracy >= target - 1e-12 {
            return Some(match last {
                Some((before, lower)) if accuracy > lower => {
                    before + (cost - before) * ((target - lower) / (accuracy - lower)).clamp(0.0, 1.0)
                }
                _ => cost,
            });
        }
        if last.is_none_or(|(_, highest)| accuracy > highest) {
            last = Some((cost, accuracy));
        }
    }
    None
}

/// The cost at which `curve` reaches the reference's accuracy. The bootstrap resamples questions and reads both again.
/// `None` without questions.
pub fn efficiency(curve: &[Vec<Cell>], reference: &[Cell], cost: Cost, seed: u64) -> Option<Efficiency> {
    let questions = reference.len();
    let read = |drawn: &[usize]| {
        let (reference_cost, target) = means(reference, cost, drawn);
        let points: Vec<(f64, f64)> = curve.iter().map(|point| means(point, cost, drawn)).collect();
        (target, reference_cost, cost_to_reach(&points, target))
    };
    let ratio = |drawn: &[usize]| {
        let (_, reference_cost, cost) = read(drawn);
        cost.map_or(0.0, |cost| reference_cost / cost)
    };
    let interval = bootstrap(questions, seed, ratio)?;
    // Within the same resamples, for the seed is the same; the mean of an indicator is a share.
    let reached = std::cell::Cell::new((0_u32, 0_u32));
    bootstrap(questions, seed, |drawn| {
        let (hits, all) = reached.get();
        reached.set((hits + u32::from(ratio(drawn) > 0.0), all + 1));
        0.0
    })?;
    let (target, reference_cost, cost) = read(&(0..questions).collect::<Vec<_>>());
    let (hits, all) = reached.get();
    Some(Efficiency {
        target,
        reference_cost,
        cost,
        ratio: interval,
        reached: f64::from(hits) / f64::from(all),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cost_is_read_between_points_of_a_rising_curve() {
        let points = [(4.0, 0.7), (1.0, 0.5), (2.0, 0.6), (3.0, 0.55)];
        assert_eq!(cost_to_reach(&points, 0.5), Some(1.0));
        assert!((cost_to_reach(&points, 0.65).unwrap() - 3.0).abs() < 1e-12);
        assert_eq!(cost_to_reach(&points, 0.71), None);
        assert_eq!(cost_to_reach(&points, 0.4), Some(1.0));
    }

    #[test]
    fn a_curve_that_never_reaches_says_so() {
        let point =
            |accuracy: f64, generations: f64| vec![Cell { accuracy, generations, ..Cell::default() }; 10];
        let found =
            efficiency(&[point(0.5, 1.0), point(0.6, 2.0)], &point(0.9, 32.0), Cost::Generations, 0).unwrap();
        assert_eq!((found.cost, found.ratio.high, found.reached), (None, 0.0, 0.0));
        let found =
            efficiency(&[point(0.5, 1.0), point(0.9, 8.0)], &point(0.9, 32.0), Cost::Generations, 0).unwrap();
        assert!((found.ratio.value - 4.0).abs() < 1e-9 && (found.ratio.low - 4.0).abs() < 1e-9);
    }
}
