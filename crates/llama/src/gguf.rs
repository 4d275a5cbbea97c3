//! What the header of a model file says about the model, checked before llama.cpp sees the file.
//!
//! llama.cpp would answer a damaged or hostile file with an empty error, or end the process by a failed assertion; it
//! sees a file only after [`ModelHeader::open`] accepted it.

mod error;
mod model;
mod vocabulary;

pub use error::HeaderError;
pub use model::ModelHeader;

#[cfg(test)]
mod tests;
