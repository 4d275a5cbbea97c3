//! Calls to the servers of one model: sent to one of them, repeated at others, with a bound in number and time.

use crate::address::Address;
use crate::door::{Door, Reply, client};
use crate::routes::{Choice, End, Routes};
use crate::wire::{Ask, Fault};
use deliberate_lm::Token;
use rand::Rng;
use reqwest::{Client, Method};
use serde_json::Value;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::SemaphorePermit;
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
    /// An answer that makes no sense, or is too large.
    #[error("{reason}")]
    Unreadable {
        /// What is wrong with it.
        reason: String,
    },
}

/// How patiently servers are asked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// Times that a call is tried, at most.
    pub(crate) tries: u32,
    /// For one try, from the first byte sent to the last received.
    pub(crate) each: Duration,
    /// Before the same server is tried a second time; doubled before each further one.
    pub(crate) pause: Duration,
    /// While all servers rest; who has waited for so long waits no more.
    pub(crate) resting: Duration,
}

/// For calls that compute.
pub(crate) const WORK: Patience = Patience {
    tries: 6,
    each: Duration::from_secs(900),
    pause: Duration::from_millis(300),
    resting: Duration::from_secs(30),
};
/// For a first look.
pub(crate) const LOOK: Patience = Patience { tries: 2, each: Duration::from_secs(60), ..WORK };

/// Answers that make no sense and are asked for again, at most: they may be a proxy's fault, or the server's own way.
const STRANGE: u32 = 2;

/// The doors of all servers of a model.
#[derive(Debug, Clone)]
pub(crate) struct Http {
    client: Client,
    doors: Arc<[Door]>,
    routes: Arc<Mutex<Routes>>,
}

/// A call's place at a server, given back when it is over, however it ends.
struct Place<'a> {
    http: &'a Http,
    server: usize,
    end: (End, Option<Duration>),
    permit: Option<SemaphorePermit<'a>>,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let (end, wanted) = self.end;
        self.http.routes().end(self.server, end, wanted, Instant::now());
    }
}

/// A part of a pause, so that callers that failed together do not come back together.
fn by_chance(pause: Duration, part: Range<f64>) -> Duration {
    pause.mul_f64(rand::rng().random_range(part))
}

/// What one try came to.
enum Try<T> {
    Done(T),
    Never(HttpError),
    Again(String),
    Strange(String),
}

impl Http {
    pub(crate) fn new(addresses: &[Address]) -> Result<Self, HttpError> {
        let client = client()
            .map_err(|error| HttpError::Unreadable { reason: format!("cannot be asked for: {error}") })?;
        let doors: Arc<[Door]> = addresses.iter().map(Door::new).collect();
        let routes = Arc::new(Mutex::new(Routes::new(doors.len())));
        Ok(Self { client, doors, routes })
    }

    pub(crate) async fn get(&self, path: &str, patience: Patience) -> Result<Value, HttpError> {
        self.call((&Method::GET, path, None), &[], patience, Ok).await
    }

    pub(crate) async fn post(&self, ask: &Ask, patience: Patience) -> Result<Value, HttpError> {
        self.ask(ask, &[], patience, Ok).await
    }

    /// Asks, and reads the answer. The prompt in it says who may have its beginning.
    pub(crate) async fn ask<T>(
        &self,
        Ask { path, body }: &Ask,
        prompt: &[Token],
        patience: Patience,
        read: impl Fn(Value) -> Result<T, Fault>,
    ) -> Result<T, HttpError> {
        self.call((&Method::POST, path, Some(body)), prompt, patience, read).await
    }

    async fn call<T>(
        &self,
        question: (&Method, &str, Option<&Value>),
        prompt: &[Token],
        patience: Patience,
        read: impl Fn(Value) -> Result<T, Fault>,
    ) -> Result<T, HttpError> {
        let (mut pause, mut rested, mut tries) = (patience.pause, Duration::ZERO, 0);
        let mut strange = 0;
        let mut why = "it wants to be left alone".to_owned();
        let mut failed = None;
        loop {
            let mut place = match self.place(prompt, failed).await {
                Ok(place) => place,
                Err(_) if rested >= patience.resting => {
                    return Err(HttpError::Failing { reason: why, tries });
                }
                Err(rest) => {
                    sleep(by_chance(rest, 1.0..1.1)).await;
                    rested += rest;
                    failed = None;
                    continue;
                }
            };
            if failed == Some(place.server) {
                sleep(by_chance(pause, 0.5..1.0)).await;
                pause *= 2;
            }
            tries += 1;
            let came_to = self.once(&mut place, question, patience.each, &read).await;
            let named = |reason| {
                let alone = self.doors.len() == 1;
                if alone { reason } else { format!("{}: {reason}", self.doors[place.server].root) }
            };
            why = match came_to {
                Try::Done(value) => return Ok(value),
                Try::Never(error) => return Err(error),
                Try::Again(reason) if tries >= patience.tries => {
                    return Err(HttpError::Failing { reason: named(reason), tries });
                }
                Try::Strange(reason) if strange == STRANGE || tries >= patience.tries => {
                    return Err(HttpError::Unreadable { reason: named(reason) });
                }
                Try::Again(reason) => named(reason),
                Try::Strange(reason) => {
                    strange += 1;
                    named(reason)
                }
            };
            tracing::debug!(path = question.1, why, tries, "asked again");
            failed = Some(place.server);
        }
    }

    /// A place at a server; if all of them rest, for how long they do.
    async fn place(&self, prompt: &[Token], failed: Option<usize>) -> Result<Place<'_>, Duration> {
        loop {
            let chosen = self.routes().choose(prompt, failed, Instant::now());
            let server = match chosen {
                Choice::Server(server) => server,
                Choice::Later(rest) => return Err(rest),
            };
            let mut place = Place { http: self, server, end: (End::Left, None), permit: None };
            let places = &self.doors[server].places;
            if let Ok(permit) = places.try_acquire() {
                place.permit = Some(permit);
                return Ok(place);
            }
            place.permit = Some(places.acquire().await.expect("nobody closes it"));
            // It may have broken in the meantime.
            if !self.routes().rests(server, Instant::now()) {
                return Ok(place);
            }
        }
    }

    async fn once<T>(
        &self,
        place: &mut Place<'_>,
        question: (&Method, &str, Option<&Value>),
        each: Duration,
        read: impl Fn(Value) -> Result<T, Fault>,
    ) -> Try<T> {
        let (reply, wanted) = self.doors[place.server].once(&self.client, question, each).await;
        let (end, tried) = match reply {
            Reply::Json(value) => match read(value) {
                Ok(value) => (End::Answered, Try::Done(value)),
                Err(fault) => (End::Failed, Try::Strange(format!("a strange answer: {fault}"))),
            },
            Reply::Refused { status, reason } => {
                (End::Answered, Try::Never(HttpError::Refused { status, reason }))
            }
            Reply::TooLarge => {
                let reason = "its answer is too large".to_owned();
                (End::Answered, Try::Never(HttpError::Unreadable { reason }))
            }
            Reply::Busy(reason) => (End::Answered, Try::Again(reason)),
            Reply::Failed(reason) => (End::Failed, Try::Again(reason)),
        };
        place.end = (end, wanted);
        tried
    }

    fn routes(&self) -> MutexGuard<'_, Routes> {
        self.routes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
