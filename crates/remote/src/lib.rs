//! Language models behind servers: llama-server and vLLM.
//!
//! [`RemoteModel`] is a [`LanguageModel`](deliberate_lm::LanguageModel) like the embedded engine. Prompts are token ids, so
//! whatever was drawn is continued exactly and the server's prefix cache holds it; every setting of sampling is sent. What a
//! server is and whether it does what it says is found out when it is connected ([`Probe`]).
//!
//! `wire` turns requests into JSON and JSON into answers, for each kind of server; it knows no network. `http` sends, bounds
//! and repeats; it knows no models.

mod address;
mod error;
mod http;
mod model;
mod probe;
mod spelling;
mod wire;

pub use address::{Address, AddressError, Key};
pub use error::ConnectError;
pub use model::RemoteModel;
pub use probe::{Check, Probe, ServerKind};
