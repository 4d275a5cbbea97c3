//! What a search over language came to, node by node.

use crate::Trace;
use deliberate_search::{NodeId, Origin, Status, Tree};

/// What a node adds to its parent, step by step; all of it for a revision. Of a draw that was cut by a limit the last entry
/// is the step that it was in.
/// `states` is indexed by node id.
pub fn added_steps<'a>(tree: &Tree, states: &'a [Trace], id: NodeId) -> impl Iterator<Item = &'a str> {
    let node = tree.node(id);
    let before = match node.parent {
        Some(parent) if node.origin != Origin::Revised => tree.node(parent).steps,
        _ => 0,
    };
    let trace = &states[id.0 as usize];
    let cut = (node.status == Status::Truncated).then(|| trace.unfinished_text());
    trace.step_texts().skip(before as usize).chain(cut.filter(|text| !text.is_empty()))
}
