//! A proxy before a server, for tests: it passes calls on, and some of them go wrong on the way.

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use reqwest::Client;
use serde_json::Value;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::net::TcpListener;

/// How a call goes wrong on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mishap {
    /// The proxy has nobody to ask: 502.
    Gateway,
    /// Nothing comes for a while, and then the proxy gives up: 504.
    Stall,
    /// The connection ends in the middle of the answer.
    CutOff,
    /// A page in the place of an answer.
    Page,
    /// Of several continuations, the last is missing.
    Fewer,
    /// The proxy wants to be left alone for a minute: 429.
    #[allow(dead_code, reason = "one test needs it")]
    Busy,
}

/// All kinds that pass at once, one after the other.
const PASSING: [Mishap; 5] = [Mishap::Gateway, Mishap::Stall, Mishap::CutOff, Mishap::Page, Mishap::Fewer];

/// What happens to the call of this number.
pub(crate) type Plan = Box<dyn Fn(u64) -> Option<Mishap> + Send + Sync>;

/// Every fifth call by chance, after so many that go well.
pub(crate) fn a_fifth_after(sound: u64) -> Plan {
    Box::new(move |number| {
        let dice = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        let kind = (dice / 5 % PASSING.len() as u64) as usize;
        (number >= sound && dice % 5 == 0).then_some(PASSING[kind])
    })
}

pub(crate) struct FaultyProxy {
    pub(crate) url: String,
    pub(crate) seen: Arc<Seen>,
}

#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) calls: AtomicU64,
    pub(crate) mishaps: AtomicU64,
}

struct Shared {
    client: Client,
    server: String,
    plan: Plan,
    seen: Arc<Seen>,
}

impl FaultyProxy {
    pub(crate) async fn before(server: &str, plan: Plan) -> Self {
        let seen = Arc::new(Seen::default());
        let _ = rustls::crypto::ring::default_provider().install_default();
        let (client, server) = (Client::new(), server.to_owned());
        let shared = Arc::new(Shared { client, server, plan, seen: Arc::clone(&seen) });
        let router = Router::new().fallback(pass_on).with_state(shared);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, seen }
    }
}

async fn pass_on(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let number = shared.seen.calls.fetch_add(1, Ordering::SeqCst);
    let mishap = (shared.plan)(number);
    if mishap.is_some() {
        shared.seen.mishaps.fetch_add(1, Ordering::SeqCst);
    }
    match mishap {
        Some(Mishap::Gateway) => return (StatusCode::BAD_GATEWAY, "bad gateway").into_response(),
        Some(Mishap::Busy) => {
            return (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "60")], "too many").into_response();
        }
        Some(Mishap::Page) => return "<html>please log in</html>".into_response(),
        Some(Mishap::Stall) => {
            tokio::time::sleep(Duration::from_millis(400)).await;
            return (StatusCode::GATEWAY_TIMEOUT, "gateway timeout").into_response();
        }
        None | Some(Mishap::CutOff | Mishap::Fewer) => {}
    }
    let Ok((status, bytes)) = answer(&shared, request).await else {
        return (StatusCode::BAD_GATEWAY, "nobody answers").into_response();
    };
    match mishap {
        Some(Mishap::CutOff) => cut_off(&bytes),
        Some(Mishap::Fewer) => (status, fewer(bytes)).into_response(),
        _ => (status, bytes).into_response(),
    }
}

/// What the server says.
async fn answer(shared: &Shared, request: Request) -> reqwest::Result<(StatusCode, Bytes)> {
    let url = format!("{}{}", shared.server, request.uri().path());
    let method = request.method().clone();
    let mut call = shared.client.request(method.clone(), url);
    if method == Method::POST {
        let body = to_bytes(request.into_body(), usize::MAX).await.unwrap();
        call = call.header("content-type", "application/json").body(body);
    }
    let response = call.send().await?;
    Ok((response.status(), response.bytes().await?))
}

fn cut_off(bytes: &Bytes) -> Response {
    let half = Ok::<_, io::Error>(bytes.slice(..bytes.len() / 2));
    Body::from_stream(futures::stream::iter([half, Err(io::Error::other("cut off"))])).into_response()
}

fn fewer(bytes: Bytes) -> Bytes {
    match serde_json::from_slice(&bytes) {
        Ok(Value::Array(mut all)) => {
            all.pop();
            serde_json::to_vec(&all).unwrap().into()
        }
        _ => bytes,
    }
}
