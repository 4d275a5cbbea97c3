//! Embedded inference: continuous batching over a radix prefix cache.
//!
//! handle ([`Engine`]: clone, `async`) → bounded queue → pure [`scheduler`] → one model thread that owns a
//! [`ModelRuntime`]. The scheduler and the prefix cache know neither tokio nor tensors.

mod compaction;
mod config;
mod draft;
mod engine;
pub mod logits;
mod memory;
mod metrics;
pub mod radix;
mod runtime;
pub mod sampler;
pub mod scheduler;
pub mod simulated;
pub mod slots;
mod stop;
mod validate;
mod worker;

pub use config::{EngineConfig, Shortage};
pub use engine::{Engine, StartError};
pub use memory::{MemoryBudget, MemoryError, MemoryGrant, MemoryRequest};
pub use metrics::Metrics;
pub use runtime::{Capacity, LogitSink, ModelRuntime, RuntimeError, Slot, Span, Tokenizer};
