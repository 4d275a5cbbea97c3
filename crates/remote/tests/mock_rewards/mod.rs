//! A mock of a server of a reward model: tokens are bytes, `<extra_0>` is one token, and every `= 5` in a text makes it worse. Its
//! answers have the form of recorded ones.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

/// The token of `<extra_0>`.
pub(crate) const TAG: u64 = 256;
/// Tokens that it takes.
pub(crate) const CONTEXT: usize = 512;

/// What it serves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Served {
    /// A vector for each token.
    Tokens,
    /// A vector for each tag.
    Tags,
    /// One for a text.
    Whole,
    /// One for a text, as `SGLang` tells it.
    Sglang,
}

/// How it answers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mock {
    pub(crate) served: Served,
    pub(crate) classes: usize,
    /// Texts of one call that it takes.
    pub(crate) at_once: usize,
    /// What it makes of its answer.
    pub(crate) spoils: Option<fn(Value) -> Value>,
}

impl Mock {
    pub(crate) fn of(served: Served) -> Self {
        Self { served, classes: 2, at_once: usize::MAX, spoils: None }
    }
}

pub(crate) struct MockRewards {
    pub(crate) url: String,
    /// Bodies of all calls for scores.
    pub(crate) seen: Arc<Mutex<Vec<Value>>>,
    /// How it answers from now on.
    pub(crate) mock: Arc<Mutex<Mock>>,
}

type Shared = (Arc<Mutex<Mock>>, Arc<Mutex<Vec<Value>>>);
type Reply = Result<Json<Value>, (StatusCode, Json<Value>)>;

impl MockRewards {
    pub(crate) async fn start(mock: Mock) -> Self {
        let (seen, shared) = (Arc::default(), Arc::new(Mutex::new(mock)));
        let owner = if mock.served == Served::Sglang { "sglang" } else { "vllm" };
        let entry = json!({"id": "rewarder", "owned_by": owner, "max_model_len": CONTEXT});
        let path = match mock.served {
            Served::Tokens | Served::Tags => "/pooling",
            Served::Whole | Served::Sglang => "/classify",
        };
        let state: Shared = (Arc::clone(&shared), Arc::clone(&seen));
        let router = Router::new()
            .route("/v1/models", get(async move || Json(json!({"object": "list", "data": [entry]}))))
            .route("/version", get(async || Json(json!({"version": "0.32.0"}))))
            .route("/tokenize", post(tokenize))
            .route("/detokenize", post(detokenize))
            .route(path, post(score))
            .with_state(state);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, seen, mock: shared }
    }
}

async fn tokenize(Json(body): Json<Value>) -> Json<Value> {
    let said = |turn: &Value, what: &str| turn[what].as_str().unwrap().to_owned();
    let text = match body["messages"].as_array() {
        Some(turns) => {
            let turns = turns.iter().map(|turn| format!("[{}]{}", said(turn, "role"), said(turn, "content")));
            turns.collect::<String>()
                + if body["add_generation_prompt"] == true { "[assistant]" } else { "[end]" }
        }
        None => said(&body, "prompt"),
    };
    let parts = text.split("<extra_0>").map(|part| part.bytes().map(u64::from).collect::<Vec<_>>());
    let tokens = parts.collect::<Vec<_>>().join(&TAG);
    Json(json!({"count": tokens.len(), "max_model_len": CONTEXT, "tokens": tokens, "token_strs": null}))
}

async fn detokenize(Json(body): Json<Value>) -> Json<Value> {
    Json(json!({"prompt": spell(&tokens(&body["tokens"])), "text": ""}))
}

fn tokens(value: &Value) -> Vec<u64> {
    value.as_array().unwrap().iter().map(|token| token.as_u64().unwrap()).collect()
}

fn spell(tokens: &[u64]) -> String {
    tokens
        .iter()
        .map(|&token| u8::try_from(token).map_or("<extra_0>".to_owned(), |byte| char::from(byte).to_string()))
        .collect()
}

async fn score(State((mock, seen)): State<Shared>, Json(body): Json<Value>) -> Reply {
    let Mock { served, classes, at_once, spoils } = *mock.lock().unwrap();
    seen.lock().unwrap().push(body.clone());
    let refused = |message: &str| {
        let error = json!({"message": message, "type": "BadRequestError", "code": 400});
        (StatusCode::BAD_REQUEST, Json(json!({"error": error})))
    };
    let field = if served == Served::Sglang { "input_ids" } else { "input" };
    let texts: Vec<Vec<u64>> = body[field].as_array().unwrap().iter().map(tokens).collect();
    if texts.len() > at_once {
        return Err(refused("one text, please"));
    }
    if texts.iter().any(|text| text.contains(&u64::from(b'~'))) {
        return Err(refused("This model's maximum context length is 64 tokens."));
    }
    let vector = |text: &[u64]| {
        let logit = 1.0 - 2.0 * spell(text).matches("= 5").count() as f64;
        if classes == 1 { json!([logit]) } else { json!([0.25, 0.25 + logit]) }
    };
    let each = |(index, text): (usize, &Vec<u64>)| {
        let read = |(place, token): (usize, &u64)| {
            (served == Served::Tokens || *token == TAG).then(|| vector(&text[..=place]))
        };
        match served {
            Served::Sglang => json!({"embedding": vector(text), "meta_info": {"prompt_tokens": text.len()}}),
            Served::Whole => {
                json!({"index": index, "label": "LABEL_0", "probs": vector(text), "num_classes": classes})
            }
            Served::Tokens | Served::Tags => {
                let data: Vec<Value> = text.iter().enumerate().filter_map(read).collect();
                json!({"index": index, "object": "pooling", "data": data})
            }
        }
    };
    let data: Vec<Value> = texts.iter().enumerate().map(each).collect();
    let read: usize = texts.iter().map(Vec::len).sum();
    let usage = json!({"prompt_tokens": read, "total_tokens": read, "prompt_tokens_details": null});
    let answer = if served == Served::Sglang {
        json!(data)
    } else {
        json!({"object": "list", "data": data, "usage": usage})
    };
    Ok(Json(spoils.map_or(answer.clone(), |spoils| spoils(answer))))
}
