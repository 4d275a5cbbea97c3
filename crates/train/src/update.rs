//! One step of `AdamW`: in place over flat memory, or in candle's operations on a device.

use crate::decoder::Parameter;
use crate::fused::with_numbers;
use crate::optimiser::{Moments, PIECE};
use crate::{AdamW, TrainError};
use candle_core::{CpuStorage, InplaceOp1, Layout, Tensor};
use rayon::prelude::*;
use std::sync::Mutex;

/// One step of `AdamW` for one parameter.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Update {
    pub(crate) settings: AdamW,
    pub(crate) rate: f32,
    /// Clipping.
    pub(crate) scale: f32,
    /// Corrections of the means for their start at 0.
    pub(crate) first_share: f32,
    pub(crate) second_share: f32,
}

impl Update {
    /// Moves weights and moments along a contiguous gradient.
    pub(crate) fn apply(
        self,
        parameter: &Parameter,
        gradient: &Tensor,
        moments: &mut Moments,
    ) -> Result<(), TrainError> {
        match moments {
            Moments::Host { first, second } => Ok(with_numbers(gradient, |gradient| {
                let decayed = parameter.decayed;
                let moments = Mutex::new((first.as_mut_slice(), second.as_mut_slice()));
                parameter.variable.as_tensor().inplace_op1(&HostUpdate {
                    update: self,
                    decayed,
                    gradient,
                    moments,
                })
            })?),
            Moments::Device { first, second } => self.apply_plain(parameter, gradient, first, second),
        }
    }

    /// The step in candle's own operations.
    fn apply_plain(
        self,
        parameter: &Parameter,
        gradient: &Tensor,
        first: &mut Tensor,
        second: &mut Tensor,
    ) -> Result<(), TrainError> {
        let AdamW { first_decay, second_decay, epsilon, weight_decay, .. } = self.settings;
        let mix = |old: &Tensor, new: &Tensor, decay: f32| {
            (old * f64::from(decay))? + (new * (1.0 - f64::from(decay)))?
        };
        let gradient = (gradient.detach() * f64::from(self.scale))?;
        *first = mix(first, &gradient, first_decay)?;
        *second = mix(second, &gradient.sqr()?, second_decay)?;
        let root = ((&*second * f64::from(self.second_share))?.sqrt()? + f64::from(epsilon))?;
        let moved = ((&*first * f64::from(self.first_share * self.rate))? / root)?;
        let weights = parameter.variable.as_detached_tensor();
        let kept = 1.0 - self.rate * weight_decay;
        let keep = (0..weights.elem_count()).map(|index| if index < parameter.decayed { kept } else { 1.0 });
        let keep = Tensor::from_iter(keep, weights.device())?.reshape(weights.shape())?;
        Ok(parameter.variable.set(&((weights * keep)? - moved)?)?)
    }

    fn apply_piece(
        self,
        decays: bool,
        gradient: &[f32],
        weights: &mut [f32],
        first: &mut [f32],
        second: &mut [f32],
    ) {
        let AdamW { first_decay, second_decay, epsilon, weight_decay, .. } = self.settings;
        let kept = if decays { 1.0 - self.rate * weight_decay } else { 1.0 };
        for (((weight, gradient), first), second) in weights.iter_mut().zip(gradient).zip(first).zip(second) {
            let gradient = gradient * self.scale;
            *first = first_decay * *first + (1.0 - first_decay) * gradient;
            *second = second_decay * *second + (1.0 - second_decay) * gradient * gradient;
            let root = (*second * self.second_share).sqrt() + epsilon;
            *weight = *weight * kept - self.rate * self.first_share * *first / root;
        }
    }
}

struct HostUpdate<'a> {
    update: Update,
    decayed: usize,
    gradient: &'a [f32],
    moments: Mutex<(&'a mut [f32], &'a mut [f32])>,
}

impl InplaceOp1 for HostUpdate<'_> {
    fn name(&self) -> &'static str {
        "adamw"
    }

    fn cpu_fwd(&self, weights: &mut CpuStorage, layout: &Layout) -> candle_core::Result<()> {
        let CpuStorage::F32(weights) = weights else { candle_core::bail!("weights are 32-bit floats") };
        let Some((start, end)) = layout.contiguous_offsets() else {
            candle_core::bail!("weights are contiguous")
        };
        let weights = &mut weights[start..end];
        let mut moments = self.moments.lock().expect("nobody else holds this lock");
        let (first, second) = &mut *moments;
        let (decayed, spared) = weights.split_at_mut(self.decayed);
        let (first_decayed, first_spared) = first.split_at_mut(self.decayed);
        let (second_decayed, second_spared) = second.split_at_mut(self.decayed);
        let (gradient_decayed, gradient_spared) = self.gradient.split_at(self.decayed);
        let run = |decays, gradient: &[f32], weights: &mut [f32], first: &mut [f32], second: &mut [f32]| {
            let pieces = weights.par_chunks_mut(PIECE).zip(gradient.par_chunks(PIECE));
            let pieces = pieces.zip(first.par_chunks_mut(PIECE)).zip(second.par_chunks_mut(PIECE));
            pieces.for_each(|(((weights, gradient), first), second)| {
                self.update.apply_piece(decays, gradient, weights, first, second);
            });
        };
        run(true, gradient_decayed, decayed, first_decayed, second_decayed);
        run(false, gradient_spared, spared, first_spared, second_spared);
        Ok(())
    }
}
