use crate::ServeError;
use deliberate_decoder::{ModelError, VocabularyError};
use deliberate_lab::RecipeError;
use deliberate_text::PromptError;
use deliberate_train::TrainError;
use deliberate_train::gather::GatherError;
use std::io;
use std::path::{Path, PathBuf};

/// Why a build stopped. What is done stays; the same call goes on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The observer broke it off.
    #[error("stopped; the same command goes on")]
    Interrupted,
    /// A file of the build cannot be read or written.
    #[error("cannot use `{}`", path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The folder belongs to a build with another plan.
    #[error("`{}` holds a build with another plan (see `plan.toml` there; give another folder)", path.display())]
    OtherPlan {
        /// The folder.
        path: PathBuf,
    },
    /// The questions cannot be drawn.
    #[error("the plan's questions cannot be drawn")]
    Questions(#[from] RecipeError),
    /// The vocabulary cannot be made.
    #[error("the vocabulary cannot be made")]
    Vocabulary(#[from] VocabularyError),
    /// A training failed.
    #[error("a training failed")]
    Training(#[from] TrainError),
    /// A model file cannot be read or written.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// A model cannot be served.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// Samples, returns or chains could not be drawn.
    #[error("drawing failed")]
    Gather(#[from] GatherError),
    /// The prompt of revisions cannot be used.
    #[error(transparent)]
    Prompt(#[from] PromptError),
    /// A stage got nothing to learn from.
    #[error(
        "stage `{stage}` has nothing to learn from (the model before it may be too weak: raise its tokens)"
    )]
    Nothing {
        /// Which stage.
        stage: &'static str,
    },
}

impl BuildError {
    pub(crate) fn file(path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::File { path, source }
    }
}
