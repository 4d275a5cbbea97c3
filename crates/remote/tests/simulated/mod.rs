//! A llama-server without a model: tokens are bytes, and what follows a prompt is a hash of it. It can fail in the ways in
//! which servers and the proxies before them fail.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;

/// The token that ends a sequence.
const END: u64 = 256;

/// How a call goes wrong.
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(dead_code, reason = "most tests need some of them")]
pub(crate) enum Fault {
    /// With this status.
    Status(u16),
    /// No JSON.
    Garbage,
    /// The connection ends within the answer.
    CutOff,
    /// One continuation less than asked for.
    Lie,
    /// No answer for so long.
    Stall(Duration),
}

/// What goes wrong with the call of this number to a path.
pub(crate) type Plan = Box<dyn Fn(&str, u64) -> Option<Fault> + Send + Sync>;

pub(crate) struct SimulatedServer {
    pub(crate) url: String,
    pub(crate) seen: Arc<Seen>,
}

/// What the server has seen.
#[derive(Default)]
pub(crate) struct Seen {
    /// Calls, those that went wrong too.
    pub(crate) calls: AtomicU64,
    /// Calls whose caller left before the answer.
    pub(crate) left: AtomicU64,
    /// All bodies sent to `/completion`.
    pub(crate) completions: Mutex<Vec<Value>>,
    pub(crate) keys: Mutex<Vec<String>>,
}

struct Shared {
    seen: Arc<Seen>,
    plan: Plan,
    models: Vec<String>,
}

/// Counts a caller that leaves.
struct Waiting(Option<Arc<Seen>>);

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some(seen) = &self.0 {
            seen.left.fetch_add(1, Ordering::SeqCst);
        }
    }
}

impl SimulatedServer {
    pub(crate) async fn start(plan: Plan) -> Self {
        Self::with_models(&["toy"], plan).await
    }

    pub(crate) async fn with_models(models: &[&str], plan: Plan) -> Self {
        let seen = Arc::new(Seen::default());
        let models = models.iter().map(ToString::to_string).collect();
        let shared = Arc::new(Shared { seen: Arc::clone(&seen), plan, models });
        let router = Router::new()
            .route("/v1/models", get(list))
            .route("/props", get(props))
            .route("/tokenize", post(tokenize))
            .route("/detokenize", post(detokenize))
            .route("/apply-template", post(render))
            .route("/completion", post(complete))
            .layer(from_fn_with_state(Arc::clone(&shared), go_wrong))
            .with_state(shared);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, seen }
    }
}

async fn go_wrong(State(shared): State<Arc<Shared>>, mut request: Request, next: Next) -> Response {
    let number = shared.seen.calls.fetch_add(1, Ordering::SeqCst);
    if let Some(key) = request.headers().get("authorization") {
        shared.seen.keys.lock().unwrap().push(key.to_str().unwrap().to_owned());
    }
    let fault = (shared.plan)(request.uri().path(), number);
    match fault {
        None => next.run(request).await,
        Some(Fault::Lie) => {
            request.extensions_mut().insert(Lying);
            next.run(request).await
        }
        Some(Fault::Status(status)) => {
            let body = Json(json!({"error": {"message": "as the plan says", "type": "simulated"}}));
            (StatusCode::from_u16(status).unwrap(), body).into_response()
        }
        Some(Fault::Garbage) => "<html>502 from a proxy</html>".into_response(),
        Some(Fault::CutOff) => {
            let part = futures::stream::iter([
                Ok::<_, std::io::Error>("{\"content\": \"so f".to_owned()),
                Err(std::io::Error::other("cut")),
            ]);
            Body::from_stream(part).into_response()
        }
        Some(Fault::Stall(time)) => {
            let mut waiting = Waiting(Some(Arc::clone(&shared.seen)));
            tokio::time::sleep(time).await;
            waiting.0 = None;
            next.run(request).await
        }
    }
}

/// Marks a request that is answered with a continuation too few.
#[derive(Clone)]
struct Lying;

