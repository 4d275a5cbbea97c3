//! Ctrl-C and SIGTERM (which `timeout` sends): the first ends the work with the best so far, the second the process.

use crate::exit::INTERRUPTED;
use crate::output::note;
use deliberate_search::Cancellation;
use futures::FutureExt;
use std::fmt::Display;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Resolves when the process is told to stop; never where it cannot be told.
async fn told_to_stop() {
    let pressed = async {
        if tokio::signal::ctrl_c().await.is_err() {
            futures::future::pending::<()>().await;
        }
    };
    tokio::select! {
        () = pressed => {}
        () = terminated() => {}
    }
}

#[cfg(unix)]
async fn terminated() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => drop(terminate.recv().await),
        Err(_) => futures::future::pending().await,
    }
}

#[cfg(not(unix))]
async fn terminated() {
    futures::future::pending().await
}

/// Whether the process was told to stop, and a future that resolves when it is.
#[derive(Clone)]
pub(crate) struct Interrupt {
    pressed: Arc<AtomicBool>,
    pub(crate) signal: Cancellation,
}

impl Interrupt {
    /// Starts listening. Needs a running tokio runtime.
    pub(crate) fn listen() -> Self {
        Self::saying("stopping with the best so far")
    }

    /// The same, with what is said when it comes.
    pub(crate) fn saying(what: impl Display + Send + 'static) -> Self {
        let pressed = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&pressed);
        let task = tokio::spawn(async move {
            told_to_stop().await;
            seen.store(true, Ordering::Relaxed);
            note(format_args!("{what}; press Ctrl-C again to stop at once"));
            tokio::spawn(async {
                told_to_stop().await;
                std::process::exit(INTERRUPTED.into());
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
