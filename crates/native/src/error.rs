//! Why a model could not be loaded.

use deliberate_decoder::{AdapterError, Fault, ModelError, ShapeError, VocabularyError};
use deliberate_engine::SettingsError;

/// Why a model could not be loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The file cannot be read, or holds no model that this runtime knows.
    #[error(transparent)]
    File(#[from] ModelError),
    /// The file holds no adapter of this model.
    #[error(transparent)]
    Adapter(#[from] AdapterError),
    /// A vocabulary that makes no sense.
    #[error("the model's vocabulary cannot be used")]
    Vocabulary(#[from] VocabularyError),
    /// Sizes that make no decoder.
    #[error("the model's sizes do not fit together")]
    Shape(#[from] ShapeError),
    /// Weights of other sizes than the shape says.
    #[error("the model's weights do not fit its sizes")]
    Weights(#[source] Fault),
    /// The system gives no threads.
    #[error("cannot start the threads that compute")]
    Threads(#[source] rayon::ThreadPoolBuildError),
    /// An ending or beginning token past the vocabulary.
    #[error("token {token} is not in the vocabulary of {vocabulary} entries")]
    Token {
        /// The token.
        token: u32,
        /// Entries of the vocabulary.
        vocabulary: u32,
    },
    /// A setting that the model cannot be loaded with.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// Keys and values that no machine could hold.
    #[error("{slots} slots of {context} tokens need {} GiB for keys and values (lower `slots` or `context`)", bytes >> 30)]
    Memory {
        /// Sequences asked for.
        slots: u32,
        /// Tokens of each.
        context: u32,
        /// Bytes that they need.
        bytes: u128,
    },
}

impl LoadError {
    /// Whether the file holds a model of another kind, which another runtime may know.
    pub fn is_other_kind(&self) -> bool {
        let Self::File(ModelError { fault, .. }) = self else { return false };
        fault.is_other_kind()
    }
}
