//! What stands in the folder: settings files, and run directories that lost their settings.

use crate::support::{PURSES, lab};
use std::path::Path;

fn write_set(folder: &Path) {
    let line = serde_json::json!({"id": "a", "problem": PURSES, "answer": "c"});
    std::fs::write(folder.join("set.jsonl"), format!("{line}\n")).unwrap();
}

#[test]
fn results_are_not_adopted_under_other_settings_where_config_json_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    write_set(folder.path());
    let run = |seed: &str| {
        lab(folder.path(), ["run", "set.jsonl", "--budget", "2", "--run-directory", "out", "--seed", seed])
    };
    run("1").done();
    std::fs::remove_file(folder.path().join("out/config.json")).unwrap();
    run("2").failed(2, &["journal.jsonl", "no config.json", "--run-directory"]);
    run("1").failed(2, &["no config.json"]);
}

#[test]
fn another_run_in_a_directory_is_told_in_a_few_words() {
    let folder = tempfile::tempdir().unwrap();
    write_set(folder.path());
    let run = |options: &[&str]| {
        let all = ["run", "set.jsonl", "--run-directory", "out", "--budget", "2"];
        lab(folder.path(), all.iter().chain(options).copied())
    };
    run(&["--temperature", "0.7"]).done();
    let ran = run(&["--temperature", "0.6", "--seed", "5"]);
    ran.failed(2, &["holds another run", "temperature: 0.7 → 0.6", "search.seed: 0 → 5"]);
    assert!(ran.err.len() < 500, "{ran:#?}");
}

#[test]
fn a_strategy_on_the_command_line_wins_over_a_policy_in_the_settings_file() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("deliberate.toml"), "[search]\npolicy = \"nowhere.toml\"\n").unwrap();
    lab(folder.path(), ["solve", PURSES, "--budget", "2"]).failed(2, &["nowhere.toml"]);
    let ran = lab(folder.path(), ["solve", PURSES, "--budget", "2", "--strategy", "majority", "--json"]);
    assert_eq!(ran.done().json()["settings"]["search"]["strategy"]["rule"], "majority");
    let text = "[search]\npolicy = \"p.toml\"\nstrategy = \"beam\"\n";
    std::fs::write(folder.path().join("deliberate.toml"), text).unwrap();
    lab(folder.path(), ["solve", PURSES]).failed(2, &["both `strategy` and `policy`"]);
}

#[test]
fn a_study_leaves_out_what_the_settings_file_says_of_strategies_with_a_word() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("deliberate.toml"),
        "[search]\npolicy = \"nowhere.toml\"\nbudget = 4\n",
    )
    .unwrap();
    // It gets as far as the dataset that is not there.
    let ran = lab(folder.path(), ["calibrate", "nowhere.jsonl"]);
    ran.failed(2, &["`policy`, `budget` is left out", "nowhere.jsonl"]);
    lab(folder.path(), ["calibrate", "--budget", "4"]).failed(2, &["--budget", "come from the grid"]);
}

#[test]
fn flags_that_would_decide_nothing_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let check = |options: &[&str], said: &[&str]| {
        lab(folder.path(), ["calibrate"].iter().chain(options).copied()).failed(2, said);
    };
    check(&["--replay-verifier", "prm"], &["--replay"]);
    check(&["set.jsonl", "--replay-verifier", "prm"], &["--replay"]);
    check(&["--replay", "pool.jsonl", "--model", "smollm2"], &["asks no model"]);
    check(&["--replay", "pool.jsonl", "--temperature", "0"], &["asks no model"]);
    lab(folder.path(), ["solve", "x", "--regime", "fixed"]).failed(2, &["`policy`"]);
}
