//! The search tree as text: what was kept in full, what was pruned in one line.

use super::text::one_line;
use deliberate_search::{Aggregation, NodeId, Origin, Outcome, Status, Tree};
use deliberate_text::{Trace, added_steps};
use std::fmt::Write;

/// Draws the tree of a search, with the score of each node.
pub(crate) fn tree(outcome: &Outcome<Trace>, aggregation: Aggregation) -> String {
    let mut drawing = Drawing { outcome, aggregation, text: String::new() };
    drawing.children(NodeId::ROOT, "");
    drawing.text
}

/// What a node adds to its parent, on one line.
pub(super) fn own_text(outcome: &Outcome<Trace>, id: NodeId) -> String {
    added_steps(&outcome.tree, &outcome.states, id).collect::<Vec<_>>().join(" ")
}

struct Drawing<'a> {
    outcome: &'a Outcome<Trace>,
    aggregation: Aggregation,
    text: String,
}

impl Drawing<'_> {
    fn tree(&self) -> &Tree {
        &self.outcome.tree
    }

    fn children(&mut self, parent: NodeId, indent: &str) {
        let outcome = self.outcome;
        let (shown, pruned): (Vec<NodeId>, Vec<NodeId>) =
            outcome.tree.node(parent).children.iter().copied().partition(|&id| {
                let node = outcome.tree.node(id);
                node.status == Status::Complete && node.origin != Origin::Lookahead || self.leads_on(id)
            });
        for (index, &id) in shown.iter().enumerate() {
            let last = index + 1 == shown.len() && pruned.is_empty();
            self.line(id, indent, if last { "└─" } else { "├─" });
            // A chain of single children reads as a list, not as a staircase.
            let deeper = format!("{indent}{}", if last { "   " } else { "│  " });
            self.children(id, &deeper);
        }
        if !pruned.is_empty() {
            let scores: Vec<f64> =
                pruned.iter().filter_map(|&id| self.tree().score(id, self.aggregation)).collect();
            let low = scores.iter().copied().fold(f64::INFINITY, f64::min);
            let high = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let range = if scores.is_empty() { String::new() } else { format!(" ({low:.3} to {high:.3})") };
            let _ = writeln!(self.text, "{indent}└─ … {} not taken further{range}", pruned.len());
        }
    }

    fn leads_on(&self, id: NodeId) -> bool {
        self.tree().node(id).children.iter().any(|&child| self.tree().node(child).origin != Origin::Lookahead)
    }

    fn line(&mut self, id: NodeId, indent: &str, branch: &str) {
        let node = self.tree().node(id);
        let state = self.outcome.state(id);
        let text = own_text(self.outcome, id);
        let score = self
            .tree()
            .score(id, self.aggregation)
            .map_or("    –".to_owned(), |score| format!("{score:.3}"));
        let revised = if node.origin == Origin::Revised { "revised: " } else { "" };
        let answer = match node.status {
            Status::Complete => {
                format!("  ⇒ {}", state.answer().map_or("no answer found".to_owned(), one_line))
            }
            Status::Truncated => "  (cut by the length limit)".to_owned(),
            Status::Open => String::new(),
        };
        let chosen = if self.outcome.choice.node == Some(id) { "  ★" } else { "" };
        let _ = writeln!(self.text, "{indent}{branch} {score} {revised}{}{answer}{chosen}", one_line(&text));
    }
}
