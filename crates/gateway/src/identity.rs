//! What a request is called, in its answer and in logs.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

const HEADER: HeaderName = HeaderName::from_static("x-request-id");
/// Characters of a client's name for its request.
const LONGEST: usize = 128;

/// Numbers requests.
#[derive(Debug)]
pub(crate) struct Numbers {
    /// Tells one gateway's requests from another's, and from those of before it was started again.
    gateway: u64,
    next: AtomicU64,
}

/// What one request is called.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    /// Like no other's.
    pub(crate) own: String,
    /// What the client called it (`x-request-id`), where that can be shown; else the same as `own`.
    pub(crate) shown: String,
}

impl Numbers {
    pub(crate) fn new() -> Self {
        Self { gateway: rand::random(), next: AtomicU64::new(0) }
    }

    fn identify(&self, headers: &HeaderMap) -> Identity {
        let own = format!("{:016x}-{}", self.gateway, self.next.fetch_add(1, Ordering::Relaxed));
        let given = headers.get(HEADER).and_then(|value| value.to_str().ok()).filter(|text| is_sane(text));
        Identity { shown: given.unwrap_or(&own).to_owned(), own }
    }
}

/// Whether a name can stand in a log line and in a header without harm.
fn is_sane(name: &str) -> bool {
    let fine = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:/+=".contains(&byte);
    (1..=LONGEST).contains(&name.len()) && name.bytes().all(fine)
}

/// Identifies a request, for whoever answers it, and says so in the answer.
pub(crate) async fn identified(
    State(numbers): State<Arc<Numbers>>,
    mut request: Request,
    next: Next,
) -> Response {
    let identity = numbers.identify(request.headers());
    let shown = HeaderValue::from_str(&identity.shown).expect("sane names are header values");
    request.extensions_mut().insert(identity);
    let mut response = next.run(request).await;
    response.headers_mut().insert(HEADER, shown);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_taken_over_where_it_is_harmless() {
        let numbers = Numbers::new();
        let called = |name: &str| {
            let headers = [(HEADER, HeaderValue::from_bytes(name.as_bytes()).unwrap())];
            numbers.identify(&headers.into_iter().collect())
        };
        let taken = called("trace-1/span_2");
        assert!(taken.shown == "trace-1/span_2" && taken.own != taken.shown);
        for odd in ["", "two words", "a\"b", "é", &"x".repeat(129)] {
            let made = called(odd);
            assert_eq!(made.shown, made.own, "{odd}");
        }
        assert_ne!(called("").own, called("").own);
    }
}
