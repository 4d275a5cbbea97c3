//! Strategies of acting that language has no use for, and what makes any strategy stop in time.

mod average;
mod cross_entropy;
mod paced;
mod path_integral;
mod rounds;
mod spec;

pub use average::Average;
pub use cross_entropy::CrossEntropy;
pub use paced::{Look, Paced, StopRule, look};
pub use path_integral::PathIntegral;
pub use spec::{Thinking, ThinkingError};
