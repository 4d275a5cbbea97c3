//! Training of the digit models with candle. Sampling needs none of this.

mod adam;
mod classifier;
mod denoiser;

pub use classifier::{ClassifierPlan, train_classifier};
pub use denoiser::{DenoiserPlan, denoising_error, train_denoiser};

use candle_core::{Device, Result, Tensor, Var};
use std::collections::HashMap;

/// A tensor of rows out of a vector.
fn rows(numbers: Vec<f32>, width: usize) -> Result<Tensor> {
    let count = numbers.len() / width;
    Tensor::from_vec(numbers, (count, width), &Device::Cpu)
}

/// `x W' + b`.
fn linear(x: &Tensor, weight: &Tensor, bias: &Tensor) -> Result<Tensor> {
    x.matmul(&weight.t()?)?.broadcast_add(bias)
}

/// A layer's variables: weights of deviation `scale / sqrt(inputs)`, biases 0.
fn layer(
    all: &mut Vec<(String, Var)>,
    name: &str,
    [outputs, inputs]: [usize; 2],
    scale: f64,
    noise: &mut crate::noise::Noise,
) -> Result<()> {
    let deviation = scale / (inputs as f64).sqrt();
    let weight = noise.normals(outputs * inputs).into_iter().map(|z| (z * deviation) as f32).collect();
    all.push((format!("{name}.weight"), Var::from_tensor(&rows(weight, inputs)?)?));
    all.push((format!("{name}.bias"), Var::zeros(outputs, candle_core::DType::F32, &Device::Cpu)?));
    Ok(())
}

/// A safetensors file's bytes.
fn serialised(tensors: &HashMap<String, Tensor>) -> Result<Vec<u8>> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("model.safetensors");
    candle_core::safetensors::save(tensors, &path)?;
    Ok(std::fs::read(path)?)
}
