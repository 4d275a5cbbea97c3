//! The search tree as a picture: one row a leaf, one column a depth, coloured by score.

use super::text::one_line;
use super::tree::own_text;
use deliberate_search::{Aggregation, NodeId, Origin, Outcome, Status, Tree};
use deliberate_text::Trace;
use std::fmt::Write;

/// Pixels.
const COLUMN: usize = 250;
const ROW: usize = 26;
const BOX: (usize, usize) = (220, 20);
const MARGIN: usize = 12;
/// Characters that fit a box.
const CHARACTERS: usize = 30;

const STYLE: &str = "text{font:11px ui-monospace,Menlo,Consolas,monospace;fill:#1a1a1a}\
.edge{fill:none;stroke:#999;stroke-width:1}.chosen{stroke:#111;stroke-width:2.5}.pruned{opacity:.45}\
.title{font:bold 13px system-ui,sans-serif}\
@media(prefers-color-scheme:dark){.ground{fill:#16181d}.title,.note{fill:#eee}.chosen{stroke:#fff}}";

/// Draws the tree of a search as an SVG document that needs nothing else.
pub(crate) fn svg(question: &str, outcome: &Outcome<Trace>, aggregation: Aggregation) -> String {
    let mut picture =
        Picture { outcome, aggregation, rows: 0, depth: 0, edges: String::new(), nodes: String::new() };
    for &child in &outcome.tree.node(NodeId::ROOT).children {
        picture.place(child, 0);
    }
    let width = (picture.depth + 1) * COLUMN + 2 * MARGIN;
    let height = (picture.rows + 2) * ROW + 3 * MARGIN;
    let answer = outcome.answer().and_then(Trace::answer).map_or("no answer".to_owned(), one_line);
    let bill = format!(
        "⇒ {answer}   ·   {} generations, {} tokens drawn",
        outcome.ledger.generations, outcome.ledger.charged.units
    );
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\">\n\
         <style>{STYLE}</style>\n<rect class=\"ground\" width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
         <text class=\"title\" x=\"{MARGIN}\" y=\"{}\">{}</text>\n<text class=\"note\" x=\"{MARGIN}\" y=\"{}\">{}</text>\n\
         {}{}</svg>\n",
        MARGIN + 10,
        escaped(&shortened(question, width / 8)),
        MARGIN + 30,
        escaped(&bill),
        picture.edges,
        picture.nodes
    )
}

struct Picture<'a> {
    outcome: &'a Outcome<Trace>,
    aggregation: Aggregation,
    /// Rows and columns used so far.
    rows: usize,
    depth: usize,
    edges: String,
    nodes: String,
}

impl Picture<'_> {
    fn tree(&self) -> &Tree {
        &self.outcome.tree
    }

    /// Draws a node and what is below it, and returns its middle in pixels from the top.
    fn place(&mut self, id: NodeId, depth: usize) -> usize {
        self.depth = self.depth.max(depth);
        let outcome = self.outcome;
        let children: Vec<NodeId> = outcome
            .tree
            .node(id)
            .children
            .iter()
            .copied()
            .filter(|&child| outcome.tree.node(child).origin != Origin::Lookahead)
            .collect();
        let below: Vec<usize> = children.iter().map(|&child| self.place(child, depth + 1)).collect();
        let middle = if let (Some(first), Some(last)) = (below.first(), below.last()) {
            usize::midpoint(*first, *last)
        } else {
            self.rows += 1;
            2 * MARGIN + ROW + self.rows * ROW
        };
        let x = MARGIN + depth * COLUMN;
        for end in below {
            let (from, to) = (x + BOX.0, x + COLUMN);
            let bend = usize::midpoint(from, to);
            let _ = writeln!(
                self.edges,
                "<path class=\"edge\" d=\"M{from} {middle}C{bend} {middle} {bend} {end} {to} {end}\"/>"
            );
        }
        self.node(id, x, middle);
        middle
    }

    fn node(&mut self, id: NodeId, x: usize, middle: usize) {
        let node = self.tree().node(id);
        let state = self.outcome.state(id);
        let text = own_text(self.outcome, id);
        let score = self.tree().score(id, self.aggregation);
        let chosen = self.outcome.choice.node == Some(id);
        let pruned = node.status != Status::Complete && node.children.is_empty();
        let class = if chosen { "chosen" } else { "" };
        let group = if pruned { "pruned" } else { "" };
        let hint = format!(
            "{}\n{}",
            score.map_or("not scored".to_owned(), |score| format!("score {score:.3}")),
            text.trim()
        );
        let answer = match (node.status, state.answer()) {
            (Status::Complete, Some(answer)) => format!("⇒ {} · ", one_line(answer)),
            _ => String::new(),
        };
        let _ = writeln!(
            self.nodes,
            "<g class=\"{group}\"><title>{}</title><rect class=\"{class}\" x=\"{x}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"5\" \
             fill=\"{}\"/><text x=\"{}\" y=\"{}\">{}</text></g>",
            escaped(&hint),
            middle - BOX.1 / 2,
            BOX.0,
            BOX.1,
            colour(score),
            x + 6,
            middle + 4,
            escaped(&shortened(&format!("{answer}{}", one_line(&text)), CHARACTERS)),
        );
    }
}

/// From red (0) over yellow to green (1); grey without a score.
fn colour(score: Option<f64>) -> String {
    score.map_or("#ddd".to_owned(), |score| format!("hsl({:.0} 65% 72%)", score.clamp(0.0, 1.0) * 130.0))
}

fn shortened(text: &str, characters: usize) -> String {
    if text.chars().count() <= characters {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(characters.saturating_sub(1)).collect();
    short.push('…');
    short
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            c if c.is_control() && c != '\n' => safe.push(' '),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_a_model_cannot_break_out() {
        assert_eq!(escaped("<script>\"&\u{0}"), "&lt;script&gt;&quot;&amp; ");
        assert_eq!(shortened("abcdef", 3), "ab…");
        assert_eq!(colour(Some(f64::INFINITY)), "hsl(130 65% 72%)");
    }
}
