//! Checkpoints, cancellation, observers and impossible demands.

mod support;

use deliberate_search::simulated::{SimulatedProposer, Sketch, World};
use deliberate_search::{
    Answer, Budget, Decision, Drawn, Ended, Expansion, Observer, ObserverError, Outcome, Proposer, Record,
    Roles, SearchError, Settings, Silent, search,
};
use futures::FutureExt;
use futures::executor::block_on;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use support::{Simulation, spec};

const STRATEGIES: [&str; 11] = [
    "majority",
    "beam:lookahead=1",
    "dvts",
    "rebase",
    "particle",
    "mcts",
    "revisions",
    "synthesis",
    "ab-mcts",
    "beam + revisions",
    "early-stop:chunk=2(best-of-n)",
];

#[derive(Default)]
struct Journal(Vec<Record<Sketch>>);

impl Observer<Sketch> for Journal {
    fn performed(&mut self, record: &Record<Sketch>) -> Result<(), ObserverError> {
        self.0.push(record.clone());
        Ok(())
    }
}

fn simulation() -> Simulation {
    Simulation::new(World { length: 4, repetition: 0.2, ..World::default() })
}

fn attempt(
    strategy: &str,
    settings: Settings<Sketch>,
    observer: &mut dyn Observer<Sketch>,
) -> Result<Outcome<Sketch>, SearchError> {
    let simulation = simulation();
    let mut strategy = spec(strategy, 8).build().unwrap();
    let root = simulation.proposer.0.root();
    block_on(search(root, &mut *strategy, &simulation.roles(), settings, observer))
}

#[test]
fn a_search_resumes_from_any_prefix_of_its_records_with_only_the_missing_calls() {
    for strategy in STRATEGIES {
        let mut whole = Journal::default();
        let expected = attempt(strategy, one_by_one(), &mut whole).unwrap();
        for cut in 0..=whole.0.len() {
            let checkpoint = whole.0[..cut].to_vec();
            // Through data, as a journal on disk would.
            let data = serde_json::to_string(&checkpoint).unwrap();
            let checkpoint = serde_json::from_str(&data).unwrap();
            let mut missing = Journal::default();
            let outcome = attempt(strategy, Settings { checkpoint, ..one_by_one() }, &mut missing).unwrap();
            assert!(outcome.tree == expected.tree, "{strategy} cut at {cut}");
            assert_eq!((&outcome.choice, &outcome.ended), (&expected.choice, &expected.ended));
            assert_eq!(missing.0.len(), whole.0.len() - cut);
            let bill = |mut ledger: deliberate_search::Ledger| {
                ledger.seconds = 0.0;
                ledger
            };
            assert_eq!(bill(outcome.ledger), bill(expected.ledger));
        }
    }
}

/// Every whole solution in a call of its own.
fn one_by_one() -> Settings<Sketch> {
    Settings { part: NonZeroU32::new(1), ..Settings::new(Budget::default(), 3) }
}

#[test]
fn the_tree_does_not_depend_on_how_calls_are_parted() {
    let budgets = [
        Budget::default(),
        Budget { units: Some(150), ..Budget::default() },
        Budget { flops: Some(40_000.0), ..Budget::default() },
    ];
    for (strategy, budget) in STRATEGIES.into_iter().flat_map(|s| budgets.map(|budget| (s, budget))) {
        let whole = attempt(strategy, Settings::new(budget, 3), &mut Silent).unwrap();
        for part in 1..=5 {
            let settings = Settings { part: NonZeroU32::new(part), ..Settings::new(budget, 3) };
            let parted = attempt(strategy, settings, &mut Silent).unwrap();
            assert!(parted.tree == whole.tree, "{strategy} in parts of {part} within {budget:?}");
            assert_eq!((parted.choice, parted.ended), (whole.choice.clone(), whole.ended.clone()));
        }
    }
}

/// A proposer that answers only the draws whose seed is even; the others wait for ever.
struct Half(SimulatedProposer);

impl Proposer<Sketch> for Half {
    fn propose<'a>(&'a self, batch: &'a [Expansion<'a, Sketch>]) -> Answer<'a, Drawn<Sketch>> {
        if batch[0].seeds[0].is_multiple_of(2) {
            self.0.propose(batch)
        } else {
            futures::future::pending().boxed()
        }
    }
}

#[test]
fn what_has_arrived_outlives_a_cancellation_and_resumes_out_of_order() {
    let simulation = simulation();
    let proposer = Half(SimulatedProposer(simulation.proposer.0.clone()));
    let roles = Roles { proposer: &proposer, ..simulation.roles() };
    let late = Some(Yields(20).boxed().shared());
    let mut strategy = spec("majority", 8).build().unwrap();
    let mut records = Journal::default();
    let settings = Settings { cancel: late, ..one_by_one() };
    let root = simulation.proposer.0.root();
    let cut = block_on(search(root, &mut *strategy, &roles, settings, &mut records)).unwrap();
    assert_eq!(cut.ended, Ended::Cancelled);
    let arrived = records.0.len();
    assert!((1..8).contains(&arrived), "the seeds of 8 draws are not all alike: {arrived}");
    assert_eq!(cut.tree.answers().count(), arrived);
    assert!(cut.choice.node.is_some());
    assert_eq!(cut.ledger.failures, 0);

    let expected = attempt("majority", one_by_one(), &mut Silent).unwrap();
    let resumed =
        attempt("majority", Settings { checkpoint: records.0, ..one_by_one() }, &mut Silent).unwrap();
    assert!(resumed.tree == expected.tree);
    for (id, node) in cut.tree.iter().skip(1) {
        assert!(expected.tree.iter().any(|(_, same)| same.seed == node.seed), "{id:?} kept its seed");
    }
}

