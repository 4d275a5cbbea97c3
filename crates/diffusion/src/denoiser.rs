//! What a diffusion model is to a search: a function from a noisy sample and its noise level to the clean sample that it
//! predicts.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Predicts clean samples from noisy ones, `x = x0 + sigma * noise` with standard normal noise (the "variance exploding"
/// form, to which every Gaussian diffusion is scaled).
///
/// The best prediction in mean square is the posterior mean E[x0 | x], and the score of the noised density is then
/// `(prediction - x) / sigma²`.
pub trait Denoiser: Send + Sync {
    /// Numbers of one sample.
    fn dimension(&self) -> usize;

    /// Predictions for a batch.
    ///
    /// Shapes: `noisy` `[batch, dimension]` by rows, `sigmas` `[batch]`, all above 0 → `[batch, dimension]`.
    fn denoise(&self, noisy: &[f64], sigmas: &[f64]) -> Vec<f64>;

    /// Floating-point operations of one prediction: what the prices of rewards are compared with.
    fn flops(&self) -> f64;
}

impl<D: Denoiser + ?Sized> Denoiser for Arc<D> {
    fn dimension(&self) -> usize {
        (**self).dimension()
    }
    fn denoise(&self, noisy: &[f64], sigmas: &[f64]) -> Vec<f64> {
        (**self).denoise(noisy, sigmas)
    }
    fn flops(&self) -> f64 {
        (**self).flops()
    }
}

/// Counts the predictions that a denoiser was asked for: what a bill says is compared with it.
#[derive(Debug, Default)]
pub struct Counted<D> {
    /// Who predicts.
    pub denoiser: D,
    predictions: AtomicU64,
}

impl<D: Denoiser> Counted<D> {
    /// Nothing counted yet.
    pub fn new(denoiser: D) -> Self {
        Self { denoiser, predictions: AtomicU64::new(0) }
    }

    /// Predictions so far.
    pub fn predictions(&self) -> u64 {
        self.predictions.load(Ordering::Relaxed)
    }
}

impl<D: Denoiser> Denoiser for Counted<D> {
    fn dimension(&self) -> usize {
        self.denoiser.dimension()
    }
    fn denoise(&self, noisy: &[f64], sigmas: &[f64]) -> Vec<f64> {
        self.predictions.fetch_add(sigmas.len() as u64, Ordering::Relaxed);
        self.denoiser.denoise(noisy, sigmas)
    }
    fn flops(&self) -> f64 {
        self.denoiser.flops()
    }
}
