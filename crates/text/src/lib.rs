//! Language as a state: traces, prompts, verifiers, revisers.
//!
//! A [`Trace`] is the state of reasoning in words: a prompt, and the steps of a solution as ranges of one token
//! sequence. A [`TextProposer`] draws steps and rollouts, the verifiers score them, a [`TextReviser`] rewrites them,
//! [`TextAnswers`] compares what they come to, and a [`Domain`] composes all of that for one model and one prompt.
//!
//! This crate has never heard of which backend runs a model, nor of what a strategy wants to know.

mod answers;
mod compact;
mod domain;
mod draft;
mod ending;
mod error;
mod form;
mod found;
mod prompt;
mod proposer;
mod reviser;
#[cfg(test)]
mod simulated;
mod split;
mod steps;
mod trace;
mod verifiers;

pub use answers::{Gold, TextAnswers};
pub use domain::{Domain, DomainSettings};
pub use ending::Ending;
pub use error::{PromptError, TextError};
pub use form::{Form, FormAnswers, FormError, FormVerifier, Misfit, Said};
pub use found::added_steps;
pub use prompt::{Layout, Prompt, PromptKind};
pub use proposer::{DrawSettings, TextProposer};
pub use reviser::{Critique, TextReviser};
pub use steps::{StepRule, StepRuleError};
pub use trace::Trace;
pub use verifiers::{
    CertaintyVerifier, Confidence, JudgeSettings, JudgeVerifier, LabelFormat, LabelSource, LabelVerifier,
    ProductVerifier, RewardVerifier, VerifierError, VerifierSpec, VerifierSpecError,
};
