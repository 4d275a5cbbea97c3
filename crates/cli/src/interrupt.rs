//! Ctrl-C: the first ends the work with the best so far, the second ends the process.

use crate::exit::INTERRUPTED;
use crate::output::note;
use deliberate_search::Cancellation;
use futures::FutureExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether Ctrl-C was pressed, and a future that resolves when it is.
#[derive(Clone)]
pub(crate) struct Interrupt {
    pressed: Arc<AtomicBool>,
    pub(crate) signal: Cancellation,
}

impl Interrupt {
    /// Starts listening. Needs a running tokio runtime.
    pub(crate) fn listen() -> Self {
        let pressed = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&pressed);
        let task = tokio::spawn(async move {
            if tokio::signal::ctrl_c().await.is_err() {
                return futures::future::pending().await;
            }
            seen.store(true, Ordering::Relaxed);
            note("stopping with the best so far; press Ctrl-C again to stop at once");
            tokio::spawn(async {
                if tokio::signal::ctrl_c().await.is_ok() {
                    std::process::exit(INTERRUPTED.into());
                }
            });
        });
        let signal = async move {
            if task.await.is_err() {
                futures::future::pending::<()>().await;
            }
        };
        Self { pressed, signal: signal.boxed().shared() }
    }

    pub(crate) fn pressed(&self) -> bool {
        self.pressed.load(Ordering::Relaxed)
    }
}
