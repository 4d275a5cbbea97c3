//! Beam search against a verifier, with optional lookahead.

use super::Branching;
use super::levels::{Allotment, Level, Levels, ROUNDS, Shape, best_first, resolve_width};
use super::options::{Needs, Options, Plan, options};
use crate::{NodeId, Strategy};
use std::num::NonZeroU32;

options! {
    "beam"
    /// Beam search, with lookahead if asked for (section 5.2 of the paper).
    ///
    /// Draws N first steps; each round keeps the N/M best-scored prefixes and draws M next steps from each, so that
    /// every level is N wide. A finished solution is kept as an answer and takes up its place; a truncated one is
    /// dropped. With N' places left, N'/M rounded up are kept and the last one gets what the others leave. Costs
    /// N × (lookahead + 1) generations.
    pub struct Beam {
        /// Beams (N).
        generations: Option<NonZeroU32> = None,
        /// Next steps drawn from each kept prefix (M): a whole number, or `sqrt` for the square root of N.
        branching: Branching = Branching::FOUR,
        /// A prefix is scored at the end of a greedy throw-away rollout of up to this many further steps (k).
        lookahead: u32 = 0,
        /// Steps of a solution, at most.
        rounds: NonZeroU32 = ROUNDS,
    }
}

impl Plan for Beam {
    fn cost(&self) -> Option<u32> {
        Some(self.generations?.get().saturating_mul(self.lookahead.saturating_add(1)))
    }

    fn resolve(&mut self, budget: NonZeroU32) -> Result<(), u32> {
        resolve_width(&mut self.generations, self.lookahead, budget)
    }

    fn needs(&self) -> Needs {
        Needs { verifier: true, reviser: false }
    }

    fn build(&self) -> Option<Box<dyn Strategy>> {
        let width = self.generations?.get();
        let shape = Shape {
            width,
            lookahead: self.lookahead,
            rounds: self.rounds.get(),
            selection: self.selection(),
        };
        Some(Box::new(Levels::new(shape, KeepBest { branching: self.branching.of(width) })))
    }
}

/// The best-scored prefixes get `branching` places each, until there are none left.
struct KeepBest {
    branching: u32,
}

impl Allotment for KeepBest {
    fn allot(&mut self, level: &Level<'_>) -> Vec<(NodeId, u32)> {
        let mut open = level.open.clone();
        best_first(&mut open);
        let mut left = level.places;
        open.into_iter()
            .map(|candidate| {
                let draws = self.branching.min(left);
                left -= draws;
                (candidate.node, draws)
            })
            .collect()
    }
}
