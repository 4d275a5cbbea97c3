//! A runtime of the engine for decoders, in Rust alone: [`NativeRuntime`] runs a
//! [`Weights`](deliberate_decoder::Weights) of a few million parameters, or a
//! [`ModelFile`](deliberate_decoder::ModelFile) of a billion, over hundreds of sequences at a time, each with the model
//! itself or with one of its adapters.
//!
//! Every output is summed in one fixed order, so the logits of a token are the same bits in every batch. Matrices are in
//! single precision, or in eight bits where their file has no more; sums are in single precision, or exact; stored keys and
//! values are in half. A slot that was copied from another shares its memory. It knows nothing of requests, prefixes or
//! samples; files are read by `decoder`.

mod attention;
mod batch;
mod crew;
mod error;
mod lanes;
mod linear;
mod matrix;
mod network;
mod open;
mod panels;
mod pass;
mod rotary;
mod runtime;
mod sizes;
mod store;
mod strips;
mod tensors;
mod tokenizer;
pub mod yardstick;

pub use deliberate_engine::Settings;
pub use error::LoadError;
pub use open::{demand, open};
pub use runtime::{Named, NativeRuntime, Parts};
pub use tokenizer::NativeTokenizer;
