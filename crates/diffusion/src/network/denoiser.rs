//! A denoiser that was trained: a residual network over pixels, preconditioned as by Karras et al. 2022.

use super::layer::{Layer, silu};
use super::weights::{NetworkError, Weights, wrong};
use crate::Denoiser;

/// `D(x, s) = c_skip x + c_out F(c_in x, ln s)` with `c_skip = d² / (s² + d²)`, `c_out = s d / sqrt(s² + d²)` and
/// `c_in = 1 / sqrt(s² + d²)`, where `d` is the deviation of the data around its mean, which is taken off first.
///
/// | tensor | shape | what |
/// |---|---|---|
/// | `deviation` | `[1]` | `d` |
/// | `mean` | `[dimension]` | mean of the data |
/// | `frequencies` | `[f]` | the network is told sin and cos of `frequency · ln s` |
/// | `input.weight`, `input.bias` | `[width, dimension + 2 f]`, `[width]` | then `silu` |
/// | `blocks.I.weight`, `blocks.I.bias` | `[width, width]`, `[width]` | `h + silu(W h + b)`, I from 0 |
/// | `output.weight`, `output.bias` | `[dimension, width]`, `[dimension]` | `F` |
///
/// All are 32-bit floats.
#[derive(Debug, Clone, PartialEq)]
pub struct NetworkDenoiser {
    deviation: f64,
    mean: Vec<f64>,
    frequencies: Vec<f32>,
    input: Layer,
    blocks: Vec<Layer>,
    output: Layer,
}

impl NetworkDenoiser {
    /// Reads a safetensors file's bytes.
    ///
    /// # Errors
    /// [`NetworkError`] names the tensor at fault.
    pub fn from_safetensors(bytes: &[u8]) -> Result<Self, NetworkError> {
        let weights = Weights::read(bytes)?;
        let deviation = match weights.vector("deviation")?[..] {
            [deviation] if deviation > 0.0 => deviation.into(),
            ref other => return Err(wrong("deviation", &[other.len()], "one number above 0".to_owned())),
        };
        let mean: Vec<f64> = weights.vector("mean")?.into_iter().map(f64::from).collect();
        let frequencies = weights.vector("frequencies")?;
        let input = weights.layer("input", mean.len() + 2 * frequencies.len())?;
        let width = input.outputs();
        let mut blocks = Vec::new();
        while weights.has(&format!("blocks.{}.weight", blocks.len())) {
            let block = weights.layer(&format!("blocks.{}", blocks.len()), width)?;
            if block.outputs() != width {
                let name = format!("blocks.{}.weight", blocks.len());
                return Err(wrong(&name, &[block.outputs(), width], format!("[{width}, {width}]")));
            }
            blocks.push(block);
        }
        let output = weights.layer("output", width)?;
        if output.outputs() != mean.len() {
            return Err(wrong(
                "output.weight",
                &[output.outputs(), width],
                format!("[{}, {width}]", mean.len()),
            ));
        }
        Ok(Self { deviation, mean, frequencies, input, blocks, output })
    }

    /// Number of weights.
    pub fn parameters(&self) -> usize {
        let layers = self.blocks.iter().chain([&self.input, &self.output]);
        layers.map(|layer| layer.weight.len() + layer.bias.len()).sum()
    }
}

impl Denoiser for NetworkDenoiser {
    fn dimension(&self) -> usize {
        self.mean.len()
    }

    fn denoise(&self, noisy: &[f64], sigmas: &[f64]) -> Vec<f64> {
        let mut x = Vec::with_capacity(sigmas.len() * self.input.inputs);
        for (noisy, sigma) in noisy.chunks_exact(self.mean.len()).zip(sigmas) {
            let scale = 1.0 / sigma.hypot(self.deviation);
            x.extend(noisy.iter().zip(&self.mean).map(|(noisy, mean)| ((noisy - mean) * scale) as f32));
            let angles = self.frequencies.iter().map(|frequency| frequency * sigma.ln() as f32);
            x.extend(angles.clone().map(f32::sin));
            x.extend(angles.map(f32::cos));
        }
        let mut h = self.input.apply(&x);
        silu(&mut h);
        for block in &self.blocks {
            let mut change = block.apply(&h);
            silu(&mut change);
            for (h, change) in h.iter_mut().zip(change) {
                *h += change;
            }
        }
        let output = self.output.apply(&h);
        let rows = noisy.chunks_exact(self.mean.len()).zip(output.chunks_exact(self.mean.len())).zip(sigmas);
        let clean = rows.flat_map(|((noisy, output), sigma)| {
            let variance = sigma * sigma + self.deviation * self.deviation;
            let kept = self.deviation * self.deviation / variance;
            let scale = sigma * self.deviation / variance.sqrt();
            let pixels = noisy.iter().zip(output).zip(&self.mean);
            pixels
                .map(move |((noisy, output), mean)| mean + kept * (noisy - mean) + scale * f64::from(*output))
        });
        clean.collect()
    }

    fn flops(&self) -> f64 {
        let layers = self.blocks.iter().chain([&self.input, &self.output]);
        layers.map(Layer::flops).sum()
    }
}
