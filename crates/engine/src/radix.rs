//! Which tokens stand in which slot: a compressed radix tree over whole token paths for each variant of the model.
//!
//! Pure data: no tensors, no clock, no leases. Every slot holds one path from a root, prompt and drawn tokens
//! alike; slots that hold the same prefix pass through the same nodes. Tokens are compared in full, never by a hash.
//! Sharing here is sharing of *computation*: the memory of a slot is its own.

use crate::{Slot, Variant};
use deliberate_lm::Token;

type NodeId = usize;

/// What the tree knows about a sequence of tokens.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// Tokens of the longest prefix that some slot holds.
    pub common: usize,
    /// The slots that hold all of it; empty if `common` is 0.
    pub sources: Vec<Slot>,
    /// Non-empty slots whose whole content is a prefix of the sequence, with its length.
    pub within: Vec<(Slot, usize)>,
}

#[derive(Debug, Default)]
struct Node {
    parent: NodeId,
    /// Tokens above this node.
    start: usize,
    /// As long as the farthest reach of its holders.
    edge: Vec<Token>,
    children: Vec<NodeId>,
    /// Slots that hold at least the first token of the edge. Unused in roots.
    holders: Vec<Slot>,
}

/// Where a slot's path ends: after the first `offset` tokens of a node's edge. `offset` is 0 only in a root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct End {
    node: NodeId,
    offset: usize,
}

/// The paths of all slots.
#[derive(Debug)]
pub struct RadixTree {
    nodes: Vec<Node>,
    free: Vec<NodeId>,
    ends: Vec<End>,
    /// The first nodes, one for each variant.
    roots: usize,
}

impl RadixTree {
    /// A tree of empty slots for so many variants.
    pub fn new(slots: u32, variants: Variant) -> Self {
        let roots = variants as usize;
        let root = |parent| Node { parent, ..Node::default() };
        Self {
            nodes: (0..roots).map(root).collect(),
            free: Vec::new(),
            ends: vec![End { node: 0, offset: 0 }; slots as usize],
            roots,
        }
    }

    /// Tokens that a slot holds.
    pub fn len(&self, slot: Slot) -> usize {
        let end = self.ends[slot as usize];
        self.nodes[end.node].start + end.offset
    }

    /// Whether a slot holds nothing.
    pub fn is_empty(&self, slot: Slot) -> bool {
        self.len(slot) == 0
    }

    /// The content of a slot.
    pub fn tokens(&self, slot: Slot) -> Vec<Token> {
        let End { mut node, mut offset } = self.ends[slot as usize];
        let mut tokens = vec![0; self.nodes[node].start + offset];
        while !self.is_root(node) {
            let Node { start, edge, parent, .. } = &self.nodes[node];
            tokens[*start..start + offset].copy_from_slice(&edge[..offset]);
            node = *parent;
            offset = self.nodes[node].edge.len();
        }
        tokens
    }

    /// Whether everything that a slot holds is also held by another one. True of an empty slot.
    pub fn is_redundant(&self, slot: Slot) -> bool {
        let end = self.ends[slot as usize];
        self.is_root(end.node)
            || self.nodes[end.node].holders.iter().any(|&other| {
                let there = self.ends[other as usize];
                other != slot && (there.node != end.node || there.offset >= end.offset)
            })
    }

    /// Looks up a sequence of a variant.
    pub fn find(&self, variant: Variant, tokens: &[Token]) -> Found {
        let mut found = Found::default();
        let mut node = variant as NodeId;
        while let Some(next) = self.child(node, tokens.get(found.common)) {
            node = next;
            let Node { edge, holders, .. } = &self.nodes[node];
            let shared = common_prefix(edge, &tokens[found.common..]);
            found.sources.clear();
            for &slot in holders {
                let end = self.ends[slot as usize];
                if end.node != node || end.offset >= shared {
                    found.sources.push(slot);
                }
                if end.node == node && end.offset <= shared {
                    found.within.push((slot, found.common + end.offset));
                }
            }
            found.common += shared;
            if shared < edge.len() {
                break;
            }
        }
        found
    }

