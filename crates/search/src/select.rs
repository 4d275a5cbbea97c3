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

/// Whether a solution that was drawn several times votes as often.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Copies {
    /// Every draw votes: how often the proposer says something is evidence, as long as the draws are independent.
    #[default]
    Count,
    /// Equal solutions vote together, once: for searches that come back to the same prefixes of their own accord.
    Once,
}

impl Copies {
    /// Those that vote: all, or of equal ones the first that was scored.
    pub fn voters(self, tree: &Tree, candidates: impl IntoIterator<Item = NodeId>) -> Vec<NodeId> {
        match self {
            Self::Count => candidates.into_iter().collect(),
            Self::Once => tree.distinct(candidates, |id| tree.node(id).scores.is_some()),
        }
    }
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
    /// The chosen solution; `None` if no solution is complete, or if the rule reads scores and the verifier failed wherever
    /// it was asked.
    pub node: Option<NodeId>,
    /// All answers, the chosen one first.
    pub votes: Vec<Vote>,
}

/// Chooses among `candidates`; those that are not complete (or not of this tree) are passed over.
///
/// Solutions without a verified score do not count for `Best` and `Weighted`, solutions without an answer do not
/// count at all — unless nothing else is complete: then the majority decides, and at last the lowest id. That is for
/// solutions that nobody verified, for want of budget. Where a verification *failed* and no other came, nothing is chosen:
/// a verifier's failure is never a vote.
pub fn select(tree: &Tree, candidates: &[NodeId], selection: Selection) -> Choice {
    let complete = |id: &NodeId| tree.get(*id).is_some_and(|node| node.status == Status::Complete);
    let complete: Vec<NodeId> = candidates.iter().copied().filter(complete).collect();
    let answering: Vec<NodeId> =
        complete.iter().copied().filter(|&id| tree.node(id).class.is_some()).collect();
    let voting = if answering.is_empty() { &complete } else { &answering };
    if selection.rule != Rule::Majority {
        let scored = |&id: &NodeId| Some((id, tree.score(id, selection.aggregation)?));
        let ballots: Vec<(NodeId, f64)> = voting.iter().filter_map(scored).collect();
        if !ballots.is_empty() {
            let rule = if answering.is_empty() { Rule::Best } else { selection.rule };
            return count(tree, &ballots, rule, selection.aggregation);
        }
        if voting.iter().any(|&id| tree.node(id).failure.is_some()) {
            return Choice::default();
        }
    }
    if answering.is_empty() {
        return lowest(tree, &complete, selection);
    }
    let ballots: Vec<_> = answering.iter().map(|&id| (id, 1.0)).collect();
    count(tree, &ballots, Rule::Majority, selection.aggregation)
}

/// The choice among solutions that give no answer: the best score, whoever asked for it, and then the lowest id.
fn lowest(tree: &Tree, silent: &[NodeId], selection: Selection) -> Choice {
    let score = |id| tree.score(id, selection.aggregation);
    let any = silent.iter().any(|&id| score(id).is_some());
    let ballots: Vec<_> =
        silent.iter().filter_map(|&id| Some((id, if any { score(id)? } else { 0.0 }))).collect();
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Charge, Failure, Node, Origin};

    /// Solutions with these classes, scores and failures, below a question.
    fn tree(solutions: &[(u32, Option<f64>, bool)]) -> Tree {
        let root = Node {
            parent: None,
            origin: Origin::Root,
            status: Status::Open,
            steps: 0,
            units: 0,
            seed: 0,
            drawing: Charge::default(),
            verifying: Charge::default(),
            scores: None,
            failure: None,
            copy_of: None,
            class: None,
            children: Vec::new(),
        };
        let mut tree = Tree::new(root.clone());
        for &(class, score, failed) in solutions {
            tree.push(Node {
                parent: Some(NodeId::ROOT),
                origin: Origin::Extended,
                status: Status::Complete,
                scores: score.map(|score| vec![score]),
                failure: failed.then(|| Failure { reason: "timeout".to_owned() }),
                class: Some(ClassId(class)),
                ..root.clone()
            });
        }
        tree
    }

    fn check(solutions: &[(u32, Option<f64>, bool)], rule: Rule, expected: Option<(u32, f64)>) {
        let tree = tree(solutions);
        let chosen =
            select(&tree, &tree.answers().collect::<Vec<_>>(), Selection { rule, ..Selection::default() });
        let first = chosen.votes.first().and_then(|vote| Some((vote.class?.0, vote.weight)));
        assert_eq!(first, expected, "{solutions:?} {rule:?}");
    }

    #[test]
    fn what_nobody_verified_votes_by_number_and_what_failed_never_does() {
        let unverified = [(0, None, false), (1, None, false), (1, None, false)];
        let failed = [(0, None, true), (1, None, false), (1, None, true)];
        let one_scored = [(0, Some(0.2), false), (1, None, false), (1, None, true)];
        for rule in [Rule::Best, Rule::Weighted] {
            check(&unverified, rule, Some((1, 2.0)));
            check(&failed, rule, None);
            check(&one_scored, rule, Some((0, 0.2)));
        }
        check(&failed, Rule::Majority, Some((1, 2.0)));
    }

    #[test]
    fn a_candidate_of_another_tree_is_passed_over() {
        let tree = tree(&[(0, Some(0.5), false)]);
        let choice = select(&tree, &[NodeId(77), NodeId(1)], Selection::default());
        assert_eq!((choice.node, choice.votes.len()), (Some(NodeId(1)), 1));
    }
}
