//! The lab's exact oracle in the place of a verifier: for telling whether a search is held back by its scores or by what
//! it explores. Never for solving.

use deliberate_lab::{Malformed, Question, StepOracle};
use deliberate_search::{Answer, Assessed, Usage, Verification, Verifier};
use deliberate_text::Trace;

/// Scores each step of solutions to one question: 1 while the right answer is in reach, 0 after; an answer by whether it is
/// right, which it can be after a false account, too.
#[derive(Debug, Clone)]
pub struct OracleVerifier<'q> {
    /// Has seen no step.
    fresh: StepOracle<'q>,
}

impl<'q> OracleVerifier<'q> {
    /// The oracle of a question. It knows no other.
    ///
    /// # Errors
    /// [`Malformed`] if the question's facts make no sense.
    pub fn new(question: &'q Question) -> Result<Self, Malformed> {
        Ok(Self { fresh: StepOracle::new(question)? })
    }

    /// One score a step.
    fn scores(&self, trace: &Trace) -> Vec<f64> {
        let mut oracle = self.fresh.clone();
        trace.step_texts().map(|step| if oracle.judge(step).reachable { 1.0 } else { 0.0 }).collect()
    }
}

impl Verifier<Trace> for OracleVerifier<'_> {
    fn verify<'a>(&'a self, batch: &'a [Verification<'a, Trace>]) -> Answer<'a, Assessed> {
        let new = |one: &Verification<'_, Trace>| Ok(self.scores(one.state).split_off(one.known.len()));
        let assessed = Assessed { scores: batch.iter().map(new).collect(), usage: Usage::default() };
        Box::pin(std::future::ready(Ok(assessed)))
    }
}
