//! Many questions, one crash-safe directory.
//!
//! A run is a directory: the resolved configuration, a journal of everything that the roles answered, and results.
//! Killing the process at any moment loses at most the calls in flight; opening the directory again continues.
//! This crate does not know how a question is answered: it is given a function for that.

mod dataset;
mod differences;
mod directory;
mod folder;
mod journal;
mod lines;
mod result;
mod statistics;

pub use dataset::{Dataset, DatasetError, Foreign, Layout, Object, Question, Skipped, lines, worked};
pub use differences::differences;
pub use directory::RunDirectory;
pub use folder::{DirectoryError, Folder};
pub use journal::Journal;
pub use lines::{JournalError, Lines};
pub use result::{Found, QuestionResult, Summary};
pub use statistics::{Interval, bootstrap, bootstrap_mean, bootstrap_share, pass_at_k};
