//! What is kept of a search: what it came to and what it cost, not the tree.

use crate::grid::Arm;
use deliberate_lm::Token;
use deliberate_search::{Charge, NodeId, Outcome};
use deliberate_text::{Gold, Trace};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A line of a study's file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Line {
    /// Independent samples.
    Sampled(Sampled),
    /// A search.
    Searched(Searched),
    /// A look at a question.
    Foreseen(Foreseen),
}

/// What the verifier thinks of a question before anything is drawn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Foreseen {
    /// The question's id.
    pub(crate) question: String,
    /// Its score of the bare question, in 0..=1; `None` if it gives none.
    pub(crate) prior: Option<f64>,
}

/// Some of the independent samples of a question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Sampled {
    /// The question's id.
    pub question: String,
    /// Which part of its samples, from 0.
    pub part: u32,
    /// The samples.
    pub samples: Vec<Sample>,
    /// Reading the question and drawing and scoring the samples, the question read once.
    pub charged: Charge,
    /// FLOPs of the proposer alone for one answer: reading the question and drawing a sample, mean of the samples.
    #[serde(default)]
    pub answer_flops: f64,
}

/// One independent sample.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Sample {
    /// Its final answer; `None` if it gives none or was cut off.
    pub answer: Option<String>,
    /// Whether that is right.
    pub correct: bool,
    /// Tokens drawn.
    pub tokens: u64,
    /// Tokens of each step; none in studies that did not record them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub step_tokens: Vec<u32>,
    /// The verifier's score of each step, in 0..=1.
    pub scores: Vec<f64>,
    /// What another verifier that is compared with it makes of the sample.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compared: Option<Compared>,
}

/// Another verifier's scores.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Compared {
    /// Whose.
    pub verifier: String,
    /// Of each step, or of the whole.
    pub scores: Vec<f64>,
}

/// What a search came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Searched {
    /// The question's id.
    pub question: String,
    /// The arm's name.
    pub arm: String,
    /// Generations that it was allowed.
    pub budget: u32,
    /// Which of its runs, from 0.
    pub run: u32,
    /// The chosen answer.
    pub answer: Option<String>,
    /// Whether it is right.
    pub correct: bool,
    /// Whether each solution that it found is right, in the order of drawing.
    pub right: Vec<bool>,
    /// Solutions that it found that differ from each other in their tokens.
    pub distinct: u32,
    /// Generations spent.
    pub generations: u32,
    /// What it was charged, every shared prefix paid once.
    pub charged: Charge,
}

impl Sample {
    /// The samples of a best-of-N search, in the order of drawing; those that were cut off count as well, without an
    /// answer. `compared` holds another verifier's scores, in the order of [`drawn`].
    pub(crate) fn all(outcome: &Outcome<Trace>, gold: &Gold, compared: &[Compared]) -> Vec<Self> {
        let complete: Vec<NodeId> = outcome.tree.answers().collect();
        drawn(outcome)
            .enumerate()
            .map(|(place, id)| {
                let node = outcome.tree.node(id);
                let state = outcome.state(id);
                let whole = complete.contains(&id);
                Self {
                    answer: state.answer().filter(|_| whole).map(str::to_owned),
                    correct: whole && gold.right(state),
                    tokens: state.solution_tokens() as u64,
                    step_tokens: (0..state.step_count())
                        .map(|step| state.step_range(step).len() as u32)
                        .collect(),
                    scores: node.scores.clone().unwrap_or_default(),
                    compared: compared.get(place).cloned(),
                }
            })
            .collect()
    }
}

/// The samples of a best-of-N search, in the order of drawing.
pub(crate) fn drawn(outcome: &Outcome<Trace>) -> impl Iterator<Item = NodeId> {
    outcome.tree.iter().filter(|(_, node)| node.parent == Some(NodeId(0))).map(|(id, _)| id)
}

/// FLOPs of the proposer alone for one answer of a best-of-N search.
pub(crate) fn answer_flops(outcome: &Outcome<Trace>) -> f64 {
    let flops = |id: NodeId| outcome.tree.node(id).drawing.flops;
    let samples = drawn(outcome).count().max(1) as f64;
    flops(NodeId::ROOT) + drawn(outcome).map(flops).sum::<f64>() / samples
}

impl Searched {
    /// What a search came to.
    pub(crate) fn of(question: &str, (arm, run): (&Arm, u32), outcome: &Outcome<Trace>, gold: &Gold) -> Self {
        let answers = || outcome.tree.answers().map(|id| outcome.state(id));
        let distinct: BTreeSet<&[Token]> =
            answers().map(|state| &state.tokens()[state.prompt_tokens()..]).collect();
        Self {
            question: question.to_owned(),
            arm: arm.name.clone(),
            budget: arm.budget,
            run,
            answer: outcome.answer().and_then(Trace::answer).map(str::to_owned),
            correct: outcome.answer().is_some_and(|state| gold.right(state)),
            right: answers().map(|state| gold.right(state)).collect(),
            distinct: distinct.len() as u32,
            generations: outcome.ledger.generations,
            charged: outcome.ledger.charged,
        }
    }
}
