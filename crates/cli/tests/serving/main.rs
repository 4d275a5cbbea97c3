//! `deliberate serve` as a process, asked over real connections, and servers that are not there.

#![cfg(unix)]

mod operating;
#[path = "../support/mod.rs"]
mod support;

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use support::{deliberate, finish};

const QUESTION: &str = "Spend 8 on a=5,b=3\nSpend 4 on c=4,d=9\nitems?";

fn of_lab(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = deliberate(folder);
    command.env_remove("DELIBERATE_CONFIG").args(arguments);
    command
}

/// A gateway that listens; it is killed when it is dropped.
struct Gateway {
    child: Child,
    address: String,
    /// What it says on stderr after that it listens.
    said: Receiver<String>,
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Gateway {
    fn start(mut command: Command) -> Self {
        command.args(["--listen", "127.0.0.1:0"]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let mut lines = stderr.lines().map(Result::unwrap);
        let found = lines.find_map(|line| line.strip_prefix("listening on http://").map(str::to_owned));
        let address = found.expect("it listens").split('/').next().unwrap().to_owned();
        let (to, said) = channel();
        std::thread::spawn(move || lines.try_for_each(|line| to.send(line)));
        Self { child, address, said }
    }

    /// The status and the body of an answer.
    fn ask(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}",
            body.len()
        );
        write!(stream, "{head}\r\n\r\n{body}").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, serde_json::from_str(body).unwrap_or_else(|_| Value::String(body.to_owned())))
    }

    fn chat(&self, fields: &Value) -> (u16, Value) {
        let mut body = json!({"model": "deliberate", "messages": [{"role": "user", "content": QUESTION}]});
        body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        self.ask("POST", "/v1/chat/completions", &body)
    }
}

#[test]
fn a_search_answers_a_client_with_its_bill_and_ends_when_told_to() {
    let folder = tempfile::tempdir().unwrap();
    let serve = ["serve", "--model", "lab", "--prompt", "lab", "--budget", "8"];
    let mut gateway = Gateway::start(of_lab(folder.path(), &serve));
    let (status, models) = gateway.ask("GET", "/v1/models", &Value::Null);
    assert_eq!((status, &models["data"][0]["id"]), (200, &json!("deliberate")));
    let (status, answer) = gateway.chat(&json!({"seed": 4, "n": 2}));
    assert_eq!(status, 200, "{answer}");
    let content = answer["choices"][0]["message"]["content"].as_str().unwrap();
    assert!(content.contains("The answer is"), "{answer}");
    let spent = &answer["deliberate"]["spent"];
    assert_eq!(spent["generations"], 8);
    assert!(spent["verifier_tokens"].as_u64().unwrap() > 0 && spent["flops"].as_f64().unwrap() > 0.0);
    let votes = answer["deliberate"]["votes"].as_array().unwrap();
    let solutions: u64 = votes.iter().map(|vote| vote["solutions"].as_u64().unwrap()).sum();
    assert_eq!(solutions, 8, "{answer}");
    assert!(content.contains(votes[0]["answer"].as_str().unwrap()));
    // The same seed gives the same answer, and a smaller budget what it affords.
    let (_, again) = gateway.chat(&json!({"seed": 4, "n": 2}));
    assert_eq!(
        (&again["choices"], &again["deliberate"]["votes"]),
        (&answer["choices"], &answer["deliberate"]["votes"])
    );
    let (_, less) =
        gateway.chat(&json!({"deliberate": {"budget": 2}, "temperature": 0.2, "max_tokens": 100}));
    assert_eq!(less["deliberate"]["spent"]["generations"], 2, "{less}");
    let (status, more) = gateway.chat(&json!({"deliberate": {"budget": 9}}));
    assert_eq!((status, &more["error"]["param"]), (400, &json!("deliberate.budget")));
    let two = json!([{"role": "system", "content": "x"}, {"role": "user", "content": QUESTION}]);
    let (status, refused) = gateway.chat(&json!({"messages": two}));
    assert_eq!(
        (status, &refused["error"]["param"]),
        (400, &json!("messages")),
        "its prompt takes a question alone"
    );
    let (status, metrics) = gateway.ask("GET", "/metrics", &Value::Null);
    assert!(
        status == 200 && metrics.as_str().unwrap().contains("deliberate_generations_total 18"),
        "{metrics}"
    );
    let told = Command::new("kill").args(["-TERM", &gateway.child.id().to_string()]).status().unwrap();
    assert!(told.success() && gateway.child.wait().unwrap().success());
}

