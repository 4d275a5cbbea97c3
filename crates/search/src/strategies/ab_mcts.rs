//! Adaptive branching: wider or deeper, by Thompson sampling.

use super::asked::Asked;
use super::options::{Needs, Options, Plan, options};
use super::voting::Voting;
use crate::{Choice, Decision, Expand, NodeId, Revise, StopReason, Strategy, Tree, mix};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Beta, Distribution};
use std::num::NonZeroU32;

options! {
    "ab-mcts"
    /// Adaptive branching tree search: another solution (wider) or a revision of one (deeper), by Thompson sampling.
    ///
    /// After AB-MCTS-A of Inoue et al. 2025 (arXiv 2503.04412) with Beta posteriors. From the question on, a place has two
    /// arms: write something new there, which is a fresh solution at the question and a revision at a solution; or go to one
    /// of those that came of it before. Each arm's posterior follows from the verifier's scores of what came of it; a draw from
    /// each decides. Costs N generations.
    pub struct AbMcts {
        /// Solutions and revisions drawn together (N).
        generations: Option<NonZeroU32> = None,
        /// Drawn at the same time, each as if the others had not begun.
        parallel: NonZeroU32 = NonZeroU32::new(4).expect("4 is not 0"),
        /// Latest attempts of a path that the reviser is shown.
        window: NonZeroU32 = NonZeroU32::new(4).expect("4 is not 0"),
    }
}

impl Plan for AbMcts {
    fn cost(&self) -> Option<u32> {
        self.generations.map(NonZeroU32::get)
    }

    fn resolve(&mut self, budget: NonZeroU32) -> Result<(), u32> {
        let generations = self.generations.unwrap_or(budget);
        self.generations = Some(generations);
        if generations > budget { Err(generations.get()) } else { Ok(()) }
    }

    fn needs(&self) -> Needs {
        Needs { steps: false, verifier: true, reviser: true }
    }

    fn build(&self) -> Option<Box<dyn Strategy>> {
        let planned = self.cost()?;
        Some(Box::new(Branching {
            left: planned,
            planned,
            parallel: self.parallel.get(),
            window: self.window.get() as usize,
            voting: self.voting(),
            asked: Asked::default(),
        }))
    }
}

struct Branching {
    left: u32,
    planned: u32,
    parallel: u32,
    window: usize,
    voting: Voting,
    asked: Asked,
}

/// Tells this generator's seeds from those of draws.
const STREAM: u64 = 0x4142_4d43_5453;

/// What is known of an arm: a Beta posterior over the score of what comes of it, from no knowledge.
#[derive(Debug, Clone, Copy)]
struct Posterior {
    hits: f64,
    misses: f64,
}

impl Posterior {
    const NOTHING: Self = Self { hits: 1.0, misses: 1.0 };

    fn of(scores: impl Iterator<Item = f64>) -> Self {
        scores.fold(Self::NOTHING, |known, score| Self {
            hits: known.hits + score,
            misses: known.misses + (1.0 - score),
        })
    }

    fn draw(self, generator: &mut ChaCha8Rng) -> f64 {
        let beta = Beta::new(self.hits, self.misses);
        beta.expect("both are at least 1, for scores are in 0..=1").sample(generator)
    }
}

impl Branching {
    fn score(&self, tree: &Tree, id: NodeId) -> Option<f64> {
        tree.score(id, self.voting.aggregation()).map(|score| score.clamp(0.0, 1.0))
    }

    /// Scored solutions that were written at a place.
    fn written(&self, tree: &Tree, at: NodeId) -> Vec<NodeId> {
        let children = tree.node(at).children.iter().copied();
        children.filter(|&id| tree.node(id).class.is_some() && self.score(tree, id).is_some()).collect()
    }

    /// Scores of a solution and of all that came of it.
    fn below(&self, tree: &Tree, id: NodeId) -> Vec<f64> {
        let (mut scores, mut open) = (Vec::new(), vec![id]);
        while let Some(id) = open.pop() {
            scores.extend(self.score(tree, id));
            open.extend(self.written(tree, id));
        }
        scores
    }

    /// Where to write next.
    fn place(&self, tree: &Tree, generator: &mut ChaCha8Rng) -> NodeId {
        let mut at = NodeId::ROOT;
        loop {
            let written = self.written(tree, at);
            let new = Posterior::of(written.iter().filter_map(|&id| self.score(tree, id)));
            let below: Vec<Vec<f64>> = written.iter().map(|&id| self.below(tree, id)).collect();
            // What came of going on, below what was written here.
            let on = Posterior::of(below.iter().flat_map(|scores| scores.iter().skip(1).copied()));
            if written.is_empty() || new.draw(generator) >= on.draw(generator) {
                return at;
            }
            let arms = below.iter().map(|scores| Posterior::of(scores.iter().copied()));
            let draws = arms.map(|arm| arm.draw(generator));
            let best = written.iter().zip(draws).max_by(|(_, a), (_, b)| a.total_cmp(b));
            at = *best.expect("something was written here").0;
        }
    }

    /// The solutions on the way to a place, its own last.
    fn attempts(&self, tree: &Tree, at: NodeId) -> Vec<NodeId> {
        let path = tree.ancestry(at).filter(|&id| id != NodeId::ROOT);
        let mut attempts: Vec<NodeId> = path.take(self.window).collect();
        attempts.reverse();
        attempts
    }
}

impl Strategy for Branching {
    fn decide(&mut self, tree: &Tree) -> Decision {
        if let Some(decision) = self.asked.verify(tree, tree.answers()) {
            return decision;
        }
        let draws = self.parallel.min(self.left);
        if draws == 0 {
            return Decision::Stop(StopReason::Finished);
        }
        let seed = mix(mix(tree.node(NodeId::ROOT).seed, STREAM), u64::from(self.left));
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        let places: Vec<NodeId> = (0..draws).map(|_| self.place(tree, &mut generator)).collect();
        let revised: Vec<NodeId> = places.iter().copied().filter(|&at| at != NodeId::ROOT).collect();
        let fresh = draws - revised.len() as u32;
        // One kind of work at a time: the other kind is chosen anew with what is known then.
        if fresh as usize >= revised.len() {
            self.left -= fresh;
            return Decision::Expand(vec![Expand::solve(NodeId::ROOT, fresh)]);
        }
        self.left -= revised.len() as u32;
        let act = |&at: &NodeId| Revise { attempts: self.attempts(tree, at), draws: 1 };
        Decision::Revise(revised.iter().map(act).collect())
    }

    fn choose(&self, tree: &Tree) -> Choice {
        self.voting.choose(tree)
    }

    fn generations(&self) -> Option<u32> {
        Some(self.planned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arm_that_paid_is_drawn_higher() {
        let mut generator = ChaCha8Rng::seed_from_u64(1);
        let (good, bad) = (Posterior::of([0.9; 8].into_iter()), Posterior::of([0.1; 8].into_iter()));
        let wins = (0..200).filter(|_| good.draw(&mut generator) > bad.draw(&mut generator)).count();
        assert!(wins > 190, "{wins}");
        let unknown =
            (0..200).filter(|_| Posterior::NOTHING.draw(&mut generator) > good.draw(&mut generator)).count();
        assert!((5..80).contains(&unknown), "what nobody tried is tried: {unknown}");
    }
}
