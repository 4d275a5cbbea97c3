//! Test-time search over any kind of state: propose, verify, decide.
//!
//! A [`Proposer`] extends states, a [`Verifier`] scores them, a [`Reviser`] rewrites finished ones. A [`Strategy`]
//! looks at the [`Tree`] and *decides*; the [`executor`](search) *performs*: it calls the roles, meters, enforces the
//! [`Budget`], tells an [`Observer`], can be cancelled, and resumes from its [`Record`]s.
//!
//! Strategies come ready made, see [`strategies`] and [`StrategySpec`]. Your own is a type that looks at the tree.
//! This one searches no text at all: it takes steps of random length, and goes on from the longest walk so far.
//!
//! ~~~
//! use deliberate_search::*;
//!
//! /// Where a walk stands, and how many steps it took.
//! #[derive(Clone)]
//! struct Walk(u32, u32);
//!
//! impl State for Walk {
//!     fn steps(&self) -> u32 {
//!         self.1
//!     }
//!     fn units(&self) -> u64 {
//!         u64::from(self.1)
//!     }
//! }
//!
//! /// All three roles that this search needs.
//! struct Terrain;
//!
//! impl Proposer<Walk> for Terrain {
//!     fn propose<'a>(&'a self, batch: &'a [Expansion<'a, Walk>]) -> Answer<'a, Drawn<Walk>> {
//!         let step = |from: &Walk, seed: u64| {
//!             let state = Walk(from.0 + (seed % 7) as u32, from.1 + 1);
//!             let status = if state.0 >= 20 { Status::Complete } else { Status::Open };
//!             Ok(Proposal { state, status, drawn: 1 })
//!         };
//!         let drawn = batch.iter().map(|e| e.seeds.iter().map(|&seed| step(e.state, seed)).collect());
//!         let drawn = Drawn { drawn: drawn.collect(), usage: Usage::default() };
//!         Box::pin(std::future::ready(Ok(drawn)))
//!     }
//! }
//!
//! impl Verifier<Walk> for Terrain {
//!     fn verify<'a>(&'a self, batch: &'a [Verification<'a, Walk>]) -> Answer<'a, Assessed> {
//!         let scores = batch.iter().map(|v| Ok(vec![f64::from(v.state.0.min(30)) / 30.0]));
//!         let assessed = Assessed { scores: scores.collect(), usage: Usage::default() };
//!         Box::pin(std::future::ready(Ok(assessed)))
//!     }
//!     fn granularity(&self) -> Granularity {
//!         Granularity::Whole
//!     }
//! }
//!
//! impl Answers<Walk> for Terrain {
//!     fn given(&self, _: &Walk) -> bool {
//!         true
//!     }
//!     fn same(&self, one: &Walk, other: &Walk) -> bool {
//!         one.0 == other.0
//!     }
//! }
//!
//! /// Draws three steps from the best open node, until something is complete.
//! struct Greedy;
//!
//! impl Strategy for Greedy {
//!     fn decide(&mut self, tree: &Tree) -> Decision {
//!         let unscored: Vec<NodeId> =
//!             tree.iter().skip(1).filter(|(_, n)| n.scores.is_none()).map(|(id, _)| id).collect();
//!         if !unscored.is_empty() {
//!             return Decision::Verify(unscored);
//!         }
//!         if tree.answers().next().is_some() {
//!             return Decision::Stop(StopReason::Finished);
//!         }
//!         let score = |id| tree.score(id, Aggregation::Last).unwrap_or(0.0);
//!         let open = tree.iter().map(|(id, _)| id);
//!         let best = open.max_by(|&a, &b| score(a).total_cmp(&score(b))).unwrap_or(NodeId::ROOT);
//!         Decision::Expand(vec![Expand::step(best, 3)])
//!     }
//!
//!     fn choose(&self, tree: &Tree) -> Choice {
//!         select(tree, &tree.answers().collect::<Vec<_>>(), Selection::default())
//!     }
//! }
//!
//! let roles = Roles { proposer: &Terrain, verifier: Some(&Terrain), reviser: None, answers: &Terrain };
//! let settings = || Settings::new(Budget { units: Some(200), ..Budget::default() }, 7);
//! let outcome =
//!     futures::executor::block_on(search(Walk(0, 0), &mut Greedy, &roles, settings(), &mut Silent))?;
//! assert!(outcome.answer().is_some_and(|walk| walk.0 >= 20));
//!
//! // The same world under a ready-made strategy.
//! let mut beam = "beam:branching=2".parse::<StrategySpec>()?.with_generations(4)?.build()?;
//! let outcome = futures::executor::block_on(search(Walk(0, 0), &mut *beam, &roles, settings(), &mut Silent))?;
//! assert_eq!(outcome.ledger.generations, 4);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ~~~
//!
//! This crate has never heard of tokens, prompts, tensors, threads or files.

mod aggregate;
mod budget;
mod executor;
mod journal;
mod meter;
mod observe;
mod roles;
mod seed;
mod select;
pub mod simulated;
mod state;
pub mod strategies;
mod strategy;
mod tree;

pub use aggregate::Aggregation;
pub use budget::{Budget, Charge, Ledger, Usage};
pub use executor::{Cancellation, Ended, Outcome, Roles, SearchError, Settings, search};
pub use journal::{Record, Reply};
pub use observe::{Observer, ObserverError, Silent};
pub use roles::{
    Answer, Answers, Assessed, Attempt, Continuation, Drawn, Expansion, Failure, Granularity, Proposal,
    Proposer, Reviser, Verification, Verifier,
};
pub use seed::{mix, question_seed};
pub use select::{Choice, Copies, Rule, Selection, Vote, select, select_chains};
pub use state::State;
pub use strategies::{SpecError, StrategySpec};
pub use strategy::{Decision, Draw, Expand, Purpose, Reach, Revise, StopReason, Strategy};
pub use tree::{ClassId, Node, NodeId, Origin, Status, Tree};
