//! A bundled model learns from questions of the lab, and answers with what it learnt.

#[path = "../support/mod.rs"]
mod support;

use serde_json::Value;
use std::path::Path;
use support::{Ran, deliberate, finish, of_lab};

const QUESTION: &str = "Spend 8 on a=5,b=3\nSpend 4 on c=4,d=9\nitems?";

/// Runs a command with the bundled models.
#[track_caller]
fn with_lab(folder: &Path, arguments: &[&str]) -> Ran {
    let mut command = deliberate(folder);
    command.env_remove("DELIBERATE_CONFIG").args(of_lab(folder, arguments.iter().copied()));
    finish(command)
}

/// A few dozen questions with their solutions.
fn write_examples(folder: &Path) {
    let arguments =
        ["lab", "generate", "-n", "36", "--split", "train", "--family", "chain", "-o", "solved.jsonl"];
    with_lab(folder, &arguments).done();
}

fn tune<'a>(folder: &Path, output: &'a str, rest: &[&'a str]) -> Ran {
    let all = ["tune", "solved.jsonl", "--model", "lab", "--output", output, "--batch-tokens", "1024"];
    with_lab(folder, &[&all[..], rest].concat())
}

#[test]
fn an_adapter_is_learnt_gone_on_with_and_solved_with() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    write_examples(path);
    let lora = ["--lora", "4", "--tokens", "6000", "--held-out", "10", "--rate", "1e-3", "--json"];
    let tuned = tune(path, "out", &lora).done().json();
    assert_eq!((&tuned["examples"], &tuned["held-out-examples"]), (&Value::from(32), &Value::from(4)));
    assert!(path.join("out/adapter.gguf").is_file() && !path.join("out/model.gguf").exists());
    // The same command finds that all is done.
    let again = tune(path, "out", &lora).done().json();
    assert_eq!((&again["losses"], &again["held-out"]), (&tuned["losses"], &tuned["held-out"]));
    tune(path, "out", &["--lora", "8", "--json"]).failed(2, &["another tuning", "tune.lora", "--output"]);

    let solve = |rest: &[&str]| {
        let solved = ["solve", QUESTION, "--budget", "2", "--trace", "tree.json", "--json"];
        with_lab(path, &[&solved[..], rest].concat()).done().json()
    };
    let (plain, adapted) = (solve(&[]), solve(&["--model", "lab+out/adapter.gguf"]));
    let proposer = |solved: &Value| solved["settings"]["models"]["proposer"].clone();
    assert_eq!(proposer(&adapted)["adapter"]["name"], "adapter", "{adapted}");
    assert_eq!(proposer(&plain)["adapter"], Value::Null);
    assert_eq!(proposer(&adapted)["fingerprint"], proposer(&plain)["fingerprint"]);
    // From the settings file, too; another model leaves it behind.
    std::fs::write(path.join("deliberate.toml"), "[engine]\nmodel = \"lab+out/adapter.gguf\"\n").unwrap();
    assert_eq!(proposer(&solve(&[])), proposer(&adapted));
    assert_eq!(proposer(&solve(&["--model", "lab"]))["adapter"], Value::Null);
    tune(path, "elsewhere", &["--json", "--tokens", "1"]).done();
    std::fs::remove_file(path.join("deliberate.toml")).unwrap();

    let other = with_lab(path, &["solve", QUESTION, "--model", "lab+nowhere.gguf"]);
    other.failed(2, &["no adapter `nowhere.gguf`", "deliberate tune --lora"]);
    let model = with_lab(path, &["models", "path", "lab-proposer"]).done().out.trim().to_owned();
    let other = with_lab(path, &["solve", QUESTION, "--model", &format!("lab+{model}")]);
    other.failed(2, &["cannot use adapter", "it is a model and no adapter"]);
    let other = with_lab(path, &["solve", QUESTION, "--model", "lab-proposer-large+out/adapter.gguf"]);
    other.failed(2, &["cannot use adapter"]);
}

