//! Solutions drawn independently.

use super::stage::{Line, Progress, stage};
use super::{Asked, GatherError};
use deliberate_lm::LanguageModel;
use deliberate_search::{Draw, Expansion, Reach, Status, mix, question_seed};
use deliberate_text::{Domain, Trace};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// How many samples are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SamplePlan {
    /// Solutions of each question.
    pub samples: u32,
    /// Every draw follows from it.
    pub seed: u64,
    /// Questions in flight.
    pub concurrency: usize,
}

/// A solution and what it came to.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Solution {
    /// The solution.
    pub trace: Trace,
    /// Whether it gives an answer; samples without one are dropped from training (section D of the paper).
    pub answered: bool,
    /// Whether the answer is right.
    pub right: bool,
}

impl Solution {
    pub(super) fn judged(question: &Asked, trace: Trace) -> Self {
        let answered = trace.status() == Status::Complete && trace.answer().is_some();
        let right = answered && question.right(&trace);
        Self { trace, answered, right }
    }
}

/// The samples of a question; draws that failed are left out.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Sampled {
    /// The question's id.
    pub question: String,
    /// In the order of drawing.
    pub solutions: Vec<Solution>,
}

impl Sampled {
    /// Share of right answers among all samples.
    pub fn pass_at_1(&self) -> f64 {
        let right = self.solutions.iter().filter(|solution| solution.right).count();
        right as f64 / self.solutions.len().max(1) as f64
    }
}

impl Line for Sampled {
    fn question(&self) -> &str {
        &self.question
    }
}

/// Draws samples of every question that the file does not have yet.
///
/// # Errors
/// [`GatherError`]; what was drawn before stays in the file.
pub async fn draw_samples<M: LanguageModel>(
    domain: &Domain<M>,
    questions: &[Asked],
    plan: &SamplePlan,
    path: &Path,
    progress: &mut dyn Progress,
) -> Result<Vec<Sampled>, GatherError> {
    let work = async |question: &Asked| {
        let root = root(domain, question).await?;
        let seeds = children(question_seed(plan.seed, &question.id), plan.samples);
        let traces = continuations(domain, question, &root, seeds).await?;
        let solutions = traces.into_iter().map(|trace| Solution::judged(question, trace)).collect();
        Ok(Sampled { question: question.id.clone(), solutions })
    };
    stage(path, questions, |question| question, plan.concurrency, progress, work).await
}

pub(super) async fn root<M: LanguageModel>(
    domain: &Domain<M>,
    question: &Asked,
) -> Result<Trace, GatherError> {
    let id = &question.id;
    domain.root(&question.problem).await.map_err(|source| GatherError::Question { id: id.clone(), source })
}

/// Seeds of the first children of a node: as a search derives them, from the run's seed, the question and the node's
/// place.
pub(super) fn children(node: u64, count: u32) -> Vec<u64> {
    (0..u64::from(count)).map(|ordinal| mix(node, ordinal)).collect()
}

/// Whole solutions from a prefix, one for each seed.
pub(super) async fn continuations<M: LanguageModel>(
    domain: &Domain<M>,
    question: &Asked,
    prefix: &Trace,
    seeds: Vec<u64>,
) -> Result<Vec<Trace>, GatherError> {
    let batch = [Expansion { state: prefix, seeds, reach: Reach::End, draw: Draw::Sample, limit: None }];
    let drawn = domain.roles().proposer.propose(&batch).await;
    let drawn = drawn.map_err(|source| GatherError::Model { id: question.id.clone(), source })?;
    Ok(drawn.drawn.into_iter().flatten().flatten().map(|proposal| proposal.state).collect())
}
