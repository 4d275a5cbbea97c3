//! Jobs spread over threads.
//!
//! Threads are started for each batch that is worth it, which costs some hundredths of a millisecond against several
//! milliseconds of work, and leaves nothing to spin or to wake. They take jobs as they become free.

use crate::lanes::Lanes;
use crate::network::Network;
use crate::pass::{Piece, Scratch};
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;

/// Some spans and where their logits go.
#[derive(Debug)]
pub(crate) struct Job<'a> {
    pub(crate) pieces: Vec<Piece<'a>>,
    pub(crate) logits: &'a mut [Lanes],
}

impl<'a> Job<'a> {
    pub(crate) fn run(mut self, network: &Network, scratch: &mut Scratch) -> &'a [Lanes] {
        scratch.run(network, &mut self.pieces, self.logits);
        self.logits
    }
}

/// Does all jobs, one thread for each scratch at most, and hands on their logits in the order of the jobs: on the
/// calling thread, and while others still compute.
pub(crate) fn run(
    network: &Network,
    jobs: Vec<Job<'_>>,
    scratches: &mut [Scratch],
    mut give: impl FnMut(usize, &[Lanes]),
) {
    let (own, helpers) = scratches.split_first_mut().expect("there is at least one thread");
    let mut finished: Vec<Option<&[Lanes]>> = vec![None; jobs.len()];
    let mut given = 0;
    let helpers = helpers.iter_mut().take(jobs.len().saturating_sub(1));
    let queue = Mutex::new(jobs.into_iter().enumerate());
    // The lock is held for the taking only, which cannot panic.
    let take = &|| queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    let (report, reports) = mpsc::channel();
    thread::scope(|scope| {
        for scratch in helpers {
            let report = report.clone();
            scope.spawn(move || {
                while let Some((index, job)) = take() {
                    // Nobody listens any more if the calling thread panicked.
                    let _ = report.send((index, job.run(network, scratch)));
                }
            });
        }
        drop(report);
        let mut hand_on = |finished: &mut [Option<&[Lanes]>]| {
            while let Some(logits) = finished.get_mut(given).and_then(Option::take) {
                give(given, logits);
                given += 1;
            }
        };
        while let Some((index, job)) = take() {
            finished[index] = Some(job.run(network, own));
            for (index, logits) in reports.try_iter() {
                finished[index] = Some(logits);
            }
            hand_on(&mut finished);
        }
        for (index, logits) in reports {
            finished[index] = Some(logits);
            hand_on(&mut finished);
        }
    });
}
