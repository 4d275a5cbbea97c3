//! Embedded inference: continuous batching over a radix prefix cache.
//!
//! handle (clone, `async`) → bounded queue → pure scheduler → one model thread that owns a [`ModelRuntime`].
//! The scheduler and the prefix cache know neither tokio nor tensors.

mod runtime;

pub use runtime::{Capacity, LogitSink, ModelRuntime, RuntimeError, Slot, Span, Tokenizer};
