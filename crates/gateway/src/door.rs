//! How many may ask at once, how much, and how long.

use crate::Refusal;
use axum::http::{HeaderMap, HeaderValue};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bounds of a gateway.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Questions that are worked on at the same time.
    pub at_once: usize,
    /// Questions that wait for their turn; more are refused.
    pub waiting: usize,
    /// For one question, from its turn on; a request may want less.
    pub deadline: Duration,
    /// Bytes of one request's body.
    pub body: usize,
    /// Connections that are open at the same time; others wait to be accepted.
    pub connections: usize,
    /// A client that takes longer to send its headers, and then again its body, is cut off; an idle connection as well.
    pub sending: Duration,
    /// What is being answered when the gateway is told to stop may take so long; then connections are closed.
    pub ending: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            at_once: 8,
            waiting: 64,
            deadline: Duration::from_secs(300),
            body: 1 << 20,
            connections: 4096,
            sending: Duration::from_secs(30),
            ending: Duration::from_secs(30),
        }
    }
}

/// Refuses what a page of another site makes a browser send: it could not read the answer, but would have it paid.
pub(crate) fn refuse_other_sites(headers: &HeaderMap) -> Result<(), Refusal> {
    let site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
    if matches!(site, Some(b"cross-site" | b"same-site")) { Err(Refusal::other_site()) } else { Ok(()) }
}

/// Places for questions.
#[derive(Debug)]
pub(crate) struct Places {
    free: Arc<Semaphore>,
    waiting: AtomicUsize,
    most: usize,
}

/// Counts one that waits, until it is dropped.
struct Waits<'a>(&'a AtomicUsize);

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Places {
    pub(crate) fn new(limits: &Limits) -> Self {
        let free = Arc::new(Semaphore::new(limits.at_once.clamp(1, Semaphore::MAX_PERMITS)));
        Self { free, waiting: AtomicUsize::new(0), most: limits.waiting }
    }

    /// Waits for a place, unless too many do already.
    pub(crate) async fn take(&self) -> Result<OwnedSemaphorePermit, Refusal> {
        if let Ok(place) = Arc::clone(&self.free).try_acquire_owned() {
            return Ok(place);
        }
        let before = self.waiting.fetch_add(1, Ordering::SeqCst);
        let _waits = Waits(&self.waiting);
        if before >= self.most {
            return Err(Refusal::full(before));
        }
        Ok(Arc::clone(&self.free).acquire_owned().await.expect("nobody closes it"))
    }

    /// Questions that wait.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::SeqCst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn more_than_may_wait_are_refused_at_once() {
        let places = Arc::new(Places::new(&Limits { at_once: 1, waiting: 1, ..Limits::default() }));
        let first = places.take().await.unwrap();
        let second = tokio::spawn({
            let places = Arc::clone(&places);
            async move { places.take().await.map(drop) }
        });
        while places.waiting() == 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(places.take().await.unwrap_err().code, "queue_full");
        drop(first);
        second.await.unwrap().unwrap();
        assert_eq!(places.waiting(), 0);
    }
}
