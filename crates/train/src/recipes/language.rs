//! Language modelling of written solutions: how the base proposer is made.

use crate::Example;

/// A written solution after its prompt. Loss on the solution and on the end of the sequence only: nobody will ask the
/// model to invent questions.
pub fn solved(prompt: &[u32], solution: &[u32], end: u32) -> Example {
    let mut tokens = Vec::with_capacity(prompt.len() + solution.len() + 1);
    tokens.extend_from_slice(prompt);
    tokens.extend_from_slice(solution);
    tokens.push(end);
    let predicted = prompt.len()..tokens.len();
    Example::continuation(tokens, predicted).sharing(prompt.len())
}
