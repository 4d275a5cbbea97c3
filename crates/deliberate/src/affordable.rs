//! A strategy under a budget of tokens or operations: its size follows from what its first solution costs.
//!
//! What is not named does not bind, so there is no number of generations to size it by. A width that was guessed too
//! large would spend everything on beginnings and end without an answer.

use crate::budget::MOST_GENERATIONS;
use deliberate_search::{
    Budget, Charge, Choice, Decision, Expand, NodeId, StopReason, Strategy, StrategySpec, Tree, select,
};

/// Whether it draws one solution after the other, so that it can go on until its budget ends.
fn draws_in_turn(spec: &StrategySpec) -> bool {
    match spec {
        StrategySpec::BestOfN(_) => true,
        StrategySpec::EarlyStop(wrapper) => draws_in_turn(&wrapper.strategy),
        _ => false,
    }
}

/// Generations that a strategy is sized by; `None` if that has to wait for its first solution.
pub(crate) fn generations(spec: &StrategySpec, budget: &Budget) -> Option<u32> {
    let counted = budget.units.is_none() && budget.flops.is_none();
    if counted || spec.cost().is_some() {
        return Some(budget.generations.unwrap_or(MOST_GENERATIONS));
    }
    // A solution has a token at least.
    let tokens = budget.units.map_or(MOST_GENERATIONS, |tokens| u32::try_from(tokens).unwrap_or(u32::MAX));
    draws_in_turn(spec).then(|| budget.generations.unwrap_or(tokens).min(MOST_GENERATIONS))
}

/// Draws one solution, then runs a strategy of the size that the rest of the budget affords at its price.
pub(crate) struct Affordable {
    spec: StrategySpec,
    budget: Budget,
    next: Phase,
    sized: Option<Box<dyn Strategy>>,
}

enum Phase {
    Draw,
    Verify,
    Size,
}

impl Affordable {
    pub(crate) fn new(spec: StrategySpec, budget: Budget) -> Self {
        Self { spec, budget, next: Phase::Draw, sized: None }
    }

    /// The strategy for what is left; `None` if that is too little for it.
    fn size(&self, tree: &Tree) -> Option<Box<dyn Strategy>> {
        let generations = affords(&self.budget, tree).filter(|&generations| generations > 0)?;
        self.spec.clone().with_generations(generations).ok()?.build().ok()
    }
}

/// Further generations that the budget affords, if each costs what those in the tree did on average; `None` if there
/// are none to learn a price from.
fn affords(budget: &Budget, tree: &Tree) -> Option<u32> {
    let root = tree.node(NodeId::ROOT);
    let drawn = Some(root.children.len() as f64).filter(|drawn| *drawn > 0.0)?;
    let mut spent = Charge::default();
    for (_, node) in tree.iter() {
        spent += node.drawing;
        spent += node.verifying;
    }
    // The question is read once, whatever follows.
    let reading = root.drawing.flops + root.verifying.flops;
    let left = |limit: f64, spent: f64, each: f64| if each > 0.0 { (limit - spent) / each } else { 0.0 };
    let most = [
        budget.generations.map(|limit| f64::from(limit) - drawn),
        budget.units.map(|limit| left(limit as f64, spent.units as f64, spent.units as f64 / drawn)),
        budget.flops.map(|limit| left(limit, spent.flops, (spent.flops - reading) / drawn)),
    ];
    let most = most.into_iter().flatten().fold(f64::from(MOST_GENERATIONS), f64::min);
    Some(most.max(0.0) as u32)
}

impl Strategy for Affordable {
    fn decide(&mut self, tree: &Tree) -> Decision {
        loop {
            if let Some(sized) = &mut self.sized {
                return sized.decide(tree);
            }
            match self.next {
                Phase::Draw => {
                    self.next = if self.spec.needs().verifier { Phase::Verify } else { Phase::Size };
                    return Decision::Expand(vec![Expand::solve(NodeId::ROOT, 1)]);
                }
                Phase::Verify => {
                    self.next = Phase::Size;
                    let first: Vec<NodeId> = tree.answers().collect();
                    if !first.is_empty() {
                        return Decision::Verify(first);
                    }
                }
                Phase::Size => match self.size(tree) {
                    Some(sized) => self.sized = Some(sized),
                    None => return Decision::Stop(StopReason::Finished),
                },
            }
        }
    }

    fn choose(&self, tree: &Tree) -> Choice {
        match &self.sized {
            Some(sized) => sized.choose(tree),
            None => select(tree, &tree.answers().collect::<Vec<_>>(), self.spec.selection()),
        }
    }

    fn generations(&self) -> Option<u32> {
        self.sized.as_ref()?.generations().map(|generations| generations.saturating_add(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget;
    use deliberate_search::simulated::{
        SimulatedProposer, SimulatedReviser, SimulatedVerifier, Sketch, World,
    };
    use deliberate_search::{Outcome, Roles, Settings, Silent, search};
    use futures::executor::block_on;

    /// Searches a simulated world in which a solution takes 40 tokens at most.
    fn run(strategy: &str, budget: &str) -> Outcome<Sketch> {
        let (spec, budget) = (strategy.parse::<StrategySpec>().unwrap(), budget::parse(budget).unwrap());
        let mut strategy: Box<dyn Strategy> = match generations(&spec, &budget) {
            Some(generations) => spec.with_generations(generations).unwrap().build().unwrap(),
            None => Box::new(Affordable::new(spec, budget)),
        };
        let world = World::default();
        let proposer = SimulatedProposer(world.clone());
        let verifier = SimulatedVerifier::steps(0.2);
        let reviser = SimulatedReviser { world: world.clone(), rights: 0.3, spoils: 0.38 };
        let roles = Roles {
            proposer: &proposer,
            verifier: Some(&verifier),
            reviser: Some(&reviser),
            answers: &proposer,
        };
        let how = Settings::new(budget, 3);
        block_on(search(world.root(), &mut *strategy, &roles, how, &mut Silent)).unwrap()
    }

    const OPEN: [&str; 8] =
        ["best-of-n", "majority", "beam", "dvts", "rebase", "mcts", "revisions", "early-stop(beam)"];

    #[test]
    fn a_budget_in_tokens_is_not_a_budget_of_sixteen_generations() {
        for strategy in OPEN {
            let outcome = run(strategy, "4000tokens");
            let spent = outcome.ledger.charged.units;
            assert!(spent <= 4000 && outcome.ledger.generations > 16, "{strategy}: {:?}", outcome.ledger);
        }
        let outcome = run("majority", "4000tokens");
        assert!(
            outcome.ledger.charged.units > 3950,
            "draws go on until the budget ends: {:?}",
            outcome.ledger
        );
    }

    #[test]
    fn a_budget_that_one_solution_fits_in_ends_with_an_answer() {
        for strategy in OPEN.into_iter().chain(["beam + revisions:length=2", "beam:lookahead=2"]) {
            for budget in ["41tokens", "100tokens", "30000flops"] {
                let outcome = run(strategy, budget);
                assert!(outcome.answer().is_some(), "{strategy} {budget}: {:?}", outcome.ended);
            }
        }
    }

    #[test]
    fn what_is_named_beside_it_binds_as_well() {
        let outcome = run("beam", "8,100000tokens");
        assert!(outcome.ledger.generations <= 8, "{:?}", outcome.ledger);
    }
}