#[test]
fn all_weights_are_learnt_and_the_model_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    write_examples(path);
    let ran = tune(path, "out", &["--tokens", "3000", "--hugging-face"]);
    assert!(ran.done().out.contains("held-out loss"), "{ran:#?}");
    let solve =
        |model: &str| with_lab(path, &["solve", QUESTION, "--model", model, "--prompt", "lab", "--json"]);
    assert!(solve("out/model.gguf").done().json()["answer"].is_string());
    // The folder is a model to begin with.
    let rest =
        ["tune", "solved.jsonl", "--model", "out/hugging-face", "--output", "further", "--prompt", "lab"];
    let ran = with_lab(path, &[&rest[..], &["--tokens", "1", "--held-out", "0", "--json"]].concat());
    assert_eq!(ran.done().json()["held-out-examples"], 0);
}

#[test]
fn examples_that_cannot_be_learnt_from_are_named_by_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let write = |lines: &[String]| std::fs::write(path.join("solved.jsonl"), lines.join("\n")).unwrap();
    let line = |solution: &str| serde_json::json!({"problem": QUESTION, "solution": solution}).to_string();
    write(&[line("b=8"), String::new(), line(&"b=8 ".repeat(2000)), line("b=8")]);
    tune(path, "out", &[]).failed(2, &["line 3", "do not fit the model's context", "shorten"]);
    write(&[line("b=8"), "{}".to_owned()]);
    tune(path, "out", &[]).failed(2, &["line 2", "no field asks a question"]);
    write(&[]);
    tune(path, "out", &[]).failed(2, &["holds no examples"]);
    assert!(!path.join("out").exists(), "nothing is made of nothing");
    tune(path, "out", &["--prompt", "chat"]).failed(2, &["holds no examples"]);
    write(&[line("b=8")]);
    tune(path, "out", &["--prompt", "chat"]).failed(2, &["no usable chat template"]);
    tune(path, "out", &["--rate", "0"]).failed(2, &["--rate must be above 0"]);
    let all = ["tune", "solved.jsonl", "--model", "solved.jsonl", "--output", "out"];
    with_lab(path, &all).failed(2, &["solved.jsonl"]);
}

#[test]
fn a_verifier_is_trained_from_questions_with_answers_and_used() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let questions =
        ["lab", "generate", "-n", "24", "--split", "train", "--family", "purses", "-o", "questions.jsonl"];
    with_lab(path, &questions).done();
    let train = |rest: &[&str]| {
        let all = [
            "train",
            "questions.jsonl",
            "--model",
            "lab",
            "--output",
            "out",
            "--worked",
            "0",
            "--prompt",
            "lab",
            "--samples",
            "4",
            "--rollouts",
            "1",
            "--max-tokens",
            "200",
            "--lora",
            "4",
            "--development",
            "20",
        ];
        with_lab(path, &[&all[..], rest].concat())
    };
    let plan = train(&["--show-plan"]).done().out.clone();
    assert!(plan.contains("[from.base]") && plan.contains("rank = 4"), "{plan}");
    let trained = train(&["--json"]).done().json();
    assert_eq!(trained["models"].as_array().map(Vec::len), Some(1), "{trained}");
    assert_eq!(trained["models"][0]["card"]["name"], "prm");
    assert_eq!(trained["drawn"][1]["stage"], "returns");
    // The plan itself does the same, and finds that it is done.
    std::fs::write(path.join("plan.toml"), plan).unwrap();
    let again = with_lab(path, &["train", "--plan", "plan.toml", "--output", "out", "--json"]).done().json();
    assert_eq!(again, trained);
    let settings = ["--config", "out/deliberate.toml", "--json"];
    let solved =
        with_lab(path, &[&["solve", QUESTION, "--budget", "2"], &settings[..]].concat()).done().json();
    assert_eq!(solved["settings"]["models"]["verifier"]["adapter"]["name"], "prm", "{solved}");

    train(&["--rate", "1e-3"]).failed(2, &["another plan", "give another folder"]);
    train(&["--test", "questions.jsonl", "--seed", "9"]).failed(2, &["test questions", "take them out"]);
    train(&["--temperature", "0"]).failed(2, &["`temperature` must be above 0"]);
}
