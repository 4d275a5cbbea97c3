//! Gaussian mixtures: a denoiser whose every quantity has a closed form, at every noise level.
//!
//! Covariances are diagonal. A Gaussian is a mixture of one component.

use crate::Denoiser;
use crate::noise::Noise;
use crate::normal::{below, log_sum_exp, softmax};
use serde::{Deserialize, Serialize};

/// One Gaussian of a mixture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Component {
    /// Its share, relative to the others'.
    pub weight: f64,
    /// Its centre.
    pub mean: Vec<f64>,
    /// Its variance along each axis.
    pub variance: Vec<f64>,
}

/// A mixture that is none.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum MixtureError {
    /// Nothing is mixed.
    #[error("a mixture needs a component")]
    Empty,
    /// Components of different sizes.
    #[error(
        "component {component} has {found} numbers where the first has {expected} (give all the same dimension)"
    )]
    Dimension {
        /// Counted from 0.
        component: usize,
        /// Its size.
        found: usize,
        /// The first one's.
        expected: usize,
    },
    /// A number that cannot be.
    #[error(
        "component {component} has a {what} of {value} (weights and variances are finite and above 0, means finite)"
    )]
    Number {
        /// Counted from 0.
        component: usize,
        /// Weight, mean or variance.
        what: &'static str,
        /// The number.
        value: f64,
    },
}

/// Σ wₖ N(μₖ, diag(vₖ)).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GaussianMixture {
    components: Vec<Component>,
}

impl GaussianMixture {
    /// A mixture; weights are scaled to sum to 1.
    ///
    /// # Errors
    /// [`MixtureError`] names the component at fault.
    pub fn new(mut components: Vec<Component>) -> Result<Self, MixtureError> {
        let expected = components.first().ok_or(MixtureError::Empty)?.mean.len();
        for (index, component) in components.iter().enumerate() {
            for found in [component.mean.len(), component.variance.len()] {
                if found != expected || found == 0 {
                    return Err(MixtureError::Dimension {
                        component: index,
                        found,
                        expected: expected.max(1),
                    });
                }
            }
            let finite = |value: &f64| value.is_finite();
            let above = |value: &f64| value.is_finite() && *value > 0.0;
            let fault = |what, values: &[f64], sound: &dyn Fn(&f64) -> bool| {
                let value = values.iter().copied().find(|value| !sound(value))?;
                Some(MixtureError::Number { component: index, what, value })
            };
            let fault = fault("weight", &[component.weight], &above)
                .or_else(|| fault("mean", &component.mean, &finite))
                .or_else(|| fault("variance", &component.variance, &above));
            if let Some(fault) = fault {
                return Err(fault);
            }
        }
        let total: f64 = components.iter().map(|component| component.weight).sum();
        for component in &mut components {
            component.weight /= total;
        }
        Ok(Self { components })
    }

    /// N(0, `deviation`²) in each of `dimension` directions.
    ///
    /// # Errors
    /// [`MixtureError`] if the deviation is not above 0, or the dimension is 0.
    pub fn gaussian(dimension: usize, deviation: f64) -> Result<Self, MixtureError> {
        let variance = vec![deviation * deviation; dimension];
        Self::new(vec![Component { weight: 1.0, mean: vec![0.0; dimension], variance }])
    }

    /// `count` equal round components of this deviation, evenly on a circle in the plane.
    ///
    /// # Errors
    /// [`MixtureError`] if there are none or the deviation is not above 0.
    pub fn ring(count: usize, radius: f64, deviation: f64) -> Result<Self, MixtureError> {
        let component = |index: usize| {
            let angle = std::f64::consts::TAU * index as f64 / count as f64;
            let mean = vec![radius * angle.cos(), radius * angle.sin()];
            Component { weight: 1.0, mean, variance: vec![deviation * deviation; 2] }
        };
        Self::new((0..count).map(component).collect())
    }

    /// The components; their weights sum to 1.
    pub fn components(&self) -> &[Component] {
        &self.components
    }

    /// ln(weight × density) of each component at a point, noised to `sigma`.
    fn log_joint(&self, x: &[f64], sigma: f64) -> Vec<f64> {
        let log_joint = |component: &Component| {
            let along = |((x, mean), variance): ((&f64, &f64), &f64)| {
                let variance = variance + sigma * sigma;
                -0.5 * ((x - mean).powi(2) / variance + (std::f64::consts::TAU * variance).ln())
            };
            let axes = x.iter().zip(&component.mean).zip(&component.variance).map(along);
            component.weight.ln() + axes.sum::<f64>()
        };
        self.components.iter().map(log_joint).collect()
    }

