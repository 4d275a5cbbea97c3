//! An end of thinking by the clock.

use deliberate_search::Cancellation;
use futures::FutureExt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

/// Resolves from this moment on. It wakes nobody: the executor asks it whenever a role takes breath, which is after every plan.
pub(crate) fn deadline(at: Instant) -> Cancellation {
    Until(at).boxed().shared()
}

struct Until(Instant);

impl Future for Until {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if Instant::now() >= self.0 { Poll::Ready(()) } else { Poll::Pending }
    }
}
