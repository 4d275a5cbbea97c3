//! A classifier, and the reward of being taken for a class.

use super::layer::{Layer, silu};
use super::weights::{NetworkError, Weights};
use crate::Reward;
use crate::normal::log_sum_exp;
use std::sync::Arc;

/// Layers with `silu` between them; the last one gives logits.
///
/// Tensors `layers.I.weight` `[outputs, inputs]` and `layers.I.bias` `[outputs]`, I from 0, in 32-bit floats.
#[derive(Debug, Clone, PartialEq)]
pub struct Classifier {
    layers: Vec<Layer>,
}

impl Classifier {
    /// Reads a safetensors file's bytes, for images of so many numbers.
    ///
    /// # Errors
    /// [`NetworkError`] names the tensor at fault.
    pub fn from_safetensors(bytes: &[u8], dimension: usize) -> Result<Self, NetworkError> {
        let weights = Weights::read(bytes)?;
        let mut layers = vec![weights.layer("layers.0", dimension)?];
        while weights.has(&format!("layers.{}.weight", layers.len())) {
            let inputs = layers[layers.len() - 1].outputs();
            layers.push(weights.layer(&format!("layers.{}", layers.len()), inputs)?);
        }
        Ok(Self { layers })
    }

    /// Number of classes.
    pub fn classes(&self) -> usize {
        self.layers[self.layers.len() - 1].outputs()
    }

    /// ln of the probability of each class: `[batch, dimension]` → `[batch, classes]`.
    pub fn log_probabilities(&self, images: &[f64]) -> Vec<f64> {
        let mut x: Vec<f32> = images.iter().map(|&x| x as f32).collect();
        for (index, layer) in self.layers.iter().enumerate() {
            if index > 0 {
                silu(&mut x);
            }
            x = layer.apply(&x);
        }
        let logits: Vec<f64> = x.into_iter().map(f64::from).collect();
        let rows = logits.chunks_exact(self.classes());
        rows.flat_map(|row| {
            let total = log_sum_exp(row);
            row.iter().map(move |logit| logit - total)
        })
        .collect()
    }

    /// The likeliest class of each image.
    pub fn classify(&self, images: &[f64]) -> Vec<usize> {
        let logs = self.log_probabilities(images);
        let best = |row: &[f64]| {
            (0..row.len()).fold(0, |best, index| if row[index] > row[best] { index } else { best })
        };
        logs.chunks_exact(self.classes()).map(best).collect()
    }

    /// Floating-point operations for one image.
    pub fn flops(&self) -> f64 {
        self.layers.iter().map(Layer::flops).sum()
    }
}

/// ln of the probability that a classifier gives a class.
#[derive(Clone)]
pub struct ClassReward {
    /// Who classifies.
    pub classifier: Arc<Classifier>,
    /// The class that is wanted, below the classifier's number of classes.
    pub class: usize,
}

impl Reward for ClassReward {
    fn reward(&self, clean: &[f64]) -> Vec<f64> {
        let logs = self.classifier.log_probabilities(clean);
        logs.chunks_exact(self.classifier.classes()).map(|row| row[self.class]).collect()
    }

    fn flops(&self) -> f64 {
        self.classifier.flops()
    }
}
