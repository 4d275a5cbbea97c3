//! Other ways to answer while the gateway runs.

use super::{opened, tell};
use crate::args::{Global, ServeArgs};
use crate::output::note;
use deliberate_gateway::Gateway;
use std::sync::Arc;

/// Reads the file of models again at every SIGHUP, in the background. What is wrong with it is said, and then everything
/// stays as it is.
#[cfg(unix)]
pub(super) fn on_hangup(gateway: Arc<Gateway>, args: &ServeArgs, global: &Global) {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut hangups) = signal(SignalKind::hangup()) else { return };
    let (args, global) = (Arc::new(args.clone()), Arc::new(global.clone()));
    tokio::spawn(async move {
        while hangups.recv().await.is_some() {
            let (args, global) = (Arc::clone(&args), Arc::clone(&global));
            let runtime = tokio::runtime::Handle::current();
            let opening = move || runtime.block_on(opened(&args, &global));
            match tokio::task::spawn_blocking(opening).await {
                Ok(Ok(offers)) => {
                    tell(&offers);
                    gateway.offer(offers);
                    note("these models are offered from now on");
                }
                Ok(Err(error)) => note(format_args!("the models stay as they are: {error:#}")),
                Err(error) => note(format_args!("the models stay as they are: {error}")),
            }
        }
    });
}

/// There is no such signal here.
#[cfg(not(unix))]
pub(super) fn on_hangup(_: Arc<Gateway>, _: &ServeArgs, _: &Global) {}
