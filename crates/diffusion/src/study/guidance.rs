//! Result (b): how wrong "the reward of the predicted clean sample" is as a verifier of partial samples.

use super::mixtures::{LAMBDA, SLOPE, mixture};
use super::{Extent, StudyError, mean};
use crate::noise::Noise;
use crate::{Denoiser, ExactValue};
use deliberate_run::Interval;
use serde::Serialize;

/// The predicted clean sample's reward against the exact value, at one noise level.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GuidanceRow {
    /// The noise level.
    pub sigma: f64,
    /// Mean of exact value − reward of the prediction: never negative, for the reward is linear.
    pub gap: Interval,
    /// Deviation of that gap: what does not cancel in comparisons.
    pub spread: f64,
    /// Deviation of the exact value: what there is to know.
    pub known: f64,
    /// Share of pairs of partial samples that are put in the wrong order.
    pub misordered: Interval,
}

pub(super) fn guidance(extent: Extent) -> Result<Vec<GuidanceRow>, StudyError> {
    let mixture = mixture()?;
    let judge = ExactValue { mixture: mixture.clone(), slope: SLOPE.to_vec(), lambda: LAMBDA };
    let count = 4 * extent.mixture_runs;
    let clean = mixture.sample(count, extent.seed);
    let row = |sigma: f64| {
        let mut dice = Noise::new(deliberate_search::mix(extent.seed, sigma.to_bits()));
        let noisy: Vec<f64> = clean.iter().map(|x| x + sigma * dice.normal()).collect();
        let predicted = mixture.denoise(&noisy, &vec![sigma; count]);
        let values: Vec<f64> = noisy.chunks_exact(2).map(|x| judge.value(x, sigma)).collect();
        let rewards: Vec<f64> =
            predicted.chunks_exact(2).map(|x| SLOPE[0] * x[0] + SLOPE[1] * x[1]).collect();
        let gaps: Vec<f64> = values.iter().zip(&rewards).map(|(value, reward)| value - reward).collect();
        let pairs = values.chunks_exact(2).zip(rewards.chunks_exact(2));
        let wrong = pairs.map(|(v, r)| f64::from(u8::from((v[0] > v[1]) != (r[0] > r[1]))));
        Ok(GuidanceRow {
            sigma,
            gap: mean(&gaps, extent.seed)?,
            spread: deviation(&gaps),
            known: deviation(&values),
            misordered: mean(&wrong.collect::<Vec<_>>(), extent.seed)?,
        })
    };
    [0.05, 0.1, 0.2, 0.4, 0.7, 1.0, 1.5, 2.5, 4.0, 8.0, 16.0].into_iter().map(row).collect()
}

fn deviation(values: &[f64]) -> f64 {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / values.len() as f64).sqrt()
}
