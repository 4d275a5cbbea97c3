//! The state of a diffusion search: where a sample stands on its way from noise to data.

use deliberate_search::State;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A sample at some noise level. Its numbers are shared, so a clone costs nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Latent {
    /// Steps taken: 0 before anything was drawn, 1 for noise at the first level, one more for each level passed.
    pub step: u32,
    /// The noisy sample: `[dimension]`; empty before anything was drawn.
    pub x: Arc<[f64]>,
    /// The clean sample that the denoiser predicts from `x`; at the last level `x` itself. `None` where the next step
    /// renoises first, so that nobody but a verifier would have use for it.
    pub clean: Option<Arc<[f64]>>,
    /// The prediction one level before, for samplers of second order that look back.
    pub earlier: Option<Arc<[f64]>>,
    /// The unit noise that it began with: what a search around a pivot varies.
    pub noise: Arc<[f64]>,
}

impl Latent {
    /// Before anything was drawn.
    pub fn root() -> Self {
        Self { step: 0, x: Arc::new([]), clean: None, earlier: None, noise: Arc::new([]) }
    }
}

impl State for Latent {
    fn steps(&self) -> u32 {
        self.step
    }

    /// One unit a step; what a step costs in function evaluations, [`Process`](crate::Process) says.
    fn units(&self) -> u64 {
        self.step.into()
    }
}