#[test]
fn what_a_client_asks_of_an_answer_is_done_or_refused_by_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let serve =
        ["serve", "--model", "lab", "--prompt", "lab", "--strategy", "beam:branching=2", "--budget", "4"];
    let gateway = Gateway::start(of_lab(folder.path(), &serve));
    let (status, answer) = gateway.chat(&json!({"seed": 4, "stop": "The answer", "logprobs": true}));
    assert_eq!(status, 200, "{answer}");
    let choice = &answer["choices"][0];
    let content = choice["message"]["content"].as_str().unwrap();
    assert!(
        !content.is_empty() && !content.contains("The answer") && choice["finish_reason"] == "stop",
        "{answer}"
    );
    let tokens = choice["logprobs"]["content"].as_array().unwrap();
    let spelt: String = tokens.iter().map(|token| token["token"].as_str().unwrap()).collect();
    assert!(
        spelt == content && tokens.iter().all(|token| token["logprob"].as_f64().unwrap() <= 0.0),
        "{answer}"
    );
    let function = json!({"type": "function", "function": {"name": "now"}});
    for (field, value) in [("tools", json!([function])), ("response_format", json!({"type": "json_object"}))]
    {
        let (status, refused) = gateway.chat(&json!({field: value}));
        assert_eq!((status, &refused["error"]["param"]), (400, &json!(field)), "{refused}");
    }
    let (status, answer) = gateway.ask(
        "POST",
        "/v1/completions",
        &json!({"model": "deliberate", "prompt": QUESTION, "seed": 4}),
    );
    assert_eq!((status, &answer["object"]), (200, &json!("text_completion")), "{answer}");
    assert!(answer["choices"][0]["text"].as_str().unwrap().contains("The answer is"), "{answer}");
}

#[test]
fn a_text_goes_on_as_it_is_and_is_told_while_it_is_drawn() {
    let folder = tempfile::tempdir().unwrap();
    let serve = ["serve", "--model", "lab", "--prompt", "as-is", "--strategy", "majority", "--budget", "1"];
    let gateway = Gateway::start(of_lab(folder.path(), &serve));
    let prompt = format!("Question: {QUESTION}\nAnswer:\n");
    let mut body = json!({"model": "deliberate", "prompt": prompt, "seed": 4, "max_tokens": 100});
    let (status, answer) = gateway.ask("POST", "/v1/completions", &body);
    assert_eq!(status, 200, "{answer}");
    let text = answer["choices"][0]["text"].as_str().unwrap();
    body["stream"] = json!(true);
    let (_, streamed) = gateway.ask("POST", "/v1/completions", &body);
    let parts: Vec<Value> = streamed
        .as_str()
        .unwrap()
        .lines()
        .filter_map(|line| serde_json::from_str(line.strip_prefix("data: ")?).ok())
        .map(|chunk: Value| chunk["choices"][0]["text"].clone())
        .collect();
    let said: String = parts.iter().filter_map(Value::as_str).collect();
    assert_eq!(said, text);
    assert!(parts.len() > text.lines().count() + 2, "word by word, and not line by line: {streamed}");
    // Its file holds no template of chats.
    let (status, refused) = gateway.chat(&json!({}));
    assert_eq!((status, &refused["error"]["param"]), (400, &json!("messages")), "{refused}");
}

