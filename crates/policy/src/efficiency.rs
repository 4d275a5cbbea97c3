//! How many times fewer does a way need to be as good as a reference? A claim only where resamples agree that it is ever
//! as good.

use crate::equal_cost::means;
use crate::outcomes::{Cell, Cost};
use crate::resample::{Interval, middle, resampled};
use serde::{Deserialize, Serialize};

/// Share of resamples that must reach the reference before "times fewer" is a claim: what stays out is what a 95 %
/// interval leaves on one side.
pub const CLAIMED: f64 = 0.975;

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
    /// Share of resamples in which the curve reaches the target.
    pub reached: f64,
    /// `reference_cost / cost`, with a 95 % interval over the resamples that reach the target; `None`: not claimed, for
    /// fewer than [`CLAIMED`] of them do.
    pub times: Option<Interval>,
}

/// The rising curve nearest to the points, by least squares (pool adjacent violators): `(cost, accuracy)`, cheap ones
/// first. More can be spent and thrown away, so what falls is noise, or harm that nobody has to buy.
fn rising(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut sorted = points.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let mut blocks: Vec<(f64, usize)> = Vec::new();
    for &(_, accuracy) in &sorted {
        blocks.push((accuracy, 1));
        while let [.., (lower, before), (upper, count)] = blocks[..]
            && lower > upper
        {
            blocks.truncate(blocks.len() - 2);
            let all = before + count;
            blocks.push(((lower * before as f64 + upper * count as f64) / all as f64, all));
        }
    }
    let levels = blocks.into_iter().flat_map(|(level, count)| std::iter::repeat_n(level, count));
    sorted.iter().zip(levels).map(|(&(cost, _), level)| (cost, level)).collect()
}

/// The lowest cost at which the rising curve through the points reaches `target`, linear between points.
fn cost_to_reach(points: &[(f64, f64)], target: f64) -> Option<f64> {
    let curve = rising(points);
    let at = curve.iter().position(|point| point.1 >= target - 1e-12)?;
    let (cost, accuracy) = curve[at];
    let Some(&(before, lower)) = at.checked_sub(1).and_then(|before| curve.get(before)) else {
        return Some(cost);
    };
    Some(before + (cost - before) * ((target - lower) / (accuracy - lower)).clamp(0.0, 1.0))
}

/// The cost at which `curve` (`[settings][questions]`) reaches the reference's accuracy. The bootstrap resamples
/// questions and reads both again. `None` without questions.
pub fn efficiency(curve: &[Vec<Cell>], reference: &[Cell], cost: Cost, seed: u64) -> Option<Efficiency> {
    let read = |drawn: &[usize]| {
        let (reference_cost, target) = means(reference, cost, drawn);
        let points: Vec<(f64, f64)> = curve.iter().map(|point| means(point, cost, drawn)).collect();
        (target, reference_cost, cost_to_reach(&points, target))
    };
    let all: Vec<usize> = (0..reference.len()).collect();
    if all.is_empty() {
        return None;
    }
    let (target, reference_cost, cost) = read(&all);
    let ratios = resampled(all.len(), seed, |drawn| {
        let (_, reference_cost, cost) = read(drawn);
        cost.map_or(f64::NAN, |cost| reference_cost / cost)
    });
    let reached = ratios.iter().filter(|ratio| !ratio.is_nan()).count() as f64 / ratios.len() as f64;
    let value = cost.map(|cost| reference_cost / cost).filter(|_| reached >= CLAIMED);
    let times = value.map(|value| middle(value, ratios));
    Some(Efficiency { target, reference_cost, cost, reached, times })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn the_cost_is_read_between_points_of_a_rising_curve() {
        let points = [(4.0, 0.7), (1.0, 0.5), (3.0, 0.55), (2.0, 0.65)];
        let levels: Vec<f64> = rising(&points).into_iter().map(|point| point.1).collect();
        assert!(levels.iter().zip([0.5, 0.6, 0.6, 0.7]).all(|(level, known)| (level - known).abs() < 1e-9));
        assert_eq!(cost_to_reach(&points, 0.5), Some(1.0));
        assert!((cost_to_reach(&points, 0.65).unwrap() - 3.5).abs() < 1e-9);
        assert_eq!(cost_to_reach(&points, 0.71), None);
        assert_eq!(cost_to_reach(&points, 0.4), Some(1.0));
    }

    /// A lucky point of a flat curve used to be the first crossing.
    #[test]
    fn a_lucky_point_that_dearer_ones_do_not_bear_out_reaches_nothing() {
        let points = [(1.0, 0.50), (2.0, 0.71), (4.0, 0.60), (8.0, 0.62), (16.0, 0.64)];
        assert_eq!(cost_to_reach(&points, 0.70), None);
    }

    fn coins(chance: f64, generations: f64, seed: u64) -> Vec<Cell> {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut cell = |_| Cell {
            accuracy: f64::from(u8::from(random.random_bool(chance))),
            generations,
            ..Cell::default()
        };
        (0..200).map(&mut cell).collect()
    }

    /// Resamples that never reach used to count as a ratio of 0, so that the interval of a claim began there.
    #[test]
    fn times_fewer_is_no_claim_where_resamples_do_not_reach() {
        let reference = coins(0.6, 32.0, 1);
        let level = reference.iter().map(|cell| cell.accuracy).sum::<f64>() / 200.0;
        let unsure =
            efficiency(&[coins(0.4, 1.0, 2), coins(level, 8.0, 3)], &reference, Cost::Generations, 0);
        let unsure = unsure.unwrap();
        assert!(unsure.reached > 0.1 && unsure.reached < 0.9 && unsure.times.is_none(), "{unsure:?}");
        let sure = efficiency(&[coins(0.4, 1.0, 2), coins(0.9, 8.0, 3)], &reference, Cost::Generations, 0);
        let times = sure.unwrap().times.unwrap();
        assert!(times.low > 3.9 && times.value > times.low && times.high < 32.0, "{times:?}");
        let never = efficiency(&[coins(0.4, 1.0, 2)], &coins(0.9, 32.0, 3), Cost::Generations, 0).unwrap();
        assert_eq!((never.cost, never.reached, never.times), (None, 0.0, None));
    }
}
