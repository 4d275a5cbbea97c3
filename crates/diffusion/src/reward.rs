//! What samples are searched for.

use std::sync::Arc;

/// Tells how good clean samples are; higher is better.
pub trait Reward: Send + Sync {
    /// Rewards of a batch. Shapes: `clean` `[batch, dimension]` by rows → `[batch]`.
    fn reward(&self, clean: &[f64]) -> Vec<f64>;

    /// Floating-point operations of one reward; over those of the denoiser they are its price in function evaluations.
    fn flops(&self) -> f64;

    /// About how far rewards of good and bad samples are apart. Scores are `1 / (1 + exp(-reward / spread))`, so this is the
    /// unit in which strategies of the search core see rewards.
    fn spread(&self) -> f64 {
        1.0
    }
}

impl<R: Reward + ?Sized> Reward for Arc<R> {
    fn reward(&self, clean: &[f64]) -> Vec<f64> {
        (**self).reward(clean)
    }
    fn flops(&self) -> f64 {
        (**self).flops()
    }
    fn spread(&self) -> f64 {
        (**self).spread()
    }
}

/// The reward `slope · x`.
#[derive(Debug, Clone, PartialEq)]
pub struct Linear {
    /// `[dimension]`.
    pub slope: Vec<f64>,
}

impl Reward for Linear {
    fn reward(&self, clean: &[f64]) -> Vec<f64> {
        let dot = |x: &[f64]| x.iter().zip(&self.slope).map(|(x, slope)| x * slope).sum();
        clean.chunks_exact(self.slope.len()).map(dot).collect()
    }

    fn flops(&self) -> f64 {
        2.0 * self.slope.len() as f64
    }
}
