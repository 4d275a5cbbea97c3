//! What can be wrong with a prompt or a question.

use deliberate_lm::LmError;
use std::path::PathBuf;

/// Why a prompt could not be loaded or filled.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PromptError {
    /// Neither a built-in prompt nor a path.
    #[error("there is no prompt `{name}` (built in: {known}; or give the path of a .toml file)")]
    Unknown {
        /// What was asked for.
        name: String,
        /// The built-in names.
        known: String,
    },
    /// A file that cannot be read.
    #[error("cannot read the prompt `{}`", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file that is no prompt.
    #[error("`{prompt}` is not a prompt file")]
    Parse {
        /// Which prompt.
        prompt: String,
        /// Where and why.
        #[source]
        source: Box<toml::de::Error>,
    },
    /// Neither or both of a plain text and a chat.
    #[error("the prompt `{prompt}` needs either `text` or `messages`, and not both")]
    Layout {
        /// Which prompt.
        prompt: String,
    },
    /// A slot that nothing fills.
    #[error(
        "the prompt `{prompt}` has the slot `{{{slot}}}`, which nothing fills (known here: {known}; write {{{{ and }}}} for braces)"
    )]
    UnknownSlot {
        /// Which prompt.
        prompt: String,
        /// The slot.
        slot: String,
        /// The slots of a prompt of this kind.
        known: String,
    },
    /// A slot without which the prompt says nothing.
    #[error("the prompt `{prompt}` lacks the slot `{{{slot}}}`")]
    MissingSlot {
        /// Which prompt.
        prompt: String,
        /// The slot.
        slot: String,
    },
    /// A reward model's prompt with two solutions or a beginning of its own, or another one with a tag.
    #[error(
        "a prompt of the kind `reward` has one slot `{{solution}}` and no `prefill`, and no other kind has a `tag` (mend `{prompt}`)"
    )]
    Reward {
        /// Which prompt.
        prompt: String,
    },
    /// A prompt made for something else.
    #[error("the prompt `{prompt}` is for `{kind}`, not for `{wanted}`")]
    Kind {
        /// Which prompt.
        prompt: String,
        /// What it is for.
        kind: String,
        /// What it was used for.
        wanted: String,
    },
    /// A chat template that changes or drops a message.
    #[error(
        "the chat template of `{model}` does not show message {message} as it is (use a plain-text prompt)"
    )]
    NotShown {
        /// Whose template.
        model: String,
        /// Which message, from 1.
        message: usize,
    },
    /// A chat template that leaves out tools.
    #[error(
        "the chat template of `{model}` shows no tools, not even `{tool}` (leave `tools` out, or take a model that was trained to call them)"
    )]
    NoTools {
        /// Whose template.
        model: String,
        /// The first tool that it does not show.
        tool: String,
    },
    /// The model could not render or encode it.
    #[error(transparent)]
    Model(#[from] LmError),
}

/// Why a question cannot be worked on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TextError {
    /// There is nothing to answer.
    #[error("the question is empty")]
    EmptyQuestion,
    /// The question leaves no room for an answer.
    #[error(
        "the question makes a prompt of {prompt} tokens and the context of `{model}` holds {context} (raise `context`, take a shorter prompt, or shorten the question)"
    )]
    QuestionTooLong {
        /// Tokens of the prompt.
        prompt: usize,
        /// Tokens that fit one sequence.
        context: usize,
        /// Whose context.
        model: String,
    },
    /// A text to be continued, for a model that answers conversations alone.
    #[error("`{model}` answers conversations and continues no texts (ask for a chat completion)")]
    NoTexts {
        /// Which model.
        model: String,
    },
    /// The prompt could not be filled.
    #[error(transparent)]
    Prompt(#[from] PromptError),
}
