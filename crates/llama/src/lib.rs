//! The llama.cpp runtime of the engine: [`LlamaRuntime`] runs any GGUF model of the supported families, [`open`]
//! starts an engine on it, [`bare`] is the loop that the engine is measured against.
//!
//! It knows nothing of requests, prefixes or samples. Nothing that a file or a caller supplies makes llama.cpp end
//! the process: files are checked before it sees them, batches before it computes them.

mod adapter;
mod backend;
pub mod bare;
mod error;
pub mod gguf;
mod load;
mod machine;
mod open;
mod runtime;
mod tokenizer;

pub use deliberate_engine::Settings;
pub use error::LoadError;
pub use gguf::HeaderError;
pub use open::{demand, open};
pub use runtime::LlamaRuntime;
pub use tokenizer::LlamaTokenizer;
