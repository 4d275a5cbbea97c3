//! Verifiers: soft labels at the ends of steps (PRM) or of solutions (ORM).

use crate::Example;
use crate::gather::{Chains, Sampled, Solution, Valued};

/// The tokens that say right and wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Labels {
    /// Says that it is right: `+`.
    pub positive: u32,
    /// Says that it is wrong: `-`.
    pub negative: u32,
}

/// For a PRM: at the last token of each step, the share of rollouts from there that came out right.
pub fn steps(valued: &Valued, labels: Labels) -> Example {
    let trace = &valued.trace;
    let at: Vec<(usize, f32)> = valued
        .returns
        .iter()
        .enumerate()
        .map(|(step, &value)| (trace.step_range(step).end - 1, value))
        .collect();
    Example::labelled(trace.tokens().to_vec(), &at, labels.positive, labels.negative)
}

/// For an ORM: at the last token, whether the answer is right. A revision's prompt holds the attempts before it, so
/// an ORM of revisions learns with the history in its context.
pub fn outcome(solution: &Solution, labels: Labels) -> Example {
    let tokens = solution.trace.tokens().to_vec();
    let value = if solution.right { 1.0 } else { 0.0 };
    let at = [(tokens.len().saturating_sub(1), value)];
    Example::labelled(tokens, &at, labels.positive, labels.negative)
}

/// The answered solutions of a question's samples or chains, at most `most` of them.
pub fn outcomes<'a>(
    solutions: impl IntoIterator<Item = &'a Solution>,
    most: usize,
    labels: Labels,
) -> Vec<Example> {
    let answered = solutions.into_iter().filter(|solution| solution.answered);
    answered.take(most).map(|solution| outcome(solution, labels)).collect()
}

impl Sampled {
    /// Its solutions.
    pub fn iter(&self) -> impl Iterator<Item = &Solution> {
        self.solutions.iter()
    }
}

impl Chains {
    /// All attempts of all chains.
    pub fn attempts(&self) -> impl Iterator<Item = &Solution> {
        self.chains.iter().flatten()
    }
}
