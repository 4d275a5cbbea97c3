//! Test-time search in diffusion sampling, on the project's search core.
//!
//! A [`Denoiser`] predicts clean samples from noisy ones; a [`Process`] walks down the levels of a [`Schedule`] with a
//! [`Sampler`]. To the search core a process is a proposer of [`Latent`]s, a [`Judge`] is a verifier (the reward of the predicted
//! clean sample, or an exact value), [`Neighbours`] are revisions. [`Strategies`] are the core's own and three more; a [`Search`]
//! runs one. Budgets and bills are function evaluations of the denoiser, with those of the verifier at their price: what the
//! core calls operations.
//!
//! ~~~
//! use deliberate_diffusion::*;
//! use std::sync::Arc;
//!
//! // Samples of a mixture whose first number should be large.
//! let denoiser = Arc::new(GaussianMixture::ring(5, 1.5, 0.3)?);
//! let schedule = "rho:steps=10,max=20,min=0.02".parse::<ScheduleSpec>()?.build()?;
//! let process = Process { denoiser, schedule, sampler: "ddim:eta=1".parse()? };
//! let judge = Arc::new(PredictedClean { reward: Arc::new(Linear { slope: vec![1.0, 0.0] }) });
//!
//! let search = Search { process, judge, strategy: "beam:branching=4".parse()?, budget: 100.0 };
//! let outcome = search.run(7)?;
//! assert!(outcome.answer().is_some_and(|latent| latent.x[0] > 1.0));
//! assert!(outcome.ledger.charged.flops < 100.1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ~~~
//!
//! [`schedule_search`] finds schedules, [`digits`] brings a denoiser and classifiers, [`command`] is everything that a command
//! needs, [`study`] measures all of it. This crate has never heard of language.

pub mod command;
mod denoiser;
pub mod digits;
mod form;
mod latent;
mod mixture;
pub mod network;
mod noise;
mod normal;
mod process;
mod reward;
mod roles;
mod sampler;
mod schedule;
pub mod schedule_search;
mod search;
mod sheet;
pub mod strategies;
pub mod study;
#[cfg(feature = "train")]
pub mod training;

pub use denoiser::{Counted, Denoiser};
pub use form::FormError;
pub use latent::Latent;
pub use mixture::{Component, GaussianMixture, MixtureError};
pub use process::{Process, Walk};
pub use reward::{Linear, Reward};
pub use roles::{ExactValue, Judge, JudgedBy, Neighbours, PredictedClean, log_odds};
pub use sampler::Sampler;
pub use schedule::{Schedule, ScheduleError, ScheduleSpec, Shape};
pub use search::{Search, SearchFailure};
pub use sheet::sheet;
pub use strategies::Strategies;
