//! From nothing to every model that the method needs, on one small machine.
//!
//! [`build`] follows a [`Plan`]: it invents a vocabulary, trains a proposer and a larger one on the lab's questions,
//! draws samples and Monte-Carlo returns from the proposer, and trains a PRM, an ORM, a reviser and an ORM of
//! revisions on them; on request also proposers and a reviser that learn from what turned out well. Every stage leaves
//! its result in the folder; a kill at any moment loses little, and the same call goes on. A [`Workshop`] makes single
//! models, out of ones that are there: what an experiment needs.

mod build;
mod bundle;
mod card;
mod error;
mod folder;
mod imitate;
pub mod measure;
mod oracle;
mod plan;
mod serve;
mod watch;
mod words;
mod workshop;

pub use build::{Built, build};
pub use bundle::bundle;
pub use card::Card;
pub use error::BuildError;
pub use oracle::OracleVerifier;
pub use plan::{Learning, Plan, PlanError, Scale, Size};
pub use serve::{ServeError, domain, revising, serve, verifier};
pub use words::{Words, asked};
pub use workshop::{Start, Task, Workshop};

use std::ops::ControlFlow;

/// Watches a build.
pub trait Observer {
    /// A stage begins.
    fn stage(&mut self, _name: &str) {}
    /// How far the stage is, in its own unit; breaking stops the build where the same call goes on.
    fn at(&mut self, _done: u64, _all: u64, _note: &str) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

/// Nobody watches.
impl Observer for () {}
