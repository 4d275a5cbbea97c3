//! What all stages rest on, whichever way a family began.

mod base;
mod lab;
mod questions;
mod words;

pub use questions::QuestionsError;
pub(crate) use questions::Solved;
pub use words::{Words, asked};

use crate::plan::Lora;
use crate::{Beginning, BuildError, Plan, Start};
use deliberate_decoder::Shape;
use deliberate_run::Question;
use deliberate_text::DomainSettings;
use deliberate_train::gather::Asked;
use serde::Serialize;
use std::path::PathBuf;

/// Words, questions, sizes, and how models are kept.
pub(crate) struct Ground {
    pub(crate) words: Words,
    /// How questions are put and solutions drawn.
    pub(crate) asking: DomainSettings,
    /// How models begin and how they are kept.
    pub(crate) stock: Stock,
    /// Sizes of the proposer and of its copies.
    pub(crate) proposing: Shape,
    /// Sizes of verifiers and of revisers.
    pub(crate) judging: Shape,
    /// What all models of the method begin as.
    pub(crate) proposer: Start,
    /// Questions that samples are drawn for.
    pub(crate) questions: Vec<Asked>,
    /// Worked solutions that the proposer learns from, where they come out of a file.
    pub(crate) written: Vec<Solved>,
    /// Questions that nothing is learnt from, where they come out of a file.
    pub(crate) development: Vec<Question>,
    /// What a folder was made of, where that is more than its plan.
    pub(crate) inputs: Option<Inputs>,
}

/// How models begin and how they are kept.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Stock {
    /// Whole models in eight bits; the first one from random numbers, the others grown from it.
    Lab,
    /// Whole models; the first one as the base.
    Whole {
        base: PathBuf,
        /// The prompt that they are asked with, if it can be named in a file.
        prompt: Option<String>,
    },
    /// Adapters of the base.
    Adapters { base: PathBuf, lora: Lora },
}

/// The files that a plan names, by their bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Inputs {
    /// The model's fingerprint.
    pub(crate) model: String,
    /// SHA-256 of the questions.
    pub(crate) questions: String,
}

impl Ground {
    /// What a plan says.
    pub(crate) fn of(plan: &Plan) -> Result<Self, BuildError> {
        match &plan.from {
            Beginning::Lab(lab) => lab::ground(lab, plan),
            Beginning::Base(base) => base::ground(base, plan),
        }
    }
}
