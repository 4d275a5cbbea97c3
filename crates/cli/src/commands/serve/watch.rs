//! What the gateway is told while a search runs.

use super::outcome::spent;
use deliberate::search::{Ledger, NodeId, Observer, Status, Tree};
use deliberate::text::{Trace, added_steps};
use deliberate_gateway::{Node, NodeState, Progress, Telling};

/// Tells the bill, and the tree as well where somebody watches it.
pub(super) struct Watch<'a>(pub(super) &'a Telling);

impl Observer<Trace> for Watch<'_> {
    fn changed(&mut self, tree: &Tree, states: &[Trace], ledger: &Ledger) {
        let mut progress = Progress { spent: spent(ledger), ..Progress::default() };
        if self.0.is_watched() {
            progress.answers = deliberate::Progress::of(tree, states, ledger).answers;
            progress.nodes = tree.iter().skip(1).map(|(id, _)| node(tree, states, id)).collect();
        }
        self.0.tell(progress);
    }
}

fn node(tree: &Tree, states: &[Trace], id: NodeId) -> Node {
    let node = tree.node(id);
    Node {
        parent: node.parent.unwrap_or(NodeId::ROOT).0,
        text: added_steps(tree, states, id).collect::<Vec<_>>().join("\n"),
        score: node.scores.as_ref().and_then(|scores| scores.last().copied()),
        state: match node.status {
            Status::Open => NodeState::Open,
            Status::Complete => NodeState::Complete,
            Status::Truncated => NodeState::Cut,
        },
    }
}
