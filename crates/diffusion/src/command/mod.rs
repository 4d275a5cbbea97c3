//! Everything that a command names as text, and what it writes.
//!
//! ~~~
//! use deliberate_diffusion::command::{Request, sample};
//!
//! let request = Request {
//!     denoiser: "ring:count=5".parse()?,
//!     reward: "linear:slope=1/0.5".parse()?,
//!     strategy: "beam:branching=4".parse()?,
//!     schedule: "tangent:scale=1,steps=8,max=20,min=0.02".parse()?,
//!     sampler: "ddim:eta=1".parse()?,
//!     budget: 100.0,
//!     samples: 3,
//!     seed: 7,
//! };
//! let sampled = sample(&request)?;
//! assert_eq!(sampled.samples.len(), 3 * 2);
//! assert!(sampled.bill.iter().all(|bill| bill.charged <= 100.1));
//! let folder = tempfile::tempdir()?;
//! sampled.write(folder.path())?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ~~~

mod denoiser_spec;
mod npy;
mod reward_spec;
mod sampled;

pub use denoiser_spec::{DenoiserError, DenoiserSpec};
pub use npy::npy;
pub use reward_spec::{RewardError, RewardSpec};
pub use sampled::{Bill, CommandError, Request, Sampled, sample};
