//! What a verifier says of solutions that were drawn.

use super::stage::{Line, Progress, stage};
use super::{Asked, GatherError};
use deliberate_search::{Verification, Verifier};
use deliberate_text::Trace;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Scores of a question's solutions.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Scores {
    /// The question's id.
    pub question: String,
    /// For each solution, in their order: the score of each step, or one for the whole. Empty where it failed.
    pub scores: Vec<Vec<f64>>,
}

impl Line for Scores {
    fn question(&self) -> &str {
        &self.question
    }
}

/// Scores solutions, question by question.
///
/// # Errors
/// [`GatherError`]; what was scored before stays in the file.
pub async fn score_solutions(
    verifier: &dyn Verifier<Trace>,
    solutions: &[(&Asked, Vec<&Trace>)],
    concurrency: usize,
    path: &Path,
    progress: &mut dyn Progress,
) -> Result<Vec<Scores>, GatherError> {
    let work = async |(question, traces): &(&Asked, Vec<&Trace>)| {
        let batch: Vec<Verification<'_, Trace>> =
            traces.iter().map(|trace| Verification { state: *trace, known: &[] }).collect();
        let assessed = verifier.verify(&batch).await;
        let assessed = assessed.map_err(|source| GatherError::Model { id: question.id.clone(), source })?;
        let scores = assessed.scores.into_iter().map(Result::unwrap_or_default).collect();
        Ok(Scores { question: question.id.clone(), scores })
    };
    stage(path, solutions, |item| item.0, concurrency, progress, work).await
}
