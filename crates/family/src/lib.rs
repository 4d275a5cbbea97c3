//! From nothing, or from a model and questions with answers, to every model that the method needs.
//!
//! [`build`] follows a [`Plan`]. What a family grows from is either the lab (a vocabulary is learnt, a proposer and a larger
//! one are trained on questions without end) or a base ([`Base`]: a model that is there, and a file of questions with
//! answers, which are sorted once into those that the proposer learns from, those that samples are drawn for, and those that
//! nothing learns from). From there on it is one [`Method`]: samples and Monte-Carlo returns of the proposer, and a PRM, an
//! ORM, a reviser and an ORM of revisions trained on them; also proposers and a reviser that learn from what turned out well.
//! Every stage leaves its result in the folder; a kill at any moment loses little, and the same call goes on. A [`Workshop`]
//! makes single models, out of ones that are there: what an experiment needs.

mod build;
mod bundle;
mod card;
mod error;
mod folder;
mod gathered;
mod ground;
mod imitate;
pub mod measure;
mod oracle;
mod plan;
mod proposers;
mod serve;
mod settings;
mod watch;
mod workshop;

pub use build::{Built, build};
pub use bundle::{bundle, unbundle};
pub use card::Card;
pub use error::BuildError;
pub use gathered::Gathered;
pub use ground::{QuestionsError, Words, asked};
pub use oracle::OracleVerifier;
pub use plan::{Base, Beginning, Lab, Learning, Lora, Method, Plan, PlanError, Scale, Size, Written};
pub use serve::{ServeError, asking, domain, revising, serve, verifier};
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
