//! The gateway over real connections, in front of a simulated solver.

#[path = "http/hostile.rs"]
mod hostile;
#[path = "http/operating.rs"]
mod operating;
#[path = "http/playground.rs"]
mod playground;

use deliberate_gateway::{
    Ask, Asked, Choice, DrawnToken, Finish, Gateway, Keys, Limits, Node, NodeState, Progress, Refusal,
    Solved, Solver, Spent, VirtualModel, Vote, serve,
};
use deliberate_lm::Call;
use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

/// Answers what the last message says to.
#[derive(Default)]
struct SimulatedSolver {
    models: Vec<VirtualModel>,
    seen: Arc<Seen>,
}

#[derive(Default)]
struct Seen {
    asks: Mutex<Vec<Ask>>,
    /// Searches that were dropped before they ended.
    left: AtomicUsize,
    running: AtomicUsize,
}

struct Running(Arc<Seen>, bool);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
        self.0.left.fetch_add(usize::from(!self.1), Ordering::SeqCst);
    }
}

impl Solver for SimulatedSolver {
    fn models(&self) -> &[VirtualModel] {
        &self.models
    }

    fn solve(&self, ask: Ask) -> BoxFuture<'_, Result<Solved, Refusal>> {
        let seen = Arc::clone(&self.seen);
        async move {
            seen.running.fetch_add(1, Ordering::SeqCst);
            let mut running = Running(Arc::clone(&seen), false);
            let said = match &ask.asked {
                Asked::Chat(chat) => {
                    chat.messages.last().map_or(String::new(), |message| message.content.clone())
                }
                Asked::Text(text) => text.clone(),
            };
            let (count, ask_aloud) = (ask.choices, ask.aloud.clone());
            let telling = ask.telling.clone();
            seen.asks.lock().unwrap().push(ask);
            match said.as_str() {
                "wait" => {
                    let spent = Spent { completion_tokens: 7, ..Spent::default() };
                    telling.tell(Progress { spent, ..Progress::default() });
                    futures::future::pending::<()>().await;
                }
                "aloud" => {
                    let aloud = ask_aloud.expect("a stream may be told");
                    for part in ["It", " is\n"] {
                        aloud.tell(part.to_owned());
                        tokio::task::yield_now().await;
                    }
                }
                "grow" => {
                    let node =
                        Node { parent: 0, text: "a step".to_owned(), score: None, state: NodeState::Open };
                    for size in 1..=2 {
                        telling.tell(Progress { nodes: vec![node.clone(); size], ..Progress::default() });
                        tokio::task::yield_now().await;
                    }
                }
                "slow" => tokio::time::sleep(Duration::from_millis(300)).await,
                "fail" => {
                    running.1 = true;
                    return Err(Refusal::failed("the proposer failed: simulated"));
                }
                _ => {}
            }
            running.1 = true;
            let choice = |index: u32| match said.as_str() {
                "call" => called(index),
                _ => spoken(index),
            };
            Ok(Solved {
                choices: (0..count).map(choice).collect(),
                votes: vec![Vote { answer: Some("0".to_owned()), solutions: 3, weight: 3.0 }],
                spent: Spent {
                    prompt_tokens: 40,
                    cached_tokens: 30,
                    completion_tokens: 12,
                    ..Spent::default()
                },
                way: "majority:generations=4".to_owned(),
                degraded: (said == "late").then(|| "deadline".to_owned()),
            })
        }
        .boxed()
    }
}

fn spoken(index: u32) -> Choice {
    let drawn = |piece: &str, logprob| DrawnToken { piece: piece.as_bytes().to_vec(), logprob };
    Choice {
        content: format!("It is\n{index}."),
        calls: Vec::new(),
        logprobs: Some(vec![drawn("It is\n", Some(-0.5)), drawn("0.", None)]),
        finish: Finish::Stop,
    }
}

fn called(index: u32) -> Choice {
    let call = |name: &str| Call {
        id: String::new(),
        name: name.to_owned(),
        arguments: format!("{{\"a\":{index}}}"),
    };
    let calls = vec![call("add"), call("now")];
    Choice { content: String::new(), calls, logprobs: None, finish: Finish::ToolCalls }
}

struct Started {
    url: String,
    seen: Arc<Seen>,
    client: reqwest::Client,
    stop: Option<oneshot::Sender<()>>,
    gateway: Arc<Gateway>,
    served: tokio::task::JoinHandle<()>,
}

async fn start(limits: Limits, keys: &str) -> Started {
    start_as(limits, keys, |gateway| gateway).await
}

