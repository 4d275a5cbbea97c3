//! Which nodes a strategy has asked the verifier about, so that a failed verification is not asked for forever.

use crate::{Decision, NodeId, Tree};
use std::collections::BTreeSet;

/// Nodes whose scores were asked for, whether or not they came.
#[derive(Debug, Clone, Default)]
pub struct Asked(BTreeSet<NodeId>);

impl Asked {
    /// Asks for the scores of those that have none and were not asked for yet; `None` if there are none.
    pub fn verify(&mut self, tree: &Tree, nodes: impl IntoIterator<Item = NodeId>) -> Option<Decision> {
        let nodes: Vec<NodeId> =
            nodes.into_iter().filter(|&id| tree.node(id).scores.is_none() && self.0.insert(id)).collect();
        (!nodes.is_empty()).then_some(Decision::Verify(nodes))
    }
}
