//! Drawing continuations of a prompt.

use crate::{Sampling, Token, Usage};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Draw one continuation of `prompt` for each seed; they share the evaluation of the prompt.
#[derive(Debug, Clone)]
pub struct GenerateRequest {
    /// The tokens to continue; at least one.
    pub prompt: Arc<[Token]>,
    /// One continuation is drawn for each entry. The same seed, prompt and settings give the same tokens whatever
    /// else the model is doing.
    pub seeds: Vec<u64>,
    /// How the next token is chosen.
    pub sampling: Sampling,
    /// A continuation ends with the token whose text completes one of these (searched in the continuation only).
    pub stop: Vec<String>,
    /// Tokens per continuation, at most; at least one. The room left in the context bounds it further.
    pub max_tokens: u32,
}

/// Why a continuation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Finish {
    /// It completed the stop text of this index.
    Stop(usize),
    /// The model ended the sequence. The ending token is not part of the continuation.
    EndOfSequence,
    /// It was cut by `max_tokens` or by the end of the context: neither a step nor an answer.
    Length,
}

/// What the model thought of one drawn token, before temperature and truncation.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TokenStat {
    /// Log-probability of the token, in nats; NaN where a backend does not tell it.
    pub logprob: f32,
    /// Divergence of the model's distribution from the uniform one, KL(uniform ‖ model), in nats: high when the
    /// model is sure ("self-certainty", Kang et al. 2025). NaN where a backend does not tell it.
    pub certainty: f32,
}

/// One drawn continuation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// The drawn tokens, a completed stop text included, an end-of-sequence token not.
    pub tokens: Vec<Token>,
    /// The bytes that each of them spells, which may be a part of a character.
    pub pieces: Vec<Vec<u8>>,
    /// Their text (invalid UTF-8 replaced).
    pub text: String,
    /// One entry per token; empty where a backend cannot tell.
    pub stats: Vec<TokenStat>,
    /// Why it ended.
    pub finish: Finish,
}

/// The answer to a [`GenerateRequest`].
#[derive(Debug, Clone, PartialEq)]
pub struct Generation {
    /// In the order of the seeds.
    pub samples: Vec<Sample>,
    /// What all of them cost together.
    pub usage: Usage,
}
