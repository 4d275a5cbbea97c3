//! Why a model cannot be read or written.

use crate::{ShapeError, VocabularyError};
use deliberate_gguf::GgufError;
use safetensors::SafeTensorError;
use std::io;
use std::path::{Path, PathBuf};

/// A file or folder that holds no model, or cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot use model `{}`", path.display())]
pub struct ModelError {
    /// The file or folder.
    pub path: PathBuf,
    /// What is wrong with it.
    #[source]
    pub fault: Fault,
}

impl ModelError {
    /// Adds the path.
    pub(crate) fn at(path: &Path) -> impl FnOnce(Fault) -> Self {
        let path = path.to_owned();
        move |fault| Self { path, fault }
    }
}

/// A file that holds no adapter of the model at hand, or cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot use adapter `{}`", path.display())]
pub struct AdapterError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    #[source]
    pub fault: Fault,
}

impl AdapterError {
    /// Adds the path.
    pub(crate) fn at(path: &Path) -> impl FnOnce(Fault) -> Self {
        let path = path.to_owned();
        move |fault| Self { path, fault }
    }
}

/// What is wrong with a model or an adapter, one variant per cause.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// A file cannot be read or written.
    #[error("cannot read or write `{file}`")]
    Io {
        /// Its name.
        file: String,
        /// What the system said.
        source: io::Error,
    },
    /// The GGUF file is damaged, lacks a key, or cannot be written.
    #[error(transparent)]
    Gguf(#[from] GgufError),
    /// A file of settings is not the JSON that it should be.
    #[error("`{file}` is not as expected")]
    Json {
        /// Its name.
        file: String,
        /// What is wrong, and where.
        source: serde_json::Error,
    },
    /// The file of weights is damaged or cannot be written.
    #[error("`{file}` is not a file of weights")]
    Safetensors {
        /// Its name.
        file: String,
        /// What is wrong.
        source: SafeTensorError,
    },
    /// The sizes do not fit together.
    #[error("its sizes make no decoder")]
    Shape(#[from] ShapeError),
    /// The vocabulary contradicts itself.
    #[error("its vocabulary is not sound")]
    Vocabulary(#[from] VocabularyError),
    /// A setting that this kind of decoder does not have.
    #[error("`{key}` is {value}, expected {expected}")]
    Setting {
        /// Its name in the file.
        key: String,
        /// Its value.
        value: String,
        /// What is supported.
        expected: &'static str,
    },
    /// A tensor that should be there.
    #[error("tensor `{name}` is missing")]
    MissingTensor {
        /// Its name in the file.
        name: String,
    },
    /// A tensor that this kind of decoder does not have; to ignore it would give another model.
    #[error("tensor `{name}` is not part of a Llama or Qwen2 decoder")]
    ExtraTensor {
        /// Its name in the file.
        name: String,
    },
    /// A tensor of an adapter that changes nothing that the model has.
    #[error(
        "tensor `{name}` changes none of the seven matrices of {layers} blocks (was the adapter made for another model?)"
    )]
    ForeignTensor {
        /// Its name in the file.
        name: String,
        /// Blocks of the model.
        layers: u32,
    },
    /// A tensor of another shape.
    #[error("tensor `{name}` has dimensions {found:?}, expected {expected:?}")]
    TensorShape {
        /// Its name in the file.
        name: String,
        /// Its dimensions, in the order of the file.
        found: Vec<u64>,
        /// What the sizes of the model make them.
        expected: Vec<u64>,
    },
    /// A tensor whose elements are no floats that are understood.
    #[error("tensor `{name}` has elements of type {kind}, expected F32, F16 or BF16")]
    TensorType {
        /// Its name in the file.
        name: String,
        /// The type.
        kind: String,
    },
    /// Weights that do not have the size that the shape gives them.
    #[error("weights `{name}` have {found} values, expected {expected}")]
    WeightSize {
        /// Their name.
        name: String,
        /// Values there are.
        found: u64,
        /// Values there should be; 0 for weights that should not be there.
        expected: u64,
    },
    /// Changes of more or fewer blocks than the model has.
    #[error("the adapter is for {found} blocks, the model has {expected} (was it made for another model?)")]
    AdapterBlocks {
        /// Blocks that it has room for.
        found: usize,
        /// Blocks of the model.
        expected: u32,
    },
    /// An adapter where a model should be.
    #[error("it is an adapter, which goes on top of a model (name it behind its base: --model BASE+ADAPTER)")]
    NotAModel,
    /// A model where an adapter should be.
    #[error("it is a model and no adapter (give it as --model)")]
    NotAnAdapter,
    /// Something that goes with a model, a projector for images for example.
    #[error("it is of kind `{kind}`, neither a language model nor an adapter")]
    OtherKind {
        /// The kind that the file names.
        kind: String,
    },
    /// One part of a model that is spread over several files.
    #[error("it is one of {parts} parts of a model (merge them with `llama-gguf-split --merge`)")]
    Split {
        /// The number of files.
        parts: u64,
    },
    /// An adapter that counts only from certain tokens on.
    #[error(
        "it is an activated adapter (aLoRA), which counts only behind certain tokens; here an adapter counts everywhere (take one without `adapter.alora.invocation_tokens`)"
    )]
    Activated,
    /// One half of a change without the other.
    #[error(
        "the change of `{matrix}` has no `{half}`: it is the product of two, and the file has one (was it converted whole?)"
    )]
    HalfChange {
        /// The matrix.
        matrix: String,
        /// The half that is missing.
        half: String,
    },
    /// An adapter that changes nothing.
    #[error("the adapter changes nothing: it has no tensors")]
    EmptyAdapter,
    /// A change of a matrix of another size.
    #[error(
        "the adapter was made for another model: its `{name}` has dimensions {found:?}, here they are {expected:?}"
    )]
    OtherBase {
        /// The tensor.
        name: String,
        /// Its dimensions, in the order of the file.
        found: Vec<u64>,
        /// What the sizes of the model make them.
        expected: Vec<u64>,
    },
    /// A vocabulary of another size than the embedding.
    #[error("the vocabulary has {tokens} tokens but the embedding has {rows} rows (convert the model again)")]
    VocabularySize {
        /// Tokens.
        tokens: usize,
        /// Rows of the embedding.
        rows: u32,
    },
}

impl Fault {
    /// Whether the file holds a model of a kind that is not known here, and may be a sound one.
    pub fn is_other_kind(&self) -> bool {
        matches!(
            self,
            Self::Setting { .. } | Self::ExtraTensor { .. } | Self::Gguf(GgufError::Unreadable { .. })
        )
    }
}
