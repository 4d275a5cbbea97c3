//! Diverse verifier tree search: beam search in independent subtrees.

use super::Branching;
use super::levels::{Allotment, Level, Levels, ROUNDS, Shape, best_first, resolve_width};
use super::options::{Needs, Options, Plan, options};
use crate::{NodeId, Strategy, Tree};
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;

options! {
    "dvts"
    /// Diverse verifier tree search (Beeching et al. 2024): N/M independent subtrees, each a beam search that keeps
    /// one prefix and draws M next steps from it.
    ///
    /// Subtrees never compete, so one prefix that the verifier likes too much cannot crowd out the others. Finished
    /// solutions take up places in their own subtree. If N is no multiple of M the last subtree is narrower. Costs
    /// N × (lookahead + 1) generations.
    pub struct Dvts {
        /// Places in all subtrees (N).
        generations: Option<NonZeroU32> = None,
        /// Next steps drawn in each subtree (M): a whole number, or `sqrt` for the square root of N.
        branching: Branching = Branching::FOUR,
        /// A prefix is scored at the end of a greedy throw-away rollout of up to this many further steps.
        lookahead: u32 = 0,
        /// Whether a subtree keeps, where it has one, a prefix that no earlier subtree keeps a copy of.
        distinct: bool = false,
        /// Steps of a solution, at most.
        rounds: NonZeroU32 = ROUNDS,
    }
}

impl Plan for Dvts {
    fn cost(&self) -> Option<u32> {
        Some(self.generations?.get().saturating_mul(self.lookahead.saturating_add(1)))
    }

    fn resolve(&mut self, budget: NonZeroU32) -> Result<(), u32> {
        resolve_width(&mut self.generations, self.lookahead, budget)
    }

    fn needs(&self) -> Needs {
        Needs { steps: true, verifier: true, reviser: false }
    }

    fn build(&self) -> Option<Box<dyn Strategy>> {
        let width = self.generations?.get();
        let shape = Shape {
            width,
            lookahead: self.lookahead,
            rounds: self.rounds.get(),
            distinct: self.distinct,
            voting: self.voting(),
        };
        let subtrees = Subtrees { branching: self.branching.of(width), width, subtree: BTreeMap::new() };
        Some(Box::new(Levels::new(shape, subtrees)))
    }
}

/// The best prefix of each subtree gets the subtree's places.
struct Subtrees {
    branching: u32,
    width: u32,
    /// Subtree of each node of this search.
    subtree: BTreeMap<NodeId, u32>,
}

impl Subtrees {
    /// First-level nodes are dealt out in order, `branching` to a subtree; later ones belong where their parent does.
    fn place(&mut self, tree: &Tree, drawn: &[NodeId], first: bool) {
        for (index, &id) in drawn.iter().enumerate() {
            let inherited = tree.node(id).parent.and_then(|parent| self.subtree.get(&parent).copied());
            let subtree = if first { index as u32 / self.branching } else { inherited.unwrap_or(0) };
            self.subtree.insert(id, subtree);
        }
    }
}

impl Subtrees {
    /// Places of a subtree that its finished solutions leave.
    fn places(&self, level: &Level<'_>, subtree: u32) -> u32 {
        let width = self.branching.min(self.width.saturating_sub(subtree * self.branching));
        let finished = level.finished.iter().filter(|one| self.subtree[&one.node] == subtree);
        width.saturating_sub(finished.count() as u32)
    }
}

impl Allotment for Subtrees {
    fn allot(&mut self, level: &Level<'_>) -> Vec<(NodeId, u32)> {
        self.place(level.tree, level.drawn, level.round == 1);
        let mut open = level.open.clone();
        best_first(&mut open);
        let mut candidates: BTreeMap<u32, Vec<NodeId>> = BTreeMap::new();
        for candidate in open {
            candidates.entry(self.subtree[&candidate.node]).or_default().push(candidate.node);
        }
        let mut kept = BTreeSet::new();
        candidates
            .into_iter()
            .map(|(subtree, best_first)| {
                let fresh = |id: &&NodeId| !level.distinct || !kept.contains(&level.tree.original(**id));
                let best = *best_first.iter().find(fresh).unwrap_or(&best_first[0]);
                kept.insert(level.tree.original(best));
                (best, self.places(level, subtree))
            })
            .collect()
    }
}
