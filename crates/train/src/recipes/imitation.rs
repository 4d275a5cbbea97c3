//! Learning to draw what turned out well: STaR, rounds of ReST-EM, search results, and trajectories of revisions.

use super::drawn;
use crate::Example;
use crate::gather::{Chains, Solution};
use deliberate_text::Trace;
use std::collections::HashSet;

/// Different right solutions of one question, at most `most`, so that easy questions do not drown the hard ones.
fn balanced<'a>(solutions: impl IntoIterator<Item = &'a Solution>, most: usize) -> Vec<&'a Trace> {
    let mut seen = HashSet::new();
    solutions
        .into_iter()
        .filter(|solution| solution.right && seen.insert(solution.trace.tokens().clone()))
        .map(|solution| &solution.trace)
        .take(most)
        .collect()
}

/// An example for each different right solution, at most `most` of a question.
pub fn imitate<'a>(solutions: impl IntoIterator<Item = &'a Solution>, most: usize, end: u32) -> Vec<Example> {
    balanced(solutions, most).into_iter().map(|trace| drawn(trace, end)).collect()
}

/// What a search chose, right or not: nobody knows when it is distilled. Nothing if it gives no answer.
pub fn distil(chosen: Option<&Solution>, end: u32) -> Vec<Example> {
    let answered = chosen.filter(|solution| solution.answered);
    answered.map(|solution| drawn(&solution.trace, end)).into_iter().collect()
}

/// Trajectories of revisions up to the first right answer (ReST-EM of the reviser, section K of the paper): for every
/// question an example of the right attempt after the wrong ones before it. As many of each length as of the rarest one
/// that occurs, so that short ones do not drown the long ones.
pub fn trajectories(chains: &[Chains], end: u32) -> Vec<Vec<Example>> {
    let first = |chain: &Vec<Solution>| chain.iter().position(|attempt| attempt.right);
    let longest = chains.iter().flat_map(|one| &one.chains).map(Vec::len).max().unwrap_or(0);
    let mut counts = vec![0_usize; longest];
    for at in chains.iter().flat_map(|one| &one.chains).filter_map(first) {
        counts[at] += 1;
    }
    let fewest = counts.iter().copied().filter(|count| *count > 0).min().unwrap_or(0);
    let mut taken = vec![0; longest];
    let mut of_question = |one: &Chains| -> Vec<Example> {
        let mut examples = Vec::new();
        for chain in &one.chains {
            let Some(at) = first(chain).filter(|at| taken[*at] < fewest) else { continue };
            taken[at] += 1;
            examples.push(drawn(&chain[at].trace, end));
        }
        examples
    };
    chains.iter().map(&mut of_question).collect()
}