async fn start_as(limits: Limits, keys: &str, set: impl FnOnce(Gateway) -> Gateway) -> Started {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let model = |name: &str| VirtualModel { name: name.to_owned(), about: "simulated".to_owned() };
    let seen = Arc::new(Seen::default());
    let solver = SimulatedSolver { models: vec![model("quick"), model("careful")], seen: Arc::clone(&seen) };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (stop, stopped) = oneshot::channel::<()>();
    let stopped = stopped.map(|_| ());
    let gateway = Arc::new(set(Gateway::new(solver, limits, Keys::parse(keys).unwrap())));
    let served = tokio::spawn(serve(listener, Arc::clone(&gateway), stopped));
    Started { url, seen, client: reqwest::Client::new(), stop: Some(stop), gateway, served }
}

impl Started {
    async fn post(&self, body: &Value) -> (u16, reqwest::header::HeaderMap, String) {
        let request = self.client.post(format!("{}/v1/chat/completions", self.url)).json(body);
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        (status, headers, response.text().await.unwrap())
    }

    async fn get(&self, path: &str) -> (u16, String) {
        let response = self.client.get(format!("{}{path}", self.url)).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }
}

fn ask(content: &str) -> Value {
    json!({"model": "quick", "messages": [{"role": "user", "content": content}]})
}

fn with(content: &str, fields: &Value) -> Value {
    let mut body = ask(content);
    body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    body
}

#[tokio::test]
async fn an_answer_has_the_form_that_clients_read_and_the_whole_bill() {
    let gateway = start(Limits::default(), "").await;
    let (status, headers, text) = gateway.post(&with("hi", &json!({"n": 2, "seed": 5}))).await;
    let body: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((status, &body["object"], &body["model"]), (200, &json!("chat.completion"), &json!("quick")));
    assert_eq!(
        body["choices"][1]["message"],
        json!({"role": "assistant", "content": "It is\n1.", "refusal": null})
    );
    assert_eq!(body["choices"][0]["finish_reason"], "stop");
    assert_eq!(
        (&body["usage"]["total_tokens"], &body["usage"]["prompt_tokens_details"]),
        (&json!(52), &json!({"cached_tokens": 30}))
    );
    assert_eq!(
        (&body["deliberate"]["way"], &body["deliberate"]["votes"][0]["solutions"]),
        (&json!("majority:generations=4"), &json!(3))
    );
    assert_eq!(headers["x-deliberate-way"], "majority:generations=4; generations=0");
    assert_eq!(format!("chatcmpl-{}", headers["x-request-id"].to_str().unwrap()), body["id"]);
    let seen = gateway.seen.asks.lock().unwrap().remove(0);
    assert_eq!((seen.choices, seen.overrides.seed, seen.deadline), (2, Some(5), Limits::default().deadline));
    let (_, headers, _) = gateway.post(&ask("late")).await;
    assert_eq!(headers["x-deliberate-degraded"], "deadline");
    let (status, list) = gateway.get("/v1/models").await;
    let list: Value = serde_json::from_str(&list).unwrap();
    assert_eq!((status, &list["data"][1]["id"]), (200, &json!("careful")));
}

#[tokio::test]
async fn a_stream_ends_with_the_bill_and_done() {
    let gateway = start(Limits::default(), "").await;
    let (_, headers, text) =
        gateway.post(&with("hi", &json!({"stream": true, "stream_options": {"include_usage": true}}))).await;
    assert!(headers["content-type"].to_str().unwrap().starts_with("text/event-stream"));
    let data: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("data: ")).collect();
    assert_eq!(data.last(), Some(&"[DONE]"));
    let chunks: Vec<Value> =
        data[..data.len() - 1].iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let content: String =
        chunks.iter().filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str()).collect();
    assert_eq!(content, "It is\n0.");
    assert!(
        chunks
            .iter()
            .all(|chunk| chunk["object"] == "chat.completion.chunk" && chunk["id"] == chunks[0]["id"])
    );
    let last = chunks.last().unwrap();
    assert_eq!((&last["choices"], &last["usage"]["completion_tokens"]), (&json!([]), &json!(12)));
    let (_, _, text) = gateway.post(&with("hi", &json!({"stream": true}))).await;
    assert!(!text.contains("usage"));
    let (status, _, text) = gateway.post(&with("fail", &json!({"stream": true}))).await;
    assert!(status == 200 && text.contains("upstream_failed"), "{text}");
}

