//! A role that fails is never taken for one that was not asked.

mod support;

use deliberate_search::simulated::{SimulatedProposer, SimulatedVerifier, Sketch, World};
use deliberate_search::{
    Answer, Assessed, Budget, Choice, Decision, Drawn, Ended, Expansion, Failure, NodeId, Outcome, Proposer,
    Roles, SearchError, Settings, Silent, StopReason, Strategy, Tree, Verification, Verifier, Vote, search,
};
use futures::executor::block_on;
use support::{Simulation, spec};

fn simulation() -> Simulation {
    Simulation::new(World { length: 3, ..World::default() })
}

fn run(roles: &Roles<'_, Sketch>, strategy: &str, budget: Budget) -> Outcome<Sketch> {
    let mut strategy = spec(strategy, 8).build().unwrap();
    let root = simulation().proposer.0.root();
    block_on(search(root, &mut *strategy, roles, Settings::new(budget, 3), &mut Silent)).unwrap()
}

/// What a verifier says instead of a score.
type Instead = fn(&Sketch) -> Option<Result<Vec<f64>, Failure>>;

/// A verifier that now and then says something else.
struct Broken(SimulatedVerifier, Instead);

impl Verifier<Sketch> for Broken {
    fn verify<'a>(&'a self, batch: &'a [Verification<'a, Sketch>]) -> Answer<'a, Assessed> {
        Box::pin(async move {
            let mut assessed = self.0.verify(batch).await?;
            for (one, scores) in batch.iter().zip(&mut assessed.scores) {
                if let Some(instead) = (self.1)(one.state) {
                    *scores = instead;
                }
            }
            Ok(assessed)
        })
    }
}

fn broken(instead: Instead) -> Broken {
    Broken(SimulatedVerifier::steps(0.2), instead)
}

const SCORING: [&str; 10] = [
    "best-of-n",
    "best-of-n:rule=best",
    "beam",
    "dvts",
    "rebase",
    "particle",
    "mcts",
    "revisions",
    "synthesis",
    "ab-mcts",
];

#[test]
fn a_verifier_that_always_fails_ends_the_search_with_its_reason_and_no_answer() {
    let cases: [(Instead, &str); 3] = [
        (|_| Some(Err(Failure { reason: "out of memory".to_owned() })), "out of memory"),
        (|state| Some(Ok(vec![f64::NAN; state.steps.len()])), "score NaN is not in 0..=1"),
        (|_| Some(Ok(Vec::new())), "scores were expected"),
    ];
    for strategy in SCORING {
        for (instead, reason) in cases {
            let (simulation, verifier) = (simulation(), broken(instead));
            let roles = Roles { verifier: Some(&verifier), ..simulation.roles() };
            let outcome = run(&roles, strategy, Budget::default());
            let said = outcome.ended.failure().unwrap_or_default();
            let expected =
                if reason.starts_with("scores") { said.contains("expected") } else { said.contains(reason) };
            assert!(said.starts_with("the verifier failed: ") && expected, "{strategy}: {said}");
            assert!(outcome.choice == Choice::default(), "{strategy}: nobody voted");
        }
    }
}

#[test]
fn a_verifier_that_fails_on_every_finished_solution_ends_the_search_so_too() {
    let verifier = broken(|state| state.answer.map(|_| Err(Failure { reason: "too long".to_owned() })));
    let simulation = simulation();
    let roles = Roles { verifier: Some(&verifier), ..simulation.roles() };
    for strategy in SCORING {
        let outcome = run(&roles, strategy, Budget::default());
        assert_eq!(outcome.ended.failure().as_deref(), Some("the verifier failed: too long"), "{strategy}");
        assert_eq!(outcome.choice.node, None);
    }
}

#[test]
fn what_could_not_be_verified_does_not_vote_beside_what_could() {
    let verifier = broken(|state| {
        let wrong = state.answer.is_some_and(|answer| answer > 0);
        wrong.then(|| Err(Failure { reason: "timeout".to_owned() }))
    });
    let simulation = simulation();
    let roles = Roles { verifier: Some(&verifier), ..simulation.roles() };
    let outcome = run(&roles, "best-of-n", Budget::default());
    assert_eq!(outcome.ended, Ended::Stopped(StopReason::Finished));
    assert!(outcome.choice.votes.len() == 1 && outcome.answer().is_some_and(Sketch::right));
    let failed = outcome.tree.answers().filter(|&id| outcome.tree.node(id).failure.is_some()).count();
    assert!(failed > 0 && failed as u32 == outcome.ledger.failures);
}

#[test]
fn a_proposer_whose_every_draw_failed_says_why() {
    struct Mute;
    impl Proposer<Sketch> for Mute {
        fn propose<'a>(&'a self, batch: &'a [Expansion<'a, Sketch>]) -> Answer<'a, Drawn<Sketch>> {
            let failure = || Err(Failure { reason: "model `x` has no usable chat template".to_owned() });
            let rows = batch.iter().map(|one| one.seeds.iter().map(|_| failure()).collect());
            let drawn = Drawn { drawn: rows.collect(), usage: deliberate_search::Usage::default() };
            Box::pin(std::future::ready(Ok(drawn)))
        }
    }
    let simulation = simulation();
    let roles = Roles { proposer: &Mute, ..simulation.roles() };
    for strategy in ["majority", "beam", "mcts", "revisions", "early-stop(majority)"] {
        for budget in [Budget::default(), Budget::generations(3)] {
            let outcome = run(&roles, strategy, budget);
            let said = outcome.ended.failure().unwrap_or_default();
            assert_eq!(said, "the proposer failed: model `x` has no usable chat template", "{strategy}");
        }
    }
}

#[test]
fn one_good_draw_is_a_result() {
    struct Rarely(SimulatedProposer);
    impl Proposer<Sketch> for Rarely {
        fn propose<'a>(&'a self, batch: &'a [Expansion<'a, Sketch>]) -> Answer<'a, Drawn<Sketch>> {
            Box::pin(async move {
                let mut drawn = self.0.propose(batch).await?;
                for draw in drawn.drawn.iter_mut().flatten().skip(1) {
                    *draw = Err(Failure { reason: "reset".to_owned() });
                }
                Ok(drawn)
            })
        }
    }
    let simulation = simulation();
    let rarely = Rarely(simulation.proposer.clone());
    let roles = Roles { proposer: &rarely, ..simulation.roles() };
    let outcome = run(&roles, "majority", Budget::default());
    assert_eq!((outcome.ended.failure(), outcome.ledger.failures), (None, 7));
    assert!(outcome.answer().is_some());
}

#[test]
fn a_strategy_that_chooses_what_is_no_answer_is_refused() {
    struct Chooses(Choice);
    impl Strategy for Chooses {
        fn decide(&mut self, _: &Tree) -> Decision {
            Decision::Stop(StopReason::Finished)
        }
        fn choose(&self, _: &Tree) -> Choice {
            self.0.clone()
        }
    }
    let vote = Vote { class: None, node: NodeId(7), count: 1, weight: 1.0 };
    let simulation = simulation();
    for choice in [
        Choice { node: Some(NodeId(99)), votes: Vec::new() },
        Choice { node: Some(NodeId::ROOT), votes: Vec::new() },
        Choice { node: None, votes: vec![vote] },
    ] {
        let settings = Settings::new(Budget::default(), 0);
        let root = simulation.proposer.0.root();
        let refused =
            block_on(search(root, &mut Chooses(choice), &simulation.roles(), settings, &mut Silent));
        assert!(matches!(refused, Err(SearchError::BadDecision { reason }) if reason.contains("no answer")));
    }
}
