//! Monte-Carlo tree search over steps, with the verifier's score in place of rollouts.

use super::Branching;
use super::asked::Asked;
use super::levels::{ROUNDS, resolve_width};
use super::options::{Needs, Options, Plan, Positive, options};
use super::voting::Voting;
use crate::{Choice, Decision, Expand, NodeId, Origin, Status, StopReason, Strategy, Tree};
use std::collections::BTreeMap;
use std::num::NonZeroU32;

options! {
    "mcts"
    /// Monte-Carlo tree search with PUCT over steps; the verifier's score of a prefix is its value.
    ///
    /// A simulation walks from the question to the most promising leaf, draws `branching` next steps there, scores
    /// them and passes the scores up the path. At most N steps are drawn at any depth, so it costs N generations; a
    /// prefix whose continuations are all used up is branched anew while its depth has room. All finished solutions
    /// take part in the choice.
    pub struct Mcts {
        /// Steps drawn at each depth, at most (N).
        generations: Option<NonZeroU32> = None,
        /// Next steps drawn by a simulation: a whole number, or `sqrt` for the square root of N.
        branching: Branching = Branching::FOUR,
        /// Simulations, at most; by default as many as N allows.
        simulations: Option<NonZeroU32> = None,
        /// Weight of the bonus for prefixes seldom visited (the c of PUCT), in units of score.
        exploration: Positive = Positive::ONE,
        /// Simulations performed together, each seeing the others as visits without value.
        parallel: NonZeroU32 = NonZeroU32::new(4).expect("4 is not 0"),
        /// Steps of a solution, at most.
        rounds: NonZeroU32 = ROUNDS,
    }
}

impl Plan for Mcts {
    fn cost(&self) -> Option<u32> {
        self.generations.map(NonZeroU32::get)
    }

    fn resolve(&mut self, budget: NonZeroU32) -> Result<(), u32> {
        resolve_width(&mut self.generations, 0, budget)
    }

    fn needs(&self) -> Needs {
        Needs { steps: true, verifier: true, reviser: false }
    }

    fn build(&self) -> Option<Box<dyn Strategy>> {
        let width = self.generations?.get();
        Some(Box::new(Search {
            width,
            branching: self.branching.of(width),
            simulations: self.simulations.map_or(u32::MAX, NonZeroU32::get),
            exploration: self.exploration.get(),
            parallel: self.parallel.get(),
            rounds: self.rounds.get(),
            voting: self.voting(),
            stats: BTreeMap::from([(NodeId::ROOT, Stat::default())]),
            drawn: BTreeMap::new(),
            mark: 0,
            grown: Vec::new(),
            asked: Asked::default(),
        }))
    }
}

/// What the search knows of a node.
#[derive(Debug, Clone, Default)]
struct Stat {
    children: Vec<NodeId>,
    visits: u32,
    /// Sum of the values passed up through it, its own included.
    value: f64,
    /// Simulations of this batch that went through it.
    passing: u32,
    /// It is being branched in this batch, or can never be.
    shut: bool,
}

struct Search {
    width: u32,
    branching: u32,
    simulations: u32,
    exploration: f64,
    parallel: u32,
    rounds: u32,
    voting: Voting,
    stats: BTreeMap<NodeId, Stat>,
    /// Steps asked for so far, by the number of steps that they start from.
    drawn: BTreeMap<u32, u32>,
    /// Nodes at or past this index are not in `stats` yet.
    mark: usize,
    /// Nodes whose scores have not been passed up yet.
    grown: Vec<NodeId>,
    asked: Asked,
}

impl Search {
    /// Takes in what was drawn.
    fn collect(&mut self, tree: &Tree) {
        for (id, node) in tree.iter().skip(self.mark) {
            let Some(parent) = node.parent.filter(|_| node.origin == Origin::Extended) else { continue };
            let Some(stat) = self.stats.get_mut(&parent) else { continue };
            stat.children.push(id);
            self.stats.insert(id, Stat::default());
            self.grown.push(id);
        }
        self.mark = tree.len();
    }

