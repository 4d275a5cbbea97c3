//! Keys of which a client shows one, and what each may spend.

use crate::Refusal;
use crate::quota::{Account, Quota};
use axum::http::{HeaderMap, header};
use sha2::{Digest, Sha256};
use std::fmt;
use std::sync::Arc;

/// Keys of which a client shows one. Kept as digests, which tell nothing and are compared in equal time.
#[derive(Clone, Default)]
pub struct Keys(Vec<Arc<Key>>);

/// One key.
pub(crate) struct Key {
    digest: [u8; 32],
    /// Its place in the list, which is what logs call it.
    pub(crate) place: usize,
    pub(crate) account: Account,
}

/// A list of keys that cannot be understood. It does not repeat what it read, for that is secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeysError {
    place: usize,
    reason: String,
}

impl fmt::Display for KeysError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "behind key number {} stands no quota: {}", self.place, self.reason)
    }
}

impl std::error::Error for KeysError {}

impl Keys {
    /// Keys in a text, with commas between them; none where it is empty, and then everyone may ask. Behind a key stand its
    /// quotas, with spaces between them: `KEY 600generations/hour 2000000tokens/day, OTHER-KEY`.
    ///
    /// # Errors
    /// [`KeysError`] for what stands behind a key and is no quota.
    pub fn parse(text: &str) -> Result<Self, KeysError> {
        let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        let key = |(index, entry): (usize, &str)| {
            let place = index + 1;
            let mut words = entry.split_whitespace();
            let digest = Sha256::digest(words.next().unwrap_or_default()).into();
            let quotas: Result<Vec<Quota>, String> = words.map(str::parse).collect();
            let quotas = quotas.map_err(|reason| KeysError { place, reason })?;
            Ok(Arc::new(Key { digest, place, account: Account::new(quotas) }))
        };
        entries.enumerate().map(key).collect::<Result<_, _>>().map(Self)
    }

    /// Whether everyone may ask.
    pub fn is_open(&self) -> bool {
        self.0.is_empty()
    }

    /// The key that a client shows in `Authorization`; none where everyone may ask.
    pub(crate) fn shown(&self, headers: &HeaderMap) -> Result<Option<Arc<Key>>, Refusal> {
        if self.is_open() {
            return Ok(None);
        }
        let shown = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let shown = shown.and_then(|text| text.strip_prefix("Bearer ")).unwrap_or("");
        let shown: [u8; 32] = Sha256::digest(shown.trim()).into();
        let same =
            |key: &Key| key.digest.iter().zip(&shown).fold(0, |all, (left, right)| all | (left ^ right)) == 0;
        let found = self.0.iter().fold(None, |found, key| if same(key) { Some(key) } else { found });
        found.map(|key| Some(Arc::clone(key))).ok_or_else(Refusal::key)
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keys({})", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_shown_as_it_was_given() {
        let keys = Keys::parse(" one, two 5generations/hour ,").unwrap();
        let shown = |text: Option<&str>| {
            let headers = text.map(|text| (header::AUTHORIZATION, text.parse().unwrap()));
            keys.shown(&headers.into_iter().collect()).map(|key| key.expect("there are keys").place)
        };
        assert_eq!((shown(Some("Bearer one")), shown(Some("Bearer two"))), (Ok(1), Ok(2)));
        for odd in [None, Some(""), Some("one"), Some("Bearer "), Some("Bearer on"), Some("Bearer one,two")] {
            assert!(shown(odd).is_err(), "{odd:?}");
        }
        let open = Keys::parse("").unwrap();
        assert!(open.shown(&HeaderMap::new()).unwrap().is_none() && !keys.is_open());
        assert_eq!(format!("{keys:?}"), "Keys(2)");
    }

    #[test]
    fn an_odd_quota_is_an_error_that_keeps_the_key_secret() {
        let error = Keys::parse("one, sesame 5generations/weak").unwrap_err().to_string();
        assert!(
            error.contains("number 2") && !error.contains("sesame") && !error.contains("weak"),
            "{error}"
        );
    }
}