#[test]
fn an_endpoint_for_chats_is_searched_over_whole_answers_and_asked_for_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let gateway = Gateway::start(of_lab(
        folder.path(),
        &["serve", "--model", "lab", "--prompt", "lab", "--budget", "1"],
    ));
    let server = format!("http://{}", gateway.address);
    let ask = |more: &[&str]| {
        let common = ["solve", QUESTION, "--server", &server, "--json"];
        finish(of_lab(folder.path(), &[&common, more].concat()))
    };
    let solved = ask(&["--prompt", "as-is", "--strategy", "majority", "--budget", "8"]).done().json();
    assert!(solved["answer"].as_str().is_some_and(|answer| answer.starts_with("a, b")), "{solved}");
    let ledger = &solved["ledger"];
    assert_eq!(ledger["generations"], 8);
    // The endpoint's own count, of all eight.
    assert_eq!(ledger["charged"]["units"], ledger["proposer"]["decoded"]);
    let (_, metrics) = gateway.ask("GET", "/metrics", &Value::Null);
    assert!(metrics.as_str().unwrap().contains("deliberate_generations_total"), "{metrics}");
    ask(&["--strategy", "beam"]).failed(2, &["whole answers", "majority"]);
    ask(&["--verifier", "certainty"]).failed(2, &["certainty", "does not tell"]);
    ask(&["--prompt", "few-shot", "--strategy", "majority"]).failed(2, &["conversations alone", "worked"]);
}

#[test]
fn ways_to_answer_have_names() {
    let folder = tempfile::tempdir().unwrap();
    let file = "[quick.search]\nstrategy = \"majority\"\nbudget = 2\n[careful.search]\nstrategy = \"beam:branching=2\"\nbudget = 4\n";
    std::fs::write(folder.path().join("models.toml"), file).unwrap();
    let serve = ["serve", "--model", "lab", "--prompt", "lab", "--models", "models.toml"];
    let gateway = Gateway::start(of_lab(folder.path(), &serve));
    for (name, way) in [("quick", "majority"), ("careful", "beam")] {
        let (status, answer) = gateway.chat(&json!({"model": name}));
        assert!(status == 200 && answer["deliberate"]["way"].as_str().unwrap().starts_with(way), "{answer}");
    }
    let (status, answer) = gateway.chat(&json!({}));
    assert_eq!((status, &answer["error"]["code"]), (404, &json!("model_not_found")));
}

#[test]
fn what_cannot_be_served_is_refused_when_it_starts() {
    let folder = tempfile::tempdir().unwrap();
    let serve = |rest: &[&str]| finish(of_lab(folder.path(), &[&["serve", "--model", "lab"], rest].concat()));
    serve(&["--listen", "0.0.0.0:0"]).failed(2, &["open to other machines", "DELIBERATE_GATEWAY_KEYS"]);
    let mut keyed = of_lab(folder.path(), &["serve", "--model", "lab"]);
    keyed.env("DELIBERATE_GATEWAY_KEYS", "one, sesame 5/day");
    let refused = finish(keyed);
    let said = refused.failed(2, &["DELIBERATE_GATEWAY_KEYS", "key number 2", "600generations/hour"]);
    assert!(!said.err.contains("sesame"), "{said:?}");
    serve(&["--models", "none.toml"]).failed(2, &["none.toml"]);
    std::fs::write(folder.path().join("odd.toml"), "[quick.search]\nstrategie = \"majority\"\n").unwrap();
    serve(&["--models", "odd.toml"]).failed(2, &["odd.toml", "strategie"]);
    std::fs::write(folder.path().join("empty.toml"), "").unwrap();
    serve(&["--models", "empty.toml"]).failed(2, &["names no model"]);
}

#[test]
fn a_server_that_is_not_there_is_said_to_be_missing() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| finish(of_lab(folder.path(), arguments));
    let said = ["http://127.0.0.1:9 does not answer", "cannot be reached"];
    run(&["solve", QUESTION, "--server", "http://127.0.0.1:9"]).failed(2, &said);
    run(&["doctor", "--server", "http://127.0.0.1:9/v1"]).failed(2, &said);
    run(&["solve", QUESTION, "--server", "localhost"]).failed(2, &["`localhost` is no address of a server"]);
    let secret = run(&["solve", QUESTION, "--server", "http://me:sesame@127.0.0.1:9"]);
    assert!(!secret.failed(2, &["keys come from the environment"]).err.contains("sesame"), "{secret:?}");
}
