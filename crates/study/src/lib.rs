//! Searches of many kinds over the questions of a dataset, performed once and kept.
//!
//! A [`Grid`] says what is tried. A [`Study`] performs what of it is missing in a folder, so that more questions,
//! strategies or budgets cost only what is new, and a kill loses at most the searches in flight. What follows from the
//! numbers is not decided here.

mod error;
mod grid;
mod record;
mod sweep;

pub use error::StudyError;
pub use grid::{Arm, Grid, GridError, Tried};
pub use record::{Sample, Sampled, Searched};
pub use sweep::{Bench, Study, Watch};
