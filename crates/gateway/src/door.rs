//! Who may ask, how many at once, and how long.

use crate::Refusal;
use sha2::{Digest, Sha256};
use std::fmt;
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
    /// Bytes of one request.
    pub body: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { at_once: 8, waiting: 64, deadline: Duration::from_secs(300), body: 1 << 20 }
    }
}

/// Keys of which a client shows one. Kept as digests, which tell nothing and are compared in equal time.
#[derive(Clone, Default)]
pub struct Keys(Vec<[u8; 32]>);

impl Keys {
    /// Keys in a text, with commas between them; none where it is empty, and then everyone may ask.
    pub fn parse(text: &str) -> Self {
        let keys = text.split(',').map(str::trim).filter(|key| !key.is_empty());
        Self(keys.map(|key| Sha256::digest(key).into()).collect())
    }

    /// Whether everyone may ask.
    pub fn is_open(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether what stands in `Authorization` is a key.
    pub(crate) fn admits(&self, authorization: Option<&str>) -> bool {
        let shown = authorization.and_then(|text| text.strip_prefix("Bearer ")).unwrap_or("");
        let shown: [u8; 32] = Sha256::digest(shown.trim()).into();
        let same =
            |key: &[u8; 32]| key.iter().zip(&shown).fold(0, |all, (left, right)| all | (left ^ right)) == 0;
        self.is_open() || self.0.iter().fold(false, |found, key| found | same(key))
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keys({})", self.0.len())
    }
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

    #[test]
    fn a_key_is_shown_as_it_was_given() {
        let keys = Keys::parse(" one, two ,");
        assert!(keys.admits(Some("Bearer one")) && keys.admits(Some("Bearer two")));
        for shown in [None, Some(""), Some("one"), Some("Bearer "), Some("Bearer on"), Some("Bearer one,two")]
        {
            assert!(!keys.admits(shown), "{shown:?}");
        }
        assert!(Keys::parse("").admits(None) && !keys.is_open());
        assert_eq!(format!("{keys:?}"), "Keys(2)");
    }

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