    /// Appends tokens that were evaluated with a variant to a slot, which holds none of another variant.
    pub fn extend(&mut self, slot: Slot, variant: Variant, mut tokens: &[Token]) {
        let mut end = self.ends[slot as usize];
        if self.is_root(end.node) {
            end.node = variant as NodeId;
        }
        debug_assert_eq!(self.root_of(end.node), variant as NodeId, "a slot is of one variant");
        while !tokens.is_empty() {
            let rest = &self.nodes[end.node].edge[end.offset..];
            let shared = common_prefix(rest, tokens);
            let diverges = shared < rest.len();
            end.offset += shared;
            tokens = &tokens[shared..];
            self.ends[slot as usize] = end;
            if tokens.is_empty() {
                break;
            }
            if diverges {
                self.split(end.node, end.offset);
            }
            if let Some(child) = self.child(end.node, tokens.first()) {
                self.nodes[child].holders.push(slot);
                self.ends[slot as usize] = End { node: child, offset: 0 };
                // Where everyone else was in already, the two are now one.
                self.merge(end.node);
                end = self.ends[slot as usize];
                continue;
            } else if !self.is_root(end.node)
                && self.nodes[end.node].children.is_empty()
                && self.nodes[end.node].holders == [slot]
            {
                self.nodes[end.node].edge.extend_from_slice(tokens);
                end.offset += tokens.len();
                tokens = &[];
            } else {
                let node = self.allocate(Node {
                    parent: end.node,
                    start: self.nodes[end.node].start + end.offset,
                    edge: tokens.to_vec(),
                    children: Vec::new(),
                    holders: vec![slot],
                });
                self.nodes[end.node].children.push(node);
                end = End { node, offset: tokens.len() };
                tokens = &[];
            }
            self.ends[slot as usize] = end;
        }
    }

    /// Forgets a slot's tokens at or past position `len`.
    pub fn truncate(&mut self, slot: Slot, len: usize) {
        let mut end = self.ends[slot as usize];
        if self.nodes[end.node].start + end.offset <= len {
            return;
        }
        while !self.is_root(end.node) && self.nodes[end.node].start >= len {
            let node = end.node;
            let parent = self.nodes[node].parent;
            self.nodes[node].holders.retain(|&holder| holder != slot);
            // The slot must end somewhere valid before its old node is trimmed.
            end = End { node: parent, offset: self.nodes[parent].edge.len() };
            self.ends[slot as usize] = end;
            self.trim(node);
        }
        if !self.is_root(end.node) {
            end.offset = len - self.nodes[end.node].start;
            self.ends[slot as usize] = end;
            self.trim(end.node);
        }
    }

    /// Makes slot `to` hold the first `len` tokens of slot `from`.
    pub fn copy(&mut self, from: Slot, to: Slot, len: usize) {
        debug_assert!(from != to && len <= self.len(from), "a copy is of what is there, to somewhere else");
        self.truncate(to, 0);
        let mut node = self.ends[from as usize].node;
        while !self.is_root(node) && self.nodes[node].start >= len {
            node = self.nodes[node].parent;
        }
        self.ends[to as usize] = End { node, offset: len - self.nodes[node].start };
        while !self.is_root(node) {
            self.nodes[node].holders.push(to);
            node = self.nodes[node].parent;
        }
    }

    fn is_root(&self, node: NodeId) -> bool {
        node < self.roots
    }

    fn root_of(&self, mut node: NodeId) -> NodeId {
        while !self.is_root(node) {
            node = self.nodes[node].parent;
        }
        node
    }

    fn child(&self, node: NodeId, first: Option<&Token>) -> Option<NodeId> {
        let first = first?;
        self.nodes[node].children.iter().copied().find(|&child| self.nodes[child].edge.first() == Some(first))
    }

    fn allocate(&mut self, node: Node) -> NodeId {
        if let Some(id) = self.free.pop() {
            self.nodes[id] = node;
            id
        } else {
            self.nodes.push(node);
            self.nodes.len() - 1
        }
    }

