//! `AdamW` with clipping by the global norm.

use crate::TrainError;
use crate::decoder::Parameter;
use crate::fused::with_numbers;
use crate::update::Update;
use candle_core::Tensor;
use candle_core::backprop::GradStore;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// How weights follow gradients (Loshchilov and Hutter 2019, arXiv 1711.05101).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct AdamW {
    /// How slowly the mean of the gradients forgets.
    pub first_decay: f32,
    /// How slowly the mean of their squares forgets.
    pub second_decay: f32,
    /// Added to the root of the mean square.
    pub epsilon: f32,
    /// Share of a weight that a learning rate of 1 would take away in each step; norms are spared.
    pub weight_decay: f32,
    /// Gradients of all weights together are scaled down to this Euclidean norm; none with 0.
    pub clip: f32,
}

impl Default for AdamW {
    fn default() -> Self {
        Self { first_decay: 0.9, second_decay: 0.95, epsilon: 1e-8, weight_decay: 0.1, clip: 1.0 }
    }
}

/// Numbers of one piece of work; sums over pieces go in order.
pub(crate) const PIECE: usize = 1 << 14;

/// The moments of every parameter.
#[derive(Debug)]
pub(crate) struct Optimiser {
    settings: AdamW,
    parameters: Vec<Parameter>,
    moments: Vec<Moments>,
}

/// Running means of a parameter's gradients and of their squares.
#[derive(Debug, Clone)]
pub(crate) enum Moments {
    /// In main memory: `[size]` each.
    Host { first: Vec<f32>, second: Vec<f32> },
    /// On a device, shaped like the parameter.
    Device { first: Tensor, second: Tensor },
}

impl Moments {
    /// Both as vectors.
    pub(crate) fn to_vectors(&self) -> Result<[Vec<f32>; 2], TrainError> {
        match self {
            Self::Host { first, second } => Ok([first.clone(), second.clone()]),
            Self::Device { first, second } => {
                Ok([first.flatten_all()?.to_vec1()?, second.flatten_all()?.to_vec1()?])
            }
        }
    }

    fn from_vectors(parameter: &Parameter, [first, second]: [Vec<f32>; 2]) -> Result<Self, TrainError> {
        let (shape, device) = (parameter.variable.shape(), parameter.variable.device());
        if device.is_cpu() {
            return Ok(Self::Host { first, second });
        }
        let tensor = |data| Tensor::from_vec(data, shape, device);
        Ok(Self::Device { first: tensor(first)?, second: tensor(second)? })
    }
}

impl Optimiser {
    /// All moments 0.
    pub(crate) fn new(settings: AdamW, parameters: Vec<Parameter>) -> Result<Self, TrainError> {
        let moments = parameters.iter().map(|parameter| {
            let size = parameter.variable.elem_count();
            Moments::from_vectors(parameter, [vec![0.0; size], vec![0.0; size]])
        });
        let moments = moments.collect::<Result<_, _>>()?;
        Ok(Self { settings, parameters, moments })
    }

    /// The parameters, in the order of the moments.
    pub(crate) fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    /// One for each parameter.
    pub(crate) fn moments(&self) -> &[Moments] {
        &self.moments
    }

    /// Replaces the moments of one parameter.
    pub(crate) fn set_moments(&mut self, index: usize, moments: [Vec<f32>; 2]) -> Result<(), TrainError> {
        self.moments[index] = Moments::from_vectors(&self.parameters[index], moments)?;
        Ok(())
    }

    /// Moves the weights; `step` counts from 0. Returns the norm of the gradient before clipping; if that is not
    /// finite, nothing is moved.
    pub(crate) fn step(&mut self, gradients: &GradStore, step: u64, rate: f32) -> Result<f32, TrainError> {
        let mut squares = 0.0;
        for parameter in &self.parameters {
            if let Some(gradient) = gradients.get(parameter.variable.as_tensor()) {
                squares += square_sum(gradient)?;
            }
        }
        let norm = squares.sqrt() as f32;
        if !norm.is_finite() {
            return Ok(norm);
        }
        let clip = self.settings.clip;
        let scale = if clip > 0.0 && norm > clip { clip / norm } else { 1.0 };
        let corrected = |decay: f32| 1.0 - f64::from(decay).powf(step as f64 + 1.0);
        let update = Update {
            settings: self.settings,
            rate,
            scale,
            first_share: (1.0 / corrected(self.settings.first_decay)) as f32,
            second_share: (1.0 / corrected(self.settings.second_decay)) as f32,
        };
        for (parameter, moments) in self.parameters.iter().zip(&mut self.moments) {
            if let Some(gradient) = gradients.get(parameter.variable.as_tensor()) {
                update.apply(parameter, &gradient.contiguous()?, moments)?;
            }
        }
        Ok(norm)
    }
}

fn square_sum(gradient: &Tensor) -> Result<f64, TrainError> {
    if !gradient.device().is_cpu() {
        return Ok(f64::from(gradient.sqr()?.sum_all()?.to_scalar::<f32>()?));
    }
    let gradient = gradient.contiguous()?;
    Ok(with_numbers(&gradient, |numbers| {
        let pieces =
            numbers.par_chunks(PIECE).map(|piece| f64::from(crate::kernels::vector::dot(piece, piece)));
        let pieces: Vec<f64> = pieces.collect();
        Ok(pieces.iter().sum())
    })?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::numbers;
    use candle_core::{Device, Var};

    /// Weights after three steps along fixed gradients.
    fn walked(on_device: bool) -> Vec<f32> {
        let size = 50;
        let variable = Var::from_vec(numbers(size, 1), size, &Device::Cpu).unwrap();
        let parameter = Parameter { name: "all".to_owned(), variable: variable.clone(), decayed: 30 };
        let mut optimiser = Optimiser::new(AdamW { clip: 0.5, ..AdamW::default() }, vec![parameter]).unwrap();
        if on_device {
            let zeros = || Tensor::zeros(size, candle_core::DType::F32, &Device::Cpu).unwrap();
            optimiser.moments[0] = Moments::Device { first: zeros(), second: zeros() };
        }
        for step in 0..3 {
            let slope = Tensor::from_vec(numbers(size, 2 + step), size, &Device::Cpu).unwrap();
            let gradients = (variable.as_tensor() * slope).unwrap().sum_all().unwrap().backward().unwrap();
            optimiser.step(&gradients, step, 0.1).unwrap();
        }
        variable.as_tensor().to_vec1().unwrap()
    }

    #[test]
    fn both_ways_of_stepping_agree() {
        let (host, device) = (walked(false), walked(true));
        assert!(
            host.iter().zip(&device).all(|(host, device)| (host - device).abs() < 1e-5),
            "{host:?} {device:?}"
        );
        assert!(host.iter().zip(numbers(50, 1)).all(|(host, before)| (host - before).abs() > 1e-3));
    }

    #[test]
    fn only_decayed_weights_shrink_without_a_gradient() {
        let variable = Var::from_vec(vec![1.0f32; 4], 4, &Device::Cpu).unwrap();
        let parameter = Parameter { name: "all".to_owned(), variable: variable.clone(), decayed: 2 };
        let mut optimiser = Optimiser::new(AdamW::default(), vec![parameter]).unwrap();
        let gradients = (variable.as_tensor() * Tensor::zeros_like(variable.as_tensor()).unwrap())
            .unwrap()
            .sum_all()
            .unwrap()
            .backward()
            .unwrap();
        optimiser.step(&gradients, 0, 0.5).unwrap();
        assert_eq!(variable.as_tensor().to_vec1::<f32>().unwrap(), [0.95, 0.95, 1.0, 1.0]);
    }
}
