//! What a row of logits costs, and the derivative.

use super::vector::{exponentials, largest};
use crate::Goal;

/// What the decoder said at a target.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prediction {
    /// Nats: the surprise at the token, or the binary cross-entropy with the label.
    pub loss: f32,
    /// Of the token that should come, or of the positive label.
    pub probability: f32,
    /// Whether the token that should come is the likeliest, or the label is on the right side of one half.
    pub correct: bool,
}

/// The prediction of one row.
pub(crate) fn predict(logits: &[f32], goal: Goal) -> Prediction {
    match goal {
        Goal::Token(token) => {
            let (top, own) = (largest(logits), logits[token as usize]);
            let sum: f64 = logits.iter().map(|logit| f64::from((logit - top).exp())).sum();
            let loss = (f64::from(top - own) + sum.ln()) as f32;
            Prediction { loss, probability: (-loss).exp(), correct: own >= top }
        }
        Goal::Label { share, positive, negative } => {
            let (loss, probability) = binary(logits[positive as usize] - logits[negative as usize], share);
            Prediction { loss, probability, correct: (probability > 0.5) == (share > 0.5) }
        }
    }
}

/// Replaces logits by `weight` times the derivative of the loss with respect to them; returns the loss.
pub(crate) fn differentiate(logits: &mut [f32], goal: Goal, weight: f32) -> f32 {
    match goal {
        Goal::Token(token) => {
            let (top, own) = (largest(logits), logits[token as usize]);
            let sum = exponentials(logits, top);
            let scale = weight / sum;
            for logit in logits.iter_mut() {
                *logit *= scale;
            }
            logits[token as usize] -= weight;
            top - own + sum.ln()
        }
        Goal::Label { share, positive, negative } => {
            let (loss, probability) = binary(logits[positive as usize] - logits[negative as usize], share);
            logits.fill(0.0);
            logits[positive as usize] += weight * (probability - share);
            logits[negative as usize] -= weight * (probability - share);
            loss
        }
    }
}

/// Binary cross-entropy of `sigmoid(margin)` with `share`, and the sigmoid.
fn binary(margin: f32, share: f32) -> (f32, f32) {
    let loss = margin.max(0.0) - share * margin + (-margin.abs()).exp().ln_1p();
    (loss, 1.0 / (1.0 + (-margin).exp()))
}
