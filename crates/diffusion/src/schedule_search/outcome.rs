//! A schedule judged by what comes out.

use super::Objective;
use crate::{Denoiser, Process, Sampler, Schedule, ScheduleError, ScheduleSpec, Shape, Walk};
use std::sync::Arc;

/// Root mean square distance, for each number of a sample, between what few steps lead to and what many steps of Heun's
/// method lead to from the same noise.
///
/// Needs no data and no classifier, and has little variance, for both ends share their beginning.
pub struct Outcome {
    denoiser: Arc<dyn Denoiser>,
    sampler: Sampler,
    noises: Vec<Arc<[f64]>>,
    /// Where many steps lead from each noise.
    ends: Vec<Arc<[f64]>>,
}

/// Steps of the reference.
const MANY: u32 = 128;

impl Outcome {
    /// With `count` noises from a seed, between these levels and then down to 0.
    ///
    /// # Errors
    /// [`ScheduleError::Bounds`] if there is nothing between the levels.
    pub fn new(
        denoiser: Arc<dyn Denoiser>,
        sampler: Sampler,
        [highest, lowest]: [f64; 2],
        count: usize,
        seed: u64,
    ) -> Result<Self, ScheduleError> {
        let schedule = ScheduleSpec::shaped(Shape::Rho(7.0), MANY).between(highest, lowest).build()?;
        let reference = Process { denoiser: denoiser.clone(), schedule, sampler: Sampler::Heun };
        let walks = (0..count as u64).map(|index| Walk::whole(deliberate_search::mix(seed, index)));
        let ends = reference.walk(walks.collect());
        let noises = ends.iter().map(|latent| latent.noise.clone()).collect();
        Ok(Self { denoiser, sampler, noises, ends: ends.into_iter().map(|latent| latent.x).collect() })
    }

    /// The squared distance from each noise, for each number of a sample.
    pub fn squares(&self, schedule: &Schedule) -> Vec<f64> {
        let process =
            Process { denoiser: self.denoiser.clone(), schedule: schedule.clone(), sampler: self.sampler };
        let walk = |noise: &Arc<[f64]>| Walk { greedy: true, noise: Some(noise.clone()), ..Walk::whole(0) };
        let found = process.walk(self.noises.iter().map(walk).collect());
        let apart = |(found, end): (&crate::Latent, &Arc<[f64]>)| {
            found.x.iter().zip(&**end).map(|(a, b)| (a - b) * (a - b)).sum::<f64>() / end.len() as f64
        };
        found.iter().zip(&self.ends).map(apart).collect()
    }
}

impl Objective for Outcome {
    fn cost(&self, schedule: &Schedule) -> f64 {
        let squares = self.squares(schedule);
        (squares.iter().sum::<f64>() / squares.len() as f64).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::GaussianMixture;
    use crate::schedule_search::{Effort, refine};

    #[test]
    fn a_schedule_refined_on_some_noises_is_better_on_others() {
        let data: Arc<dyn Denoiser> = Arc::new(GaussianMixture::ring(4, 1.0, 0.2).unwrap());
        let outcome = |seed| Outcome::new(data.clone(), Sampler::EULER, [20.0, 0.02], 100, seed).unwrap();
        let start = ScheduleSpec::shaped(Shape::Rho(7.0), 6).between(20.0, 0.02).build().unwrap();
        let found = refine(&outcome(1), &start, Effort { sweeps: 4, trials: 12, least_gain: 1e-3 });
        let (before, after) = (outcome(2).cost(&start), outcome(2).cost(&found.schedule));
        assert!(after < 0.8 * before, "{before} {after}");
    }
}
