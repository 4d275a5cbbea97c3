//! What `solve` takes for the question, and what it says of it.

use crate::support::{PURSES, deliberate, finish_with, lab};
use std::path::Path;

/// Solves what comes on standard input.
fn piped(folder: &Path, input: &[u8]) -> crate::support::Ran {
    std::fs::write(folder.join("input"), input).unwrap();
    let mut command = deliberate(folder);
    command.env_remove("DELIBERATE_CONFIG").args(["solve", "--budget", "1", "--json", "--model", "lab"]);
    command.stdin(std::fs::File::open(folder.join("input")).unwrap());
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    crate::support::Ran { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

#[test]
fn a_byte_order_mark_on_standard_input_is_no_part_of_the_question() {
    let folder = tempfile::tempdir().unwrap();
    let ran = piped(folder.path(), format!("\u{feff}{PURSES}\r\n").as_bytes());
    assert_eq!(ran.json()["question"], PURSES);
    piped(folder.path(), b"\xff\xfeW\0h\0").failed(2, &["UTF-16"]);
}

#[test]
fn the_name_of_a_file_is_not_taken_for_the_question() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("question.txt"), format!("\u{feff}{PURSES}\n")).unwrap();
    lab(folder.path(), ["solve", "question.txt"]).failed(2, &["`question.txt` is a file", "@question.txt"]);
    let ran = lab(folder.path(), ["solve", "@question.txt", "--budget", "1", "--json"]);
    assert_eq!(ran.json()["question"], PURSES);
    lab(folder.path(), ["solve", "@missing.txt"]).failed(2, &["missing.txt"]);
    let mut literal = deliberate(folder.path());
    literal.env_remove("DELIBERATE_CONFIG").args(["solve", "-", "--show-prompt", "--model", "lab"]);
    assert!(finish_with(literal, "question.txt").done().out.contains("question.txt"));
}

#[test]
fn the_prompt_is_shown_exactly_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let ran = lab(folder.path(), ["solve", PURSES, "--show-prompt"]);
    assert!(ran.done().out.ends_with(&format!("Question: {PURSES}\nAnswer:\n")), "{ran:#?}");
    assert_eq!(ran.err, "");
}

#[test]
fn the_bundled_models_say_what_they_know_where_they_are_asked_something_else() {
    let folder = tempfile::tempdir().unwrap();
    let ran = lab(folder.path(), ["solve", "What is 17 * 23?", "--budget", "1"]);
    assert!(ran.err.contains("purses") && ran.err.contains("--model"), "{ran:#?}");
    let ran = lab(folder.path(), ["solve", PURSES, "--budget", "4"]);
    assert_eq!(ran.done().err, "");
}

#[test]
fn the_examples_of_the_help_work_as_they_are_printed() {
    let folder = tempfile::tempdir().unwrap();
    let help = lab(folder.path(), ["solve", "--help"]);
    let program = env!("CARGO_BIN_EXE_deliberate");
    // Those before need the default model, which no test fetches.
    let (_, examples) = help.done().out.split_once("these alone:\n").unwrap();
    let mut ran = 0;
    for line in examples.lines().take_while(|line| line.starts_with("  ")) {
        let mut shell = std::process::Command::new("sh");
        let script = line.replace("deliberate ", &format!("'{program}' "));
        shell.current_dir(folder.path()).env_remove("DELIBERATE_CONFIG").args(["-c", &script]);
        let output = shell.output().unwrap();
        assert!(output.status.success(), "{line}: {output:?}");
        ran += 1;
    }
    assert!(ran > 3, "{examples}");
}
