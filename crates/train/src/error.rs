//! What can go wrong in training.

use deliberate_decoder::{Fault, Shape, ShapeError};
use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};

/// Why training cannot start or go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrainError {
    /// The sizes make no decoder.
    #[error("no decoder has this shape")]
    Shape(#[from] ShapeError),
    /// Weights do not have the size that the shape asks for.
    #[error("`{name}` has {found} entries where the shape asks for {expected}")]
    Weights {
        /// As GGUF files call it.
        name: String,
        /// By the shape.
        expected: usize,
        /// In the weights.
        found: usize,
    },
    /// An adapter is not one of this decoder.
    #[error("the adapter does not fit the decoder")]
    Adapter(#[source] Fault),
    /// A decoder cannot grow to a shape.
    #[error("a decoder of {from:?} cannot grow to {to:?}: width, heads and gated width must be multiples")]
    Growth {
        /// What it has.
        from: Box<Shape>,
        /// What was asked for.
        to: Box<Shape>,
    },
    /// An example cannot be learnt from.
    #[error("example {index} of the batch cannot be learnt from: {reason}")]
    Example {
        /// Its place in the batch.
        index: usize,
        /// Why.
        reason: String,
    },
    /// A setting is out of range.
    #[error("{reason}")]
    Setting {
        /// Which, and what it may be.
        reason: String,
    },
    /// The source of examples failed.
    #[error("no examples for step {step}")]
    Source {
        /// The step that they were for.
        step: u64,
        /// Why.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// Loss or gradient is no longer a number.
    #[error("the loss is no longer finite after step {step} (lower the learning rate or the clipping norm)")]
    Diverged {
        /// The step that gave it.
        step: u64,
    },
    /// No GPU can be trained on.
    #[error("no NVIDIA GPU can be used{}", if cfg!(feature = "cuda") { "" } else { ": this program was built without the feature `cuda`" })]
    Gpu(#[source] candle_core::Error),
    /// A tensor operation failed.
    #[error("a tensor operation failed")]
    Tensor(#[from] candle_core::Error),
    /// A file cannot be written.
    #[error("cannot write `{}`", path.display())]
    Write {
        /// What could not be written.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file cannot be read.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// What could not be read.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A checkpoint does not hold what it should.
    #[error("`{}` is not a checkpoint of this training: {reason} (give another folder, or delete it)", path.display())]
    Checkpoint {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The folder holds another training.
    #[error("`{}` holds another training: {} (give another folder, or the earlier settings)", path.display(), differences.join("; "))]
    OtherTraining {
        /// The folder.
        path: PathBuf,
        /// Settings that differ, as `name: then → now`.
        differences: Vec<String>,
    },
    /// Another process trains in the folder.
    #[error("another process is training in `{}` (wait until it is done, or give another folder)", path.display())]
    Busy {
        /// The folder.
        path: PathBuf,
    },
}

impl TrainError {
    pub(crate) fn write(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        |source| Self::Write { path, source }
    }

    pub(crate) fn read(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        |source| Self::Read { path, source }
    }
}
