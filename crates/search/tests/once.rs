//! States that can be continued one time only.

use deliberate_search::{
    Answer, Answers, Budget, Choice, Continuation, Decision, Drawn, Expand, Expansion, NodeId, Proposal,
    Proposer, Roles, SearchError, Selection, Settings, Silent, State, Status, StopReason, Strategy,
    StrategySpec, Tree, Usage, search, select,
};
use futures::executor::block_on;
use std::sync::Mutex;

/// How many steps a process has taken, of four.
#[derive(Clone)]
struct Elapsed(u32);

impl State for Elapsed {
    fn steps(&self) -> u32 {
        self.0
    }
    fn units(&self) -> u64 {
        u64::from(self.0)
    }
}

/// A process that moves on when it is asked to, and remembers from where it was.
#[derive(Default)]
struct Process(Mutex<Vec<u32>>);

impl Proposer<Elapsed> for Process {
    fn propose<'a>(&'a self, batch: &'a [Expansion<'a, Elapsed>]) -> Answer<'a, Drawn<Elapsed>> {
        let mut moved = self.0.lock().unwrap();
        let drawn = batch.iter().map(|expansion| {
            let draw = |_: &u64| {
                moved.push(expansion.state.0);
                let state = Elapsed(expansion.state.0 + 1);
                let status = if state.0 == 4 { Status::Complete } else { Status::Open };
                Ok(Proposal { state, status, drawn: 1 })
            };
            expansion.seeds.iter().map(draw).collect()
        });
        let drawn = Drawn { drawn: drawn.collect(), usage: Usage::default() };
        Box::pin(std::future::ready(Ok(drawn)))
    }

    fn continuation(&self) -> Continuation {
        Continuation::Once
    }
}

impl Answers<Elapsed> for Process {
    fn given(&self, _: &Elapsed) -> bool {
        true
    }
    fn same(&self, _: &Elapsed, _: &Elapsed) -> bool {
        true
    }
}

/// Goes on from the newest state until it is complete.
struct Onward {
    /// From where, if not from the newest.
    again: Option<NodeId>,
}

impl Strategy for Onward {
    fn decide(&mut self, tree: &Tree) -> Decision {
        let (newest, node) = tree.iter().last().expect("a tree has a root");
        match node.status {
            Status::Open if node.steps == 2 => {
                Decision::Expand(vec![Expand::step(self.again.unwrap_or(newest), 1)])
            }
            Status::Open => Decision::Expand(vec![Expand::step(newest, 1)]),
            _ => Decision::Stop(StopReason::Finished),
        }
    }

    fn choose(&self, tree: &Tree) -> Choice {
        select(tree, &tree.answers().collect::<Vec<_>>(), Selection::default())
    }
}

fn run(process: &Process, strategy: &mut dyn Strategy) -> Result<u32, SearchError> {
    let roles = Roles { proposer: process, verifier: None, reviser: None, answers: process };
    let settings = Settings::new(Budget::default(), 1);
    let outcome = block_on(search(Elapsed(0), strategy, &roles, settings, &mut Silent))?;
    Ok(outcome.answer().expect("it ends").0)
}

#[test]
fn a_process_that_cannot_be_copied_moves_on_once_from_every_state() {
    let process = Process::default();
    assert_eq!(run(&process, &mut Onward { again: None }).unwrap(), 4);
    assert_eq!(*process.0.lock().unwrap(), [0, 1, 2, 3]);
}

#[test]
fn a_state_that_is_gone_is_not_continued_again() {
    let process = Process::default();
    let refused = run(&process, &mut Onward { again: Some(NodeId(1)) });
    assert!(matches!(refused, Err(SearchError::ContinuedTwice { node: NodeId(1) })), "{refused:?}");
    assert_eq!(*process.0.lock().unwrap(), [0, 1], "it was refused before anything moved");
}

#[test]
fn several_draws_from_one_state_are_refused_before_the_first() {
    let process = Process::default();
    for strategy in ["best-of-n", "beam:branching=2", "mcts"] {
        let mut strategy =
            strategy.parse::<StrategySpec>().unwrap().with_generations(4).unwrap().build().unwrap();
        let refused = run(&process, &mut *strategy);
        assert!(matches!(refused, Err(SearchError::ContinuedTwice { node: NodeId::ROOT })), "{refused:?}");
    }
    assert!(process.0.lock().unwrap().is_empty());
}
