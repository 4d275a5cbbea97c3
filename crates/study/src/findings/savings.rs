//! What it costs to be as good as one rule for all questions.

use super::arms::{Arms, Spending};
use super::single::best_rule;
use crate::evidence::WEIGHTED;
use deliberate_policy::{Cell, Cost, Efficiency, SingleRule, efficiency};
use serde::Serialize;

/// References besides the whole depth of the pool.
const REFERENCES: [u32; 2] = [16, 64];

/// What a way needs to be as good as a reference.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Saving {
    /// The way.
    pub way: String,
    /// What it is compared with.
    pub reference: String,
    /// Counted in generations.
    pub generations: Efficiency,
    /// Counted in tokens.
    pub tokens: Efficiency,
    /// Counted in FLOPs, where they were.
    pub flops: Option<Efficiency>,
}

/// Every way against every reference.
pub(super) fn savings(arms: &Arms<'_>, ways: &[Spending]) -> Vec<Saving> {
    let itself = Spending { name: "best-of-N weighted itself".to_owned(), ..arms.selected(WEIGHTED) };
    let mut savings = Vec::new();
    for (reference, cells) in references(arms) {
        let counted = cells.iter().any(|cell| cell.flops > 0.0);
        for way in std::iter::once(&itself).chain(ways) {
            let read = |cost| efficiency(&way.curve, &cells, cost, arms.seed);
            if let (Some(generations), Some(tokens)) = (read(Cost::Generations), read(Cost::Tokens)) {
                let flops = counted.then(|| read(Cost::Flops)).flatten();
                let (way, reference) = (way.name.clone(), reference.clone());
                savings.push(Saving { way, reference, generations, tokens, flops });
            }
        }
    }
    savings
}

/// The best single rule, chosen on training folds, and best-of-N weighted at the reference budgets.
fn references(arms: &Arms<'_>) -> Vec<(String, Vec<Cell>)> {
    let ks = &arms.again.ks;
    let deepest = ks.last();
    let single = best_rule(arms, &SingleRule::of(arms.again, arms.seed));
    let columns =
        (0..ks.len()).filter(|&column| REFERENCES.contains(&ks[column]) || Some(&ks[column]) == deepest);
    let both = columns.flat_map(|column| {
        let named = |rule: &str| format!("{rule}, N = {}", ks[column]);
        [
            (named(&single.name), single.curve[column].clone()),
            (named("best-of-N weighted"), arms.pooled(WEIGHTED, column)),
        ]
    });
    both.collect()
}
