//! Why a request is not answered, in the form that clients of `OpenAI`'s protocol expect.

use crate::quota::Quota;
use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::time::Duration;

/// A request that is not answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) message: String,
    /// The field that is wrong.
    pub(crate) param: Option<String>,
    pub(crate) code: &'static str,
    /// When asking again may help.
    pub(crate) retry_after: Option<Duration>,
}

impl Refusal {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), param: None, code, retry_after: None }
    }

    /// A field that means nothing, or that nobody here can do.
    pub fn field(name: impl Into<String>, message: impl Into<String>) -> Self {
        let refusal = Self::new(StatusCode::BAD_REQUEST, "invalid_value", message);
        Self { param: Some(name.into()), ..refusal }
    }

    /// The same of a field that is part of another one.
    pub(crate) fn within(self, outer: &str) -> Self {
        Self { param: self.param.map(|name| format!("{outer}.{name}")), ..self }
    }

    /// A question that cannot be asked: it is too long, or empty.
    pub fn question(message: impl Into<String>) -> Self {
        Self {
            param: Some("messages".to_owned()),
            ..Self::new(StatusCode::BAD_REQUEST, "invalid_question", message)
        }
    }

    /// Candidates, and none in the form that was asked for.
    pub fn form(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "no_valid_answer", message)
    }

    /// No candidate at all: what answers has failed.
    pub fn failed(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_GATEWAY, "upstream_failed", message)
    }

    /// In the protocol's form.
    pub(crate) fn json(&self) -> Value {
        let Self { status, message, param, code, .. } = self;
        let kind = if status.is_server_error() { "server_error" } else { "invalid_request_error" };
        json!({"error": {"message": message, "type": kind, "param": param, "code": code}})
    }

    pub(crate) fn body(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_body", message)
    }

    pub(crate) fn slow() -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, "request_timeout", "the body came too slowly")
    }

    pub(crate) fn no_model(name: &str, known: &[String]) -> Self {
        let message = format!("there is no model `{name}` here, but {}", known.join(", "));
        Self {
            param: Some("model".to_owned()),
            ..Self::new(StatusCode::NOT_FOUND, "model_not_found", message)
        }
    }

    pub(crate) fn key() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "invalid_api_key",
            "this gateway asks for a key: Authorization: Bearer …",
        )
    }

    pub(crate) fn other_site() -> Self {
        let message = "a page of another site sent this; ask from the gateway's own page, or from a program";
        Self::new(StatusCode::FORBIDDEN, "cross_site", message)
    }

    pub(crate) fn full(waiting: usize) -> Self {
        let message = format!("{waiting} questions wait already; ask again later");
        let refusal = Self::new(StatusCode::TOO_MANY_REQUESTS, "queue_full", message);
        Self { retry_after: Some(Duration::from_secs(1)), ..refusal }
    }

    pub(crate) fn quota(quota: &Quota, wait: Duration) -> Self {
        let seconds = wait.as_secs_f64().ceil();
        let message =
            format!("this key may spend {quota}, and nothing of that is left; ask again in {seconds} s");
        let refusal = Self::new(StatusCode::TOO_MANY_REQUESTS, "quota_exhausted", message);
        Self { retry_after: Some(wait), ..refusal }
    }

    pub(crate) fn large(limit: usize) -> Self {
        let message = format!("the request is larger than {limit} bytes");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "request_too_large", message)
    }

    pub(crate) fn no_path(path: &str) -> Self {
        let message = format!(
            "there is nothing at {path} (POST /v1/chat/completions, POST /v1/completions, GET /v1/models)"
        );
        Self::new(StatusCode::NOT_FOUND, "unknown_path", message)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.json())).into_response();
        if let Some(wait) = self.retry_after {
            let seconds = wait.as_secs_f64().ceil().max(1.0) as u64;
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}
