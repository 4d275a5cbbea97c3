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

/// For a PRM: at each token of a step, the share of rollouts from the step's end that came out right. Scores are read at
/// the ends of steps; the tokens before them say the same with less certainty, and many more labels teach where in a
/// step it went wrong (as the token-level verifiers of Cobbe et al. 2021). At the end of the question it is the
/// question's `pass` rate, so that the PRM tells difficulty before anything is drawn.
pub fn steps(valued: &Valued, pass: f32, labels: Labels) -> Example {
    let trace = &valued.trace;
    let question = (trace.prompt_tokens().saturating_sub(1), pass);
    let of_step = |(step, &value)| trace.step_range(step).map(move |token| (token, value));
    let steps = valued.returns.iter().enumerate().flat_map(of_step);
    let at: Vec<(usize, f32)> = std::iter::once(question).chain(steps).collect();
    let example = Example::labelled(trace.tokens().to_vec(), &at, labels.positive, labels.negative);
    example.sharing(trace.prompt_tokens())
}

/// For an ORM: at each token of the solution, whether its answer is right; scores are read at the last one. A revision's
/// prompt holds the attempts before it, so an ORM of revisions learns with the history in its context. For a PRM, of a
/// solution without rollouts: it is itself the one rollout from the end of each of its steps, so these are noisier labels
/// than those of [`steps`] that cost nothing more.
pub fn outcome(solution: &Solution, labels: Labels) -> Example {
    let tokens = solution.trace.tokens().to_vec();
    let value = if solution.right { 1.0 } else { 0.0 };
    let at: Vec<(usize, f32)> =
        (solution.trace.prompt_tokens()..tokens.len()).map(|token| (token, value)).collect();
    Example::labelled(tokens, &at, labels.positive, labels.negative).sharing(solution.trace.prompt_tokens())
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
