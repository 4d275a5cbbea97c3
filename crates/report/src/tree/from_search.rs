//! From what a search left behind to what is shown.

use super::{Cost, Standing, TreeNode, TreeStatus, TreeView};
use deliberate_search::{Aggregation, Choice, Node, NodeId, Origin, Status, Tree};

/// Reads the nodes and the standings off a search.
///
/// The tree holds no text: `text` says what a node adds to its parent, `answer` what it gives as its final answer.
/// The rest (question, expected answer, what is right, the bill) is the caller's to fill in.
pub fn tree_from_search(
    tree: &Tree,
    choice: &Choice,
    aggregation: Aggregation,
    text: impl Fn(NodeId) -> String,
    answer: impl Fn(NodeId) -> Option<String>,
) -> TreeView {
    let given = |id: NodeId| if tree.node(id).status == Status::Complete { answer(id) } else { None };
    let nodes = tree.iter().skip(1).map(|(id, node)| TreeNode {
        parent: node.parent.filter(|&parent| parent != NodeId::ROOT).map(|parent| parent.0),
        score: tree.score(id, aggregation),
        cost: cost(node),
        revised: node.origin == Origin::Revised,
        answer: given(id),
        ..TreeNode::new(id.0, None, text(id), status(tree, node))
    });
    let standings = choice.votes.iter().map(|vote| Standing {
        answer: given(vote.node).unwrap_or_else(|| "no answer found".to_owned()),
        count: vote.count,
        weight: vote.weight,
        right: None,
    });
    TreeView {
        answer: choice.node.and_then(given),
        chosen: choice.node.map(|node| node.0),
        nodes: nodes.collect(),
        standings: standings.collect(),
        ..TreeView::default()
    }
}

fn cost(node: &Node) -> Cost {
    let flops = node.drawing.flops + node.verifying.flops;
    Cost { tokens: node.drawing.units, flops: (flops > 0.0).then_some(flops) }
}

/// The tree does not record why a node was left; what it was compared with, it does.
fn status(tree: &Tree, node: &Node) -> TreeStatus {
    let goes_on = node.children.iter().any(|&child| tree.node(child).origin != Origin::Lookahead);
    match (node.status, node.origin) {
        (Status::Truncated, _) => TreeStatus::Truncated,
        (_, Origin::Lookahead) => TreeStatus::Pruned("a look ahead, drawn only to be scored".to_owned()),
        (Status::Complete, _) => TreeStatus::Complete,
        (Status::Open, _) if goes_on => TreeStatus::Kept,
        (Status::Open, _) if node.scores.is_none() => {
            TreeStatus::Pruned("not scored and not gone on from".to_owned())
        }
        (Status::Open, _) => {
            let last = |scores: &Option<Vec<f64>>| scores.as_ref().and_then(|scores| scores.last().copied());
            let own = last(&node.scores);
            let siblings = tree.iter().filter(|(_, other)| {
                other.steps == node.steps && other.origin != Origin::Lookahead && !other.children.is_empty()
            });
            let better = siblings.filter(|(_, other)| last(&other.scores) > own).count();
            TreeStatus::Pruned(match better {
                0 => "not gone on from, though no step at its depth that was kept scored higher".to_owned(),
                1 => "1 step at its depth scored higher and was kept".to_owned(),
                more => format!("{more} steps at its depth scored higher and were kept"),
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use deliberate_search::{Charge, ClassId, Vote};

    /// Two first steps, of which one led to an answer.
    fn tree() -> Tree {
        let node = |parent: Option<u32>, status: Status, score: Option<f64>, children: &[u32]| Node {
            parent: parent.map(NodeId),
            origin: if parent.is_none() { Origin::Root } else { Origin::Extended },
            status,
            steps: 1,
            units: 1,
            seed: 0,
            drawing: Charge { units: 5, flops: 2.0 },
            verifying: Charge::default(),
            scores: score.map(|score| vec![score]),
            failure: None,
            copy_of: None,
            class: None,
            children: children.iter().copied().map(NodeId).collect(),
        };
        let nodes = [
            node(None, Status::Open, None, &[1, 2]),
            node(Some(0), Status::Open, Some(0.9), &[3]),
            node(Some(0), Status::Open, Some(0.2), &[]),
            node(Some(1), Status::Complete, Some(0.8), &[]),
        ];
        serde_json::from_value(serde_json::to_value(nodes).expect("nodes are plain data"))
            .expect("a tree is its nodes")
    }

    #[test]
    fn what_was_left_says_why() {
        let vote = Vote { class: Some(ClassId(0)), node: NodeId(3), count: 1, weight: 0.8 };
        let choice = Choice { node: Some(NodeId(3)), votes: vec![vote] };
        let view = tree_from_search(
            &tree(),
            &choice,
            Aggregation::Last,
            |id| format!("step {}", id.0),
            |_| Some("7".into()),
        );
        let seen: Vec<(Option<u32>, TreeStatus)> =
            view.nodes.iter().map(|node| (node.parent, node.status.clone())).collect();
        let why = "1 step at its depth scored higher and was kept".to_owned();
        assert_eq!(
            seen,
            [(None, TreeStatus::Kept), (None, TreeStatus::Pruned(why)), (Some(1), TreeStatus::Complete)]
        );
        assert_eq!((view.answer.as_deref(), view.chosen), (Some("7"), Some(3)));
        assert_eq!(view.nodes[0].cost, Cost { tokens: 5, flops: Some(2.0) });
    }
}
