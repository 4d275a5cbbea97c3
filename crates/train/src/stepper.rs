//! One step of learning: loss, gradients, update.

use crate::optimiser::Optimiser;
use crate::{AdamW, Batch, Decoder, Dropout, TrainError};

/// A decoder that learns batch by batch. `train` is the loop around it.
#[derive(Debug)]
pub struct Stepper<'a> {
    decoder: &'a Decoder,
    pub(crate) optimiser: Optimiser,
    /// Steps made.
    pub(crate) steps: u64,
}

/// What a step did.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stepped {
    /// Mean loss of the batch before the step, in nats.
    pub loss: f32,
    /// Euclidean norm of the gradient before clipping.
    pub gradient_norm: f32,
}

impl<'a> Stepper<'a> {
    /// A stepper that has made no step.
    ///
    /// # Errors
    /// [`TrainError::Tensor`] if there is no room for the moments.
    pub fn new(decoder: &'a Decoder, settings: AdamW) -> Result<Self, TrainError> {
        let optimiser = Optimiser::new(settings, decoder.parameters())?;
        Ok(Self { decoder, optimiser, steps: 0 })
    }

    /// Learns from a batch at this learning rate.
    ///
    /// # Errors
    /// [`TrainError::Diverged`] if loss or gradient is not finite; the weights are then as before.
    pub fn step(
        &mut self,
        batch: &Batch,
        rate: f32,
        dropout: Option<Dropout>,
    ) -> Result<Stepped, TrainError> {
        let loss = self.decoder.loss(batch, dropout)?;
        let gradients = loss.backward()?;
        let loss = loss.to_scalar::<f32>()?;
        let gradient_norm =
            if loss.is_finite() { self.optimiser.step(&gradients, self.steps, rate)? } else { f32::NAN };
        self.steps += 1;
        if gradient_norm.is_finite() {
            Ok(Stepped { loss, gradient_norm })
        } else {
            Err(TrainError::Diverged { step: self.steps })
        }
    }
}
