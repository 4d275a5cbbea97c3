//! Counters of a running engine, readable at any moment from any thread.

use crate::scheduler::Scheduler;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// What an engine has done so far and is doing now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Metrics {
    /// Given tokens evaluated.
    pub prefilled: u64,
    /// Given tokens that answered requests did not have to evaluate.
    pub cached: u64,
    /// Tokens drawn.
    pub drawn: u64,
    /// Tokens evaluated once more after their sequence had to give way.
    pub repeated: u64,
    /// Forward passes.
    pub batches: u64,
    /// Tokens in all forward passes together.
    pub batch_tokens: u64,
    /// Sequences that gave up their slot to an older one.
    pub preemptions: u64,
    /// Copies between slots.
    pub copies: u64,
    /// Requests answered, with success or without.
    pub answered: u64,
    /// Sequences in slots, now.
    pub active: u64,
    /// Sequences that wait for a slot or a prefix, now.
    pub pending: u64,
    /// Requests that have not reached the scheduler, now.
    pub queued: u64,
}

impl Metrics {
    /// Tokens per forward pass.
    pub fn mean_batch(&self) -> f64 {
        if self.batches == 0 { 0.0 } else { self.batch_tokens as f64 / self.batches as f64 }
    }
}

macro_rules! counters {
    ($($name:ident),*) => {
        /// The shared side of [`Metrics`], without the queue.
        #[derive(Debug, Default)]
        pub(crate) struct Counters {
            $(pub(crate) $name: AtomicU64),*
        }

        impl Counters {
            pub(crate) fn read(&self, queued: u64) -> Metrics {
                Metrics { queued, $($name: self.$name.load(Relaxed)),* }
            }
        }
    };
}

counters!(
    prefilled,
    cached,
    drawn,
    repeated,
    batches,
    batch_tokens,
    preemptions,
    copies,
    answered,
    active,
    pending
);

impl Counters {
    pub(crate) fn add(counter: &AtomicU64, amount: u64) {
        counter.fetch_add(amount, Relaxed);
    }

    /// Takes over what the scheduler knows.
    pub(crate) fn observe(&self, scheduler: &Scheduler) {
        let tally = scheduler.tally();
        self.prefilled.store(tally.prefilled, Relaxed);
        self.repeated.store(tally.repeated, Relaxed);
        self.preemptions.store(tally.preemptions, Relaxed);
        self.copies.store(tally.copies, Relaxed);
        self.active.store(scheduler.active() as u64, Relaxed);
        self.pending.store(scheduler.pending() as u64, Relaxed);
    }
}
