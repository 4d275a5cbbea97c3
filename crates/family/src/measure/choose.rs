//! Choosing among drawn solutions again and again, without drawing anything.

use deliberate_search::{Aggregation, Rule};
use deliberate_text::Trace;
use deliberate_train::gather::Solution;

/// The classes of equal answers of a question's solutions: one index a solution, `None` where it gives none.
pub(crate) fn classes(solutions: &[&Solution]) -> Vec<Option<usize>> {
    let mut first: Vec<&Trace> = Vec::new();
    solutions
        .iter()
        .map(|solution| {
            let answer = solution.trace.parsed_answer().filter(|_| solution.answered)?;
            let same =
                |known: &&Trace| known.parsed_answer().is_some_and(|a| deliberate_grade::same(a, answer));
            Some(first.iter().position(same).unwrap_or_else(|| {
                first.push(&solution.trace);
                first.len() - 1
            }))
        })
        .collect()
}

/// Whether the rule chooses a right answer among the solutions. `weights` are their scores (1 for a majority); those
/// without an answer or a score do not count. Ties go to the earlier answer.
pub(crate) fn chosen_right(
    solutions: &[&Solution],
    classes: &[Option<usize>],
    weights: &[Option<f64>],
    rule: Rule,
) -> bool {
    let mut votes: Vec<(f64, bool)> = Vec::new();
    for ((solution, class), weight) in solutions.iter().zip(classes).zip(weights) {
        let (Some(class), Some(weight)) = (class, weight) else { continue };
        if votes.len() <= *class {
            votes.resize(class + 1, (f64::NEG_INFINITY, false));
        }
        let vote = &mut votes[*class];
        vote.0 = match rule {
            Rule::Best => vote.0.max(*weight),
            Rule::Majority => vote.0.max(0.0) + 1.0,
            Rule::Weighted => vote.0.max(0.0) + weight,
        };
        vote.1 = solution.right;
    }
    let mut best: Option<(f64, bool)> = None;
    for vote in votes {
        if best.is_none_or(|best| vote.0 > best.0) {
            best = Some(vote);
        }
    }
    best.is_some_and(|best| best.1)
}

/// How often the rule chooses a right answer among `n` solutions, over disjoint groups of `n` from the first on: each
/// group is as good a sample as the first, so a mean over them is less noisy.
pub fn right_among(solutions: &[&Solution], weights: &[Option<f64>], rule: Rule, n: usize) -> f64 {
    let groups = solutions.chunks_exact(n).zip(weights.chunks_exact(n));
    let right: Vec<bool> =
        groups.map(|(some, weights)| chosen_right(some, &classes(some), weights, rule)).collect();
    right.iter().filter(|right| **right).count() as f64 / right.len().max(1) as f64
}

/// One number a solution.
pub fn aggregated(scores: &[Vec<f64>], aggregation: Aggregation) -> Vec<Option<f64>> {
    scores.iter().map(|scores| aggregation.of(scores)).collect()
}
