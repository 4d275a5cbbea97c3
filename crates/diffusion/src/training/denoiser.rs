//! Training of a denoiser.

use super::adam::Adam;
use super::{layer, linear, rows, serialised};
use crate::digits::{Digits, PIXELS};
use crate::network::NetworkDenoiser;
use crate::noise::Noise;
use candle_core::{Device, Result, Tensor, Var};
use std::collections::HashMap;

/// How a denoiser learns.
#[derive(Debug, Clone, PartialEq)]
pub struct DenoiserPlan {
    /// Width of the network.
    pub width: usize,
    /// Residual blocks.
    pub blocks: usize,
    /// Steps.
    pub steps: u32,
    /// Of first weights, of batches and of noise.
    pub seed: u64,
}

const BATCH: usize = 128;
/// The network is told sines and cosines of these multiples of ln sigma.
const FREQUENCIES: [f32; 8] = [0.1, 0.2, 0.35, 0.6, 1.0, 1.7, 2.8, 4.5];
/// Mean and deviation of ln sigma in training.
const LEVELS: [f64; 2] = [-0.6, 1.4];

/// A denoiser's safetensors, for [`NetworkDenoiser::from_safetensors`], learnt with the loss of Karras et al. 2022: mean square
/// error of the network's own part. `report` is told now and then how many steps were made and gets the safetensors so far.
///
/// # Errors
/// What candle fails with.
pub fn train_denoiser(
    data: &Digits,
    plan: &DenoiserPlan,
    report: &mut dyn FnMut(u32, &[u8]),
) -> Result<Vec<u8>> {
    let count = data.len() as f64;
    let mean: Vec<f64> =
        (0..PIXELS).map(|i| data.images.iter().skip(i).step_by(PIXELS).sum::<f64>() / count).collect();
    let centred: Vec<f64> = data.images.iter().zip(mean.iter().cycle()).map(|(x, mean)| x - mean).collect();
    let deviation = (centred.iter().map(|x| x * x).sum::<f64>() / centred.len() as f64).sqrt();
    let mut noise = Noise::new(plan.seed);
    let mut variables = Vec::new();
    let inputs = PIXELS + 2 * FREQUENCIES.len();
    layer(&mut variables, "input", [plan.width, inputs], 1.0, &mut noise)?;
    for index in 0..plan.blocks {
        layer(&mut variables, &format!("blocks.{index}"), [plan.width, plan.width], 1.0, &mut noise)?;
    }
    // The network begins by saying nearly nothing.
    layer(&mut variables, "output", [PIXELS, plan.width], 0.1, &mut noise)?;
    let mut adam = Adam::new(variables.clone(), plan.steps, 2e-3, 0.01)?;
    let file = |adam: &Adam| -> Result<Vec<u8>> {
        let mut tensors: HashMap<String, Tensor> = adam.means().collect();
        let vector = |numbers: Vec<f32>| Tensor::new(numbers, &Device::Cpu);
        tensors.insert("deviation".to_owned(), vector(vec![deviation as f32])?);
        tensors.insert("mean".to_owned(), vector(mean.iter().map(|&x| x as f32).collect())?);
        tensors.insert("frequencies".to_owned(), vector(FREQUENCIES.to_vec())?);
        serialised(&tensors)
    };
    for step in 0..plan.steps {
        let (mut inputs, mut targets) = (Vec::new(), Vec::new());
        for _ in 0..BATCH {
            let index = (noise.uniform() * count) as usize;
            let clean = &centred[index * PIXELS..(index + 1) * PIXELS];
            let log = LEVELS[0] + LEVELS[1] * noise.normal();
            let sigma = log.exp();
            let root = sigma.hypot(deviation);
            for clean in clean {
                let x = clean + sigma * noise.normal();
                inputs.push((x / root) as f32);
                // What F must be for the prediction to be the clean image.
                let kept = deviation * deviation / (root * root);
                targets.push(((clean - kept * x) * root / (sigma * deviation)) as f32);
            }
            inputs.extend(FREQUENCIES.iter().map(|frequency| (frequency * log as f32).sin()));
            inputs.extend(FREQUENCIES.iter().map(|frequency| (frequency * log as f32).cos()));
        }
        let found = network(&variables, &rows(inputs, PIXELS + 2 * FREQUENCIES.len())?)?;
        adam.step(&(found - rows(targets, PIXELS)?)?.sqr()?.mean_all()?)?;
        if (step + 1) % 2000 == 0 {
            report(step + 1, &file(&adam)?);
        }
    }
    file(&adam)
}

fn network(variables: &[(String, Var)], inputs: &Tensor) -> Result<Tensor> {
    let layers: Vec<_> = variables.chunks_exact(2).collect();
    let apply = |layer: &[(String, Var)], x: &Tensor| linear(x, &layer[0].1, &layer[1].1);
    let last = layers.len() - 1;
    let mut h = apply(layers[0], inputs)?.silu()?;
    for block in &layers[1..last] {
        h = (&h + apply(block, &h)?.silu()?)?;
    }
    apply(layers[last], &h)
}

/// Mean square error, for each pixel, of predictions of images noised to `sigma`.
pub fn denoising_error(denoiser: &NetworkDenoiser, data: &Digits, sigma: f64, seed: u64) -> f64 {
    let mut noise = Noise::new(seed);
    let x: Vec<f64> = data.images.iter().map(|clean| clean + sigma * noise.normal()).collect();
    let clean = crate::Denoiser::denoise(denoiser, &x, &vec![sigma; data.len()]);
    clean.iter().zip(&data.images).map(|(a, b)| (a - b) * (a - b)).sum::<f64>() / clean.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn learning_lowers_the_error_and_the_file_is_what_learnt() {
        let labels: Vec<u8> = (0..80).map(|index| index % 8).collect();
        let ink = |label: u8| {
            (0..PIXELS).map(move |pixel| if pixel % 8 == usize::from(label) { 1.0 } else { -1.0 })
        };
        let data = Digits { images: labels.iter().flat_map(|&label| ink(label)).collect(), labels };
        let error = |steps| {
            let plan = DenoiserPlan { width: 32, blocks: 1, steps, seed: 1 };
            let bytes = train_denoiser(&data, &plan, &mut |_, _| {}).unwrap();
            denoising_error(&NetworkDenoiser::from_safetensors(&bytes).unwrap(), &data, 0.7, 5)
        };
        let (first, last) = (error(1), error(1500));
        assert!(last < 0.5 * first, "{last} {first}");
    }
}
