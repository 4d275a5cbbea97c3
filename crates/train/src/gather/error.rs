use deliberate_run::JournalError;
use deliberate_search::Failure;
use deliberate_text::TextError;

/// Why a stage could not go on. What was written stays and is not drawn again.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GatherError {
    /// The observer broke it off.
    #[error("stopped; what was drawn is kept")]
    Interrupted,
    /// The file of the stage cannot be read or written.
    #[error(transparent)]
    Lines(#[from] JournalError),
    /// A question cannot be put to the model.
    #[error("question `{id}` cannot be asked")]
    Question {
        /// Which one.
        id: String,
        /// Why.
        #[source]
        source: TextError,
    },
    /// The model failed.
    #[error("question `{id}`: the model failed")]
    Model {
        /// Which question.
        id: String,
        /// What it said.
        #[source]
        source: Failure,
    },
    /// The plan's strategy is none, or could not be carried out.
    #[error("the search failed: {reason}")]
    Strategy {
        /// Why.
        reason: String,
    },
    /// Revisions were asked for without a reviser.
    #[error("chains need a domain with a reviser")]
    NoReviser,
}
