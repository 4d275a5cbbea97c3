//! Recorded samples: every question with all that was drawn for it, graded and scored.
//!
//! One JSON object a line: `{"id", "answer", "problem"?, "samples": [{"answer", "correct", "tokens"?, "scores":
//! {"<verifier>": [step scores]}, "boxed"?, "n_steps"?, "how"?, "step_tokens"?}]}`. Fields not named here are passed over.
//! Nothing here selects or estimates.

mod classes;
mod diagnose;
mod read;
mod remarks;
mod write;

pub use read::PoolError;

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// A file of recorded samples.
#[derive(Debug, Clone, PartialEq)]
pub struct Pool {
    /// Where it comes from.
    pub path: PathBuf,
    /// SHA-256 of the file's bytes, in hexadecimal.
    pub sha256: String,
    /// Names of the verifiers that scored any sample, sorted.
    pub verifiers: Vec<String>,
    /// The questions, in the file's order.
    pub questions: Vec<PoolQuestion>,
}

/// A question and its samples.
#[derive(Debug, Clone, PartialEq)]
pub struct PoolQuestion {
    /// Unique within the pool.
    pub id: String,
    /// What was asked, where the file says so.
    pub problem: Option<String>,
    /// The right answer.
    pub answer: String,
    /// What was drawn, in the order of drawing.
    pub samples: Vec<Sample>,
}

/// One recorded sample.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// The final answer as written; `None` if none was found.
    pub answer: Option<String>,
    /// Number of the answer's class among this question's samples: mathematically equal answers share it.
    pub class: Option<u32>,
    /// Whether the answer was graded right.
    pub correct: bool,
    /// Tokens decoded, where they were counted.
    pub tokens: Option<u32>,
    /// Step scores by verifier, in the order of [`Pool::verifiers`]; empty where a verifier did not score it.
    pub scores: Vec<Box<[f32]>>,
    /// What else the file says and a copy keeps.
    pub notes: Notes,
}

/// Optional remarks of a sample, kept when a pool is written again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notes {
    /// Whether the answer stood in a box.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boxed: Option<bool>,
    /// Number of steps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub n_steps: Option<u32>,
    /// How the answer was found in the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub how: Option<String>,
    /// Tokens of each step, or its share of the text in any unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step_tokens: Option<Vec<u32>>,
}
