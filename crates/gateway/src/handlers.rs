//! Paths and what happens on them.

use crate::aloud::{Told, telling};
use crate::door::{Keys, Limits, Places};
use crate::metrics::Metrics;
use crate::refusal::Refusal;
use crate::reply::{self, Head, Telling};
use crate::request::{AnswerRequest, Kind};
use crate::solver::{Ask, Solved, Solver};
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::sse::{KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use futures::StreamExt;
use futures::stream::{self, Stream};
use serde_json::json;
use std::convert::Infallible;
use std::fmt::Write;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::net::TcpListener;
use tokio::time::timeout;

/// A client that sends its request more slowly than this is not waited for.
const SENDING: Duration = Duration::from_secs(30);
/// Between two comments that keep a stream alive.
const ALIVE: Duration = Duration::from_secs(5);

/// A gateway, ready to be served.
pub struct Gateway {
    solver: Arc<dyn Solver>,
    limits: Limits,
    keys: Keys,
    places: Places,
    metrics: Metrics,
    requests: AtomicU64,
    started: u64,
}

impl std::fmt::Debug for Gateway {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gateway")
            .field("limits", &self.limits)
            .field("keys", &self.keys)
            .finish_non_exhaustive()
    }
}

type Shared = State<Arc<Gateway>>;

impl Gateway {
    /// A gateway in front of a solver.
    pub fn new(solver: impl Solver, limits: Limits, keys: Keys) -> Self {
        let (places, metrics) = (Places::new(&limits), Metrics::new());
        let requests = AtomicU64::new(0);
        Self { solver: Arc::new(solver), limits, keys, places, metrics, requests, started: now() }
    }

    fn names(&self) -> Vec<String> {
        self.solver.models().iter().map(|model| model.name.clone()).collect()
    }

    fn admit(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let shown = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        if self.keys.admits(shown) { Ok(()) } else { Err(Refusal::key()) }
    }

    /// Reads a request for an answer, within its bounds.
    async fn read(&self, kind: Kind, request: Request) -> Result<AnswerRequest, Refusal> {
        self.admit(request.headers())?;
        let (parts, body) = request.into_parts();
        let body = timeout(SENDING, to_bytes(body, self.limits.body)).await;
        let body = body.map_err(|_| Refusal::body("the request came too slowly"))?;
        let body = body.map_err(|_| Refusal::large(self.limits.body))?;
        let request = AnswerRequest::read(kind, &body, &parts.headers)?;
        let names = self.names();
        if names.contains(&request.model) {
            Ok(request)
        } else {
            Err(Refusal::no_model(&request.model, &names))
        }
    }

    fn ask(&self, request: &AnswerRequest) -> Ask {
        let wanted = request.seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        Ask {
            model: request.model.clone(),
            asked: request.asked.clone(),
            choices: request.choices,
            logprobs: request.logprobs,
            overrides: request.overrides.clone(),
            deadline: wanted.map_or(self.limits.deadline, |wanted| wanted.min(self.limits.deadline)),
            aloud: None,
        }
    }

    fn head(&self, kind: Kind, request: &AnswerRequest) -> Head {
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        Head::new(kind, format!("{:x}-{number}", self.started), now(), request.model.clone())
    }

    fn note(&self, head: &Head, status: u16, began: Instant, solved: Option<&Solved>) {
        self.metrics.answered(&head.model, status, began.elapsed());
        let (way, degraded) =
            solved.map_or(("", None), |solved| (solved.way.as_str(), solved.degraded.as_deref()));
        if let Some(solved) = solved {
            self.metrics.spent(&solved.spent);
        }
        // No prompts, no answers, no keys.
        tracing::info!(
            id = head.id,
            model = head.model,
            status,
            seconds = began.elapsed().as_secs_f64(),
            way,
            degraded,
            "answered"
        );
    }
}

/// Serves until told to stop; what is being answered then is still answered.
///
/// # Errors
/// If the listener fails.
pub async fn serve(
    listener: TcpListener,
    gateway: Gateway,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let router = Router::new()
        .route("/v1/chat/completions", post(|gateway, request| answer(Kind::Chat, gateway, request)))
        .route("/v1/completions", post(|gateway, request| answer(Kind::Text, gateway, request)))
        .route("/v1/models", get(models))
        .route("/health", get(|| async { Json(json!({"status": "ok"})) }))
        .route("/ready", get(|| async { Json(json!({"status": "ready"})) }))
        .route("/metrics", get(metrics))
        .fallback(|request: Request| async move { Refusal::no_path(request.uri().path()) })
        .with_state(Arc::new(gateway));
    axum::serve(listener, router).with_graceful_shutdown(stop).await
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs())
}

