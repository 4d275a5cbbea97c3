//! Synthesis: one answer is written from the best of several.

use super::asked::Asked;
use super::options::{Needs, Options, Plan, options};
use super::voting::Voting;
use crate::{Choice, Decision, Expand, NodeId, Origin, Revise, Rule, StopReason, Strategy, Tree, select};
use std::num::NonZeroU32;

options! {
    "synthesis"
    /// Solutions are drawn, and the reviser writes one answer from the best of them (generative fusion, as in Mixture-of-Agents).
    ///
    /// Draws N − `fusions` solutions, shows the reviser `sources` of them with different answers, the best last, and takes
    /// what it writes; of several fusions `rule` chooses one, and where none comes to its end, one of the solutions. Earlier
    /// stages' solutions are sources, too. Costs N generations.
    pub struct Synthesis {
        /// Solutions and fusions drawn together (N).
        generations: Option<NonZeroU32> = None,
        /// Solutions that the reviser is shown, at most.
        sources: NonZeroU32 = NonZeroU32::new(4).expect("4 is not 0"),
        /// Answers that it writes from them.
        fusions: NonZeroU32 = NonZeroU32::MIN,
    }
}

impl Plan for Synthesis {
    fn cost(&self) -> Option<u32> {
        self.generations.map(NonZeroU32::get)
    }

    fn resolve(&mut self, budget: NonZeroU32) -> Result<(), u32> {
        let generations = self.generations.unwrap_or(budget);
        let least = self.fusions.get().saturating_add(1);
        if generations > budget || generations.get() < least {
            return Err(generations.get().max(least));
        }
        self.generations = Some(generations);
        Ok(())
    }

    fn needs(&self) -> Needs {
        Needs { steps: false, verifier: self.rule != Rule::Majority, reviser: true }
    }

    fn build(&self) -> Option<Box<dyn Strategy>> {
        Some(Box::new(Fusing {
            solutions: self.cost()?.checked_sub(self.fusions.get())?,
            fusions: self.fusions.get(),
            sources: self.sources.get() as usize,
            planned: self.cost()?,
            voting: self.voting(),
            next: Phase::Draw,
            asked: Asked::default(),
        }))
    }
}

enum Phase {
    Draw,
    Fuse,
    Choose,
}

struct Fusing {
    solutions: u32,
    fusions: u32,
    sources: usize,
    planned: u32,
    voting: Voting,
    next: Phase,
    asked: Asked,
}

impl Fusing {
    /// What the reviser is shown: the best solution of every answer, the answer that is chosen so far last.
    fn sources(&self, tree: &Tree) -> Vec<NodeId> {
        let votes = self.voting.choose(tree).votes;
        let mut sources: Vec<NodeId> = votes.iter().take(self.sources).map(|vote| vote.node).collect();
        sources.reverse();
        sources
    }
}

/// What was written from several solutions.
fn fused(tree: &Tree) -> Vec<NodeId> {
    tree.answers().filter(|&id| tree.node(id).origin == Origin::Revised).collect()
}

impl Strategy for Fusing {
    fn decide(&mut self, tree: &Tree) -> Decision {
        if self.voting.scored()
            && let Some(decision) = self.asked.verify(tree, tree.answers())
        {
            return decision;
        }
        match self.next {
            Phase::Draw => {
                self.next = Phase::Fuse;
                Decision::Expand(vec![Expand::solve(NodeId::ROOT, self.solutions)])
            }
            Phase::Fuse => {
                self.next = Phase::Choose;
                match self.sources(tree) {
                    attempts if attempts.is_empty() => Decision::Stop(StopReason::Finished),
                    attempts => Decision::Revise(vec![Revise { attempts, draws: self.fusions }]),
                }
            }
            Phase::Choose => Decision::Stop(StopReason::Finished),
        }
    }

    fn choose(&self, tree: &Tree) -> Choice {
        let fused = select(tree, &fused(tree), self.voting.selection);
        if fused.node.is_some() { fused } else { self.voting.choose(tree) }
    }

    fn generations(&self) -> Option<u32> {
        Some(self.planned)
    }
}
