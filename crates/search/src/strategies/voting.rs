//! How a strategy makes one answer of its solutions.

use crate::{Aggregation, Choice, Copies, NodeId, Rule, Selection, Tree, select};

/// A selection, and who votes in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Voting {
    pub(crate) selection: Selection,
    pub(crate) copies: Copies,
}

impl Voting {
    /// Whether it reads scores.
    pub(crate) fn scored(self) -> bool {
        self.selection.rule != Rule::Majority
    }

    pub(crate) fn aggregation(self) -> Aggregation {
        self.selection.aggregation
    }

    /// All solutions of the tree that vote.
    pub(crate) fn voters(self, tree: &Tree) -> Vec<NodeId> {
        self.copies.voters(tree, tree.answers())
    }

    /// The choice among all solutions of the tree.
    pub(crate) fn choose(self, tree: &Tree) -> Choice {
        select(tree, &self.voters(tree), self.selection)
    }
}