#[tokio::test]
async fn calls_of_tools_have_names_of_their_own_whole_and_in_a_stream() {
    let gateway = start(Limits::default(), "").await;
    let (_, _, text) = gateway.post(&with("call", &json!({"n": 2}))).await;
    let body: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(body["choices"][1]["finish_reason"], "tool_calls");
    let message = &body["choices"][1]["message"];
    assert_eq!((&message["content"], message["tool_calls"].as_array().unwrap().len()), (&Value::Null, 2));
    assert_eq!(message["tool_calls"][1]["function"], json!({"name": "now", "arguments": "{\"a\":1}"}));
    let ids: BTreeSet<String> = body["choices"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|choice| {
            let calls = choice["message"]["tool_calls"].as_array().unwrap().clone();
            calls.into_iter().map(|call| call["id"].as_str().unwrap().to_owned())
        })
        .collect();
    assert_eq!(ids.len(), 4);
    let (_, _, text) = gateway.post(&with("call", &json!({"stream": true}))).await;
    let data = text.lines().filter_map(|line| line.strip_prefix("data: ")).filter(|line| *line != "[DONE]");
    let chunks: Vec<Value> = data.map(|line| serde_json::from_str(line).unwrap()).collect();
    let places =
        chunks.iter().filter_map(|chunk| chunk["choices"][0]["delta"]["tool_calls"][0]["index"].as_u64());
    assert_eq!(places.collect::<Vec<_>>(), [0, 1]);
    assert_eq!(chunks.last().unwrap()["choices"][0]["finish_reason"], "tool_calls");
}

#[tokio::test]
async fn log_probabilities_come_with_the_bytes_of_their_tokens() {
    let gateway = start(Limits::default(), "").await;
    let (_, _, text) = gateway.post(&with("hi", &json!({"logprobs": true}))).await;
    let body: Value = serde_json::from_str(&text).unwrap();
    let content = &body["choices"][0]["logprobs"]["content"];
    assert_eq!((&content[0]["token"], &content[0]["logprob"]), (&json!("It is\n"), &json!(-0.5)));
    assert_eq!((&content[1]["bytes"], &content[1]["logprob"]), (&json!([48, 46]), &json!(-9999.0)));
    assert!(gateway.seen.asks.lock().unwrap().remove(0).logprobs);
}

#[tokio::test]
async fn a_text_is_continued_in_the_form_of_its_own_path() {
    let gateway = start(Limits::default(), "").await;
    let post = async |body: Value| {
        let request = gateway.client.post(format!("{}/v1/completions", gateway.url)).json(&body);
        request.send().await.unwrap().text().await.unwrap()
    };
    let body: Value = serde_json::from_str(&post(json!({"model": "quick", "prompt": "Once"})).await).unwrap();
    assert_eq!(
        (&body["object"], &body["choices"][0]["text"]),
        (&json!("text_completion"), &json!("It is\n0."))
    );
    assert!(body["id"].as_str().unwrap().starts_with("cmpl-"));
    let text = post(json!({"model": "quick", "prompt": "Once", "stream": true})).await;
    let data = text.lines().filter_map(|line| line.strip_prefix("data: ")).filter(|line| *line != "[DONE]");
    let chunks: Vec<Value> = data.map(|line| serde_json::from_str(line).unwrap()).collect();
    let said: String = chunks.iter().map(|chunk| chunk["choices"][0]["text"].as_str().unwrap()).collect();
    assert_eq!(
        (said.as_str(), &chunks.last().unwrap()["choices"][0]["finish_reason"]),
        ("It is\n0.", &json!("stop"))
    );
}

#[tokio::test]
async fn what_was_told_while_it_was_drawn_is_not_told_again() {
    let gateway = start(Limits::default(), "").await;
    let (_, _, text) = gateway.post(&with("aloud", &json!({"stream": true}))).await;
    let data = text.lines().filter_map(|line| line.strip_prefix("data: ")).filter(|line| *line != "[DONE]");
    let chunks: Vec<Value> = data.map(|line| serde_json::from_str(line).unwrap()).collect();
    let deltas: Vec<&Value> = chunks.iter().map(|chunk| &chunk["choices"][0]["delta"]).collect();
    let said: Vec<&str> = deltas.iter().filter_map(|delta| delta["content"].as_str()).collect();
    assert_eq!(said, ["", "It", " is\n", "0."]);
    assert_eq!(deltas.iter().filter(|delta| !delta["role"].is_null()).count(), 1);
}

