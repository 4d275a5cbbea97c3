//! Monte-Carlo returns: how often a solution that begins like this comes out right (section D of the paper).

use super::samples::{children, continuations};
use super::stage::{Line, Progress, stage};
use super::{Asked, GatherError, Sampled};
use deliberate_lm::LanguageModel;
use deliberate_search::{mix, question_seed};
use deliberate_text::{Domain, Trace};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::path::Path;

/// How many rollouts are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ReturnsPlan {
    /// Solutions of each question that are valued, from the first on; unanswered ones are passed over.
    pub solutions: u32,
    /// Rollouts from each step; without any, a solution is itself the one rollout from its steps.
    pub rollouts: u32,
    /// Every draw follows from it.
    pub seed: u64,
    /// Questions in flight.
    pub concurrency: usize,
}

/// A solution and the value of each of its steps.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Valued {
    /// The solution.
    pub trace: Trace,
    /// Share of right answers among the rollouts from the end of each step; for the last step, and without rollouts for all,
    /// of the solution itself.
    pub returns: Vec<f32>,
}

/// The valued solutions of a question.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Returns {
    /// The question's id.
    pub question: String,
    /// In the order of drawing.
    pub solutions: Vec<Valued>,
    /// Tokens that the rollouts drew.
    #[serde(default)]
    pub drawn: u64,
}

impl Line for Returns {
    fn question(&self) -> &str {
        &self.question
    }
}

/// Values the steps of sampled solutions, question by question. `drawn` are the samples of `questions`, in the same
/// order. Solutions that begin alike share the rollouts of what they have in common.
///
/// # Errors
/// [`GatherError`]; what was drawn before stays in the file.
pub async fn estimate_returns<M: LanguageModel>(
    domain: &Domain<M>,
    questions: &[Asked],
    drawn: &[Sampled],
    plan: &ReturnsPlan,
    path: &Path,
    progress: &mut dyn Progress,
) -> Result<Vec<Returns>, GatherError> {
    let items: Vec<(&Asked, &Sampled)> = questions.iter().zip(drawn).collect();
    let work = async |&(question, drawn): &(&Asked, &Sampled)| {
        let mut solutions = Vec::new();
        let mut known = HashMap::new();
        let mut drawn_tokens = 0;
        let answered = drawn.solutions.iter().filter(|solution| solution.answered);
        for solution in answered.take(plan.solutions as usize) {
            let trace = &solution.trace;
            let outcome = if solution.right { 1.0 } else { 0.0 };
            let mut returns = Vec::with_capacity(trace.step_count());
            for steps in 1..trace.step_count() {
                if plan.rollouts == 0 {
                    returns.push(outcome);
                    continue;
                }
                let prefix = trace.prefix(steps);
                if !known.contains_key(prefix.tokens()) {
                    let (value, tokens) = value(domain, question, &prefix, plan).await?;
                    known.insert(prefix.tokens().clone(), value);
                    drawn_tokens += tokens;
                }
                returns.push(known[prefix.tokens()]);
            }
            if trace.step_count() > 0 {
                returns.push(outcome);
            }
            solutions.push(Valued { trace: trace.clone(), returns });
        }
        Ok(Returns { question: question.id.clone(), solutions, drawn: drawn_tokens })
    };
    stage(path, &items, |item| item.0, plan.concurrency, progress, work).await
}

/// The share of right answers from the end of a prefix, and the tokens that were drawn for it.
async fn value<M: LanguageModel>(
    domain: &Domain<M>,
    question: &Asked,
    prefix: &Trace,
    plan: &ReturnsPlan,
) -> Result<(f32, u64), GatherError> {
    // Seeds follow from the prefix, so that equal prefixes have equal values whatever came before.
    let root = question_seed(plan.seed, &question.id);
    let node = prefix.tokens().iter().fold(root, |node, &token| mix(node, token.into()));
    let rollouts = continuations(domain, question, prefix, children(node, plan.rollouts)).await?;
    let right = rollouts.iter().filter(|rollout| question.right(rollout)).count();
    let drawn = rollouts.iter().map(|rollout| rollout.tokens().len() - prefix.tokens().len()).sum::<usize>();
    Ok((right as f32 / rollouts.len().max(1) as f32, drawn as u64))
}
