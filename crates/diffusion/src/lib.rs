//! Test-time search in diffusion sampling.

mod denoiser;
mod form;
mod latent;
mod mixture;
mod noise;
mod normal;
mod process;
mod sampler;
mod schedule;
pub mod schedule_search;

pub use denoiser::{Counted, Denoiser};
pub use form::FormError;
pub use latent::Latent;
pub use mixture::{Component, GaussianMixture, MixtureError};
pub use process::{Process, Walk};
pub use sampler::Sampler;
pub use schedule::{Schedule, ScheduleError, ScheduleSpec, Shape};
