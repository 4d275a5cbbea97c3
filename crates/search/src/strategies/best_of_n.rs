//! N full solutions, one chosen: best-of-N, best-of-N weighted and majority voting.

use super::asked::Asked;
use super::options::{Needs, Options, Plan, options};
use super::voting::Voting;
use crate::{Choice, Decision, Expand, NodeId, Rule, StopReason, Strategy, Tree};
use std::num::NonZeroU32;

options! {
    "best-of-n"
    /// N full solutions drawn in parallel, one of them chosen (section 5.2 of the paper).
    ///
    /// `majority` and `weighted` are short for `best-of-n:rule=majority` (which needs no verifier) and for
    /// `best-of-n:rule=weighted`, the default. Costs N generations.
    pub struct BestOfN {
        /// Solutions (N).
        generations: Option<NonZeroU32> = None,
    }
}

impl Plan for BestOfN {
    fn cost(&self) -> Option<u32> {
        self.generations.map(NonZeroU32::get)
    }

    fn resolve(&mut self, budget: NonZeroU32) -> Result<(), u32> {
        let generations = *self.generations.get_or_insert(budget);
        if generations > budget { Err(generations.get()) } else { Ok(()) }
    }

    fn needs(&self) -> Needs {
        Needs { verifier: self.rule != Rule::Majority, ..Needs::default() }
    }

    fn build(&self) -> Option<Box<dyn Strategy>> {
        let generations = self.generations?.get();
        let voting = self.voting();
        Some(Box::new(Sampling { generations, voting, drawn: false, asked: Asked::default() }))
    }
}

struct Sampling {
    generations: u32,
    voting: Voting,
    drawn: bool,
    asked: Asked,
}

impl Strategy for Sampling {
    fn decide(&mut self, tree: &Tree) -> Decision {
        if !std::mem::replace(&mut self.drawn, true) {
            return Decision::Expand(vec![Expand::solve(NodeId::ROOT, self.generations)]);
        }
        let unscored =
            if self.voting.scored() { self.asked.verify(tree, self.voting.voters(tree)) } else { None };
        unscored.unwrap_or(Decision::Stop(StopReason::Finished))
    }

    fn choose(&self, tree: &Tree) -> Choice {
        self.voting.choose(tree)
    }

    fn generations(&self) -> Option<u32> {
        Some(self.generations)
    }
}
