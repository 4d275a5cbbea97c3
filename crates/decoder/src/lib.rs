//! A decoder of the kinds Llama and Qwen2 as data: its shape, its weights, its vocabulary, and the files they live in.
//!
//! Nothing is computed here but text to tokens. `train` fills the weights, `native` runs them, and both read and write
//! the same files: GGUF, which llama.cpp opens, and the folders of Hugging Face's `transformers`. An [`Adapter`] is what
//! a fine-tuning adds to a model's matrices, and has files of its own. Files are not trusted: their sizes are checked
//! before anything is reserved, and errors name what is wrong.

mod adapter;
mod asking;
mod error;
mod gguf;
mod hugging_face;
mod model;
mod shape;
mod tensors;
#[cfg(test)]
mod tests;
mod vocabulary;
mod weights;

pub use adapter::{Adapter, LowRank};
pub use asking::Asking;
pub use deliberate_gguf::{Eight, Precision};
pub use error::{AdapterError, Fault, ModelError};
pub use gguf::ModelFile;
pub use model::Model;
pub use shape::{Shape, ShapeError};
pub use vocabulary::{Cut, Encoder, Vocabulary, VocabularyError};
pub use weights::{Block, Weights};
