//! A bundled model learns from questions of the lab, and answers with what it learnt.

#[path = "../support/mod.rs"]
mod support;

use serde_json::Value;
use std::fs;
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

/// A proposer learns worked solutions.
fn learn<'a>(folder: &Path, output: &'a str, rest: &[&'a str]) -> Ran {
    let all = ["train", "solved.jsonl", "--model", "lab", "--prompt", "lab", "--make", "proposer"];
    let small = ["--output", output, "--batch-tokens", "1024"];
    with_lab(folder, &[&all[..], &small, rest].concat())
}

#[test]
fn an_adapter_is_learnt_gone_on_with_and_solved_with() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    write_examples(path);
    let lora = ["--lora", "4", "--rate", "1e-3", "--json"];
    let learnt = learn(path, "out", &lora).done().json();
    let card = &learnt["models"][0]["card"];
    assert_eq!(card["name"], "proposer", "{learnt}");
    assert!(card["examples"].as_u64() > Some(25) && card["examples"].as_u64() < Some(36), "{card}");
    assert_eq!(learnt["drawn"], serde_json::json!([]), "nothing is sampled");
    // The same command finds that all is done.
    assert_eq!(learn(path, "out", &lora).done().json(), learnt);
    learn(path, "out", &["--lora", "8", "--json"]).failed(2, &["another plan", "give another folder"]);

    let solve = |rest: &[&str]| {
        let solved = ["solve", QUESTION, "--budget", "2", "--trace", "tree.json", "--json"];
        with_lab(path, &[&solved[..], rest].concat()).done().json()
    };
    let (plain, adapted) = (solve(&[]), solve(&["--model", "lab+out/proposer/proposer.gguf"]));
    let proposer = |solved: &Value| solved["settings"]["models"]["proposer"].clone();
    assert_eq!(proposer(&adapted)["adapter"]["name"], "proposer", "{adapted}");
    assert_eq!(proposer(&plain)["adapter"], Value::Null);
    assert_eq!(proposer(&adapted)["fingerprint"], proposer(&plain)["fingerprint"]);
    // From the settings file, too; another model leaves it behind.
    let settings = "[engine]\nmodel = \"lab+out/proposer/proposer.gguf\"\n";
    std::fs::write(path.join("deliberate.toml"), settings).unwrap();
    assert_eq!(proposer(&solve(&[])), proposer(&adapted));
    assert_eq!(proposer(&solve(&["--model", "lab"]))["adapter"], Value::Null);
    std::fs::remove_file(path.join("deliberate.toml")).unwrap();

    let other = with_lab(path, &["solve", QUESTION, "--model", "lab+nowhere.gguf"]);
    other.failed(2, &["no adapter `nowhere.gguf`", "deliberate train"]);
    let model = with_lab(path, &["models", "path", "lab-proposer"]).done().out.trim().to_owned();
    let other = with_lab(path, &["solve", QUESTION, "--model", &format!("lab+{model}")]);
    other.failed(2, &["cannot use adapter", "it is a model and no adapter"]);
    let other = ["solve", QUESTION, "--model", "lab-proposer-large+out/proposer/proposer.gguf"];
    with_lab(path, &other).failed(2, &["cannot use adapter"]);
}

