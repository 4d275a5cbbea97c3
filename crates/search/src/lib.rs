//! Test-time search over any kind of state: propose, verify, decide.
//!
//! A [`Proposer`] extends states, a [`Verifier`] scores them, a [`Reviser`] rewrites finished ones. A [`Strategy`]
//! looks at the [`Tree`] and *decides*; the [`executor`](search) *performs*: it calls the roles, meters, enforces the
//! [`Budget`], tells an [`Observer`], can be cancelled, and resumes from its [`Record`]s.
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
    Answer, Answers, Assessed, Attempt, Drawn, Expansion, Failure, Granularity, Proposal, Proposer, Reviser,
    Verification, Verifier,
};
pub use seed::mix;
pub use select::{Choice, Rule, Selection, Vote, select, select_chains};
pub use state::State;
pub use strategies::{SpecError, StrategySpec};
pub use strategy::{Decision, Draw, Expand, Purpose, Reach, Revise, StopReason, Strategy};
pub use tree::{ClassId, Node, NodeId, Origin, Status, Tree};