async fn list(State(shared): State<Arc<Shared>>) -> Json<Value> {
    let entry =
        |name: &String| json!({"id": name, "aliases": [name], "meta": {"n_vocab": 257, "n_params": 1000}});
    Json(json!({"object": "list", "data": shared.models.iter().map(entry).collect::<Vec<_>>()}))
}

async fn props() -> Json<Value> {
    Json(json!({"default_generation_settings": {"n_ctx": 512}, "total_slots": 4, "build_info": "simulated"}))
}

async fn tokenize(Json(body): Json<Value>) -> Json<Value> {
    Json(json!({"tokens": body["content"].as_str().unwrap().bytes().collect::<Vec<_>>()}))
}

async fn detokenize(Json(body): Json<Value>) -> Json<Value> {
    Json(json!({"content": spell(&tokens(&body["tokens"]))}))
}

async fn render(Json(body): Json<Value>) -> Json<Value> {
    let said = |turn: &Value, what: &str| turn[what].as_str().unwrap().to_owned();
    let turns = body["messages"].as_array().unwrap().iter();
    let turns = turns.map(|turn| format!("{}: {}\n", said(turn, "role"), said(turn, "content")));
    Json(json!({"prompt": turns.collect::<String>() + "assistant: "}))
}

fn tokens(value: &Value) -> Vec<u64> {
    value.as_array().unwrap().iter().map(|token| token.as_u64().unwrap()).collect()
}

fn spell(tokens: &[u64]) -> String {
    let bytes: Vec<u8> = tokens.iter().filter_map(|&token| u8::try_from(token).ok()).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What follows: a letter, a line's end, a space, or the end.
fn following(prefix: &[u64], dice: u64) -> u64 {
    let hash = prefix.iter().fold(dice ^ 0x9e37_79b9, |hash, token| {
        (hash ^ token).wrapping_mul(0x0100_0000_01b3).rotate_left(17)
    });
    match hash % 29 {
        26 => u64::from(b'\n'),
        27 => u64::from(b' '),
        28 => END,
        letter => u64::from(b'a') + letter,
    }
}

async fn complete(State(shared): State<Arc<Shared>>, request: Request) -> Json<Value> {
    let lies = request.extensions().get::<Lying>().is_some();
    let bytes = axum::body::to_bytes(request.into_body(), 1 << 20).await.unwrap();
    let body: Value = serde_json::from_slice(&bytes).unwrap();
    let prompt = tokens(&body["prompt"]);
    let greedy = body["top_k"] == 1;
    let seed = body["seed"].as_u64().unwrap_or(0);
    let count = body["n"].as_u64().unwrap_or(1) - u64::from(lies);
    let dice = |index: u64| if greedy { 0 } else { seed + index + 1 };
    let all: Vec<Value> = (0..count).map(|index| one(&body, &prompt, dice(index), index)).collect();
    shared.seen.completions.lock().unwrap().push(body);
    Json(if all.len() == 1 { all[0].clone() } else { Value::Array(all) })
}

fn one(body: &Value, prompt: &[u64], dice: u64, index: u64) -> Value {
    let stops: Vec<&str> = body["stop"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let mut drawn: Vec<u64> = Vec::new();
    let (mut stop_type, mut word) = ("limit", "");
    while (drawn.len() as u64) < body["n_predict"].as_u64().unwrap() {
        let token = following(&[prompt, &drawn].concat(), dice);
        drawn.push(token);
        if token == END {
            stop_type = "eos";
            break;
        }
        let text = spell(&drawn);
        if let Some(stop) = stops.iter().find(|stop| text.ends_with(**stop)) {
            (stop_type, word) = ("word", *stop);
            break;
        }
    }
    let text = spell(&drawn);
    let probability = |token: &u64| {
        let top = json!([{"id": token, "token": "", "bytes": [], "logprob": -0.5}]);
        json!({"id": token, "token": "", "bytes": [], "logprob": -0.5, "top_logprobs": top})
    };
    json!({
        "index": index, "content": text.strip_suffix(word).unwrap_or(&text), "tokens": drawn,
        "stop_type": stop_type, "stopping_word": word, "timings": {"prompt_n": prompt.len()},
        "completion_probabilities": drawn.iter().map(probability).collect::<Vec<_>>(),
    })
}
