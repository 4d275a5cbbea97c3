//! From many answers to one. The only place where answers are compared.
//!
//! Votes go by class, the domain's own notion of equal answers. Scores always come from one verifier and one
//! aggregation. Ties go to the lower node id.

use crate::{Aggregation, ClassId, NodeId, Status, Tree};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How one answer is chosen among many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// The solution with the highest score.
    Best,
    /// The answer that most solutions give; needs no verifier.
    Majority,
    /// The answer whose solutions' scores have the largest sum (Li et al. 2023; section 5.1 of the paper).
    #[default]
    Weighted,
}

/// A rule and the aggregation that it reads scores with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Selection {
    /// How to choose.
    pub rule: Rule,
    /// How step scores become one.
    pub aggregation: Aggregation,
}

impl Selection {
    /// Majority vote, which reads no score.
    pub const MAJORITY: Self = Self { rule: Rule::Majority, aggregation: Aggregation::Last };
}

/// What speaks for one answer.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Vote {
    /// The class of the answer; `None` for solutions in which no answer was found (each stands for itself).
    pub class: Option<ClassId>,
    /// Its best-scored solution.
    pub node: NodeId,
    /// Solutions that give it.
    pub count: u32,
    /// What the rule compared: number of solutions, sum of scores, or the highest score.
    pub weight: f64,
}

/// The chosen answer and what spoke for each.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    /// The chosen solution; `None` only if no solution is complete.
    pub node: Option<NodeId>,
    /// All answers, the chosen one first.
    pub votes: Vec<Vote>,
}

/// Chooses among `candidates`; those that are not complete are passed over.
///
/// Solutions without a verified score do not count for `Best` and `Weighted`, solutions without an answer do not
/// count at all — unless nothing else is complete: then the majority decides, and at last the lowest id.
pub fn select(tree: &Tree, candidates: &[NodeId], selection: Selection) -> Choice {
    let complete: Vec<NodeId> =
        candidates.iter().copied().filter(|&id| tree.node(id).status == Status::Complete).collect();
    let answering: Vec<NodeId> =
        complete.iter().copied().filter(|&id| tree.node(id).class.is_some()).collect();
    let scored = |ids: &[NodeId]| -> Vec<(NodeId, f64)> {
        ids.iter().filter_map(|&id| Some((id, tree.score(id, selection.aggregation)?))).collect()
    };
    let (ballots, rule) = match selection.rule {
        Rule::Majority => (answering.iter().map(|&id| (id, 1.0)).collect(), Rule::Majority),
        rule => (scored(&answering), rule),
    };
    if !ballots.is_empty() {
        return count(tree, &ballots, rule, selection.aggregation);
    }
    if !answering.is_empty() {
        let ballots: Vec<_> = answering.iter().map(|&id| (id, 1.0)).collect();
        return count(tree, &ballots, Rule::Majority, selection.aggregation);
    }
    let scored = scored(&complete);
    let ballots = if scored.is_empty() { complete.iter().map(|&id| (id, 0.0)).collect() } else { scored };
    count(tree, &ballots, Rule::Best, selection.aggregation)
}

/// Counts ballots of (solution, weight) by class.
fn count(tree: &Tree, ballots: &[(NodeId, f64)], rule: Rule, aggregation: Aggregation) -> Choice {
    let mut votes: Vec<Vote> = Vec::new();
    let mut place: BTreeMap<ClassId, usize> = BTreeMap::new();
    let score = |id| tree.score(id, aggregation).unwrap_or(f64::NEG_INFINITY);
    for &(node, weight) in ballots {
        let class = tree.node(node).class;
        let known = class.and_then(|class| place.get(&class).copied());
        if let Some(index) = known {
            let vote = &mut votes[index];
            vote.count += 1;
            vote.weight = if rule == Rule::Best { vote.weight.max(weight) } else { vote.weight + weight };
            if score(node) > score(vote.node) {
                vote.node = node;
            }
        } else {
            if let Some(class) = class {
                place.insert(class, votes.len());
            }
            votes.push(Vote { class, node, count: 1, weight });
        }
    }
    // Stable, so ties keep the order in which the answers first appeared.
    votes.sort_by(|a, b| b.weight.total_cmp(&a.weight));
    Choice { node: votes.first().map(|vote| vote.node), votes }
}

/// Hierarchical selection over revision chains (section 6 of the paper): inside each chain the rule picks an answer
/// and its best-scored solution stands for the chain; then the rule picks across chains. Majority is flat: all
/// solutions of all chains vote at once.
pub fn select_chains(tree: &Tree, chains: &[Vec<NodeId>], selection: Selection) -> Choice {
    if selection.rule == Rule::Majority {
        return select(tree, &chains.concat(), selection);
    }
    let champions: Vec<NodeId> =
        chains.iter().filter_map(|chain| select(tree, chain, selection).node).collect();
    select(tree, &champions, selection)
}
