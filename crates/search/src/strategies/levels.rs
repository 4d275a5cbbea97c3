//! What all level-wise searches share: draw a level, look ahead, verify, allot the places of the next level.
//!
//! Only the allotment differs: beam search keeps the best prefixes, DVTS the best of each subtree, REBASE spreads by
//! softmax, a particle filter resamples. A finished solution is kept as an answer and takes up its place, so the
//! levels grow narrower and there are `width` answers at the end; truncated ones are dropped and give theirs back.
//!
//! In a distinct search the copies of a prefix are one direction: it is allotted places once, and copies of a finished
//! solution take up one place together (allocation by direction as in DORA, Wang et al. 2025, where directions are equal
//! states).

use super::asked::Asked;
use super::voting::Voting;
use crate::{Choice, Decision, Expand, NodeId, Origin, Status, StopReason, Strategy, Tree};
use std::collections::BTreeMap;

/// Rounds after which a search ends with what it has (section 5.2 of the paper).
pub(crate) const ROUNDS: std::num::NonZeroU32 = std::num::NonZeroU32::new(40).expect("40 is not 0");

/// An open prefix of the level just verified.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Candidate {
    pub(crate) node: NodeId,
    /// `None` if it was not verified, or that failed.
    pub(crate) score: Option<f64>,
}

/// A level just verified.
pub(crate) struct Level<'t> {
    pub(crate) tree: &'t Tree,
    /// Which one, from 1.
    pub(crate) round: u32,
    /// All its nodes, in order of id.
    pub(crate) drawn: &'t [NodeId],
    /// Its prefixes that can go on, in order of id; at least one.
    pub(crate) open: Vec<Candidate>,
    /// Finished solutions of this search, in order of id; in a distinct one each once.
    pub(crate) finished: Vec<Candidate>,
    /// Places that finished solutions leave.
    pub(crate) places: u32,
    /// Places in all.
    pub(crate) width: u32,
    /// Whether copies are one direction.
    pub(crate) distinct: bool,
}

impl Level<'_> {
    /// What places are allotted to: the open prefixes, in a distinct search one of each set of copies.
    pub(crate) fn directions(&self) -> Vec<Candidate> {
        if !self.distinct {
            return self.open.clone();
        }
        let known: BTreeMap<NodeId, Candidate> = self.open.iter().map(|one| (one.node, *one)).collect();
        let scored = |id| known[&id].score.is_some();
        self.tree.distinct(known.keys().copied(), scored).into_iter().map(|id| known[&id]).collect()
    }
}

/// Who goes on, and with how many next steps.
pub(crate) trait Allotment: Send {
    /// Pairs of an open node and its number of draws.
    fn allot(&mut self, level: &Level<'_>) -> Vec<(NodeId, u32)>;
}

/// The shape of a level-wise search.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    /// Width of the first level, and answers at the end.
    pub(crate) width: u32,
    /// Greedy throw-away steps that a prefix is scored by.
    pub(crate) lookahead: u32,
    /// Levels at most.
    pub(crate) rounds: u32,
    /// Whether copies are one direction.
    pub(crate) distinct: bool,
    /// How the answer is chosen and how step scores become one.
    pub(crate) voting: Voting,
}

enum Phase {
    Draw(Vec<(NodeId, u32)>),
    LookAhead,
    Verify,
    Allot,
    Done,
}

/// A level-wise search.
pub(crate) struct Levels<A> {
    shape: Shape,
    allotment: A,
    phase: Phase,
    round: u32,
    /// Nodes at or past this index belong to the phase that was asked for last.
    mark: usize,
    level: Vec<NodeId>,
    /// Rollout that a prefix is scored by, where there is one.
    rollouts: BTreeMap<NodeId, NodeId>,
    finished: Vec<NodeId>,
    asked: Asked,
}

impl<A: Allotment> Levels<A> {
    pub(crate) fn new(shape: Shape, allotment: A) -> Self {
        Self {
            shape,
            allotment,
            phase: Phase::Draw(vec![(NodeId::ROOT, shape.width)]),
            round: 0,
            mark: 0,
            level: Vec::new(),
            rollouts: BTreeMap::new(),
            finished: Vec::new(),
            asked: Asked::default(),
        }
    }

    fn fresh(&self, tree: &Tree, origin: Origin) -> Vec<NodeId> {
        tree.iter().skip(self.mark).filter(|(_, node)| node.origin == origin).map(|(id, _)| id).collect()
    }

    fn open(&self, tree: &Tree) -> impl Iterator<Item = NodeId> {
        self.level.iter().copied().filter(|&id| tree.node(id).status == Status::Open)
    }

