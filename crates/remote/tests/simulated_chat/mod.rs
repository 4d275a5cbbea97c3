//! An endpoint for conversations without a model: what it says is a hash of what it is asked and of the seed.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

/// Fields that it refuses, and answers that it gives at once, at most.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Takes {
    pub(crate) refused: &'static [&'static str],
    pub(crate) at_once: u64,
}

pub(crate) struct SimulatedChat {
    pub(crate) url: String,
    /// All bodies that it was sent.
    pub(crate) seen: Arc<Mutex<Vec<Value>>>,
}

type Shared = (Takes, Arc<Mutex<Vec<Value>>>);

impl SimulatedChat {
    pub(crate) async fn start(takes: Takes) -> Self {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let router = Router::new()
            .route("/v1/models", get(async || Json(json!({"data": [{"id": "talker"}]}))))
            .route("/v1/chat/completions", post(complete))
            .with_state((takes, Arc::clone(&seen)));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, seen }
    }
}

async fn complete(
    State((takes, seen)): State<Shared>,
    Json(body): Json<Value>,
) -> Result<Json<Value>, (StatusCode, Json<Value>)> {
    seen.lock().unwrap().push(body.clone());
    if let Some(field) = takes.refused.iter().find(|field| body.get(**field).is_some()) {
        let message = match *field {
            "max_tokens" => "use max_completion_tokens".to_owned(),
            field => format!("unknown field {field}"),
        };
        return Err((StatusCode::BAD_REQUEST, Json(json!({"error": {"message": message}}))));
    }
    let wanted = body["n"].as_u64().unwrap_or(1).min(takes.at_once);
    let logprobs = body["logprobs"] == true;
    let choices: Vec<Value> = (0..wanted)
        .map(|index| {
            let hash = body["messages"]
                .to_string()
                .bytes()
                .chain(body["seed"].to_string().bytes())
                .fold(index, |h, b| h.wrapping_mul(31).wrapping_add(u64::from(b)));
            let words = ["The", " answer", " is", &format!(" {}", hash % 100), "."].map(str::to_owned);
            let told = words.iter().map(|word| {
                json!({"token": word, "logprob": -0.5, "top_logprobs": [
                    {"token": " Yes", "logprob": -0.25}, {"token": "No", "logprob": -1.5}]})
            });
            let logprobs = logprobs.then(|| json!({"content": told.collect::<Vec<_>>()}));
            json!({"index": index, "message": {"role": "assistant", "content": words.concat()},
                   "logprobs": logprobs, "finish_reason": "stop"})
        })
        .collect();
    let usage = json!({"prompt_tokens": 11, "completion_tokens": 5 * wanted});
    Ok(Json(json!({"choices": choices, "usage": usage})))
}