    /// Passes the scores of what was drawn up to the question, and forgets the batch.
    fn pass_up(&mut self, tree: &Tree) {
        for stat in self.stats.values_mut() {
            (stat.passing, stat.shut) = (0, false);
        }
        for id in std::mem::take(&mut self.grown) {
            let Some(score) = tree.score(id, self.voting.aggregation()) else { continue };
            for ancestor in tree.ancestry(id) {
                if let Some(stat) = self.stats.get_mut(&ancestor) {
                    stat.visits += 1;
                    stat.value += score;
                }
            }
        }
        let deepest = tree.node(NodeId::ROOT).steps.saturating_add(self.rounds);
        for (&id, stat) in &mut self.stats {
            let node = tree.node(id);
            // One that nobody could score is left alone.
            let scored = id == NodeId::ROOT || stat.visits > 0;
            stat.shut = node.status != Status::Open || !scored || node.steps >= deepest;
        }
    }

    /// Steps that may still be drawn from prefixes of this length.
    fn room(&self, steps: u32) -> u32 {
        self.width.saturating_sub(self.drawn.get(&steps).copied().unwrap_or(0))
    }

    /// Nodes with something left to branch at or below them, with whether that is below.
    fn alive(&self, tree: &Tree) -> BTreeMap<NodeId, bool> {
        let mut alive = BTreeMap::new();
        for (&id, stat) in self.stats.iter().rev() {
            let below = stat.children.iter().any(|child| alive.contains_key(child));
            // A leaf of this batch is being branched: what comes of it is not known yet.
            if below || (!stat.shut && self.room(tree.node(id).steps) > 0) {
                alive.insert(id, below);
            }
        }
        alive
    }

    /// Walks to the most promising leaf and books a simulation there.
    fn simulate(&mut self, tree: &Tree) -> Option<Expand> {
        let alive = self.alive(tree);
        let mut id = NodeId::ROOT;
        while *alive.get(&id)? {
            let parent = &self.stats[&id];
            let prior = 1.0 / parent.children.len() as f64;
            let reach = self.exploration * prior * f64::from(parent.visits + parent.passing).sqrt();
            let promise = |child: &NodeId| {
                let stat = &self.stats[child];
                let visits = f64::from((stat.visits + stat.passing).max(1));
                stat.value / visits + reach / (1.0 + visits)
            };
            let mut best: Option<(NodeId, f64)> = None;
            for child in parent.children.iter().filter(|child| alive.contains_key(child)) {
                if best.is_none_or(|(_, most)| promise(child) > most) {
                    best = Some((*child, promise(child)));
                }
            }
            id = best?.0;
        }
        let steps = tree.node(id).steps;
        let draws = self.branching.min(self.room(steps));
        *self.drawn.entry(steps).or_default() += draws;
        for ancestor in tree.ancestry(id) {
            if let Some(stat) = self.stats.get_mut(&ancestor) {
                stat.passing += 1;
            }
        }
        self.stats.entry(id).or_default().shut = true;
        self.simulations -= 1;
        Some(Expand::step(id, draws))
    }
}

impl Strategy for Search {
    fn decide(&mut self, tree: &Tree) -> Decision {
        self.collect(tree);
        let whole = self.grown.iter().copied().filter(|&id| tree.node(id).status != Status::Truncated);
        if let Some(decision) = self.asked.verify(tree, whole.collect::<Vec<_>>()) {
            return decision;
        }
        self.pass_up(tree);
        let mut acts = Vec::new();
        while acts.len() < self.parallel as usize && self.simulations > 0 {
            let Some(act) = self.simulate(tree) else { break };
            acts.push(act);
        }
        if acts.is_empty() { Decision::Stop(StopReason::Finished) } else { Decision::Expand(acts) }
    }

    fn choose(&self, tree: &Tree) -> Choice {
        self.voting.choose(tree)
    }

    fn generations(&self) -> Option<u32> {
        Some(self.width)
    }
}