/// Ready after this many polls.
struct Yields(u32);

impl std::future::Future for Yields {
    type Output = ();
    fn poll(mut self: std::pin::Pin<&mut Self>, context: &mut std::task::Context<'_>) -> std::task::Poll<()> {
        if self.0 == 0 {
            return std::task::Poll::Ready(());
        }
        self.0 -= 1;
        context.waker().wake_by_ref();
        std::task::Poll::Pending
    }
}

#[test]
fn a_foreign_checkpoint_is_refused() {
    let mut records = Journal::default();
    attempt("beam", Settings::new(Budget::default(), 3), &mut records).unwrap();
    let settings = || Settings { checkpoint: records.0.clone(), ..Settings::new(Budget::default(), 3) };
    for other in ["majority", "rebase:rounds=1", "mcts", "revisions:chains=2", "beam:branching=2"] {
        let error = attempt(other, settings(), &mut Silent).unwrap_err();
        assert!(matches!(error, SearchError::ForeignCheckpoint { .. }), "{other}: {error}");
    }
    let smaller = Settings { budget: Budget::generations(4), ..settings() };
    assert!(matches!(
        attempt("beam", smaller, &mut Silent).unwrap_err(),
        SearchError::ForeignCheckpoint { index: 0 }
    ));
}

#[test]
fn a_cancelled_search_returns_the_best_so_far() {
    for strategy in STRATEGIES {
        for after in 0..20 {
            let simulation = simulation();
            let (sender, receiver) = futures::channel::oneshot::channel::<()>();
            let mut remaining = after;
            let mut sender = Some(sender);
            let mut canceller = Canceller(|| {
                if remaining == 0
                    && let Some(sender) = sender.take()
                {
                    let _ = sender.send(());
                }
                remaining -= 1;
            });
            let cancel = Some(receiver.map(|_| ()).boxed().shared());
            let settings = Settings { cancel, ..Settings::new(Budget::default(), 3) };
            let mut built = spec(strategy, 8).build().unwrap();
            let root = simulation.proposer.0.root();
            let outcome =
                block_on(search(root, &mut *built, &simulation.roles(), settings, &mut canceller)).unwrap();
            if after == 0 {
                assert_eq!(outcome.ended, Ended::Cancelled, "{strategy}");
            }
            assert_eq!(outcome.answer().is_some(), outcome.tree.answers().count() > 0, "{strategy}");
        }
    }
}

/// Calls a function at every decision.
struct Canceller<F>(F);

impl<F: FnMut() + Send> Observer<Sketch> for Canceller<F> {
    fn decided(&mut self, _: &Decision, _: &deliberate_search::Tree) {
        (self.0)();
    }
}

#[test]
fn an_observer_that_fails_ends_the_search() {
    struct Full;
    impl Observer<Sketch> for Full {
        fn performed(&mut self, _: &Record<Sketch>) -> Result<(), ObserverError> {
            Err(ObserverError("no space left on device".into()))
        }
    }
    for strategy in STRATEGIES {
        let error = attempt(strategy, Settings::new(Budget::default(), 3), &mut Full).unwrap_err();
        assert!(matches!(error, SearchError::Observer(_)));
    }
}

#[test]
fn roles_that_are_missing_are_asked_for() {
    let simulation = simulation();
    for (strategy, verifier) in [("best-of-n", true), ("beam", true), ("revisions", false)] {
        let roles = Roles { verifier: None, reviser: None, ..simulation.roles() };
        let mut built = spec(strategy, 8).build().unwrap();
        let settings = Settings::new(Budget::default(), 1);
        let error =
            block_on(search(simulation.proposer.0.root(), &mut *built, &roles, settings, &mut Silent));
        match error.unwrap_err() {
            SearchError::NoVerifier => assert!(verifier || strategy == "revisions"),
            SearchError::NoReviser => assert!(!verifier),
            other => panic!("{other}"),
        }
        assert!(spec(strategy, 8).needs().verifier);
    }
    let roles = Roles { verifier: None, reviser: None, ..simulation.roles() };
    let mut majority = spec("majority", 8).build().unwrap();
    let settings = Settings::new(Budget::default(), 1);
    let outcome =
        block_on(search(simulation.proposer.0.root(), &mut *majority, &roles, settings, &mut Silent));
    assert!(outcome.unwrap().answer().is_some());
}

#[test]
fn a_role_that_fails_for_a_whole_batch_ends_the_search_with_the_best_so_far() {
    struct FailsLater(SimulatedProposer, AtomicU32);
    impl Proposer<Sketch> for FailsLater {
        fn propose<'a>(&'a self, batch: &'a [Expansion<'a, Sketch>]) -> Answer<'a, Drawn<Sketch>> {
            if self.1.fetch_add(1, Ordering::Relaxed) >= 2 {
                let failure = deliberate_search::Failure { reason: "connection reset".to_owned() };
                return Box::pin(std::future::ready(Err(failure)));
            }
            self.0.propose(batch)
        }
    }
    let simulation = simulation();
    let fails = FailsLater(simulation.proposer.clone(), AtomicU32::new(0));
    let roles = Roles { proposer: &fails, ..simulation.roles() };
    let mut built =
        spec("majority:generations=4 + majority:generations=4 + beam:generations=4", 12).build().unwrap();
    let settings = Settings::new(Budget::default(), 1);
    let outcome =
        block_on(search(simulation.proposer.0.root(), &mut *built, &roles, settings, &mut Silent)).unwrap();
    assert!(matches!(&outcome.ended, Ended::Failed { role, .. } if role == "proposer"));
    assert!(outcome.answer().is_some());
}
