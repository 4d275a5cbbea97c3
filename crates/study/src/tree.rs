//! A search as a tree to look through.

use crate::StudyError;
use deliberate_report::{Entry, TreeView, tree_from_search};
use deliberate_run::{Folder, Lines};
use deliberate_search::{Aggregation, NodeId, Outcome};
use deliberate_text::{Gold, Trace, added_steps};
use serde::{Deserialize, Serialize};

/// Where they are kept.
pub(crate) const TREES: &str = "trees.jsonl";

/// A tree that a study kept to be looked at.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct KeptTree {
    pub(crate) question: String,
    pub(crate) arm: String,
    pub(crate) budget: u32,
    pub(crate) view: TreeView,
}

/// The trees that a study kept, by question, arm and budget; none where it kept none.
///
/// # Errors
/// [`StudyError::Lines`] if they cannot be read.
pub fn kept_trees(folder: &Folder) -> Result<Vec<TreeView>, StudyError> {
    let path = folder.path().join(TREES);
    if !path.is_file() {
        return Ok(Vec::new());
    }
    let (_, mut kept) = Lines::open::<KeptTree>(&path)?;
    // Searches are done side by side, and equal studies have equal pages.
    kept.sort_by(|a, b| (&a.question, a.budget, &a.arm).cmp(&(&b.question, b.budget, &b.arm)));
    Ok(kept.into_iter().map(|kept| kept.view).collect())
}

/// The tree of a search with its texts, its answers and its bill.
pub fn tree_view(
    question: &str,
    expected: Option<&str>,
    strategy: &str,
    outcome: &Outcome<Trace>,
    aggregation: Aggregation,
) -> TreeView {
    let own_text =
        |id: NodeId| added_steps(&outcome.tree, &outcome.states, id).collect::<Vec<_>>().join("\n");
    let answer = |id: NodeId| outcome.state(id).answer().map(str::to_owned);
    let mut view = tree_from_search(&outcome.tree, &outcome.choice, aggregation, own_text, answer);
    question.clone_into(&mut view.question);
    view.strategy = Some(strategy.to_owned());
    view.expected = expected.map(str::to_owned);
    if let Some(expected) = expected {
        let gold = Gold::new(expected);
        let right = |id: NodeId| gold.right(outcome.state(id));
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
        entry("tokens drawn", ledger.charged.units.to_string()),
        entry("FLOPs", format!("{:.3e}", ledger.charged.flops)),
        entry("verifier tokens read", (ledger.verifier.prefilled + ledger.verifier.cached).to_string()),
    ];
    view
}
