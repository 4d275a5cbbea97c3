//! Language models behind servers: llama-server, vLLM, `SGLang`, and whatever else speaks `OpenAI`'s chat protocol.
//!
//! [`connect`] finds out what a server is (`probe`) and whether it does what searches rely on (`trial`). A [`RemoteModel`] is a
//! [`LanguageModel`](deliberate_lm::LanguageModel) like the embedded engine: prompts are token ids, so whatever was drawn is
//! continued exactly and the server's prefix cache holds it, and every setting of sampling is sent. A [`ChatModel`] gives whole
//! answers to conversations, and its [`Abilities`](deliberate_lm::Abilities) say that there is no more. A [`RewardModel`] scores texts and writes none.
//!
//! Several servers of one model are one model: `routes` chooses who is asked, by the prefixes that they hold (`prefixes`), by
//! how busy they are and by their health; it knows no network and no clock.
//!
//! `wire` turns requests into JSON and JSON into answers, for each kind of server; it knows no network. `http` sends, bounds
//! and repeats, one try after the other (`door`); it knows no models.

mod address;
mod call;
mod chat;
mod connect;
mod door;
mod error;
mod http;
mod limits;
mod model;
mod prefixes;
mod probe;
mod reward;
mod routes;
mod server;
mod spelling;
mod trial;
mod wire;
mod words;

pub use address::{Address, AddressError, Key};
pub use chat::ChatModel;
pub use connect::{Connected, connect};
pub use error::ConnectError;
pub use model::RemoteModel;
pub use probe::{Check, Probe, ServerKind};
pub use reward::RewardModel;
