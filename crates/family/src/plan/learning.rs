//! How a model learns, as data.

use deliberate_train::{AdamW, Schedule, Settings};
use serde::{Deserialize, Serialize};

/// How a model learns.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Learning {
    /// Tokens to go through: over fresh questions for the lab's proposers, over the examples again and again for all others,
    /// who go over them three times where nothing is said.
    #[serde(default)]
    pub tokens: Option<u64>,
    /// Tokens of one step.
    pub batch_tokens: usize,
    /// Highest learning rate.
    pub peak: f32,
    /// Share of the residual branches that is dropped.
    #[serde(default)]
    pub dropout: f32,
    /// Evaluations without a new minimum after which it ends.
    #[serde(default)]
    pub patience: Option<u32>,
    /// Evaluations after the minimum at which the weights are taken.
    #[serde(default)]
    pub after_minimum: u32,
}

/// Times that examples are gone over where nobody says how many tokens.
pub(crate) const EPOCHS: u64 = 3;

/// Evaluations of a training, about.
const EVALUATIONS: u64 = 20;

impl Learning {
    /// Steps that the tokens take, if it says how many.
    pub fn steps(&self) -> Option<u64> {
        self.tokens.map(|tokens| tokens.div_ceil(self.batch_tokens as u64).max(1))
    }

    /// The settings of a training of so many steps. Weights that are good already (`begun`) are not drawn towards 0.
    pub(crate) fn settings(&self, seed: u64, steps: u64, begun: bool) -> Settings {
        let adamw = AdamW::default();
        Settings {
            seed,
            steps,
            schedule: Schedule {
                peak: self.peak,
                warm_up: (steps / 20).clamp(1, 200),
                ..Schedule::default()
            },
            adamw: if begun { AdamW { weight_decay: 0.0, ..adamw } } else { adamw },
            dropout: self.dropout,
            evaluate_every: (steps / EVALUATIONS).max(1),
            patience: self.patience,
            after_minimum: self.after_minimum,
            ..Settings::default()
        }
    }

    /// What keeps it from being done.
    pub(crate) fn check(&self) -> Result<(), String> {
        if self.batch_tokens == 0 {
            return Err("`batch-tokens` must be above 0".to_owned());
        }
        if !(self.peak > 0.0 && self.peak.is_finite()) {
            return Err("`peak`, the highest learning rate, must be above 0".to_owned());
        }
        if !(0.0..1.0).contains(&self.dropout) {
            return Err("`dropout` must be at least 0 and below 1".to_owned());
        }
        Ok(())
    }
}
