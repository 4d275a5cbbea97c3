//! Test-time search in diffusion sampling.

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
