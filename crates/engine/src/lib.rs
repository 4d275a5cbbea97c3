//! Embedded inference: continuous batching over a radix prefix cache.
//!
//! handle ([`Engine`]: clone, `async`) → bounded queue → pure [`scheduler`] → one model thread that owns a
//! [`ModelRuntime`]. The scheduler and the prefix cache know neither tokio nor tensors.
//!
//! # What a token costs
//! A token is evaluated once, given or drawn, and stays cached in its slot until another sequence needs the place.
//! Two exceptions: the last token of a prompt that is cached whole is evaluated again, because its logits are not
//! kept; and where busy sequences fill all memory, the youngest give way and are evaluated again later
//! ([`Metrics::repeated`]). Give a search more slots than it draws samples at a time.
//!
//! Several models that share a machine are started with one [`Turns`], so that their passes do not fight for the
//! cores, and take their slots from one [`MemoryBudget`].
//!
//! # What can vary
//! The random number behind a token depends on its sample's seed and index alone, and the logits on the tokens
//! before it alone, as far as the runtime is concerned: who else is in the batch, which slot is used, what is cached
//! and who gives way never enters. A runtime whose arithmetic differs between evaluating a token alone and within
//! a longer span (llama.cpp's does, in the last digits) can still turn a close draw, because caching and load decide
//! how a prompt is cut into spans. One request at a time on a fresh engine is reproducible to the bit.

mod batch;
mod compaction;
mod draft;
mod engine;
pub mod logits;
mod memory;
mod metrics;
pub mod radix;
mod runtime;
pub mod sampler;
pub mod scheduler;
mod settings;
pub mod simulated;
pub mod slots;
mod stop;
mod template;
mod turns;
mod validate;
mod worker;

pub use engine::{Engine, Serving, StartError};
pub use memory::{MemoryBudget, MemoryError, MemoryGrant, MemoryRequest};
pub use metrics::Metrics;
pub use runtime::{Capacity, LogitSink, ModelRuntime, RuntimeError, Slot, Span, Tokenizer, Variant};
pub use settings::{Reserve, Settings, SettingsError, Usual};
pub use template::ChatTemplate;
pub use turns::Turns;
