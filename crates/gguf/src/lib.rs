//! GGUF files: [`Gguf`] reads a header and checks it, [`TensorFile`] reads the values, [`Content`] writes a file whole
//! or not at all.
//!
//! Files are not trusted: every size is checked against the length of the file before anything is reserved for it.
//! What is accepted is what llama.cpp accepts, which answers other files with an empty error or ends the process by a
//! failed assertion. What the metadata means for a model is left to those who use it.

mod cursor;
mod decode;
mod eight;
mod element;
mod encode;
mod error;
mod file;
mod finite;
mod foreign;
mod header;
mod remark;
mod value;
mod write;

pub use eight::Eight;
pub use encode::Precision;
pub use error::GgufError;
pub use file::TensorFile;
pub use foreign::{Foreign, look};
pub use header::{Gguf, Tensor};
pub use remark::Remark;
pub use value::Value;
pub use write::{Content, Entry, Matrix};

/// Longest tensor name that llama.cpp can hold, in bytes.
const TENSOR_NAME: usize = 63;
/// Where tensors start: at multiples of so many bytes.
const ALIGNMENT: u64 = 32;

#[cfg(test)]
mod tests;