    /// Cuts a node in two after `at` tokens of its edge; the upper part keeps the id.
    fn split(&mut self, node: NodeId, at: usize) {
        let lower_edge = self.nodes[node].edge.split_off(at);
        let reaches =
            |slot: Slot, ends: &[End]| ends[slot as usize].node != node || ends[slot as usize].offset > at;
        let holders: Vec<Slot> =
            self.nodes[node].holders.iter().copied().filter(|&slot| reaches(slot, &self.ends)).collect();
        let children = std::mem::take(&mut self.nodes[node].children);
        let lower = self.allocate(Node {
            parent: node,
            start: self.nodes[node].start + at,
            edge: lower_edge,
            children,
            holders,
        });
        for index in 0..self.nodes[lower].children.len() {
            let child = self.nodes[lower].children[index];
            self.nodes[child].parent = lower;
        }
        for index in 0..self.nodes[lower].holders.len() {
            let end = &mut self.ends[self.nodes[lower].holders[index] as usize];
            if end.node == node {
                *end = End { node: lower, offset: end.offset - at };
            }
        }
        self.nodes[node].children.push(lower);
        // Who ended in the upper part may have been all that kept the lower one from its only child.
        self.merge(lower);
    }

    /// Restores a node after it lost a holder or a holder's tail: gone if nobody holds it, its edge as long as the
    /// farthest reach.
    fn trim(&mut self, node: NodeId) {
        if self.nodes[node].holders.is_empty() {
            let parent = self.nodes[node].parent;
            self.nodes[parent].children.retain(|&child| child != node);
            self.nodes[node] = Node::default();
            self.free.push(node);
            self.merge(parent);
            return;
        }
        if self.nodes[node].children.is_empty() {
            let reach = self.nodes[node].holders.iter().map(|&slot| self.ends[slot as usize].offset).max();
            self.nodes[node].edge.truncate(reach.unwrap_or(0));
        }
        let parent = self.nodes[node].parent;
        self.merge(node);
        self.merge(parent);
    }

    /// Joins a node with its only child if every holder goes on into it.
    fn merge(&mut self, node: NodeId) {
        let &[child] = self.nodes[node].children.as_slice() else { return };
        if self.is_root(node) || self.nodes[child].holders.len() != self.nodes[node].holders.len() {
            return;
        }
        let lower = std::mem::take(&mut self.nodes[child]);
        let offset = self.nodes[node].edge.len();
        for &slot in &lower.holders {
            let end = &mut self.ends[slot as usize];
            if end.node == child {
                *end = End { node, offset: end.offset + offset };
            }
        }
        for &grandchild in &lower.children {
            self.nodes[grandchild].parent = node;
        }
        self.nodes[node].edge.extend_from_slice(&lower.edge);
        self.nodes[node].children = lower.children;
        self.free.push(child);
    }
}