#[tokio::test]
async fn what_cannot_be_done_is_refused_in_the_protocols_form() {
    let gateway = start(Limits { body: 4000, ..Limits::default() }, "").await;
    let error = |text: &str| serde_json::from_str::<Value>(text).unwrap()["error"].clone();
    let (status, _, text) = gateway.post(&with("hi", &json!({"model": "huge"}))).await;
    assert_eq!(
        (status, &error(&text)["code"], &error(&text)["param"]),
        (404, &json!("model_not_found"), &json!("model"))
    );
    let (status, _, text) = gateway.post(&with("hi", &json!({"n": 0}))).await;
    assert_eq!(
        (status, &error(&text)["param"], &error(&text)["type"]),
        (400, &json!("n"), &json!("invalid_request_error"))
    );
    let (status, _, text) = gateway.post(&ask("fail")).await;
    assert_eq!((status, &error(&text)["type"]), (502, &json!("server_error")));
    let (status, _, text) = gateway.post(&ask(&"x".repeat(5000))).await;
    assert_eq!((status, &error(&text)["code"]), (413, &json!("request_too_large")));
    let (status, text) = gateway.get("/v1/nothing").await;
    assert_eq!((status, &error(&text)["code"]), (404, &json!("unknown_path")));
    let raw = gateway
        .client
        .post(format!("{}/v1/chat/completions", gateway.url))
        .body("{\"model\":")
        .send()
        .await
        .unwrap();
    assert_eq!(raw.status().as_u16(), 400);
}

#[tokio::test]
async fn who_shows_no_key_is_told_nothing() {
    let gateway = start(Limits::default(), "sesame,other").await;
    for (path, status) in [("/v1/models", 401), ("/health", 200), ("/ready", 200)] {
        assert_eq!(gateway.get(path).await.0, status, "{path}");
    }
    let (status, _, text) = gateway.post(&ask("hi")).await;
    assert!(status == 401 && !text.contains("sesame"), "{text}");
    let request = gateway.client.post(format!("{}/v1/chat/completions", gateway.url)).bearer_auth("other");
    assert_eq!(request.json(&ask("hi")).send().await.unwrap().status().as_u16(), 200);
}

async fn until(what: impl Fn() -> bool) {
    for _ in 0..500 {
        if what() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it does not come to pass");
}

#[tokio::test]
async fn a_client_that_leaves_ends_its_search() {
    for stream in [false, true] {
        let gateway = start(Limits::default(), "").await;
        let body = with("wait", &json!({"stream": stream}));
        let asked = tokio::time::timeout(Duration::from_millis(300), gateway.post(&body)).await;
        assert!(asked.is_err());
        let seen = Arc::clone(&gateway.seen);
        until(|| seen.left.load(Ordering::SeqCst) == 1 && seen.running.load(Ordering::SeqCst) == 0).await;
    }
}

#[tokio::test]
async fn no_more_are_worked_on_than_there_are_places_and_few_wait() {
    let gateway = Arc::new(start(Limits { at_once: 2, waiting: 3, ..Limits::default() }, "").await);
    let all = (0..12).map(|_| {
        let gateway = Arc::clone(&gateway);
        tokio::spawn(async move { gateway.post(&ask("slow")).await })
    });
    let all: Vec<_> = all.collect();
    until(|| gateway.seen.running.load(Ordering::SeqCst) == 2).await;
    let mut answered = 0;
    for one in all {
        let (status, headers, text) = one.await.unwrap();
        assert!(status == 200 || status == 429 && headers["retry-after"] == "1", "{status} {text}");
        answered += usize::from(status == 200);
        assert!(gateway.seen.running.load(Ordering::SeqCst) <= 2);
    }
    assert_eq!(answered, 5);
    let (_, text) = gateway.get("/metrics").await;
    assert!(text.contains("deliberate_requests_total{model=\"quick\",status=\"429\"} 7"), "{text}");
    assert!(text.contains("deliberate_tokens_total{kind=\"completion\"} 60"), "{text}");
    assert!(text.contains("deliberate_searching 0") && text.contains("deliberate_overhead_seconds_count 5"));
}

#[tokio::test]
async fn what_is_being_answered_is_answered_before_it_stops() {
    let mut gateway = start(Limits::default(), "").await;
    let stop = gateway.stop.take().unwrap();
    let gateway = Arc::new(gateway);
    let asked = tokio::spawn({
        let gateway = Arc::clone(&gateway);
        async move { gateway.post(&ask("slow")).await.0 }
    });
    until(|| gateway.seen.running.load(Ordering::SeqCst) == 1).await;
    stop.send(()).unwrap();
    assert_eq!(asked.await.unwrap(), 200);
    drop(gateway.client.clone());
    until(|| gateway.served.is_finished()).await;
    assert!(TcpStream::connect(gateway.url.trim_start_matches("http://")).await.is_err());
}

#[tokio::test]
async fn a_deadline_is_the_shorter_of_two() {
    let gateway = start(Limits { deadline: Duration::from_secs(20), ..Limits::default() }, "").await;
    for (wanted, expected) in [(5.0, 5), (100.0, 20)] {
        gateway.post(&with("hi", &json!({"deliberate": {"seconds": wanted}}))).await;
        let seen = gateway.seen.asks.lock().unwrap().pop().unwrap();
        assert_eq!(seen.deadline, Duration::from_secs(expected));
    }
}
