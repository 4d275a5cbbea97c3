//! Searches of many kinds over the questions of a dataset, performed once and kept.
//!
//! A [`Grid`] says what is tried. A [`Study`] performs what of it is missing in a folder, so that more questions,
//! strategies or budgets cost only what is new, and a kill loses at most the searches in flight. [`find`] says what
//! follows from the numbers, and [`page`] shows it.

mod error;
mod evidence;
mod export;
mod findings;
mod grid;
mod page;
mod record;
mod sweep;
mod tree;

pub use error::StudyError;
pub use evidence::{Evidence, Found, Larger, Source, WEIGHTED};
pub use findings::{
    Against, BEST_RULE, BINS, Beside, BestRule, Chain, Choice, Exchange, Findings, Fitted, Fixed, Measured,
    RATIOS, Saving, Single, Way, exchanges, find, without_revisions,
};
pub use grid::{Arm, Grid, GridError, Tried};
pub use page::{About, page};
pub use record::{Sample, Sampled, Searched};
pub use sweep::{Bench, Study, Watch};
pub use tree::{kept_trees, tree_view};
