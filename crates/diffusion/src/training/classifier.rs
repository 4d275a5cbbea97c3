//! Training of a classifier.

use super::adam::Adam;
use super::{layer, linear, rows, serialised};
use crate::digits::{Digits, PIXELS};
use crate::noise::Noise;
use candle_core::{D, Device, Result, Tensor, Var};

/// How a classifier learns.
#[derive(Debug, Clone, PartialEq)]
pub struct ClassifierPlan {
    /// Widths of the hidden layers.
    pub hidden: Vec<usize>,
    /// Deviation of the noise that images are given.
    pub noise: f64,
    /// Steps.
    pub steps: u32,
    /// Of first weights, of batches and of noise.
    pub seed: u64,
}

const BATCH: usize = 128;

/// A classifier's safetensors, for [`Classifier::from_safetensors`](crate::network::Classifier::from_safetensors).
///
/// # Errors
/// What candle fails with.
pub fn train_classifier(data: &Digits, plan: &ClassifierPlan) -> Result<Vec<u8>> {
    let mut noise = Noise::new(plan.seed);
    let mut variables = Vec::new();
    let widths: Vec<usize> = std::iter::once(PIXELS).chain(plan.hidden.iter().copied()).chain([10]).collect();
    for (index, pair) in widths.windows(2).enumerate() {
        layer(&mut variables, &format!("layers.{index}"), [pair[1], pair[0]], 1.0, &mut noise)?;
    }
    let mut adam = Adam::new(variables.clone(), plan.steps, 2e-3, 0.05)?;
    for _ in 0..plan.steps {
        let (mut images, mut labels) = (Vec::new(), Vec::new());
        for _ in 0..BATCH {
            let index = (noise.uniform() * data.len() as f64) as usize;
            let image = &data.images[index * PIXELS..(index + 1) * PIXELS];
            images.extend(image.iter().map(|x| (x + plan.noise * noise.normal()) as f32));
            labels.push(u32::from(data.labels[index]));
        }
        let logits = logits(&variables, &rows(images, PIXELS)?)?;
        let labels = Tensor::from_vec(labels, (BATCH, 1), &Device::Cpu)?;
        let right = logits.gather(&labels, D::Minus1)?.squeeze(1)?;
        adam.step(&(logits.log_sum_exp(D::Minus1)? - right)?.mean_all()?)?;
    }
    serialised(&adam.means().collect())
}

fn logits(variables: &[(String, Var)], images: &Tensor) -> Result<Tensor> {
    let mut x = images.clone();
    for (index, pair) in variables.chunks_exact(2).enumerate() {
        if index > 0 {
            x = x.silu()?;
        }
        x = linear(&x, &pair[0].1, &pair[1].1)?;
    }
    Ok(x)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::Classifier;

    #[test]
    fn what_was_learnt_is_what_is_read_back() {
        // Class k has ink in row k alone.
        let image = |label: u8| {
            (0..PIXELS).map(move |pixel| if pixel / 8 == usize::from(label) { 1.0 } else { -1.0 })
        };
        let labels: Vec<u8> = (0..160).map(|index| index % 8).collect();
        let data = Digits { images: labels.iter().flat_map(|&label| image(label)).collect(), labels };
        let plan = ClassifierPlan { hidden: vec![16], noise: 0.1, steps: 150, seed: 1 };
        let bytes = train_classifier(&data, &plan).unwrap();
        let classifier = Classifier::from_safetensors(&bytes, PIXELS).unwrap();
        let found = classifier.classify(&data.images);
        assert!(found.iter().zip(&data.labels).all(|(found, label)| *found == usize::from(*label)));
    }
}
