use crate::{PlanError, QuestionsError, ServeError};
use deliberate_decoder::{AdapterError, ModelError, VocabularyError};
use deliberate_lab::RecipeError;
use deliberate_text::PromptError;
use deliberate_train::TrainError;
use deliberate_train::gather::GatherError;
use deliberate_train::recipes::LabelsError;
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
    /// The files that the plan names were others when the folder was begun.
    #[error("`{}` was begun with another model or other questions under the same names (give another folder)", path.display())]
    OtherInputs {
        /// The folder.
        path: PathBuf,
    },
    /// Another process is at work.
    #[error("another process is at work in `{}` (wait until it is done, or give another folder)", path.display())]
    Busy {
        /// The folder.
        path: PathBuf,
    },
    /// The base is more than a model.
    #[error("a family begins with a model alone, not with `{name}` (give `{base}`)")]
    NotAlone {
        /// What was named.
        name: String,
        /// The model of it.
        base: String,
    },
    /// The base cannot be found.
    #[error(transparent)]
    Models(#[from] deliberate_models::ModelError),
    /// The file of questions cannot be learnt from.
    #[error(transparent)]
    Sorting(#[from] QuestionsError),
    /// No sample came out right.
    #[error(
        "of {samples} samples for {questions} questions none came out right, so there is nothing to learn from ({answered} gave \
         an answer at all; give worked solutions to learn first, easier questions, another prompt or more tokens for an answer)"
    )]
    NeverRight {
        /// Questions asked.
        questions: usize,
        /// Samples of all.
        samples: usize,
        /// Samples that gave an answer.
        answered: usize,
    },
    /// The questions cannot be drawn.
    #[error("the plan's questions cannot be drawn")]
    Questions(#[from] RecipeError),
    /// The plan is not of the kind that is asked for.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The labelled steps cannot be read.
    #[error(transparent)]
    Labels(#[from] LabelsError),
    /// The vocabulary cannot be made.
    #[error("the vocabulary cannot be made")]
    Vocabulary(#[from] VocabularyError),
    /// A training failed.
    #[error("a training failed")]
    Training(#[from] TrainError),
    /// A model file cannot be read or written.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// An adapter cannot be read or written.
    #[error(transparent)]
    Adapter(#[from] AdapterError),
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
    /// Whether what was given is wrong, and not what happened to it.
    pub fn is_input(&self) -> bool {
        matches!(
            self,
            Self::OtherPlan { .. }
                | Self::OtherInputs { .. }
                | Self::Busy { .. }
                | Self::NotAlone { .. }
                | Self::Models(_)
                | Self::Model(_)
                | Self::Sorting(_)
                | Self::NeverRight { .. }
                | Self::Questions(_)
                | Self::Plan(_)
                | Self::Prompt(_)
                | Self::Labels(_)
        )
    }

    pub(crate) fn file(path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::File { path, source }
    }
}
