//! The bound of "Align Your Steps" (Sabour et al. 2024, arXiv 2404.14507), for any denoiser and data.

use crate::noise::Noise;
use crate::{Denoiser, Schedule};

/// No costs can be estimated.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PathCostsError {
    /// Nothing to estimate from.
    #[error("{numbers} numbers are no clean samples of {dimension} numbers each")]
    Samples {
        /// Numbers given.
        numbers: usize,
        /// Numbers of a sample.
        dimension: usize,
    },
    /// More steps than the grid has.
    #[error("a grid of {levels} levels has no schedule of {steps} steps (take a finer grid or fewer steps)")]
    Steps {
        /// Levels of the grid.
        levels: usize,
        /// Steps asked for.
        steps: usize,
    },
}

/// What each step between two levels of a grid adds to the KL divergence of whole paths, at most.
///
/// A step from `a` to `b` holds the prediction of its start, so by Girsanov's theorem it adds, up to a constant factor, the
/// integral over `b..a` of `E |D(x_s, s) − D(x_a, a)|² / s³ ds`. Noising each clean sample along one path of growing noise
/// gives all pairs of levels at the price of one evaluation a level.
#[derive(Debug, Clone, PartialEq)]
pub struct PathCosts {
    grid: Vec<f64>,
    /// `costs[i][j]` for a step from level `i` to level `i + 1 + j`.
    costs: Vec<Vec<f64>>,
}

impl PathCosts {
    /// Estimates the costs between the levels of a grid (all above 0) from clean samples, `[count, dimension]` by rows.
    ///
    /// # Errors
    /// [`PathCostsError::Samples`] if these are none.
    pub fn estimate(
        denoiser: &dyn Denoiser,
        clean: &[f64],
        grid: &Schedule,
        seed: u64,
    ) -> Result<Self, PathCostsError> {
        let dimension = denoiser.dimension();
        if clean.is_empty() || !clean.len().is_multiple_of(dimension) {
            return Err(PathCostsError::Samples { numbers: clean.len(), dimension });
        }
        let count = clean.len() / dimension;
        let grid: Vec<f64> = grid.levels().iter().copied().filter(|&sigma| sigma > 0.0).collect();
        let mut noise = Noise::new(seed);
        let mut x = clean.to_vec();
        let mut below: f64 = 0.0;
        let mut predictions = Vec::with_capacity(grid.len());
        for &sigma in grid.iter().rev() {
            let grown = (sigma * sigma - below * below).sqrt();
            for x in &mut x {
                *x += grown * noise.normal();
            }
            below = sigma;
            predictions.push(denoiser.denoise(&x, &vec![sigma; count]));
        }
        predictions.reverse();
        let apart = |one: &[f64], other: &[f64]| {
            one.iter().zip(other).map(|(a, b)| (a - b) * (a - b)).sum::<f64>() / count as f64
        };
        let costs = (0..grid.len()).map(|from| {
            let mut sum = 0.0;
            let mut last = 0.0;
            let cells = (from + 1..grid.len()).map(|to| {
                let density = apart(&predictions[to], &predictions[from]) / grid[to].powi(3);
                sum += 0.5 * (last + density) * (grid[to - 1] - grid[to]);
                last = density;
                sum
            });
            cells.collect()
        });
        let costs = costs.collect();
        Ok(Self { grid, costs })
    }

    /// The schedule over levels of the grid, from its first to its last, whose sum of costs is least: by dynamic programming,
    /// so no other has a lower one.
    ///
    /// # Errors
    /// [`PathCostsError::Steps`] if the grid has not as many steps.
    pub fn schedule(&self, steps: usize) -> Result<Schedule, PathCostsError> {
        let levels = self.grid.len();
        if steps == 0 || steps >= levels {
            return Err(PathCostsError::Steps { levels, steps });
        }
        // Least cost of reaching each level, and from where, after a number of steps.
        let mut reached = vec![f64::INFINITY; levels];
        reached[0] = 0.0;
        let mut origins = Vec::with_capacity(steps);
        for _ in 0..steps {
            let mut next = vec![(f64::INFINITY, 0); levels];
            for (from, cost) in reached.iter().enumerate().filter(|(_, cost)| cost.is_finite()) {
                for (to, step) in (from + 1..).zip(&self.costs[from]) {
                    if cost + step < next[to].0 {
                        next[to] = (cost + step, from);
                    }
                }
            }
            reached = next.iter().map(|(cost, _)| *cost).collect();
            origins.push(next.into_iter().map(|(_, from)| from).collect::<Vec<_>>());
        }
        let mut at = levels - 1;
        let mut chosen = vec![self.grid[at]];
        for origins in origins.iter().rev() {
            at = origins[at];
            chosen.push(self.grid[at]);
        }
        chosen.reverse();
        Ok(Schedule::try_from(chosen).expect("levels of a grid fall"))
    }

