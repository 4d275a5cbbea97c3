//! What happens, as numbers that Prometheus reads.

use crate::solver::Spent;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;
use std::time::Duration;

type Labels = Vec<(String, String)>;

/// Counters of a gateway.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<Labels, Counter>,
    tokens: Family<Labels, Counter>,
    generations: Counter,
    duration: Histogram,
    overhead: Histogram,
    searching: Gauge,
    waiting: Gauge,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("deliberate");
        let requests = Family::<Labels, Counter>::default();
        let tokens = Family::<Labels, Counter>::default();
        let (generations, searching, waiting) = (Counter::default(), Gauge::default(), Gauge::default());
        let duration = Histogram::new(exponential_buckets(0.05, 2.0, 15));
        let overhead = Histogram::new(exponential_buckets(0.000_01, 2.0, 16));
        registry.register("requests", "Requests by virtual model and status", requests.clone());
        registry.register("tokens", "Tokens over all calls, by kind", tokens.clone());
        registry.register("generations", "Full solutions' worth of samples", generations.clone());
        registry.register(
            "duration_seconds",
            "From a request to its answer, waiting included",
            duration.clone(),
        );
        registry.register("overhead_seconds", "The gateway's own part of it", overhead.clone());
        registry.register("searching", "Questions that are worked on", searching.clone());
        registry.register("waiting", "Questions that wait for a place", waiting.clone());
        Self { registry, requests, tokens, generations, duration, overhead, searching, waiting }
    }

    /// A request is over.
    pub(crate) fn answered(&self, model: &str, status: u16, took: Duration) {
        let labels = vec![("model".to_owned(), model.to_owned()), ("status".to_owned(), status.to_string())];
        self.requests.get_or_create(&labels).inc();
        self.duration.observe(took.as_secs_f64());
    }

    /// What the gateway itself took of a request.
    pub(crate) fn overhead(&self, took: Duration) {
        self.overhead.observe(took.as_secs_f64());
    }

    pub(crate) fn spent(&self, spent: &Spent) {
        let kinds = [
            ("prompt", spent.prompt_tokens),
            ("cached", spent.cached_tokens),
            ("completion", spent.completion_tokens),
            ("verifier", spent.verifier_tokens),
        ];
        for (kind, count) in kinds {
            self.tokens.get_or_create(&vec![("kind".to_owned(), kind.to_owned())]).inc_by(count);
        }
        self.generations.inc_by(spent.generations.into());
    }

    /// Counts a question that is worked on until it is dropped.
    pub(crate) fn search(&self) -> Searching {
        self.searching.inc();
        Searching(self.searching.clone())
    }

    /// All of it, in Prometheus' text form.
    pub(crate) fn text(&self, waiting: usize) -> String {
        self.waiting.set(i64::try_from(waiting).unwrap_or(i64::MAX));
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("writing to a string cannot fail");
        text
    }
}

/// A question that is worked on.
pub(crate) struct Searching(Gauge);

impl Drop for Searching {
    fn drop(&mut self) {
        self.0.dec();
    }
}
