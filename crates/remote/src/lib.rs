//! Language models behind servers: llama-server, vLLM, and whatever else speaks `OpenAI`'s chat protocol.
//!
//! [`connect`] finds out what a server is and whether it does what it says ([`Probe`]). A [`RemoteModel`] is a
//! [`LanguageModel`](deliberate_lm::LanguageModel) like the embedded engine: prompts are token ids, so whatever was drawn is
//! continued exactly and the server's prefix cache holds it, and every setting of sampling is sent. A [`ChatModel`] gives whole
//! answers to conversations, and its [`Abilities`](deliberate_lm::Abilities) say that there is no more.
//!
//! `wire` turns requests into JSON and JSON into answers, for each kind of server; it knows no network. `http` sends, bounds
//! and repeats; it knows no models.

mod address;
mod call;
mod chat;
mod connect;
mod error;
mod http;
mod model;
mod probe;
mod spelling;
mod wire;
mod words;

pub use address::{Address, AddressError, Key};
pub use chat::ChatModel;
pub use connect::{Connected, connect};
pub use error::ConnectError;
pub use model::RemoteModel;
pub use probe::{Check, Probe, ServerKind};
