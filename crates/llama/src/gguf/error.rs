//! What can be wrong with a model whose file is sound, one variant per cause.

use deliberate_gguf::GgufError;

/// Why a model file cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HeaderError {
    /// The file is damaged, or a key has no sensible value.
    #[error(transparent)]
    File(#[from] GgufError),
    /// An architecture that the engine cannot run.
    #[error("architecture `{architecture}` is not supported (supported: {})", supported.join(", "))]
    Architecture {
        /// The architecture of the file.
        architecture: String,
        /// Those that are supported.
        supported: Vec<&'static str>,
    },
    /// A model spread over several files.
    #[error("the model is split into {parts} files (merge them with `llama-gguf-split --merge`)")]
    Split {
        /// The number of files.
        parts: u64,
    },
    /// An adapter where a model should be.
    #[error("it is an adapter, which goes on top of a model (name it behind its base: --model BASE+ADAPTER)")]
    Adapter,
    /// Something that goes with a model, a projector for images for example.
    #[error("it is of kind `{kind}`, not a language model")]
    OtherKind {
        /// The kind that the file names.
        kind: String,
    },
    /// A vocabulary of another size than the embedding.
    #[error("the vocabulary has {tokens} tokens but the embedding has {rows} rows (convert the model again)")]
    VocabularySize {
        /// Tokens.
        tokens: u32,
        /// Rows of the embedding.
        rows: u64,
    },
    /// A tokenizer that is not supported.
    #[error("tokenizer `{tokenizer}` is not supported (supported: gpt2, llama)")]
    Tokenizer {
        /// The tokenizer of the file.
        tokenizer: String,
    },
    /// A vocabulary in which two ids have the same text.
    #[error("vocabulary entries {first} and {second} are both `{text}`")]
    DuplicateToken {
        /// The lower id.
        first: usize,
        /// The higher id.
        second: usize,
        /// Their text.
        text: String,
    },
    /// A vocabulary that cannot spell a byte.
    #[error("the vocabulary has no entry for byte {byte:#04x}")]
    MissingByte {
        /// The byte.
        byte: u8,
    },
    /// A token of kind "byte" whose text is not `<0xHH>`.
    #[error("vocabulary entry {token} is marked as a byte but reads `{text}`")]
    ByteToken {
        /// The id.
        token: usize,
        /// Its text.
        text: String,
    },
}
