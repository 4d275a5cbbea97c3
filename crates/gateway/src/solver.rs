//! What stands behind the gateway.

use crate::{Aloud, Overrides, Refusal, Telling};
use deliberate_lm::{Call, Chat};
use futures::future::BoxFuture;
use serde::Serialize;
use std::path::PathBuf;
use std::time::Duration;

/// A way to answer that clients know by a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VirtualModel {
    /// What clients call it.
    pub name: String,
    /// How it answers, in a few words.
    pub about: String,
}

/// What stands before an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// A conversation, whose last turn is a user's or a tool's, and what is asked of the next one.
    Chat(Chat),
    /// A text that goes on.
    Text(String),
}

/// A question to be answered.
#[derive(Debug, Clone)]
pub struct Ask {
    /// The virtual model's name; one of [`Solver::models`].
    pub model: String,
    /// What is to be answered.
    pub asked: Asked,
    /// Different answers that are wanted.
    pub choices: u32,
    /// Whether the log-probabilities of what was drawn for them are wanted.
    pub logprobs: bool,
    /// What the client wants otherwise than the virtual model says.
    pub overrides: Overrides,
    /// The search ends after this time with the best so far.
    pub deadline: Duration,
    /// Where the client hears its answer while it is drawn, if it wants to.
    pub aloud: Option<Aloud>,
    /// Where the solver tells how far it is. Without it, who leaves early pays nothing.
    pub telling: Telling,
    /// The folder of this request's record, if one is kept: what else belongs to it goes there.
    pub record: Option<PathBuf>,
}

/// Why an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Finish {
    /// It is complete.
    Stop,
    /// It was cut.
    Length,
    /// It calls tools, and goes on with their answers.
    ToolCalls,
}

/// One answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// Its text.
    pub content: String,
    /// Tools that it calls.
    pub calls: Vec<Call>,
    /// What was drawn for it, where that is wanted and known.
    pub logprobs: Option<Vec<DrawnToken>>,
    /// Why it ended.
    pub finish: Finish,
}

/// One token of an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct DrawnToken {
    /// The bytes that it spells, which may be a part of a character.
    pub piece: Vec<u8>,
    /// Its log-probability, in nats; none where the model did not tell it.
    pub logprob: Option<f32>,
}

/// What speaks for one answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Vote {
    /// The final answer, where one was found.
    pub answer: Option<String>,
    /// Solutions that give it.
    pub solutions: u32,
    /// What was compared: solutions, or scores.
    pub weight: f64,
}

/// Tokens and operations, over all calls of all roles, those of losers too.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Spent {
    /// Given tokens, evaluated or cached.
    pub prompt_tokens: u64,
    /// Of these, those found in a cache.
    pub cached_tokens: u64,
    /// Tokens drawn.
    pub completion_tokens: u64,
    /// Of all of these, those that the verifier read or drew.
    pub verifier_tokens: u64,
    /// Full solutions' worth of samples.
    pub generations: u32,
    /// Floating-point operations; 0 where nobody knows.
    pub flops: f64,
}

/// An answered question.
#[derive(Debug, Clone, PartialEq)]
pub struct Solved {
    /// The best one first; at least one.
    pub choices: Vec<Choice>,
    /// All answers, the chosen one first.
    pub votes: Vec<Vote>,
    /// The bill.
    pub spent: Spent,
    /// How it was answered, in a few words.
    pub way: String,
    /// Why this is less than was asked for, if it is.
    pub degraded: Option<String>,
}

/// Answers questions.
pub trait Solver: Send + Sync + 'static {
    /// What is offered.
    fn models(&self) -> &[VirtualModel];

    /// Answers. Dropping the future ends all work for it.
    ///
    /// # Errors
    /// [`Refusal`] for what it cannot do, and where there is nothing to answer with.
    fn solve(&self, ask: Ask) -> BoxFuture<'_, Result<Solved, Refusal>>;
}
