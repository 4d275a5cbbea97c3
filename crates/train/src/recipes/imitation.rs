//! Learning to draw what turned out well: STaR, and a round of ReST-EM.

use super::drawn;
use crate::Example;
use crate::gather::Solution;
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
