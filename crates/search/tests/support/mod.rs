//! Runs strategies in simulated worlds.
#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of it")]

pub mod faulty;

use deliberate_search::simulated::{SimulatedProposer, SimulatedReviser, SimulatedVerifier, Sketch, World};
use deliberate_search::{
    Budget, Granularity, NodeId, Origin, Outcome, Roles, Settings, Silent, StrategySpec, Tree, search,
};
use futures::executor::block_on;
use std::collections::BTreeMap;

/// A world with all three roles.
#[derive(Debug, Clone)]
pub struct Simulation {
    pub proposer: SimulatedProposer,
    pub verifier: SimulatedVerifier,
    pub reviser: SimulatedReviser,
}

impl Simulation {
    pub fn new(world: World) -> Self {
        Self {
            proposer: SimulatedProposer(world.clone()),
            verifier: SimulatedVerifier::steps(0.2),
            reviser: SimulatedReviser { world, rights: 0.3, spoils: 0.38 },
        }
    }

    pub fn noise(mut self, noise: f64) -> Self {
        self.verifier.noise = noise;
        self
    }

    pub fn bias(mut self, bias: f64) -> Self {
        self.verifier.bias = bias;
        self
    }

    pub fn outcome_verifier(mut self) -> Self {
        self.verifier.granularity = Granularity::Whole;
        self
    }

    pub fn roles(&self) -> Roles<'_, Sketch> {
        Roles {
            proposer: &self.proposer,
            verifier: Some(&self.verifier),
            reviser: Some(&self.reviser),
            answers: &self.proposer,
        }
    }

    pub fn run(&self, strategy: &str, generations: u32, seed: u64) -> Outcome<Sketch> {
        self.run_within(strategy, generations, Budget::default(), seed)
    }

    pub fn run_within(&self, strategy: &str, generations: u32, budget: Budget, seed: u64) -> Outcome<Sketch> {
        let settings = Settings::new(budget, seed);
        let root = self.proposer.0.root();
        let mut strategy = spec(strategy, generations).build().unwrap();
        block_on(search(root, &mut *strategy, &self.roles(), settings, &mut Silent)).unwrap()
    }

    /// Fraction of seeds for which the chosen answer is right.
    pub fn accuracy(&self, strategy: &str, generations: u32) -> f64 {
        let trials = 400;
        let right = (0..trials)
            .filter(|&seed| self.run(strategy, generations, seed).answer().is_some_and(Sketch::right));
        right.count() as f64 / trials as f64
    }
}

pub fn spec(strategy: &str, generations: u32) -> StrategySpec {
    strategy.parse::<StrategySpec>().unwrap().with_generations(generations).unwrap()
}

/// Nodes drawn at each depth by the proposer, lookahead apart.
pub fn widths(tree: &Tree) -> String {
    let mut widths: BTreeMap<u32, u32> = BTreeMap::new();
    for (_, node) in tree.iter().filter(|(_, node)| node.origin == Origin::Extended) {
        *widths.entry(node.steps).or_default() += 1;
    }
    let widths: Vec<String> = widths.iter().map(|(depth, width)| format!("{depth}:{width}")).collect();
    widths.join(" ")
}

pub fn children(tree: &Tree, id: NodeId, origin: Origin) -> Vec<NodeId> {
    tree.node(id).children.iter().copied().filter(|&child| tree.node(child).origin == origin).collect()
}
