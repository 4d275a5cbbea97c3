//! The roles of a search over latents: what proposes, what verifies and what revises.

mod judge;
mod neighbours;
mod proposer;
mod verifier;

pub use judge::{ExactValue, Judge, PredictedClean};
pub use neighbours::Neighbours;
pub use verifier::{JudgedBy, log_odds};
