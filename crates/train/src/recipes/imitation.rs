//! Learning to draw what turned out well: STaR and ReST-EM (right samples), distillation (what a search chose).

use super::drawn;
use crate::Example;
use crate::gather::Solution;
use deliberate_text::Trace;
use std::collections::HashSet;

/// Different right solutions of one question, at most `most`, so that easy questions do not drown the hard ones.
pub fn balanced<'a>(solutions: impl IntoIterator<Item = &'a Solution>, most: usize) -> Vec<&'a Trace> {
    let mut seen = HashSet::new();
    solutions
        .into_iter()
        .filter(|solution| solution.right && seen.insert(solution.trace.tokens().clone()))
        .map(|solution| &solution.trace)
        .take(most)
        .collect()
}

/// An example for each solution. Works for revisions as well: their prompt holds the attempts before them.
pub fn imitate<'a>(solutions: impl IntoIterator<Item = &'a Trace>, end: u32) -> Vec<Example> {
    solutions.into_iter().map(|trace| drawn(trace, end)).collect()
}