    /// The sum of the costs of a schedule's steps above 0, between the nearest levels of the grid.
    pub fn cost(&self, schedule: &Schedule) -> f64 {
        let nearest = |sigma: f64| {
            let off = |index: usize| (self.grid[index] / sigma).ln().abs();
            (1..self.grid.len()).fold(0, |best, index| if off(index) < off(best) { index } else { best })
        };
        let places: Vec<usize> =
            schedule.levels().iter().filter(|&&sigma| sigma > 0.0).map(|&sigma| nearest(sigma)).collect();
        let pairs = places.windows(2).filter(|pair| pair[0] < pair[1]);
        pairs.map(|pair| self.costs[pair[0]][pair[1] - pair[0] - 1]).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{GaussianMixture, ScheduleSpec, Shape};

    fn costs() -> PathCosts {
        let data = GaussianMixture::ring(4, 1.0, 0.2).unwrap();
        let grid = ScheduleSpec::shaped(Shape::Log, 40).between(20.0, 0.02).above_zero().build().unwrap();
        PathCosts::estimate(&data, &data.sample(400, 3), &grid, 1).unwrap()
    }

    #[test]
    fn no_common_schedule_costs_less() {
        let costs = costs();
        for steps in [4, 8] {
            let best = costs.schedule(steps).unwrap();
            assert_eq!(best.steps(), steps);
            for shape in [Shape::Log, Shape::Rho(7.0), Shape::Tangent(0.7)] {
                let spec = ScheduleSpec::shaped(shape, steps as u32).between(20.0, 0.02).above_zero();
                assert!(costs.cost(&best) <= costs.cost(&spec.build().unwrap()), "{shape:?}");
            }
        }
    }

    #[test]
    fn a_step_costs_more_than_its_two_halves() {
        let costs = costs();
        assert!((0..39).all(|i| costs.costs[i][1] > costs.costs[i][0] + costs.costs[i + 1][0]));
    }

    #[test]
    fn gaussian_costs_agree_with_their_integral() {
        // D(x, s) = c² x / (c² + s²), so E|D_s − D_a|² = g(s) − g(a) with g(s) = c⁴ / (c² + s²).
        let data = GaussianMixture::gaussian(1, 0.5).unwrap();
        let grid = ScheduleSpec::shaped(Shape::Log, 60).between(4.0, 0.1).above_zero().build().unwrap();
        let costs = PathCosts::estimate(&data, &data.sample(20_000, 3), &grid, 1).unwrap();
        let g = |s: f64| 0.0625 / (0.25 + s * s);
        let (from, to, pieces) = (4.0, 0.1, 100_000);
        let width = (from - to) / f64::from(pieces);
        let middle = |k: i32| to + (f64::from(k) + 0.5) * width;
        let integral: f64 = (0..pieces).map(|k| (g(middle(k)) - g(from)) / middle(k).powi(3) * width).sum();
        let whole = costs.costs[0][59];
        assert!((whole / integral - 1.0).abs() < 0.03, "{whole} {integral}");
    }

    #[test]
    fn what_cannot_be_estimated_is_said() {
        let data = GaussianMixture::gaussian(2, 0.5).unwrap();
        let grid = Schedule::try_from(vec![2.0, 1.0, 0.5]).unwrap();
        let estimate = |clean: &[f64]| PathCosts::estimate(&data, clean, &grid, 1);
        assert_eq!(estimate(&[1.0]), Err(PathCostsError::Samples { numbers: 1, dimension: 2 }));
        let error = estimate(&[1.0, 2.0]).unwrap().schedule(3).unwrap_err();
        assert_eq!(error, PathCostsError::Steps { levels: 3, steps: 3 });
    }
}
