//! One server's door: a call is made once, with bounds in time and size.

use crate::address::{Address, Key};
use crate::limits::wanted;
use reqwest::{Client, Method, StatusCode};
use serde_json::Value;
use std::time::{Duration, SystemTime};
use tokio::sync::Semaphore;

/// Largest answer that is read.
const LARGEST: usize = 256 << 20;
/// Calls under way at once; the others wait their turn.
const AT_ONCE: usize = 256;
/// Words of a server that are passed on.
const WORDS: usize = 400;

/// A server's door.
#[derive(Debug)]
pub(crate) struct Door {
    pub(crate) root: String,
    key: Option<Key>,
    pub(crate) places: Semaphore,
}

/// What one call came to.
#[derive(Debug)]
pub(crate) enum Reply {
    Json(Value),
    /// The server says no, and would say so again.
    Refused {
        status: u16,
        reason: String,
    },
    /// It may be otherwise the next time.
    Failed(String),
    /// The server is well, and has no time now.
    Busy(String),
    TooLarge,
}

impl Door {
    pub(crate) fn new(address: &Address) -> Self {
        let Address { root, key, .. } = address.clone();
        Self { root, key, places: Semaphore::new(AT_ONCE) }
    }

    /// The answer, and for how long the server wants to be left alone after it.
    pub(crate) async fn once(
        &self,
        client: &Client,
        (method, path, body): (&Method, &str, Option<&Value>),
        each: Duration,
    ) -> (Reply, Option<Duration>) {
        let mut request = client.request(method.clone(), format!("{}{path}", self.root)).timeout(each);
        if let Some(key) = &self.key {
            request = request.bearer_auth(key.reveal());
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let mut response = match request.send().await {
            Ok(response) => response,
            Err(error) => return (Reply::Failed(words(&error)), None),
        };
        let status = response.status();
        let rest = wanted(status, response.headers(), SystemTime::now());
        let mut bytes = Vec::new();
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if bytes.len() + chunk.len() <= LARGEST => bytes.extend_from_slice(&chunk),
                Ok(Some(_)) => return (Reply::TooLarge, rest),
                Ok(None) => break,
                Err(error) => return (Reply::Failed(words(&error)), rest),
            }
        }
        (reply(status, &bytes, rest.is_some()), rest)
    }
}

fn reply(status: StatusCode, bytes: &[u8], rests: bool) -> Reply {
    let json = serde_json::from_slice::<Value>(bytes);
    if status.is_success() {
        // A proxy's page, or an answer that was cut off: the next one may be whole.
        return json
            .map_or_else(|error| Reply::Failed(format!("its answer is no JSON: {error}")), Reply::Json);
    }
    let reason = said(&json.unwrap_or(Value::Null));
    let reason = reason.unwrap_or_else(|| String::from_utf8_lossy(bytes).into_owned());
    let reason: String = reason.trim().chars().take(WORDS).collect();
    let (code, told) = (status.as_u16(), format!("status {}: {reason}", status.as_u16()));
    match code {
        429 if rests => Reply::Busy(told),
        408 | 425 | 429 => Reply::Failed(told),
        _ if status.is_server_error() && code != 501 => Reply::Failed(told),
        _ => Reply::Refused { status: code, reason },
    }
}

/// What a server says of its refusal, in the places where servers say it.
fn said(body: &Value) -> Option<String> {
    let error = body.get("error").unwrap_or(body);
    [error, &error["message"], &error["detail"]]
        .into_iter()
        .find_map(|place| place.as_str().map(str::to_owned))
}

/// An error with its causes, and without the address, which may be long.
fn words(error: &reqwest::Error) -> String {
    let mut text =
        if error.is_timeout() { "it takes too long".to_owned() } else { "it cannot be reached".to_owned() };
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// Bounds of connecting, and who asks.
pub(crate) fn client() -> Result<Client, reqwest::Error> {
    // Whoever installed one before is right, too.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .connect_timeout(Duration::from_secs(10))
        .tcp_nodelay(true)
        .user_agent(concat!("deliberate/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .build()
}
