//! What a search over language came to, node by node.

use crate::Trace;
use deliberate_search::{NodeId, Origin, Outcome};

/// The steps that a node adds to its parent; all of them for a revision.
pub fn added_steps(outcome: &Outcome<Trace>, id: NodeId) -> impl Iterator<Item = &str> {
    let node = outcome.tree.node(id);
    let before = match node.parent {
        Some(parent) if node.origin != Origin::Revised => outcome.tree.node(parent).steps,
        _ => 0,
    };
    outcome.state(id).step_texts().skip(before as usize)
}
