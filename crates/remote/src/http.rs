//! Requests with bounds: a size, a time, a number at once, and a number of times.

use crate::address::{Address, Key};
use rand::Rng;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{Client, Method, StatusCode};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::sleep;

/// Why there is no answer.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// It may be otherwise the next time, and was not in all that were tried.
    #[error("{reason} (tried {tries} times)")]
    Failing {
        /// What happened the last time.
        reason: String,
        /// How often it was tried.
        tries: u32,
    },
    /// The server says no, and would say so again.
    #[error("it refuses with status {status}: {reason}")]
    Refused {
        /// The status.
        status: u16,
        /// The server's own words.
        reason: String,
    },
    /// An answer that is no JSON, or too large.
    #[error("its answer {reason}")]
    Unreadable {
        /// What is wrong with it.
        reason: String,
    },
}

/// How patiently a server is asked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// Times that a call is tried, at most.
    pub(crate) tries: u32,
    /// For one try, from the first byte sent to the last received.
    pub(crate) each: Duration,
    /// Before the second try; doubled before each further one.
    pub(crate) pause: Duration,
}

/// For calls that compute.
pub(crate) const WORK: Patience =
    Patience { tries: 6, each: Duration::from_secs(900), pause: Duration::from_millis(300) };
/// For a first look.
pub(crate) const LOOK: Patience =
    Patience { tries: 2, each: Duration::from_secs(60), pause: Duration::from_millis(300) };

/// Longest pause that a server may ask for.
const LONGEST: Duration = Duration::from_secs(60);
/// Largest answer that is read.
const LARGEST: usize = 256 << 20;
/// Calls under way at once; the others wait their turn.
const AT_ONCE: usize = 256;
/// Words of a server that are passed on.
const WORDS: usize = 400;

/// A server's door.
#[derive(Debug, Clone)]
pub(crate) struct Http {
    client: Client,
    root: String,
    key: Option<Key>,
    places: Arc<Semaphore>,
}

/// What one try came to.
enum Try {
    Done(Value),
    Never(HttpError),
    /// What happened, and how long the server wants to be left alone.
    Again(String, Option<Duration>),
}

impl Http {
    pub(crate) fn new(address: &Address) -> Result<Self, HttpError> {
        // Whoever installed one before is right, too.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .connect_timeout(Duration::from_secs(10))
            .tcp_nodelay(true)
            .user_agent(concat!("deliberate/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| HttpError::Unreadable { reason: format!("cannot be asked for: {error}") })?;
        let places = Arc::new(Semaphore::new(AT_ONCE));
        Ok(Self { client, root: address.root.clone(), key: address.key.clone(), places })
    }

    pub(crate) async fn get(&self, path: &str, patience: Patience) -> Result<Value, HttpError> {
        self.ask(Method::GET, path, None, patience).await
    }

    pub(crate) async fn post(
        &self,
        path: &str,
        body: &Value,
        patience: Patience,
    ) -> Result<Value, HttpError> {
        self.ask(Method::POST, path, Some(body), patience).await
    }

    async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        patience: Patience,
    ) -> Result<Value, HttpError> {
        let _place = self.places.acquire().await.expect("nobody closes it");
        let mut pause = patience.pause;
        for tries in 1.. {
            let (reason, wanted) = match self.once(&method, path, body, patience.each).await {
                Try::Done(value) => return Ok(value),
                Try::Never(error) => return Err(error),
                Try::Again(reason, wanted) => (reason, wanted),
            };
            if tries >= patience.tries {
                return Err(HttpError::Failing { reason, tries });
            }
            tracing::debug!(server = self.root, path, reason, tries, "asked again");
            // Half of it by chance, so that callers that failed together do not come back together.
            let own = pause.mul_f64(rand::rng().random_range(0.5..1.0));
            sleep(wanted.map_or(own, |wanted| wanted.clamp(own, LONGEST))).await;
            pause *= 2;
        }
        unreachable!("tries end by their bound")
    }

    async fn once(&self, method: &Method, path: &str, body: Option<&Value>, each: Duration) -> Try {
        let mut request = self.client.request(method.clone(), format!("{}{path}", self.root)).timeout(each);
        if let Some(key) = &self.key {
            request = request.bearer_auth(key.reveal());
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let mut response = match request.send().await {
            Ok(response) => response,
            Err(error) => return Try::Again(words(&error), None),
        };
        let (status, wanted) = (response.status(), retry_after(response.headers()));
        let mut bytes = Vec::new();
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if bytes.len() + chunk.len() <= LARGEST => bytes.extend_from_slice(&chunk),
                Ok(Some(_)) => {
                    let reason = format!("is larger than {} MiB", LARGEST >> 20);
                    return Try::Never(HttpError::Unreadable { reason });
                }
                Ok(None) => break,
                Err(error) => return Try::Again(words(&error), None),
            }
        }
        let json = serde_json::from_slice::<Value>(&bytes);
        if status.is_success() {
            // A proxy's page, or an answer that was cut off: the next one may be whole.
            return json
                .map_or_else(|error| Try::Again(format!("its answer is no JSON: {error}"), None), Try::Done);
        }
        let body = json.unwrap_or(Value::Null);
        let reason = said(&body).unwrap_or_else(|| String::from_utf8_lossy(&bytes).into_owned());
        let reason: String = reason.trim().chars().take(WORDS).collect();
        if passing(status) {
            return Try::Again(format!("status {}: {reason}", status.as_u16()), wanted);
        }
        Try::Never(HttpError::Refused { status: status.as_u16(), reason })
    }
}

/// Whether a status says that the same may succeed later.
fn passing(status: StatusCode) -> bool {
    matches!(status.as_u16(), 408 | 425 | 429) || status.is_server_error() && status.as_u16() != 501
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds: f64 = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    (seconds.is_finite() && seconds >= 0.0)
        .then(|| Duration::from_secs_f64(seconds.min(LONGEST.as_secs_f64())))
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
