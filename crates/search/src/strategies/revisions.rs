//! Sequential revisions: chains in which each attempt is conditioned on the latest ones.

use super::asked::Asked;
use super::options::{Needs, Options, Plan, options};
use super::voting::Voting;
use crate::{
    Choice, Decision, Expand, NodeId, Origin, Revise, Rule, Status, StopReason, Strategy, Tree, select_chains,
};
use std::collections::BTreeSet;
use std::num::NonZeroU32;

options! {
    "revisions"
    /// Chains of revisions, each conditioned on the latest attempts of its chain (section 6 of the paper).
    ///
    /// Draws `chains` × `length` attempts. A chain begins with a fresh solution, or, where an earlier stage left
    /// answers, with one of those, best first. An answer is chosen within each chain and then across chains; with
    /// `rule=majority` all attempts vote at once, without a verifier. Answers that no chain began with count as
    /// chains of one. Costs `chains` × `length` generations.
    pub struct Revisions {
        /// Chains in parallel; by default the budget over `length`, or its square root.
        chains: Option<NonZeroU32> = None,
        /// Attempts drawn in each chain, a fresh first one included; by default the budget over `chains`.
        length: Option<NonZeroU32> = None,
        /// Latest attempts that the reviser is shown.
        window: NonZeroU32 = NonZeroU32::new(4).expect("4 is not 0"),
    }
}

impl Plan for Revisions {
    fn cost(&self) -> Option<u32> {
        Some(self.chains?.get().saturating_mul(self.length?.get()))
    }

    fn resolve(&mut self, budget: NonZeroU32) -> Result<(), u32> {
        let n = budget.get();
        let over = |known: NonZeroU32| NonZeroU32::new(n / known).ok_or(known.get());
        let (chains, length) = match (self.chains, self.length) {
            (Some(chains), Some(length)) => (chains, length),
            (Some(chains), None) => (chains, over(chains)?),
            (None, Some(length)) => (over(length)?, length),
            (None, None) => {
                let root = NonZeroU32::new(n.isqrt()).expect("the root of a number from 1 is not 0");
                (root, over(root)?)
            }
        };
        let cost = chains.get().saturating_mul(length.get());
        if cost > n {
            return Err(cost);
        }
        (self.chains, self.length) = (Some(chains), Some(length));
        Ok(())
    }

    fn needs(&self) -> Needs {
        Needs { steps: false, verifier: self.rule != Rule::Majority, reviser: true }
    }

    fn build(&self) -> Option<Box<dyn Strategy>> {
        let length = self.length?.get();
        let chain = Chain { attempts: Vec::new(), left: length };
        Some(Box::new(Revising {
            chains: vec![chain; self.chains?.get() as usize],
            window: self.window.get() as usize,
            planned: self.cost()?,
            voting: self.voting(),
            begun: false,
            mark: None,
            asked: Asked::default(),
        }))
    }
}

/// One chain of attempts.
#[derive(Clone)]
struct Chain {
    /// Finished attempts, oldest first.
    attempts: Vec<NodeId>,
    /// Attempts yet to draw.
    left: u32,
}

struct Revising {
    chains: Vec<Chain>,
    window: usize,
    planned: u32,
    voting: Voting,
    begun: bool,
    /// Nodes at or past this index were asked for last; `None` before anything was.
    mark: Option<usize>,
    asked: Asked,
}

impl Revising {
    /// Chains begin with the best answers that there are.
    fn begin(&mut self, tree: &Tree) {
        let score = |id| tree.score(id, self.voting.aggregation()).unwrap_or(f64::NEG_INFINITY);
        let mut heads: Vec<NodeId> = tree.answers().collect();
        heads.sort_by(|&a, &b| score(b).total_cmp(&score(a)).then(a.cmp(&b)));
        for (chain, head) in self.chains.iter_mut().zip(heads) {
            chain.attempts.push(head);
        }
    }

    /// Puts finished attempts drawn since the mark where they belong.
    fn collect(&mut self, tree: &Tree, mark: usize) {
        for (id, node) in tree.iter().skip(mark).filter(|(_, node)| node.status == Status::Complete) {
            let chain = match node.origin {
                Origin::Revised => self.chains.iter_mut().find(|c| c.attempts.last().copied() == node.parent),
                _ => self.chains.iter_mut().find(|c| c.attempts.is_empty()),
            };
            if let Some(chain) = chain {
                chain.attempts.push(id);
            }
        }
    }

    /// One attempt for every chain that has some left: fresh ones where nothing can be revised yet.
    fn draw(&mut self, tree: &Tree) -> Option<Decision> {
        let mut fresh = 0;
        for chain in self.chains.iter_mut().filter(|c| c.attempts.is_empty() && c.left > 0) {
            chain.left -= 1;
            fresh += 1;
        }
        if fresh > 0 {
            return Some(Decision::Expand(vec![Expand::solve(NodeId::ROOT, fresh)]));
        }
        let mut acts = Vec::new();
        for chain in self.chains.iter_mut().filter(|c| c.left > 0) {
            chain.left -= 1;
            acts.push(Revise { attempts: window(tree, chain, self.window), draws: 1 });
        }
        (!acts.is_empty()).then_some(Decision::Revise(acts))
    }
}

/// The latest attempts of a chain, oldest first, those before its head included if the head is a revision itself.
fn window(tree: &Tree, chain: &Chain, size: usize) -> Vec<NodeId> {
    let mut latest: Vec<NodeId> = chain.attempts.iter().rev().take(size).copied().collect();
    while latest.len() < size {
        let node = tree.node(latest[latest.len() - 1]);
        match node.parent {
            Some(parent) if node.origin == Origin::Revised => latest.push(parent),
            _ => break,
        }
    }
    latest.reverse();
    latest
}

impl Strategy for Revising {
    fn decide(&mut self, tree: &Tree) -> Decision {
        if let Some(mark) = self.mark.replace(tree.len()) {
            self.collect(tree, mark);
        }
        if self.voting.scored()
            && let Some(decision) = self.asked.verify(tree, tree.answers())
        {
            return decision;
        }
        if !std::mem::replace(&mut self.begun, true) {
            self.begin(tree);
        }
        self.draw(tree).unwrap_or(Decision::Stop(StopReason::Finished))
    }

    fn choose(&self, tree: &Tree) -> Choice {
        if !self.voting.scored() {
            return self.voting.choose(tree);
        }
        let mut chains: Vec<Vec<NodeId>> = self.chains.iter().map(|chain| chain.attempts.clone()).collect();
        let mut placed: BTreeSet<NodeId> = chains.iter().flatten().copied().collect();
        // The last attempts may not have been collected yet when a search is cut short.
        for id in tree.answers() {
            if !placed.insert(id) {
                continue;
            }
            let node = tree.node(id);
            let parent = node.parent.filter(|_| node.origin == Origin::Revised);
            match chains.iter_mut().find(|chain| parent.is_some() && chain.last().copied() == parent) {
                Some(chain) => chain.push(id),
                None => chains.push(vec![id]),
            }
        }
        let voters: BTreeSet<NodeId> = self.voting.voters(tree).into_iter().collect();
        for chain in &mut chains {
            chain.retain(|id| voters.contains(id));
        }
        select_chains(tree, &chains, self.voting.selection)
    }

    fn generations(&self) -> Option<u32> {
        Some(self.planned)
    }
}
