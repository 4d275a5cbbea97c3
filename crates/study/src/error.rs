//! Why a study cannot go on.

use crate::GridError;
use deliberate_run::{DirectoryError, JournalError};
use deliberate_search::{SearchError, SpecError};

/// Why a study cannot go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StudyError {
    /// The folder cannot be used.
    #[error(transparent)]
    Folder(#[from] DirectoryError),
    /// Its file cannot be used.
    #[error(transparent)]
    Lines(#[from] JournalError),
    /// The grid makes no sense.
    #[error(transparent)]
    Grid(#[from] GridError),
    /// A strategy cannot be built.
    #[error(transparent)]
    Strategy(#[from] SpecError),
    /// A search cannot be performed.
    #[error(transparent)]
    Search(#[from] SearchError),
    /// Right answers are what a study is about.
    #[error("question `{question}` has no `answer` (a study needs the right answer of every question)")]
    NoAnswer {
        /// The question.
        question: String,
    },
    /// A strategy revises, and there is nobody who does.
    #[error("`{arm}` needs a reviser (name one with --reviser-model, or leave it out of the grid)")]
    NoReviser {
        /// The arm.
        arm: String,
    },
    /// Something was not swept.
    #[error("`{arm}` on question `{question}` has not been run (run the same command again)")]
    Missing {
        /// The question.
        question: String,
        /// The arm.
        arm: String,
    },
    /// Nothing was concluded yet.
    #[error("there is nothing to report on in `{}` yet (run `deliberate calibrate` to its end first)", path.display())]
    NoEvidence {
        /// The folder.
        path: std::path::PathBuf,
    },
    /// What was written cannot be used.
    #[error("`{}` cannot be used: {reason} (run `deliberate calibrate` again)", path.display())]
    Damaged {
        /// The file.
        path: std::path::PathBuf,
        /// Why.
        reason: String,
    },
    /// A question is not what it was when it was asked.
    #[error("question `{question}` of this study was another one before (give another --run-directory)")]
    Changed {
        /// Its id.
        question: String,
    },
    /// Outcomes do not fit together.
    #[error(transparent)]
    Outcomes(#[from] deliberate_policy::OutcomesError),
    /// Recorded samples cannot be used.
    #[error(transparent)]
    Pool(#[from] deliberate_policy::PoolError),
    /// The exchange cannot be computed.
    #[error(transparent)]
    Exchange(#[from] deliberate_policy::ExchangeError),
    /// The policy cannot be written.
    #[error(transparent)]
    Policy(#[from] deliberate_policy::PolicyError),
}
