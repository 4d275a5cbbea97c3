//! Connections: how many there are, what of them is too large or too slow to be read, and how they end.

use crate::door::Limits;
use axum::Router;
use hyper::server::conn::http1::Builder;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// Headers of one request; more are refused (431).
const MOST_HEADERS: usize = 100;
/// Bytes of the request line and the headers; more are refused (431).
const HEAD_BYTES: usize = 32 << 10;
/// What can be wrong with accepting passes, such as too many open files.
const PAUSE: Duration = Duration::from_secs(1);

/// Serves until told to stop. What is being answered then is still answered, within [`Limits::ending`].
pub(crate) async fn listen(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    stop: impl Future<Output = ()>,
) {
    let mut http = Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(limits.sending);
    http.max_headers(MOST_HEADERS).max_header_size(HEAD_BYTES);
    let service = TowerToHyperService::new(router);
    let places = Arc::new(Semaphore::new(limits.connections.clamp(1, Semaphore::MAX_PERMITS)));
    let (graceful, mut connections) = (GracefulShutdown::new(), JoinSet::new());
    let mut stop = pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => break,
            Some(_) = connections.join_next() => {}
            (stream, place) = accept(&listener, &places) => {
                let connection = graceful.watch(http.serve_connection(TokioIo::new(stream), service.clone()));
                connections.spawn(async move {
                    // Clients leave and send what is no HTTP: nothing of that is an error here.
                    let _ = connection.await;
                    drop(place);
                });
            }
        }
    }
    drop(listener);
    if timeout(limits.ending, graceful.shutdown()).await.is_err() {
        tracing::error!(connections = connections.len(), "closed before they were answered");
    }
}

/// The next connection, once there is a place for it.
async fn accept(listener: &TcpListener, places: &Arc<Semaphore>) -> (TcpStream, OwnedSemaphorePermit) {
    let place = Arc::clone(places).acquire_owned().await.expect("nobody closes it");
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                // Events are small and should not wait for each other; without it they are late, not lost.
                let _ = stream.set_nodelay(true);
                return (stream, place);
            }
            Err(error) if is_of_the_client(&error) => {}
            Err(error) => {
                tracing::error!(%error, "cannot accept connections");
                sleep(PAUSE).await;
            }
        }
    }
}

fn is_of_the_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}