/// Tokens that two sequences start with in common.
pub(crate) fn common_prefix(left: &[Token], right: &[Token]) -> usize {
    left.iter().zip(right).take_while(|(l, r)| l == r).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The same answers from plain vectors.
    #[derive(Debug)]
    struct Naive(Vec<Path>);

    /// What a slot holds, and of which variant.
    type Path = (Variant, Vec<Token>);

    impl Naive {
        fn find(&self, variant: Variant, tokens: &[Token]) -> Found {
            let common = |path: &[Token]| common_prefix(path, tokens);
            let slots = || {
                let held = (0..).zip(&self.0).filter(|(_, (of, path))| *of == variant && !path.is_empty());
                held.map(|(slot, (_, path))| (slot, path.as_slice()))
            };
            let best = slots().map(|(_, path)| common(path)).max().unwrap_or(0);
            Found {
                common: best,
                sources: slots().filter(|(_, p)| best > 0 && common(p) == best).map(|(s, _)| s).collect(),
                within: slots().filter(|(_, p)| common(p) == p.len()).map(|(s, p)| (s, p.len())).collect(),
            }
        }
        fn is_redundant(&self, slot: usize) -> bool {
            let (variant, path) = &self.0[slot];
            let holds = |(of, other): &Path| of == variant && other.starts_with(path);
            path.is_empty() || (0..self.0.len()).any(|other| other != slot && holds(&self.0[other]))
        }
    }

    /// Every rule of the structure that the operations rely on.
    fn check_structure(tree: &RadixTree) {
        for (id, node) in tree.nodes.iter().enumerate() {
            if tree.is_root(id) || tree.free.contains(&id) {
                continue;
            }
            assert!(!node.edge.is_empty() && !node.holders.is_empty());
            let parent = &tree.nodes[node.parent];
            assert!(parent.children.contains(&id));
            assert_eq!(node.start, parent.start + parent.edge.len());
            let firsts: std::collections::BTreeSet<_> =
                node.children.iter().map(|&c| tree.nodes[c].edge[0]).collect();
            assert_eq!(firsts.len(), node.children.len());
            let reach = node.holders.iter().map(|&slot| {
                let end = tree.ends[slot as usize];
                if end.node == id { end.offset } else { node.edge.len() }
            });
            assert_eq!(reach.max(), Some(node.edge.len()));
            if let [child] = node.children[..] {
                assert!(tree.nodes[child].holders.len() < node.holders.len(), "chains are compressed");
            }
        }
    }

    fn sorted(mut found: Found) -> Found {
        found.sources.sort_unstable();
        found.within.sort_unstable();
        found
    }

    #[derive(Debug, Clone)]
    enum Op {
        Extend(usize, Variant, Vec<Token>),
        Truncate(usize, usize),
        Copy(usize, usize, usize),
        Find(Variant, Vec<Token>),
    }

    const VARIANTS: Variant = 2;

    fn op(slots: usize) -> impl Strategy<Value = Op> {
        let tokens = || prop::collection::vec(0u32..3, 0..9);
        prop_oneof![
            4 => (0..slots, 0..VARIANTS, tokens()).prop_map(|(s, v, t)| Op::Extend(s, v, t)),
            2 => (0..slots, 0usize..12).prop_map(|(s, n)| Op::Truncate(s, n)),
            2 => (0..slots, 1..slots, 0usize..20).prop_map(move |(a, d, n)| Op::Copy(a, (a + d) % slots, n)),
            2 => (0..VARIANTS, tokens()).prop_map(|(v, t)| Op::Find(v, t)),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]
        #[test]
        fn tree_agrees_with_plain_vectors(ops in prop::collection::vec(op(5), 1..120)) {
            let mut tree = RadixTree::new(5, VARIANTS);
            let mut naive = Naive(vec![Path::default(); 5]);
            for op in ops {
                match op {
                    Op::Extend(slot, variant, tokens) => {
                        let (of, path) = &mut naive.0[slot];
                        if path.is_empty() {
                            *of = variant;
                        }
                        tree.extend(slot as Slot, *of, &tokens);
                        path.extend(tokens);
                    }
                    Op::Truncate(slot, len) => {
                        tree.truncate(slot as Slot, len);
                        naive.0[slot].1.truncate(len);
                    }
                    Op::Copy(from, to, len) => {
                        let (of, path) = &naive.0[from];
                        let len = len.min(path.len());
                        tree.copy(from as Slot, to as Slot, len);
                        naive.0[to] = (*of, path[..len].to_vec());
                    }
                    Op::Find(variant, tokens) => {
                        let found = sorted(tree.find(variant, &tokens));
                        prop_assert_eq!(found, sorted(naive.find(variant, &tokens)));
                    }
                }
                check_structure(&tree);
                for slot in 0..5 {
                    let (variant, path) = naive.0[slot].clone();
                    prop_assert_eq!(tree.tokens(slot as Slot), path.clone());
                    prop_assert_eq!(tree.len(slot as Slot), path.len());
                    prop_assert_eq!(tree.is_redundant(slot as Slot), naive.is_redundant(slot));
                    let found = sorted(tree.find(variant, &path));
                    prop_assert_eq!(found, sorted(naive.find(variant, &path)));
                }
            }
        }
    }
}
