//! What can go wrong between a caller and a model.

use crate::SamplingError;

/// Why a model could not answer a request.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum LmError {
    /// The prompt (and at least one new token) does not fit.
    #[error(
        "prompt of {prompt} tokens does not fit a context of {context} tokens (raise `context`, or shorten the question)"
    )]
    PromptTooLong {
        /// Tokens in the prompt.
        prompt: usize,
        /// Tokens that fit one sequence.
        context: usize,
    },
    /// Settings of sampling that mean nothing.
    #[error(transparent)]
    Sampling(#[from] SamplingError),
    /// A request that no model could serve.
    #[error("invalid request: {reason}")]
    InvalidRequest {
        /// What is wrong with it.
        reason: String,
    },
    /// A token id at or past the end of the vocabulary.
    #[error("token {token} is not in the vocabulary of {vocabulary} entries")]
    UnknownToken {
        /// The id.
        token: u32,
        /// Entries in the vocabulary.
        vocabulary: u32,
    },
    /// The model has no chat template, or one that this backend cannot apply.
    #[error("model `{model}` has no usable chat template: {reason} (use a plain-text prompt)")]
    NoChatTemplate {
        /// The model's name.
        model: String,
        /// What the backend says of it.
        reason: String,
    },
    /// The backend failed while computing.
    #[error("model `{model}` failed: {reason}")]
    Backend {
        /// The model's name.
        model: String,
        /// The backend's own words.
        reason: String,
    },
    /// The model's server did not answer in all the times that it was asked; it may later.
    #[error("model `{model}` cannot be reached: {reason}")]
    Unavailable {
        /// The model's name.
        model: String,
        /// What happened the last time.
        reason: String,
    },
    /// The model's thread is gone; no further request will succeed.
    #[error("model `{model}` has shut down{}", after(reason.as_deref()))]
    Closed {
        /// The model's name.
        model: String,
        /// The last words of a thread that panicked.
        reason: Option<String>,
    },
}

fn after(reason: Option<&str>) -> String {
    reason.map_or_else(String::new, |reason| {
        format!(" after a fault of this program: {reason} (please report it)")
    })
}