async fn models(State(gateway): Shared, headers: HeaderMap) -> Result<Response, Refusal> {
    gateway.admit(&headers)?;
    let entry = |model: &crate::VirtualModel| {
        json!({"id": model.name, "object": "model", "created": gateway.started, "owned_by": "deliberate",
               "description": model.about})
    };
    let all: Vec<_> = gateway.solver.models().iter().map(entry).collect();
    Ok(Json(json!({"object": "list", "data": all})).into_response())
}

async fn metrics(State(gateway): Shared) -> Response {
    let kind = HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
    ([(header::CONTENT_TYPE, kind)], gateway.metrics.text(gateway.places.waiting())).into_response()
}

async fn answer(kind: Kind, State(gateway): Shared, request: Request) -> Response {
    let began = Instant::now();
    let request = match gateway.read(kind, request).await {
        Ok(request) => request,
        Err(refusal) => {
            gateway.metrics.answered("", refusal.status.as_u16(), began.elapsed());
            return refusal.into_response();
        }
    };
    let reading = began.elapsed();
    let head = gateway.head(kind, &request);
    let place = match gateway.places.take().await {
        Ok(place) => place,
        Err(refusal) => {
            gateway.note(&head, refusal.status.as_u16(), began, None);
            return refusal.into_response();
        }
    };
    let ask = gateway.ask(&request);
    let id = head.id.clone();
    let mut response = if request.stream {
        let events = streamed(gateway, (head, request.include_usage), ask, (began, place));
        let alive = KeepAlive::new().interval(ALIVE).text("searching");
        Sse::new(events.map(Ok::<_, Infallible>)).keep_alive(alive).into_response()
    } else {
        let searching = gateway.metrics.search();
        let solved = gateway.solver.solve(ask).await;
        drop((searching, place));
        let writing = Instant::now();
        match solved {
            Ok(solved) => {
                let body = reply::whole(&head, &solved, began.elapsed().as_secs_f64());
                let mut response = Json(body).into_response();
                say(&mut response, &solved);
                gateway.metrics.overhead(reading + writing.elapsed());
                gateway.note(&head, StatusCode::OK.as_u16(), began, Some(&solved));
                response
            }
            Err(refusal) => {
                gateway.note(&head, refusal.status.as_u16(), began, None);
                refusal.into_response()
            }
        }
    };
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert("x-request-id", id);
    }
    response
}

/// What was resolved, for proxies and for people with `curl -i`.
fn say(response: &mut Response<Body>, solved: &Solved) {
    let mut line = solved.way.clone();
    let _ = write!(line, "; generations={}", solved.spent.generations);
    let headers = response.headers_mut();
    // Names in a way may hold what a header may not.
    if let Ok(value) = HeaderValue::from_str(&line) {
        headers.insert("x-deliberate-way", value);
    }
    if let Some(Ok(value)) = solved.degraded.as_deref().map(HeaderValue::from_str) {
        headers.insert("x-deliberate-degraded", value);
    }
}

/// Searches inside of the stream, so that a client that leaves ends the search.
fn streamed(
    gateway: Arc<Gateway>,
    (head, include_usage): (Head, bool),
    ask: Ask,
    (began, place): (Instant, tokio::sync::OwnedSemaphorePermit),
) -> impl Stream<Item = axum::response::sse::Event> {
    let searched = Arc::clone(&gateway);
    let told = telling(move |aloud| async move {
        let searching = searched.metrics.search();
        let solved = searched.solver.solve(Ask { aloud: Some(aloud), ..ask }).await;
        drop((searching, place));
        solved
    });
    told.scan(Telling::new(head, include_usage), move |telling, told| {
        let events = match told {
            Told::Part(text) => telling.part(&text),
            Told::Over(solved) => {
                let status = solved.as_ref().map_or_else(|refusal| refusal.status.as_u16(), |_| 200);
                gateway.note(telling.head(), status, began, solved.as_ref().ok());
                let rest = |solved: Solved| telling.rest(&solved, began.elapsed().as_secs_f64());
                solved.map_or_else(|refusal| reply::refused(&refusal), rest)
            }
        };
        std::future::ready(Some(stream::iter(events)))
    })
    .flatten()
}