#[test]
fn what_was_learnt_becomes_a_model_in_any_format() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    write_examples(path);
    let ran = learn(path, "out", &["--lora", "4", "--rate", "1e-3"]);
    assert!(ran.done().out.contains("held-out loss"), "{ran:#?}");
    let convert = |from: &str, to: &str| with_lab(path, &["models", "convert", from, to]);
    let adapted = "lab-proposer+out/proposer/proposer.gguf";
    convert(adapted, "folder").done();
    convert("folder", "merged.gguf").done();
    let solve = |model: &str| {
        let solved = ["solve", QUESTION, "--model", model, "--prompt", "lab", "--temperature", "0", "--json"];
        with_lab(path, &solved).done().json()["answer"].clone()
    };
    assert!(solve("merged.gguf").is_string());
    // A model to begin with, of all weights this time.
    let rest = ["train", "solved.jsonl", "--model", "merged.gguf", "--prompt", "lab", "--make", "proposer"];
    let whole = ["--all-weights", "--output", "further", "--json"];
    let further = with_lab(path, &[&rest[..], &whole].concat()).done().json();
    assert!(further["models"][0]["card"]["parameters"].as_u64() > Some(100_000), "{further}");
    assert!(solve("further/proposer/proposer.gguf").is_string());

    convert(adapted, "merged.gguf").failed(2, &["is there already", "remove it first"]);
    // A team's name stands for its proposer.
    convert("lab+out/proposer/proposer.gguf", "by-team.gguf").done();
    convert(adapted, "by-name.gguf").done();
    assert!(fs::read(path.join("by-team.gguf")).unwrap() == fs::read(path.join("by-name.gguf")).unwrap());
    convert("lab+nowhere.gguf", "other.gguf").failed(2, &["nowhere.gguf"]);
    convert("lab-proposer+nowhere.gguf", "other.gguf").failed(2, &["nowhere.gguf"]);
    convert("solved.jsonl", "other.gguf").failed(2, &["solved.jsonl"]);
    let reward =
        |to: &str, labels: &str| with_lab(path, &["models", "convert", "lab-prm", to, "--reward", labels]);
    reward("prm", "signs").done();
    let config: Value = serde_json::from_slice(&fs::read(path.join("prm/config.json")).unwrap()).unwrap();
    assert_eq!(config["architectures"][0], "Qwen2ForRewardModel");
    reward("prm", "signs").failed(2, &["is there already"]);
    reward("prm.gguf", "signs").failed(2, &["written as a folder"]);
    reward("other", "math-shepherd")
        .failed(2, &["the label ` +` is 2 tokens of", "the format that the model learnt"]);
    reward("other", "sings").failed(2, &["sings", "signs"]);
    assert!(!path.join("other").exists());
    assert!(!path.join("other.gguf").exists());
}

#[test]
fn examples_that_cannot_be_learnt_from_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let write = |lines: &[String]| std::fs::write(path.join("solved.jsonl"), lines.join("\n")).unwrap();
    let line = |n: usize, solution: &str| {
        serde_json::json!({"problem": format!("{QUESTION} {n}"), "solution": solution}).to_string()
    };
    // Solutions are enough where nothing is judged by answers; what does not fit the model is left out, and told.
    let mut lines: Vec<String> = (0..12).map(|n| line(n, "b=8")).collect();
    lines[5] = line(5, &"b=8 ".repeat(2000));
    write(&lines);
    let ran = learn(path, "long", &["--development", "0"]);
    assert!(ran.done().out.contains("(1 too long)"), "{ran:#?}");
    write(&[serde_json::json!({"problem": QUESTION}).to_string()]);
    learn(path, "out", &["--development", "0"]).failed(2, &["no worked solution for `line-1`"]);
    write(&[line(0, "b=8"), "{}".to_owned()]);
    learn(path, "out", &[]).failed(2, &["line 2"]);
    write(&[]);
    learn(path, "out", &[]).failed(2, &["solved.jsonl"]);
    assert!(!path.join("out").exists(), "nothing is made of nothing");
    write(&[line(0, "b=8")]);
    learn(path, "out", &["--rate", "0"]).failed(2, &["must be above 0"]);
    let all = ["train", "solved.jsonl", "--model", "solved.jsonl", "--make", "proposer", "--output", "out"];
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

#[test]
fn the_family_that_is_part_of_the_program_is_measured_where_nothing_was_built() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let few = ["-n", "2", "--samples", "4", "--length", "2"];
    let measure = |rest: &[&str]| with_lab(path, &[&["lab", "measure"], rest, &few[..]].concat());
    measure(&[]).failed(2, &["lab-build", "holds no family", "--bundled"]);
    let page = path.join("page.html");
    let measured = measure(&["--bundled", "--json", "--html", "page.html"]).done().json();
    assert_eq!(measured["extent"]["questions"], 2, "{measured}");
    assert!(measured["proposers"]["learnt"].as_array().unwrap().len() > 1, "{measured}");
    assert!(page.metadata().unwrap().len() > 1000);
    // What was drawn is there, so that the same command costs nothing; and it is a family like any other.
    assert_eq!(measure(&["--json"]).done().json(), measured);
}
