//! Chains of revisions, each conditioned on the latest attempts (section 6 of the paper).

use super::samples::{Solution, children, continuations, root};
use super::stage::{Line, Progress, stage};
use super::{Asked, GatherError};
use deliberate_lm::LanguageModel;
use deliberate_search::{Attempt, Status, mix, question_seed};
use deliberate_text::{Domain, Trace};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// How many chains are drawn, and how long they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ChainPlan {
    /// Chains of each question.
    pub chains: u32,
    /// Attempts of each chain, the first one included.
    pub length: u32,
    /// Latest attempts that the reviser is shown.
    pub window: u32,
    /// Every draw follows from it.
    pub seed: u64,
    /// Questions in flight.
    pub concurrency: usize,
}

/// The chains of a question.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Chains {
    /// The question's id.
    pub question: String,
    /// Attempts of each chain, oldest first. A chain ends early where an attempt did not come to its end.
    pub chains: Vec<Vec<Solution>>,
}

impl Line for Chains {
    fn question(&self) -> &str {
        &self.question
    }
}

/// Draws chains for every question that the file does not have yet.
///
/// # Errors
/// [`GatherError`]; what was drawn before stays in the file.
pub async fn draw_chains<M: LanguageModel>(
    domain: &Domain<M>,
    questions: &[Asked],
    plan: &ChainPlan,
    path: &Path,
    progress: &mut dyn Progress,
) -> Result<Vec<Chains>, GatherError> {
    let roles = domain.roles();
    let reviser = roles.reviser.ok_or(GatherError::NoReviser)?;
    let work = async |question: &Asked| {
        let root = root(domain, question).await?;
        let mut seeds = children(question_seed(plan.seed, &question.id), plan.chains);
        let first = continuations(domain, question, &root, seeds.clone()).await?;
        let mut chains: Vec<Vec<Trace>> = first.into_iter().map(|attempt| vec![attempt]).collect();
        for round in 1..plan.length {
            // A revision is the first child of the attempt before it.
            for seed in &mut seeds {
                *seed = mix(*seed, 0);
            }
            let open: Vec<usize> =
                (0..chains.len()).filter(|&chain| goes_on(&chains[chain], round)).collect();
            let batch: Vec<Attempt<'_, Trace>> = open
                .iter()
                .map(|&chain| {
                    let attempts = &chains[chain];
                    let shown = attempts.len().saturating_sub(plan.window as usize);
                    Attempt {
                        earlier: attempts[shown..].iter().collect(),
                        seeds: vec![seeds[chain]],
                        limit: None,
                    }
                })
                .collect();
            let answer = reviser.revise(&batch).await;
            let answer = answer.map_err(|source| GatherError::Model { id: question.id.clone(), source })?;
            drop(batch);
            for (chain, row) in open.into_iter().zip(answer.drawn) {
                chains[chain].extend(row.into_iter().flatten().map(|proposal| proposal.state));
            }
        }
        let judged = |attempts: Vec<Trace>| -> Vec<Solution> {
            attempts.into_iter().map(|attempt| Solution::judged(question, attempt)).collect()
        };
        Ok(Chains { question: question.id.clone(), chains: chains.into_iter().map(judged).collect() })
    };
    stage(path, questions, |question| question, plan.concurrency, progress, work).await
}

/// Whether a chain has as many attempts as rounds and its last one is finished.
fn goes_on(attempts: &[Trace], round: u32) -> bool {
    attempts.len() == round as usize
        && attempts.last().is_some_and(|attempt| attempt.status() == Status::Complete)
}
