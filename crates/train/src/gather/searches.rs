//! What a search chooses, question by question: its results are taught to the proposer.

use super::samples::{Solution, root};
use super::stage::{Line, Progress, stage};
use super::{Asked, GatherError};
use deliberate_lm::LanguageModel;
use deliberate_search::{Budget, Settings, StrategySpec, question_seed, search};
use deliberate_text::Domain;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// How questions are searched.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SearchPlan {
    /// The strategy with its options, as the command line takes it: `beam:branching=4`.
    pub strategy: String,
    /// Generations of one search.
    pub generations: u32,
    /// Every draw follows from it.
    pub seed: u64,
    /// Questions in flight.
    pub concurrency: usize,
}

impl SearchPlan {
    /// The strategy at its budget.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn spec(&self) -> Result<StrategySpec, String> {
        let spec: StrategySpec = self.strategy.parse().map_err(|error| format!("{error}"))?;
        spec.with_generations(self.generations).map_err(|error| error.to_string())
    }
}

/// What was chosen for a question.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Picked {
    /// The question's id.
    pub question: String,
    /// The chosen solution, if the search found one.
    pub solution: Option<Solution>,
    /// Tokens that the search drew.
    #[serde(default)]
    pub drawn: u64,
}

impl Line for Picked {
    fn question(&self) -> &str {
        &self.question
    }
}

/// Searches every question that the file does not have yet.
///
/// # Errors
/// [`GatherError`]; what was found before stays in the file.
pub async fn search_solutions<M: LanguageModel>(
    domain: &Domain<M>,
    questions: &[Asked],
    plan: &SearchPlan,
    path: &Path,
    progress: &mut dyn Progress,
) -> Result<Vec<Picked>, GatherError> {
    let spec = plan.spec().map_err(|reason| GatherError::Strategy { reason })?;
    let work = async |question: &Asked| {
        let failed = |reason: String| GatherError::Strategy { reason };
        let root = root(domain, question).await?;
        let mut strategy = spec.build().map_err(|error| failed(error.to_string()))?;
        let seed = question_seed(plan.seed, &question.id);
        let settings = Settings::new(Budget::generations(plan.generations), seed);
        let roles = domain.roles();
        let found = search(root, &mut *strategy, &roles, settings, &mut deliberate_search::Silent).await;
        let found = found.map_err(|error| failed(error.to_string()))?;
        let chosen = found.choice.node.map(|node| found.state(node).clone());
        let solution = chosen.map(|trace| Solution::judged(question, trace));
        Ok(Picked { question: question.id.clone(), solution, drawn: found.ledger.charged.units })
    };
    stage(path, questions, |question| question, plan.concurrency, progress, work).await
}
