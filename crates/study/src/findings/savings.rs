//! What it costs to reach what best-of-N reaches.

use super::arms::{Arms, Spending};
use crate::evidence::WEIGHTED;
use deliberate_policy::{Cell, Cost, Efficiency, efficiency, selection_name};
use deliberate_search::{Aggregation, Rule, Selection};
use serde::Serialize;

/// References where the pool is deep enough; its whole depth otherwise.
const REFERENCES: [u32; 2] = [64, 256];

/// What a way needs to be as good as a reference.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Saving {
    /// The way.
    pub way: String,
    /// What it is compared with.
    pub reference: String,
    /// What is counted.
    pub cost: Cost,
    /// The comparison.
    pub efficiency: Efficiency,
}

/// Every way against every reference, in generations, tokens, and FLOPs where they were counted.
pub(super) fn savings(arms: &Arms<'_>, ways: &[Spending]) -> Vec<Saving> {
    let references = references(arms);
    let itself = Spending { name: "best-of-N weighted itself".to_owned(), ..arms.selected(WEIGHTED) };
    let mut savings = Vec::new();
    for cost in [Cost::Generations, Cost::Tokens, Cost::Flops] {
        for (reference, cells) in &references {
            if cells.iter().all(|cell| cell.cost(cost) <= 0.0) {
                continue;
            }
            for way in std::iter::once(&itself).chain(ways) {
                if let Some(efficiency) = efficiency(&way.curve, cells, cost, arms.seed) {
                    let (way, reference) = (way.name.clone(), reference.clone());
                    savings.push(Saving { way, reference, cost, efficiency });
                }
            }
        }
    }
    savings
}

/// Best-of-N weighted and by product at the reference budgets.
fn references(arms: &Arms<'_>) -> Vec<(String, Vec<Cell>)> {
    let ks = &arms.again.ks;
    let mut columns: Vec<usize> = (0..ks.len()).filter(|&column| REFERENCES.contains(&ks[column])).collect();
    if columns.is_empty() {
        columns.extend(ks.len().checked_sub(1));
    }
    let product = Selection { rule: Rule::Best, aggregation: Aggregation::Product };
    let mut references = Vec::new();
    for column in columns {
        for selection in [WEIGHTED, product] {
            let name = format!("{}, N = {}", selection_name(selection), ks[column]);
            references.push((name, arms.pooled(selection, column)));
        }
    }
    references
}
