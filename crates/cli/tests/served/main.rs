//! The command before real servers: vLLM, with models that `models convert` wrote for it. `scripts/test-servers vllm`.
#![cfg(unix)]

#[path = "../support/mod.rs"]
mod support;

use serde_json::Value;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};
use support::Ran;

/// No server takes nearly as long to start.
const HANGS: Duration = Duration::from_secs(600);

/// A vLLM that ends with its test.
struct Vllm {
    process: Child,
    url: String,
    log: PathBuf,
}

impl Vllm {
    /// The program is that of `VLLM`.
    fn start(folder: &Path, model: &str) -> Self {
        let program = std::env::var("VLLM").expect("VLLM is not set");
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = Command::new(program);
        command.arg("serve").arg(folder.join(model)).args(["--served-model-name", model]);
        command.args(["--host", "127.0.0.1", "--port", &port.to_string(), "--dtype", "float32"]);
        command.args(["--enforce-eager", "--block-size", "32", "--max-num-seqs", "64"]);
        // A prompt with a seed that is read in pieces ends vLLM's engine for CPUs.
        command.args(["--no-enable-chunked-prefill", "--max-num-batched-tokens", "4096"]);
        command.arg("--enable-prompt-tokens-details");
        command.env("VLLM_CPU_KVCACHE_SPACE", "1").env("VLLM_NO_USAGE_STATS", "1").env("HF_HUB_OFFLINE", "1");
        // What cargo sets for llama.cpp is not the compiler that torch wants.
        command.env_remove("CXX");
        let log = folder.join(format!("{model}.log"));
        let file = fs::File::create(&log).unwrap();
        command.stdout(file.try_clone().unwrap()).stderr(file);
        Self { process: command.spawn().unwrap(), url: format!("http://127.0.0.1:{port}"), log }
    }

    /// What `doctor` says once it answers.
    fn examined(&mut self, folder: &Path) -> Ran {
        let started = Instant::now();
        let said = || fs::read_to_string(&self.log).unwrap_or_default();
        loop {
            let ran = support::run(folder, ["doctor", "--server", &self.url]);
            if ran.code == Some(0) {
                return ran;
            }
            let ended = self.process.try_wait().unwrap();
            assert!(ended.is_none() && started.elapsed() < HANGS, "{ended:?} {ran:#?}\n{}", said());
            std::thread::sleep(Duration::from_secs(2));
        }
    }
}

impl Drop for Vllm {
    fn drop(&mut self) {
        // It ends its own processes when it is asked to.
        if let Ok(None) = self.process.try_wait() {
            support::signal(&self.process, "TERM");
            let _ = self.process.wait();
        }
    }
}

/// What a run of the questions came to.
struct Outcome {
    right: Vec<bool>,
    summary: Value,
}

fn solved(folder: &Path, name: &str, strategy: &str, with: &[&str]) -> Outcome {
    let mut command = support::deliberate(folder);
    command.env_remove("DELIBERATE_CONFIG").args(["run", "questions.jsonl", "--strategy", strategy]);
    command.args(["--budget", "8", "--temperature", "0.8", "--max-tokens", "256", "--prompt", "lab"]);
    command.args(["--run-directory", name]).args(with);
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{name}: {said}");
    let results = fs::read_to_string(folder.join(name).join("results.jsonl")).unwrap();
    let results: Vec<Value> = results.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(results.len(), QUESTIONS, "{name}");
    let right = results.iter().map(|result| result["correct"] == true).collect();
    let summary = fs::read(folder.join(name).join("summary.json")).unwrap();
    Outcome { right, summary: serde_json::from_slice(&summary).unwrap() }
}

const QUESTIONS: usize = 50;

/// No further apart than chance puts two runs of the same method on the same questions.
#[track_caller]
fn as_good(here: &Outcome, served: &Outcome, what: &str) {
    let count = |outcome: &Outcome| outcome.right.iter().filter(|right| **right).count() as f64;
    let differ = here.right.iter().zip(&served.right).filter(|(one, other)| one != other).count() as f64;
    let apart = count(here) - count(served);
    println!("{what}: {} of {QUESTIONS} here, {} served, {differ} differ", count(here), count(served));
    assert!(apart.abs() <= 3.0 * differ.sqrt().max(1.0), "{what}: {apart} with {differ} that differ");
    assert!(count(served) > 0.4 * QUESTIONS as f64, "{what}: hardly any is right");
}

#[test]
#[ignore = "needs vLLM: scripts/test-servers vllm"]
fn models_on_vllm_answer_as_well_as_the_same_models_here_and_no_prefix_is_read_twice() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let command = |arguments: &[&str]| support::run(path, arguments.iter().copied()).done().out.clone();
    let count = QUESTIONS.to_string();
    let generate = ["lab", "generate", "--family", "purses", "--split", "validation", "--count", &count];
    fs::write(path.join("questions.jsonl"), command(&generate)).unwrap();
    command(&["models", "convert", "lab-proposer", "proposer"]);
    command(&["models", "convert", "lab-prm", "labels"]);
    command(&["models", "convert", "lab-prm", "rewards", "--reward", "signs"]);
    let mut served = ["proposer", "labels", "rewards"].map(|model| Vllm::start(path, model));
    for server in &mut served {
        println!("{}", server.examined(path).out);
    }
    let [proposer, labels, rewards] = served.each_ref().map(|server| server.url.as_str());

    let here = ["--model", "lab"];
    let by_labels =
        ["--server", proposer, "--verifier-server", labels, "--verifier", "prm:signs", "--concurrency", "16"];
    let by_rewards = [
        "--server",
        proposer,
        "--verifier-server",
        rewards,
        "--verifier",
        "prm:signs",
        "--concurrency",
        "16",
    ];
    let one = solved(path, "here-best", "best-of-n", &here);
    as_good(&one, &solved(path, "labels-best", "best-of-n", &by_labels), "best-of-n, labels");
    let beam = "beam:branching=4,distinct=true";
    let one = solved(path, "here-beam", beam, &here);
    let other = solved(path, "rewards-beam", beam, &by_rewards);
    as_good(&one, &other, "beam search, a head");
    let read = |key: &str| other.summary["measured"]["proposer"][key].as_u64().unwrap();
    println!("beam search, proposer: {}", other.summary["measured"]["proposer"]);
    assert!(read("cached") > 5 * read("prefilled"), "{}", other.summary["measured"]);

    // The verifier alone is served, and reads the tokens that a model here draws.
    let mixed = ["--model", "lab", "--verifier-server", rewards];
    let mixed = solved(path, "mixed", "best-of-n", &mixed);
    let same = solved(path, "here-again", "best-of-n", &here);
    assert_eq!(mixed.right, same.right, "the same samples, and the same scores up to rounding");
}
