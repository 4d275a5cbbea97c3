//! Who pays for a question, whatever becomes of it.

use crate::keys::Key;
use crate::metrics::Metrics;
use crate::progress::Progress;
use crate::solver::{Solved, Spent};
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::watch;

/// Charged to its key when it is dropped: what the answer cost, or what was told last where there is none, because the
/// search failed or its client left.
pub(crate) struct Bill {
    metrics: Arc<Metrics>,
    key: Option<Arc<Key>>,
    told: watch::Receiver<Progress>,
    spent: Option<Spent>,
}

impl Bill {
    pub(crate) fn open(
        metrics: Arc<Metrics>,
        key: Option<Arc<Key>>,
        told: watch::Receiver<Progress>,
    ) -> Self {
        Self { metrics, key, told, spent: None }
    }

    /// The search is over; what it came to, if to anything.
    pub(crate) fn settle(&mut self, solved: Option<&Solved>) {
        self.spent = solved.map(|solved| solved.spent);
    }
}

impl Drop for Bill {
    fn drop(&mut self) {
        let spent = self.spent.unwrap_or_else(|| self.told.borrow().spent);
        self.metrics.spent(&spent);
        if let Some(key) = &self.key {
            key.account.charge(&spent, Instant::now());
        }
    }
}
