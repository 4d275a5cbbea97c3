//! Small networks in plain Rust, read from safetensors: a denoiser and a classifier of images.

mod classifier;
mod denoiser;
mod layer;
mod weights;

pub use classifier::{ClassReward, Classifier};
pub use denoiser::NetworkDenoiser;
pub use weights::NetworkError;
