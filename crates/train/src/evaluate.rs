//! How well a decoder meets the targets of examples it does not learn from.

use crate::{Batch, Decoder, Example, Prediction, TrainError};
use serde::{Deserialize, Serialize};

/// The result of an evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Evaluation {
    /// Mean loss of the targets by weight, in nats; 0 without targets.
    pub loss: f64,
    /// Share of targets, by weight, that were met.
    pub accuracy: f64,
}

/// Mean loss and accuracy over examples, `tokens` at once.
///
/// # Errors
/// [`TrainError::Example`] if an example does not fit the decoder, [`TrainError::Tensor`] if an operation fails.
pub fn evaluate(decoder: &Decoder, examples: &[Example], tokens: usize) -> Result<Evaluation, TrainError> {
    let predictions = predict(decoder, examples, tokens)?;
    let weights = examples.iter().flat_map(|example| &example.targets).map(|target| f64::from(target.weight));
    let (mut total, mut loss, mut met) = (0.0, 0.0, 0.0);
    for (prediction, weight) in predictions.iter().flatten().zip(weights) {
        total += weight;
        loss += weight * f64::from(prediction.loss);
        met += if prediction.correct { weight } else { 0.0 };
    }
    let total: f64 = if total > 0.0 { total } else { 1.0 };
    Ok(Evaluation { loss: loss / total, accuracy: met / total })
}

/// What the decoder says at every target of every example, `tokens` at once: `result[i][j]` is for target j of
/// example i.
///
/// # Errors
/// [`TrainError::Example`] if an example does not fit the decoder, [`TrainError::Tensor`] if an operation fails.
pub fn predict(
    decoder: &Decoder,
    examples: &[Example],
    tokens: usize,
) -> Result<Vec<Vec<Prediction>>, TrainError> {
    let mut all = Vec::with_capacity(examples.len());
    let mut rest = examples;
    while !rest.is_empty() {
        let (batch, later) = rest.split_at(crate::source::fitting(rest.iter(), tokens));
        let (done, packed) = (all.len(), Batch::pack(batch, decoder.shape()));
        let packed = packed.map_err(|error| match error {
            TrainError::Example { index, reason } => TrainError::Example { index: done + index, reason },
            other => other,
        })?;
        let mut predictions = decoder.predict(&packed)?.into_iter();
        all.extend(
            batch.iter().map(|example| predictions.by_ref().take(example.targets.len()).collect::<Vec<_>>()),
        );
        rest = later;
    }
    Ok(all)
}