    /// The node whose scores stand for a prefix.
    fn scored_by(&self, id: NodeId) -> NodeId {
        self.rollouts.get(&id).copied().unwrap_or(id)
    }

    fn look_ahead(&mut self, tree: &Tree) -> Option<Decision> {
        self.level = self.fresh(tree, Origin::Extended);
        let complete = |id: &NodeId| tree.node(*id).status == Status::Complete;
        self.finished.extend(self.level.iter().copied().filter(complete));
        self.rollouts.clear();
        self.mark = tree.len();
        let steps = self.shape.lookahead;
        let acts: Vec<Expand> = self.open(tree).map(|id| Expand::lookahead(id, steps)).collect();
        (steps > 0 && !acts.is_empty()).then_some(Decision::Expand(acts))
    }

    fn verify(&mut self, tree: &Tree) -> Option<Decision> {
        for id in self.fresh(tree, Origin::Lookahead) {
            let node = tree.node(id);
            // A cut rollout ends within a step, which nothing can be said of; the prefix is then scored itself.
            if let (Some(parent), true) = (node.parent, node.status != Status::Truncated) {
                self.rollouts.insert(parent, id);
            }
        }
        let whole = self.level.iter().filter(|id| tree.node(**id).status != Status::Truncated);
        let targets: Vec<NodeId> = whole.map(|&id| self.scored_by(id)).collect();
        self.asked.verify(tree, targets)
    }

    fn allot(&mut self, tree: &Tree) -> Option<Vec<(NodeId, u32)>> {
        self.round += 1;
        let Shape { width, rounds, distinct, voting, .. } = self.shape;
        let candidate =
            |node| Candidate { node, score: tree.score(self.scored_by(node), voting.aggregation()) };
        let open: Vec<Candidate> = self.open(tree).map(candidate).collect();
        if self.round >= rounds || open.is_empty() {
            return None;
        }
        let mut finished = self.finished.clone();
        if distinct {
            finished = tree.distinct(finished, |_| false);
        }
        let level = Level {
            tree,
            round: self.round,
            drawn: &self.level,
            open,
            places: width.saturating_sub(finished.len() as u32),
            finished: finished.into_iter().map(candidate).collect(),
            width,
            distinct,
        };
        let mut next = self.allotment.allot(&level);
        next.retain(|&(_, draws)| draws > 0);
        (!next.is_empty()).then_some(next)
    }
}

impl<A: Allotment> Strategy for Levels<A> {
    fn decide(&mut self, tree: &Tree) -> Decision {
        loop {
            match std::mem::replace(&mut self.phase, Phase::Done) {
                Phase::Draw(next) => {
                    self.mark = tree.len();
                    self.phase = Phase::LookAhead;
                    return Decision::Expand(next.into_iter().map(|(id, n)| Expand::step(id, n)).collect());
                }
                Phase::LookAhead => {
                    self.phase = Phase::Verify;
                    if let Some(decision) = self.look_ahead(tree) {
                        return decision;
                    }
                }
                Phase::Verify => {
                    self.phase = Phase::Allot;
                    if let Some(decision) = self.verify(tree) {
                        return decision;
                    }
                }
                Phase::Allot => {
                    if let Some(next) = self.allot(tree) {
                        self.phase = Phase::Draw(next);
                    }
                }
                Phase::Done => return Decision::Stop(StopReason::Finished),
            }
        }
    }

    fn choose(&self, tree: &Tree) -> Choice {
        self.shape.voting.choose(tree)
    }

    fn generations(&self) -> Option<u32> {
        Some(self.shape.width.saturating_mul(self.shape.lookahead.saturating_add(1)))
    }
}

/// Best scores first, those without one last, ties to the lower id.
pub(crate) fn best_first(candidates: &mut [Candidate]) {
    let score = |candidate: &Candidate| candidate.score.unwrap_or(f64::NEG_INFINITY);
    candidates.sort_by(|a, b| score(b).total_cmp(&score(a)).then(a.node.cmp(&b.node)));
}

/// Settles a width N that costs N × (lookahead + 1).
pub(crate) fn resolve_width(
    width: &mut Option<std::num::NonZeroU32>,
    lookahead: u32,
    budget: std::num::NonZeroU32,
) -> Result<(), u32> {
    let each = lookahead.saturating_add(1);
    let Some(own) = width.or(std::num::NonZeroU32::new(budget.get() / each)) else { return Err(each) };
    let cost = own.get().saturating_mul(each);
    if cost > budget.get() {
        return Err(cost);
    }
    *width = Some(own);
    Ok(())
}
