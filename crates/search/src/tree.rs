//! The append-only search tree: what happened, without the states themselves.
//!
//! Strategies see only this, so they work for every kind of state, and a tree can be stored and looked at without
//! the model that grew it.

use crate::{Aggregation, Charge, Failure};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A node's index in its tree; later nodes have higher ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NodeId(pub u32);

impl NodeId {
    /// The question itself.
    pub const ROOT: Self = Self(0);

    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

/// Answers that the domain holds to be equal share a class; numbered in the order of their first node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClassId(pub u32);

/// How a node came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// It is the question.
    Root,
    /// The proposer extended its parent.
    Extended,
    /// A throw-away rollout from its parent, drawn only to be scored. Never an answer, never extended.
    Lookahead,
    /// The reviser rewrote its parent (and saw earlier attempts).
    Revised,
}

/// Whether a node can go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// It ended at a step boundary and can be extended.
    Open,
    /// It ended of itself: an answer.
    Complete,
    /// It was cut by a length limit: neither a step nor an answer. Its state holds what was written until then.
    Truncated,
}

/// One node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// What it extends or rewrites; `None` for the root.
    pub parent: Option<NodeId>,
    /// How it came to be.
    pub origin: Origin,
    /// Whether it can go on.
    pub status: Status,
    /// Steps from the start of its own solution.
    pub steps: u32,
    /// Size of its state, in units.
    pub units: u64,
    /// Seed that its draw was given; its children's seeds derive from it.
    pub seed: u64,
    /// What drawing it was charged. For the root: reading the question.
    pub drawing: Charge,
    /// What verifying it was charged.
    pub verifying: Charge,
    /// Verified scores in 0..=1, one per step (or a single one for a whole answer); `None` until verified.
    pub scores: Option<Vec<f64>>,
    /// Why its verification failed, if it did. Not to be taken for a node that nobody verified, be it that no strategy asked
    /// or that the budget did not afford it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// The first node with the same state, if that is another one (lookahead rollouts and truncated draws apart).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy_of: Option<NodeId>,
    /// Class of its final answer; `None` unless complete and an answer was found in it.
    pub class: Option<ClassId>,
    /// Its children, in the order in which they were drawn.
    pub children: Vec<NodeId>,
}

/// All nodes, the root first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tree {
    nodes: Vec<Node>,
}

impl Tree {
    pub(crate) fn new(root: Node) -> Self {
        Self { nodes: vec![root] }
    }

    /// Appends a node and links it to its parent.
    pub(crate) fn push(&mut self, node: Node) -> NodeId {
        let id = NodeId(u32::try_from(self.nodes.len()).expect("a tree has fewer than 2^32 nodes"));
        if let Some(parent) = node.parent {
            self.nodes[parent.index()].children.push(id);
        }
        self.nodes.push(node);
        id
    }

    pub(crate) fn node_mut(&mut self, id: NodeId) -> &mut Node {
        &mut self.nodes[id.index()]
    }

    /// The node of an id that came from this tree.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.index()]
    }

    /// The node, or `None` for an id of another tree.
    pub fn get(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id.index())
    }

    /// Number of nodes, the root included; never 0.
    #[expect(clippy::len_without_is_empty, reason = "a tree has a root")]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Ids and nodes, in the order in which they were drawn.
    pub fn iter(&self) -> impl Iterator<Item = (NodeId, &Node)> {
        self.nodes.iter().enumerate().map(|(index, node)| (NodeId(index as u32), node))
    }

    /// Complete nodes that count as answers (lookahead rollouts do not), in order of id.
    pub fn answers(&self) -> impl Iterator<Item = NodeId> {
        self.iter()
            .filter(|(_, n)| n.status == Status::Complete && n.origin != Origin::Lookahead)
            .map(|(id, _)| id)
    }

    /// One number for a node's verified scores; `None` if it was not verified.
    pub fn score(&self, id: NodeId, aggregation: Aggregation) -> Option<f64> {
        self.node(id).scores.as_deref().and_then(|scores| aggregation.of(scores))
    }

    /// The first node with the same state: the node itself, unless it is a copy.
    pub fn original(&self, id: NodeId) -> NodeId {
        self.node(id).copy_of.unwrap_or(id)
    }

    /// One node of each set of copies: the first that is `preferred`, or else the first. In the order of `nodes`.
    pub fn distinct(
        &self,
        nodes: impl IntoIterator<Item = NodeId>,
        preferred: impl Fn(NodeId) -> bool,
    ) -> Vec<NodeId> {
        let mut kept: Vec<NodeId> = Vec::new();
        let mut places: BTreeMap<NodeId, usize> = BTreeMap::new();
        for id in nodes {
            let place = *places.entry(self.original(id)).or_insert(kept.len());
            match kept.get_mut(place) {
                None => kept.push(id),
                Some(first) if !preferred(*first) && preferred(id) => *first = id,
                Some(_) => {}
            }
        }
        kept
    }

    /// The node and its ancestors up to the root, nearest first.
    pub fn ancestry(&self, id: NodeId) -> impl Iterator<Item = NodeId> {
        std::iter::successors(Some(id), |&id| self.node(id).parent)
    }
}
