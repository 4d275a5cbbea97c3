//! Why a model could not be loaded.

use crate::gguf::HeaderError;
use deliberate_decoder::AdapterError;
use deliberate_engine::SettingsError;
use std::path::PathBuf;

/// Why a model could not be loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The file is not a model that the engine can run.
    #[error("cannot use model file `{}`", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: HeaderError,
    },
    /// llama.cpp takes paths as UTF-8 without NUL.
    #[error("the path `{}` is not valid UTF-8 (rename the file)", path.display())]
    Path {
        /// The path.
        path: PathBuf,
    },
    /// A setting that the model cannot be loaded with.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The key-value cache would not fit into memory.
    #[error(
        "{slots} slots of {context} tokens need {} MiB for keys and values, {} MiB are available (lower `slots` or `context`)",
        needed >> 20, available >> 20
    )]
    Memory {
        /// Sequences asked for.
        slots: u32,
        /// Tokens of each.
        context: u32,
        /// Bytes that they need.
        needed: u64,
        /// Bytes that there are.
        available: u64,
    },
    /// llama.cpp did not load the model.
    #[error("llama.cpp cannot load `{}`: {reason}", path.display())]
    Refused {
        /// The file.
        path: PathBuf,
        /// The last complaints of llama.cpp.
        reason: String,
    },
    /// llama.cpp did not create a context.
    #[error("llama.cpp cannot prepare `{}` to run: {reason}", path.display())]
    Prepare {
        /// The file.
        path: PathBuf,
        /// The last complaints of llama.cpp.
        reason: String,
    },
    /// The file holds no adapter of this model.
    #[error(transparent)]
    Adapter(#[from] AdapterError),
    /// A model that adapters are not supported for.
    #[error(
        "`{}` takes no adapter: only dense models of the llama architecture do (merge the adapter into the model)",
        path.display()
    )]
    Unadaptable {
        /// The file of the model.
        path: PathBuf,
    },
    /// llama.cpp did not take the adapter.
    #[error("llama.cpp cannot use the adapter `{}`: {reason}", path.display())]
    AdapterRefused {
        /// The file of the adapter.
        path: PathBuf,
        /// The last complaints of llama.cpp.
        reason: String,
    },
    /// A model whose memory cannot be cut back to a prefix.
    #[error("`{}` is a recurrent or encoder model, which the engine cannot run", path.display())]
    Recurrent {
        /// The file.
        path: PathBuf,
    },
    /// Something else in this process initialised llama.cpp.
    #[error("llama.cpp is already in use by another part of this process")]
    Backend,
}
