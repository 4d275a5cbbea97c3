//! Paths, and what is behind all of them.

use crate::answer::answer;
use crate::door::{Limits, Places};
use crate::identity::{Numbers, identified};
use crate::keys::Keys;
use crate::listen::listen;
use crate::metrics::Metrics;
use crate::playground::playground;
use crate::refusal::Refusal;
use crate::request::Kind;
use crate::solver::Solver;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::json;
use std::future::Future;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::net::TcpListener;

/// A gateway, ready to be served.
pub struct Gateway {
    solver: RwLock<Arc<dyn Solver>>,
    pub(crate) limits: Limits,
    pub(crate) keys: Keys,
    pub(crate) places: Places,
    pub(crate) metrics: Arc<Metrics>,
    /// Where requests are recorded, if they are.
    pub(crate) records: Option<PathBuf>,
    started: u64,
}

impl std::fmt::Debug for Gateway {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gateway")
            .field("limits", &self.limits)
            .field("keys", &self.keys)
            .field("records", &self.records)
            .finish_non_exhaustive()
    }
}

pub(crate) type Shared = State<Arc<Gateway>>;

impl Gateway {
    /// A gateway in front of a solver.
    pub fn new(solver: impl Solver, limits: Limits, keys: Keys) -> Self {
        let (places, metrics) = (Places::new(&limits), Arc::new(Metrics::new()));
        let solver = RwLock::new(Arc::new(solver) as Arc<dyn Solver>);
        Self { solver, limits, keys, places, metrics, records: None, started: now() }
    }

    /// Keeps a record of every request that is worked on, in a folder of its own below this one.
    pub fn recording(self, folder: PathBuf) -> Self {
        Self { records: Some(folder), ..self }
    }

    /// Puts another solver in the place of the one that is there. What is being answered is answered by the old one.
    pub fn offer(&self, solver: impl Solver) {
        *self.solver.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(solver);
    }

    /// Who answers what is asked now.
    pub(crate) fn solver(&self) -> Arc<dyn Solver> {
        Arc::clone(&self.solver.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Serves until told to stop; what is being answered then is still answered, within [`Limits::ending`].
pub async fn serve(listener: TcpListener, gateway: Arc<Gateway>, stop: impl Future<Output = ()>) {
    let limits = gateway.limits;
    let router = Router::new()
        .route("/", get(playground))
        .route(
            "/v1/chat/completions",
            post(|gateway, who, request| answer(Kind::Chat, gateway, who, request)),
        )
        .route("/v1/completions", post(|gateway, who, request| answer(Kind::Text, gateway, who, request)))
        .route("/v1/models", get(models))
        .route("/health", get(|| async { Json(json!({"status": "ok"})) }))
        .route("/ready", get(|| async { Json(json!({"status": "ready"})) }))
        .route("/metrics", get(metrics))
        .fallback(|request: Request| async move { Refusal::no_path(request.uri().path()) })
        .layer(from_fn_with_state(Arc::new(Numbers::new()), identified))
        .with_state(gateway);
    listen(listener, router, limits, stop).await;
}

/// Seconds since 1970.
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs())
}

async fn models(State(gateway): Shared, headers: HeaderMap) -> Result<Response, Refusal> {
    gateway.keys.shown(&headers)?;
    let entry = |model: &crate::VirtualModel| {
        json!({"id": model.name, "object": "model", "created": gateway.started, "owned_by": "deliberate",
               "description": model.about})
    };
    let all: Vec<_> = gateway.solver().models().iter().map(entry).collect();
    Ok(Json(json!({"object": "list", "data": all})).into_response())
}

async fn metrics(State(gateway): Shared) -> Response {
    let kind = HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
    ([(header::CONTENT_TYPE, kind)], gateway.metrics.text(gateway.places.waiting())).into_response()
}
