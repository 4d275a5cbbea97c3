//! Several models on one machine compute in turn.
//!
//! Two forward passes at once would each want every core; their threads then wait for one another at every operation,
//! which on few cores costs far more than half the speed.

use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// A right to compute that goes round in the order of asking; clones share it.
#[derive(Debug, Clone, Default)]
pub struct Turns {
    shared: Arc<(Mutex<Tickets>, Condvar)>,
}

#[derive(Debug, Default)]
struct Tickets {
    next: u64,
    serving: u64,
}

/// The right to compute, until it is dropped.
#[derive(Debug)]
pub(crate) struct Turn<'a>(&'a Turns);

impl Turns {
    /// Waits for its turn.
    pub(crate) fn take(&self) -> Turn<'_> {
        let (tickets, served) = &*self.shared;
        let mut tickets = tickets.lock().unwrap_or_else(PoisonError::into_inner);
        let mine = tickets.next;
        tickets.next += 1;
        while tickets.serving != mine {
            tickets = served.wait(tickets).unwrap_or_else(PoisonError::into_inner);
        }
        Turn(self)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let (tickets, served) = &*self.0.shared;
        tickets.lock().unwrap_or_else(PoisonError::into_inner).serving += 1;
        served.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

    #[test]
    fn one_at_a_time_even_after_a_panic() {
        let turns = Turns::default();
        let (inside, done) = (AtomicU32::new(0), AtomicU32::new(0));
        let work = || {
            for _ in 0..200 {
                let _turn = turns.take();
                assert_eq!(inside.fetch_add(1, SeqCst), 0);
                std::thread::yield_now();
                inside.fetch_sub(1, SeqCst);
                done.fetch_add(1, SeqCst);
            }
        };
        std::thread::scope(|scope| {
            let unlucky = scope.spawn(|| {
                let _turn = turns.take();
                panic!("as intended by the test");
            });
            for _ in 0..3 {
                scope.spawn(work);
            }
            assert!(unlucky.join().is_err());
        });
        assert_eq!(done.load(SeqCst), 600);
    }
}
