//! Reading a model's opinion of given tokens, without drawing any.

use crate::{Token, Usage};
use std::sync::Arc;

/// Read next-token distributions at marked positions of `tokens`, in one pass.
///
/// A prefix before the first mark may come from the cache; everything from the first mark on is evaluated.
#[derive(Debug, Clone)]
pub struct ScoreRequest {
    /// The whole sequence; at least one token.
    pub tokens: Arc<[Token]>,
    /// Where to read, in rising order of position.
    pub marks: Vec<Mark>,
}

/// One place to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// Index of the token *after* which the next-token distribution is read.
    pub position: usize,
    /// Tokens whose log-probability is wanted there.
    pub candidates: Vec<Token>,
}

/// The distribution at one mark.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// Log-probability of each candidate over the whole vocabulary, in nats, in their order.
    pub logprobs: Vec<f32>,
    /// KL(uniform ‖ model) in nats, as in [`crate::TokenStat::certainty`].
    pub certainty: f32,
}

/// The answer to a [`ScoreRequest`].
#[derive(Debug, Clone, PartialEq)]
pub struct Scoring {
    /// In the order of the marks.
    pub readings: Vec<Reading>,
    /// What it cost; nothing is decoded.
    pub usage: Usage,
}
