//! Which seeds a batch of draws gets.

use crate::{NodeId, Tree, mix};
use std::collections::HashMap;

/// Hands out the seeds of a batch's draws: each node's next ones, also when it is named twice.
pub(super) struct NextSeed<'t> {
    tree: &'t Tree,
    drawn: &'t [u64],
    given: HashMap<NodeId, u64>,
}

impl<'t> NextSeed<'t> {
    pub(super) fn new(tree: &'t Tree, drawn: &'t [u64]) -> Self {
        Self { tree, drawn, given: HashMap::new() }
    }

    pub(super) fn seeds(&mut self, node: NodeId, draws: u32) -> Vec<u64> {
        let parent = self.tree.node(node);
        let next = self.given.entry(node).or_insert(self.drawn[node.index()]);
        let first = *next;
        *next += u64::from(draws);
        (first..*next).map(|ordinal| mix(parent.seed, ordinal)).collect()
    }
}
