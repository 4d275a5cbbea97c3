//! A search as a tree to look through.

use deliberate_grade::Answer;
use deliberate_report::{Entry, TreeView, tree_from_search};
use deliberate_search::{Aggregation, NodeId, Origin, Outcome};
use deliberate_text::Trace;
use serde::{Deserialize, Serialize};

/// A tree that a study kept to be looked at.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct KeptTree {
    pub(crate) question: String,
    pub(crate) arm: String,
    pub(crate) budget: u32,
    pub(crate) view: TreeView,
}

/// The tree of a search with its texts, its answers and its bill.
pub fn tree_view(
    question: &str,
    expected: Option<&str>,
    strategy: &str,
    outcome: &Outcome<Trace>,
    aggregation: Aggregation,
) -> TreeView {
    let own_text = |id: NodeId| {
        let node = outcome.tree.node(id);
        let before = match node.parent {
            Some(parent) if node.origin != Origin::Revised => outcome.tree.node(parent).steps,
            _ => 0,
        };
        outcome.state(id).step_texts().skip(before as usize).collect::<Vec<_>>().join("\n")
    };
    let answer = |id: NodeId| outcome.state(id).answer().map(str::to_owned);
    let mut view = tree_from_search(&outcome.tree, &outcome.choice, aggregation, own_text, answer);
    question.clone_into(&mut view.question);
    view.strategy = Some(strategy.to_owned());
    view.expected = expected.map(str::to_owned);
    if let Some(expected) = expected {
        let gold = Answer::parse(expected);
        let right = |id: NodeId| {
            outcome.state(id).parsed_answer().is_some_and(|answer| deliberate_grade::correct(&gold, answer))
        };
        for node in &mut view.nodes {
            node.right = node.answer.as_ref().map(|_| right(NodeId(node.id)));
        }
        for (standing, vote) in view.standings.iter_mut().zip(&outcome.choice.votes) {
            standing.right = Some(right(vote.node));
        }
        view.right = Some(outcome.choice.node.is_some_and(right));
    }
    let ledger = &outcome.ledger;
    let entry = |name: &str, value: String| Entry { name: name.to_owned(), value };
    view.bill = vec![
        entry("generations", ledger.generations.to_string()),
        entry("tokens drawn", ledger.charged.tokens.to_string()),
        entry("FLOPs", format!("{:.3e}", ledger.charged.flops)),
        entry("verifier tokens read", (ledger.verifier.prefilled + ledger.verifier.cached).to_string()),
    ];
    view
}
