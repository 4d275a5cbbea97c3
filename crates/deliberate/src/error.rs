//! Why models cannot be put together, or asked.

use deliberate_lm::SamplingError;
use deliberate_models::ModelError;
use deliberate_policy::PolicyError;
use deliberate_remote::{AddressError, ConnectError};
use deliberate_search::{SearchError, SpecError};
use deliberate_text::{FormError, PromptError, TextError, VerifierError, VerifierSpecError};
use std::io;
use std::path::PathBuf;

/// A text that is no settings file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OptionsError {
    /// It is no TOML, or has a field that nobody knows.
    #[error(transparent)]
    Toml(#[from] Box<toml::de::Error>),
    /// A strategy and a policy decide the same.
    #[error("it names both `strategy` and `policy`, which decide the same (leave one of them)")]
    TwoDeciders,
}

/// Why models cannot be put together, or asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The settings file cannot be read.
    #[error("cannot read the settings file `{}`", path.display())]
    SettingsFile {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The settings file is none.
    #[error("cannot understand the settings file `{}`", path.display())]
    NotSettings {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: OptionsError,
    },
    /// An answer is asked for in a form that nobody can check.
    #[error(transparent)]
    Form(#[from] FormError),
    /// A regime is named and no policy that has it.
    #[error("`regime` is a part of a policy (name one as `policy`)")]
    RegimeWithoutPolicy,
    /// No strategy, or none of this size.
    #[error(transparent)]
    Strategy(#[from] SpecError),
    /// No verifier.
    #[error(transparent)]
    Verifier(#[from] VerifierSpecError),
    /// A strategy that reads scores, and nobody who gives any.
    #[error(
        "strategy `{strategy}` needs scores and `verifier` is none (choose a verifier such as logprob or judge, or a strategy \
         that votes, such as best-of-n:rule=majority)"
    )]
    NoScores {
        /// Its name.
        strategy: String,
    },
    /// A setting of sampling that is none.
    #[error(transparent)]
    Sampling(#[from] SamplingError),
    /// The policy cannot be read.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// The policy lacks what is to be obeyed.
    #[error("the policy `{}` has no part for the regime `{regime}`", path.display())]
    NoPart {
        /// The policy.
        path: PathBuf,
        /// What it lacks.
        regime: &'static str,
    },
    /// The policy knows other scores.
    #[error(
        "the policy was fitted on scores of the verifier `{fitted}`, and those of `{verifier}` mean something else (give \
         `verifier` {fitted}, or calibrate again)"
    )]
    PolicyVerifier {
        /// Whose scores it knows.
        fitted: String,
        /// Who scores now.
        verifier: String,
    },
    /// The policy's model is not here.
    #[error(
        "the policy was fitted on the model `{model}`, and none is here by that name (name one as `model`)"
    )]
    PolicyModel {
        /// Its name.
        model: String,
    },
    /// A model has no such name, or the store of models cannot be used.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// An adapter has no such name.
    #[error(
        "there is no adapter `{adapter}` for `{base}` (`deliberate train` writes adapters as GGUF files)"
    )]
    Adapter {
        /// Its name.
        adapter: String,
        /// The model that it is to go on.
        base: String,
        /// Why.
        #[source]
        source: Box<ModelError>,
    },
    /// A model's file cannot be run.
    #[error("cannot open the model `{}`", path.display())]
    Open {
        /// Its file.
        path: PathBuf,
        /// Why.
        #[source]
        source: Box<OpenError>,
    },
    /// No address of a server.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// A server cannot be asked.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// A budget in operations, and a model whose size nobody knows.
    #[error(
        "nobody knows what `{model}` costs in operations: its server does not tell its size (give a budget in tokens)"
    )]
    UnknownSize {
        /// The model.
        model: String,
    },
    /// A prompt cannot be used.
    #[error(transparent)]
    Prompt(#[from] PromptError),
    /// A verifier cannot be built on this model.
    #[error(transparent)]
    Role(#[from] VerifierError),
    /// What the reviser writes is not what the proposer writes.
    #[error(
        "the reviser `{reviser}` writes other tokens than the proposer `{proposer}` (choose models of one vocabulary)"
    )]
    OtherTokens {
        /// The reviser.
        reviser: String,
        /// The proposer.
        proposer: String,
    },
    /// A reward model where one that writes is wanted.
    #[error(
        "`{model}` scores texts and writes none: its server has a reward endpoint alone (name it as `verifier-server`, with the \
         `verifier` reward, and a server or a model that writes in its place)"
    )]
    WritesNothing {
        /// The model.
        model: String,
    },
    /// A strategy goes on from beginnings of answers, and the model's endpoint begins every answer anew.
    #[error(
        "strategy `{strategy}` goes on from the beginnings of answers, and the endpoint of `{model}` gives whole answers to \
         conversations alone (take best-of-n, majority, revisions, synthesis or ab-mcts, or a server that takes token ids: \
         vLLM, llama-server)"
    )]
    WholeAnswers {
        /// The model.
        model: String,
        /// The strategy.
        strategy: String,
    },
    /// A prompt that is one text, and an endpoint that takes conversations.
    #[error(
        "the prompt `{prompt}` is one text, and the endpoint of `{model}` takes conversations alone (take `worked`, `chat` or \
         `as-is`)"
    )]
    Conversations {
        /// The model.
        model: String,
        /// The prompt.
        prompt: String,
    },
    /// A question cannot be asked.
    #[error(transparent)]
    Question(#[from] TextError),
    /// The search could not be carried out.
    #[error(transparent)]
    Search(#[from] SearchError),
}

impl Error {
    /// Whether whoever asks can mend it by asking otherwise; the machine or a role failed if not.
    pub fn is_usage(&self) -> bool {
        !matches!(self, Self::Search(_))
    }
}

/// Why a model's file cannot be run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The native runtime cannot.
    #[error(transparent)]
    Native(#[from] deliberate_native::LoadError),
    /// The native runtime cannot, and there is no other in this build.
    #[error(
        "this build runs Llama and Qwen2 models with the vocabularies of SmolLM2 and Qwen2; one with llama.cpp may run this \
         file, too (`make llama`, or the feature `llama`)"
    )]
    NativeAlone(#[source] deliberate_native::LoadError),
    /// Its engine does not start.
    #[error(transparent)]
    NativeStart(#[from] deliberate_engine::StartError<deliberate_native::LoadError>),
    /// llama.cpp cannot.
    #[cfg(feature = "llama")]
    #[error(transparent)]
    Llama(#[from] deliberate_llama::LoadError),
    /// Its engine does not start.
    #[cfg(feature = "llama")]
    #[error(transparent)]
    LlamaStart(#[from] deliberate_engine::StartError<deliberate_llama::LoadError>),
    /// llama.cpp is wanted and not there.
    #[error("this build has no llama.cpp (build with the feature `llama`)")]
    NoLlama,
    /// Memory is short.
    #[error(transparent)]
    Memory(#[from] deliberate_engine::MemoryError),
    /// Its file cannot be read.
    #[error(transparent)]
    File(#[from] ModelError),
}
