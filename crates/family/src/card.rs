//! What a model of the family is and where it comes from.

use deliberate_decoder::Shape;
use serde::{Deserialize, Serialize};

/// A model's card, beside its file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Card {
    /// The model's name, and that of its file.
    pub name: String,
    /// What it does, in a sentence.
    pub role: String,
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: String,
    /// Size of the file.
    pub bytes: u64,
    /// Its sizes.
    pub shape: Shape,
    /// Its weights.
    pub parameters: u64,
    /// The seed that everything follows from.
    pub seed: u64,
    /// The model that it began as; none for one trained from nothing.
    pub from: Option<String>,
    /// Examples that it was trained on, where they are a fixed set.
    pub examples: Option<usize>,
    /// Examples that were left out because they do not fit the model's context.
    #[serde(default)]
    pub too_long: usize,
    /// Steps of training, and the step whose weights were taken.
    pub steps: (u64, Option<u64>),
    /// Tokens gone through.
    pub tokens: u64,
    /// Seconds of training on the machine that built it.
    pub seconds: f64,
    /// Steps, loss and accuracy on held-out questions.
    pub validation: Vec<(u64, f64, f64)>,
}
