//! The exact error of a sampler on Gaussian data.

use super::Objective;
use crate::{GaussianMixture, MixtureError, Process, Sampler, Schedule, Walk};
use std::sync::Arc;

/// KL divergence in nats of what a deterministic sampler puts out from the data N(0, c²) noised to the last level, when it
/// starts from the exact N(0, c² + first level²).
///
/// The sampler is linear in the sample, so its output is Gaussian too. For Euler steps in one dimension the divergence is
/// `½ (r − 1 − ln r)` with `r = ∏ cos² δ`, where `δ` are the differences of `atan(sigma / c)`: least where all are equal, so
/// the optimum is [`Shape::Tangent`](crate::Shape::Tangent)`(c)`.
pub struct GaussianKl {
    denoiser: Arc<GaussianMixture>,
    deviation: f64,
    sampler: Sampler,
}

impl GaussianKl {
    /// For one axis of data with this deviation.
    ///
    /// # Errors
    /// [`MixtureError`] if the deviation is not above 0.
    pub fn new(deviation: f64, sampler: Sampler) -> Result<Self, MixtureError> {
        Ok(Self { denoiser: Arc::new(GaussianMixture::gaussian(1, deviation)?), deviation, sampler })
    }

    /// Output variance over true variance.
    fn ratio(&self, schedule: &Schedule) -> f64 {
        let [first, last] = [schedule.levels()[0], schedule.levels()[schedule.steps()]];
        let data = self.deviation * self.deviation;
        let process =
            Process { denoiser: self.denoiser.clone(), schedule: schedule.clone(), sampler: self.sampler };
        let unit = Walk { greedy: true, noise: Some(Arc::new([1.0])), ..Walk::whole(0) };
        let factor = process.walk(vec![unit])[0].x[0] / first;
        factor * factor * (data + first * first) / (data + last * last)
    }

    /// The least divergence that Euler steps can have between these levels.
    pub fn least(&self, first: f64, last: f64, steps: u32) -> f64 {
        let angle = (first / self.deviation).atan() - (last / self.deviation).atan();
        divergence((angle / f64::from(steps)).cos().powf(2.0 * f64::from(steps)))
    }
}

/// KL(N(0, r) ‖ N(0, 1)) in nats.
fn divergence(ratio: f64) -> f64 {
    0.5 * (ratio - 1.0 - ratio.ln())
}

impl Objective for GaussianKl {
    fn cost(&self, schedule: &Schedule) -> f64 {
        divergence(self.ratio(schedule))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule_search::{Effort, refine};
    use crate::{ScheduleSpec, Shape};

    const STEPS: [u32; 3] = [5, 10, 20];

    fn euler() -> GaussianKl {
        GaussianKl::new(0.5, Sampler::EULER).unwrap()
    }

    fn of(shape: Shape) -> [f64; 3] {
        STEPS.map(|steps| euler().cost(&ScheduleSpec::shaped(shape, steps).above_zero().build().unwrap()))
    }

    #[test]
    fn common_schedules_cost_what_was_derived_by_hand() {
        let check = |shape, expected: [f64; 3]| {
            for (found, expected) in of(shape).into_iter().zip(expected) {
                assert!((found / expected - 1.0).abs() < 0.006, "{shape:?}: {found} {expected}");
            }
        };
        check(Shape::Tangent(0.5), [0.0523, 0.0138, 0.00357]);
        check(Shape::Log, [0.223, 0.0592, 0.0161]);
        check(Shape::Rho(7.0), [0.252, 0.0673, 0.0184]);
        check(Shape::Uniform, [2.85, 2.22, 1.57]);
    }

    #[test]
    fn the_search_finds_equal_angles_from_any_start_and_nothing_beats_them() {
        for shape in [Shape::Log, Shape::Rho(7.0), Shape::Uniform] {
            for steps in STEPS {
                let start = ScheduleSpec::shaped(shape, steps).above_zero().build().unwrap();
                let found = refine(&euler(), &start, Effort::default());
                let least = euler().least(80.0, 0.002, steps);
                let excess = found.cost / least - 1.0;
                assert!((-1e-9..0.01).contains(&excess), "{shape:?}, {steps} steps: {} {least}", found.cost);
            }
        }
    }
}
