//! From an address to a model.

use crate::address::Address;
use crate::chat::ChatModel;
use crate::error::ConnectError;
use crate::http::HttpError;
use crate::model::RemoteModel;
use crate::probe::{Found, Probe, look};
use std::time::Duration;

/// A model behind a server.
#[derive(Debug, Clone)]
pub enum Connected {
    /// One that takes token ids: any search.
    Tokens(RemoteModel),
    /// One that takes conversations alone: searches over whole answers.
    Chat(ChatModel),
}

impl Connected {
    /// What was found out about the server.
    pub fn probe(&self) -> &Probe {
        match self {
            Self::Tokens(model) => model.probe(),
            Self::Chat(model) => model.probe(),
        }
    }
}

/// A server that is not tried out by then is not waited for.
const CONNECTING: Duration = Duration::from_secs(180);

/// Finds out what a server is, and tries what searches rely on.
///
/// # Errors
/// [`ConnectError`] for a server that does not answer, or does not do what it should.
pub async fn connect(address: &Address) -> Result<Connected, ConnectError> {
    let late = |_| HttpError::Failing { reason: "it takes too long".to_owned(), tries: 1 };
    let connected = tokio::time::timeout(CONNECTING, connected(address)).await;
    connected.map_err(late).map_err(ConnectError::http(address))?
}

async fn connected(address: &Address) -> Result<Connected, ConnectError> {
    Ok(match look(address).await? {
        Found::Server(found) => Connected::Tokens(RemoteModel::new(*found, address).await?),
        Found::Chat(model, context) => Connected::Chat(ChatModel::connect(address, model, context).await?),
    })
}
