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
    /// dropped. With N' places left, N'/M rounded up are kept and the last one gets what the others leave; where
    /// there are fewer, each gets more, so that the N' places are always used. Costs N × (lookahead + 1) generations.
    pub struct Beam {
        /// Beams (N).
        generations: Option<NonZeroU32> = None,
        /// Next steps drawn from each kept prefix (M): a whole number, or `sqrt` for the square root of N.
        branching: Branching = Branching::FOUR,
        /// A prefix is scored at the end of a greedy throw-away rollout of up to this many further steps (k).
        lookahead: u32 = 0,
        /// Whether copies (equal prefixes, equal finished solutions) are kept once: the width goes to different ones.
        distinct: bool = false,
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
        Some(Box::new(Levels::new(shape, KeepBest { branching: self.branching.of(width) })))
    }
}

/// The best directions get `branching` places each, until there are none left.
struct KeepBest {
    branching: u32,
}

impl Allotment for KeepBest {
    fn allot(&mut self, level: &Level<'_>) -> Vec<(NodeId, u32)> {
        let mut directions = level.directions();
        best_first(&mut directions);
        let draws = spread(level.places, self.branching, directions.len() as u32);
        directions.into_iter().map(|direction| direction.node).zip(draws).collect()
    }
}

/// Draws of the best directions: `branching` each and the last one what is left, or, where there are too few of them to fill
/// the places in this way, all places spread evenly, the better ones first.
fn spread(places: u32, branching: u32, directions: u32) -> Vec<u32> {
    let kept = places.div_ceil(branching);
    if directions < kept {
        return (0..directions).map(|i| places / directions + u32::from(i < places % directions)).collect();
    }
    (0..kept).map(|i| branching.min(places - i * branching)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_directions_get_more_draws_each_and_no_place_is_lost() {
        assert_eq!(spread(16, 4, 9), [4, 4, 4, 4]);
        assert_eq!(spread(10, 4, 9), [4, 4, 2]);
        assert_eq!(spread(16, 4, 3), [6, 5, 5]);
        assert_eq!(spread(16, 2, 1), [16]);
        assert_eq!(spread(0, 4, 3), [0_u32; 0]);
    }
}
