//! Beam search against a verifier, with optional lookahead.

use super::Branching;
use super::levels::{Allotment, Candidate, Level, Levels, ROUNDS, Shape, best_first, resolve_width};
use super::options::{Needs, Options, Plan, options};
use crate::{NodeId, Strategy};
use std::collections::HashMap;
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
        /// Whether copies of a prefix (those with its score) go on only where no other prefix is left.
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
        Some(Box::new(Levels::new(
            shape,
            KeepBest { branching: self.branching.of(width), distinct: self.distinct },
        )))
    }
}

/// The best-scored prefixes get `branching` places each, until there are none left.
struct KeepBest {
    branching: u32,
    distinct: bool,
}

impl Allotment for KeepBest {
    fn allot(&mut self, level: &Level<'_>) -> Vec<(NodeId, u32)> {
        let mut open = level.open.clone();
        best_first(&mut open);
        if self.distinct {
            copies_last(&mut open);
        }
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

/// Every scored prefix once, then the second copies, and so on; the order is otherwise kept.
///
/// Where steps are short, most of a level are copies of a few prefixes, and copies of the best one would fill the beam.
fn copies_last(candidates: &mut Vec<Candidate>) {
    let mut seen: HashMap<u64, usize> = HashMap::new();
    let copies = |candidate: Candidate| {
        let copy = candidate.score.map_or(usize::MAX, |score| {
            let copies = seen.entry(score.to_bits()).or_default();
            *copies += 1;
            *copies
        });
        (copy, candidate)
    };
    let mut ranked: Vec<(usize, Candidate)> = candidates.drain(..).map(copies).collect();
    ranked.sort_by_key(|&(copy, _)| copy);
    candidates.extend(ranked.into_iter().map(|(_, candidate)| candidate));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_come_after_all_others_and_those_without_a_score_last() {
        let scores = [Some(0.9), Some(0.9), Some(0.9), Some(0.8), Some(0.7), Some(0.7), None, None];
        let mut candidates: Vec<Candidate> =
            (0..).zip(scores).map(|(id, score)| Candidate { node: NodeId(id), score }).collect();
        copies_last(&mut candidates);
        let order: Vec<u32> = candidates.iter().map(|candidate| candidate.node.0).collect();
        assert_eq!(order, [0, 3, 4, 1, 5, 2, 6, 7]);
    }
}
