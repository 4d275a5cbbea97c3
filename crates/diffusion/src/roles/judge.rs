//! What a latent is worth, finished or not.

use crate::{Denoiser, GaussianMixture, Latent, Process, Reward};
use std::sync::Arc;

/// Values latents; higher is better. The value of a finished latent is its reward.
pub trait Judge: Send + Sync {
    /// Values of a batch of latents, each drawn by `process`.
    fn values(&self, process: &Process, latents: &[&Latent]) -> Vec<f64>;

    /// Price of one value at this step, in function evaluations of the process's denoiser.
    fn evaluations(&self, process: &Process, step: u32) -> f64;

    /// The unit in which strategies of the search core see values, see [`Reward::spread`].
    fn spread(&self) -> f64;
}

/// The reward of the clean sample that the denoiser predicts. Where a latent holds no prediction, one evaluation more.
#[derive(Clone)]
pub struct PredictedClean {
    /// Of clean samples.
    pub reward: Arc<dyn Reward>,
}

impl Judge for PredictedClean {
    fn values(&self, process: &Process, latents: &[&Latent]) -> Vec<f64> {
        let blind = |latent: &&&Latent| latent.clean.is_none();
        let points = latents.iter().filter(blind).map(|latent| (&*latent.x, process.sigma(latent.step)));
        let mut predicted = process.predict(points).into_iter();
        let mut clean = Vec::with_capacity(latents.len() * process.denoiser.dimension());
        for latent in latents {
            match &latent.clean {
                Some(known) => clean.extend_from_slice(known),
                None => clean.extend(predicted.next().expect("one prediction for each latent without one")),
            }
        }
        self.reward.reward(&clean)
    }

    fn evaluations(&self, process: &Process, step: u32) -> f64 {
        let blind = step < process.last_step() && !process.predicts(step);
        f64::from(u8::from(blind)) + self.reward.flops() / process.denoiser.flops()
    }

    fn spread(&self) -> f64 {
        self.reward.spread()
    }
}

/// The exact value of a partial sample of a mixture under a linear reward, `ln E[exp(lambda slope · x0) | x] / lambda`: what a
/// perfect verifier would say. Costs one function evaluation, for it computes the same posterior as the denoiser.
#[derive(Debug, Clone)]
pub struct ExactValue {
    /// The law of clean samples.
    pub mixture: GaussianMixture,
    /// The reward is `slope · x0`.
    pub slope: Vec<f64>,
    /// How strongly the reward tilts.
    pub lambda: f64,
}

impl ExactValue {
    /// The value of a noisy sample.
    pub fn value(&self, x: &[f64], sigma: f64) -> f64 {
        let tilt: Vec<f64> = self.slope.iter().map(|slope| self.lambda * slope).collect();
        self.mixture.posterior(x, sigma).log_tilt(&tilt) / self.lambda
    }
}

impl Judge for ExactValue {
    fn values(&self, process: &Process, latents: &[&Latent]) -> Vec<f64> {
        let value = |latent: &&Latent| {
            if process.finished(latent) {
                latent.x.iter().zip(&self.slope).map(|(x, slope)| x * slope).sum()
            } else {
                self.value(&latent.x, process.sigma(latent.step))
            }
        };
        latents.iter().map(value).collect()
    }

    fn evaluations(&self, process: &Process, step: u32) -> f64 {
        if step < process.last_step() { 1.0 } else { 2.0 * self.slope.len() as f64 / self.mixture.flops() }
    }

    fn spread(&self) -> f64 {
        1.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exact_value_is_the_mean_over_the_posterior() {
        let mixture = GaussianMixture::ring(3, 1.5, 0.3).unwrap();
        let judge = ExactValue { mixture: mixture.clone(), slope: vec![1.0, 0.5], lambda: 2.0 };
        let (x, sigma) = ([0.4, -0.7], 0.9);
        let clean = mixture.posterior(&x, sigma).sample(100_000, 1);
        let weights = clean.chunks_exact(2).map(|x| (2.0 * (x[0] + 0.5 * x[1])).exp());
        let sampled = (weights.sum::<f64>() / 100_000.0).ln() / 2.0;
        assert!((judge.value(&x, sigma) - sampled).abs() < 0.01);
    }
}
