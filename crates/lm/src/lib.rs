//! What a language model can be asked, whoever runs it: *generate* continuations and *score* given tokens; reward models
//! score texts by a head of their own and write none.
//!
//! Plain data and one trait, [`LanguageModel`], which the embedded engine implements and simulated models of tests do.
//! This crate knows nothing of search, questions, files or backends.

mod chat;
mod error;
mod facts;
mod generate;
mod model;
mod reward;
mod sampling;
mod score;
mod usage;

pub use chat::{Call, Chat, Format, Message, Role, Tool, ToolChoice};
pub use error::LmError;
pub use facts::{Abilities, Architecture, Fingerprint, ModelFacts};
pub use generate::{Finish, GenerateRequest, Generation, Sample, TokenStat};
pub use model::{Answer, LanguageModel, Listener};
pub use reward::{RewardRequest, Rewarded, Rewards};
pub use sampling::{Sampling, SamplingError};
pub use score::{Mark, Reading, ScoreRequest, Scoring};
pub use usage::Usage;

/// One entry of a model's vocabulary.
pub type Token = u32;