    /// ln of the density noised to `sigma` (0 for the data's own).
    pub fn log_density(&self, x: &[f64], sigma: f64) -> f64 {
        log_sum_exp(&self.log_joint(x, sigma))
    }

    /// Gradient of [`Self::log_density`].
    pub fn score(&self, x: &[f64], sigma: f64) -> Vec<f64> {
        let shares = softmax(&self.log_joint(x, sigma));
        let mut score = vec![0.0; x.len()];
        for (share, component) in shares.iter().zip(&self.components) {
            for (i, slope) in score.iter_mut().enumerate() {
                *slope += share * (component.mean[i] - x[i]) / (component.variance[i] + sigma * sigma);
            }
        }
        score
    }

    /// The law of the clean sample given a noisy one, again a mixture: mean `μ + v (x − μ) / (v + σ²)` and variance
    /// `v σ² / (v + σ²)` for each component, with its posterior share.
    pub fn posterior(&self, x: &[f64], sigma: f64) -> Self {
        let noise = sigma * sigma;
        let shares = softmax(&self.log_joint(x, sigma));
        let components = shares.into_iter().zip(&self.components).map(|(weight, component)| {
            let axes = component.mean.iter().zip(&component.variance).zip(x);
            let mean = axes.map(|((mean, variance), x)| mean + variance * (x - mean) / (variance + noise));
            let variance = component.variance.iter().map(|variance| variance * noise / (variance + noise));
            Component { weight, mean: mean.collect(), variance: variance.collect() }
        });
        Self { components: components.collect() }
    }

    /// ln E[exp(slope · x)].
    pub fn log_tilt(&self, slope: &[f64]) -> f64 {
        log_sum_exp(
            &self.components.iter().map(|component| tilted_weight(component, slope)).collect::<Vec<_>>(),
        )
    }

    /// The law in proportion to `density × exp(slope · x)`: means `μ + v slope`, weights `w exp(slope · μ + ½ slope² v)`.
    pub fn tilted(&self, slope: &[f64]) -> Self {
        let logs: Vec<f64> =
            self.components.iter().map(|component| tilted_weight(component, slope)).collect();
        let components = softmax(&logs).into_iter().zip(&self.components).map(|(weight, component)| {
            let axes = component.mean.iter().zip(&component.variance).zip(slope);
            let mean = axes.map(|((mean, variance), slope)| mean + variance * slope).collect();
            Component { weight, mean, variance: component.variance.clone() }
        });
        Self { components: components.collect() }
    }

    /// The law of `direction · x`: a mixture in one dimension.
    pub fn projected(&self, direction: &[f64]) -> Self {
        let components = self.components.iter().map(|component| {
            let mean = component.mean.iter().zip(direction).map(|(mean, a)| mean * a).sum();
            let variance =
                component.variance.iter().zip(direction).map(|(variance, a)| variance * a * a).sum();
            Component { weight: component.weight, mean: vec![mean], variance: vec![variance] }
        });
        Self { components: components.collect() }
    }

    /// Probability that the first coordinate is below `x`.
    pub fn below(&self, x: f64) -> f64 {
        let term = |c: &Component| c.weight * below((x - c.mean[0]) / c.variance[0].sqrt());
        self.components.iter().map(term).sum()
    }

    /// Index of the component that a clean point most likely comes from.
    pub fn nearest(&self, x: &[f64]) -> usize {
        let joint = self.log_joint(x, 0.0);
        (0..joint.len()).fold(0, |best, index| if joint[index] > joint[best] { index } else { best })
    }

    /// `count` independent clean samples: `[count, dimension]` by rows.
    pub fn sample(&self, count: usize, seed: u64) -> Vec<f64> {
        let mut noise = Noise::new(seed);
        let weights: Vec<f64> = self.components.iter().map(|component| component.weight).collect();
        let mut samples = Vec::with_capacity(count * self.dimension());
        for _ in 0..count {
            let component = &self.components[noise.pick(&weights).unwrap_or(0)];
            for (mean, variance) in component.mean.iter().zip(&component.variance) {
                samples.push(mean + variance.sqrt() * noise.normal());
            }
        }
        samples
    }
}

/// ln(weight × E exp(slope · x)) of one component.
fn tilted_weight(component: &Component, slope: &[f64]) -> f64 {
    let axes = component.mean.iter().zip(&component.variance).zip(slope);
    component.weight.ln() + axes.map(|((mean, variance), a)| a * mean + 0.5 * a * a * variance).sum::<f64>()
}

