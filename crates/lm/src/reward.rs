//! Scores by a head that a model has in the place of one that writes: reward models.

use crate::{LmError, Token, Usage};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What a reward model scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rewarded {
    /// Any places of a text, such as the ends of steps.
    Steps,
    /// A text as a whole.
    Whole,
}

/// A text that is scored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RewardRequest {
    /// The whole text, from its beginning on.
    pub tokens: Arc<[Token]>,
    /// Indices of the tokens after which it is scored, in rising order; none where it is scored as a whole.
    pub places: Vec<usize>,
}

/// The answer to several [`RewardRequest`]s.
#[derive(Debug, Clone)]
pub struct Rewards {
    /// For each text, its scores: one for each place, or one for the whole. Each is the probability, by the model, that what
    /// was read is good.
    pub scores: Vec<Result<Vec<f64>, LmError>>,
    /// What all of them cost together; nothing is decoded.
    pub usage: Usage,
}