impl Denoiser for GaussianMixture {
    fn dimension(&self) -> usize {
        self.components[0].mean.len()
    }

    fn denoise(&self, noisy: &[f64], sigmas: &[f64]) -> Vec<f64> {
        let mut clean = Vec::with_capacity(noisy.len());
        for (x, &sigma) in noisy.chunks_exact(self.dimension()).zip(sigmas) {
            let score = self.score(x, sigma);
            clean.extend(x.iter().zip(score).map(|(x, score)| x + sigma * sigma * score));
        }
        clean
    }

    /// About ten operations for each component and axis, exponentials counted as one.
    fn flops(&self) -> f64 {
        10.0 * self.components.len() as f64 * self.dimension() as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uneven() -> GaussianMixture {
        let component = |weight, mean: [f64; 2], variance: [f64; 2]| Component {
            weight,
            mean: mean.to_vec(),
            variance: variance.to_vec(),
        };
        let parts = [component(1.0, [-1.0, 0.5], [0.2, 0.05]), component(3.0, [1.5, -0.3], [0.1, 0.4])];
        GaussianMixture::new(parts.to_vec()).unwrap()
    }

    #[test]
    fn the_score_is_the_slope_of_the_log_density() {
        let mixture = uneven();
        for (x, sigma) in [([0.3, -0.2], 0.4), ([-2.0, 1.0], 1.5), ([1.4, -0.3], 0.0)] {
            let score = mixture.score(&x, sigma);
            for axis in 0..2 {
                let at = |shift: f64| {
                    let mut moved = x;
                    moved[axis] += shift;
                    mixture.log_density(&moved, sigma)
                };
                let slope = (at(1e-5) - at(-1e-5)) / 2e-5;
                assert!((score[axis] - slope).abs() < 1e-6, "{score:?} {slope}");
            }
        }
    }

    #[test]
    fn the_prediction_is_the_mean_of_the_posterior() {
        let mixture = uneven();
        let (x, sigma) = ([0.2, 0.4], 0.8);
        let posterior = mixture.posterior(&x, sigma);
        let predicted = mixture.denoise(&x, &[sigma]);
        for (axis, predicted) in predicted.iter().enumerate() {
            let mean: f64 = posterior.components().iter().map(|c| c.weight * c.mean[axis]).sum();
            assert!((predicted - mean).abs() < 1e-12);
        }
    }

    #[test]
    fn samples_have_the_distribution_function_that_is_said() {
        let along = uneven().projected(&[0.6, 0.8]);
        let samples = uneven().sample(20_000, 5);
        let values: Vec<f64> = samples.chunks_exact(2).map(|x| 0.6 * x[0] + 0.8 * x[1]).collect();
        for point in [-1.0, 0.0, 0.5, 1.0] {
            let share = values.iter().filter(|&&value| value < point).count() as f64 / 20_000.0;
            assert!((share - along.below(point)).abs() < 0.012, "{point}: {share} {}", along.below(point));
        }
    }

    #[test]
    fn tilting_weighs_samples_by_the_exponential() {
        let (mixture, slope) = (uneven(), [0.7, -1.1]);
        let samples = mixture.sample(60_000, 9);
        let weight = |x: &[f64]| (slope[0] * x[0] + slope[1] * x[1]).exp();
        let total: f64 = samples.chunks_exact(2).map(weight).sum();
        assert!((mixture.log_tilt(&slope) - (total / 60_000.0).ln()).abs() < 0.02);
        let mean: f64 = samples.chunks_exact(2).map(|x| weight(x) * x[0]).sum::<f64>() / total;
        let tilted = mixture.tilted(&slope);
        let exact: f64 = tilted.components().iter().map(|c| c.weight * c.mean[0]).sum();
        assert!((mean - exact).abs() < 0.03, "{mean} {exact}");
    }

    #[test]
    fn what_is_no_mixture_is_named() {
        let bad = |weight, variance: f64| {
            let component = Component { weight, mean: vec![0.0], variance: vec![variance] };
            GaussianMixture::new(vec![component]).unwrap_err().to_string()
        };
        assert!(bad(0.0, 1.0).starts_with("component 0 has a weight of 0"));
        assert!(bad(1.0, -2.0).starts_with("component 0 has a variance of -2"));
        assert_eq!(GaussianMixture::new(Vec::new()), Err(MixtureError::Empty));
    }
}
