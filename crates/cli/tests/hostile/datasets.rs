//! Datasets that are damaged, and how far they get.

use crate::support::{PURSES, Ran, lab, run};
use serde_json::{Value, json};

/// Runs a dataset of these bytes; there is no model, so one that can be read gets as far as that.
#[track_caller]
fn check(bytes: &[u8], options: &[&str], said: &[&str]) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("set.jsonl"), bytes).unwrap();
    let arguments = ["run", "set.jsonl", "--model", "nowhere"];
    let ran = run(folder.path(), arguments.iter().chain(options).copied());
    ran.failed(2, said);
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "a run that cannot begin leaves nothing: {left:?}");
    ran
}

const READ: &[&str] = &["no model is called `nowhere`"];

#[test]
fn a_bad_line_is_named_by_its_number_and_passed_over_only_on_request() {
    let text = b"{\"id\":\"a\",\"problem\":\"1+1?\"}\n\n{\"id\":\"b\"\n{\"problem\":\"2+2?\"}\n[1]\n";
    let ran = check(text, &[], &["line 3 of dataset `set.jsonl`", "--skip-bad-lines"]);
    assert!(!ran.err.contains("line 1"), "{ran:?}");
    let ran = check(text, &["--skip-bad-lines"], READ);
    ran.failed(2, &["passed over line 3", "passed over line 5"]);
    assert!(!ran.err.contains("line 4"), "{ran:?}");
}

#[test]
fn every_kind_of_bad_line_says_what_is_wrong() {
    check(b"{\"problem\":\"1\xff+1?\"}\n", &[], &["line 1", "UTF-8"]);
    check(
        b"{\"id\":\"a\",\"problem\":\"x\"}\n{\"id\":\"a\",\"problem\":\"y\"}",
        &[],
        &["line 2", "`a` was used"],
    );
    check(b"{\"id\":\"a\"}", &[], &["line 1", "problem"]);
    check(b"{\"problem\":\" \"}", &[], &["line 1", "empty"]);
    check(b"[{\"problem\":\"x\"}]", &[], &["JSON array", "jq"]);
    check(b"\0\0\0\0", &[], &["NUL bytes"]);
    check(b"{\"problem\":\"x\",\"answer\":[1]}", &[], &["line 1", "answer"]);
    check("{\"problem\":".repeat(100_000).as_bytes(), &[], &["line 1"]);
}

#[test]
fn a_dataset_without_questions_is_an_error() {
    check(b"", &[], &["`set.jsonl` holds no question"]);
    check(b"\n\r\n", &[], &["`set.jsonl` holds no question"]);
    check(
        b"nothing\n",
        &["--skip-bad-lines"],
        &["`set.jsonl` holds no question", "all 1 lines in it are bad", "line 1 of dataset"],
    );
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), ["run", "missing.jsonl"]).failed(2, &["cannot read dataset `missing.jsonl`"]);
    run(folder.path(), ["run", "."]).failed(2, &["cannot read dataset `.`"]);
    run(folder.path(), ["run"]).failed(2, &["<DATASET>"]);
}

#[test]
fn datasets_as_other_tools_write_them_can_be_read() {
    check(b"\xef\xbb\xbf{\"problem\":\"x\"}\r\n{\"question\":\"y\",\"answer\":18,\"id\":7}\r\n", &[], READ);
    check(b"{\"problem\":\"x\"}\nbroken beyond the limit", &["--limit", "1"], READ);
}

/// Runs a dataset with the bundled models, 16 samples of each question.
#[track_caller]
fn answered(lines: &[Value]) -> (Ran, Vec<Value>) {
    let folder = tempfile::tempdir().unwrap();
    let mut text = lines.iter().map(Value::to_string).collect::<Vec<_>>().join("\n");
    text.push('\n');
    std::fs::write(folder.path().join("set.jsonl"), text).unwrap();
    let ran = lab(folder.path(), ["run", "set.jsonl", "--budget", "16", "--run-directory", "out"]);
    assert!(matches!(ran.code, Some(0 | 3)), "{ran:#?}");
    let results = std::fs::read_to_string(folder.path().join("out/results.jsonl")).unwrap();
    (ran, results.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

#[test]
fn a_worked_answer_as_gsm8k_publishes_it_is_not_the_gold_answer_as_a_whole() {
    let worked = "In the first purse b is left.\nSo a and b, and c.\n#### a, b, c";
    let (ran, results) = answered(&[json!({"question": PURSES, "answer": worked})]);
    assert!(ran.err.contains("read 1 question: `question`, answer behind `####` in `answer`"), "{ran:#?}");
    assert_eq!((&results[0]["expected"], &results[0]["correct"]), (&json!("a, b, c"), &json!(true)));
}

#[test]
fn blank_answers_are_not_graded_and_the_table_says_how_many_were() {
    let blank = |id: &str, answer: Value| json!({"id": id, "problem": PURSES, "answer": answer});
    let lines =
        [blank("a", json!("")), blank("b", json!("  ")), blank("c", json!(null)), blank("d", json!("c"))];
    let (ran, results) = answered(&lines);
    assert!(ran.out.contains("graded") && ran.out.contains("1 of 4"), "{ran:#?}");
    assert_eq!(results.iter().filter(|result| result["correct"].is_null()).count(), 3);
}

#[test]
fn a_gold_answer_that_nothing_can_equal_is_said() {
    let text = "First she pays five of the eight.\nWhat is left are three coins for the other one.";
    let (ran, _) = answered(&[json!({"id": "x", "problem": PURSES, "answer": text})]);
    assert!(ran.err.contains("`x`") && ran.err.contains("whole texts"), "{ran:#?}");
}

#[test]
fn full_width_digits_are_digits() {
    check("{\"problem\":\"\u{ff11}\u{ff0b}\u{ff12}\",\"answer\":\"\u{ff13}\"}".as_bytes(), &[], READ);
}

#[test]
fn questions_of_a_run_have_dice_of_their_own() {
    let lines: Vec<Value> =
        ["a", "b", "c", "d"].iter().map(|id| json!({"id": id, "problem": PURSES, "answer": "x"})).collect();
    let (_, results) = answered(&lines);
    let drawn: std::collections::BTreeSet<String> =
        results.iter().map(|result| format!("{} {}", result["found"], result["charged"])).collect();
    assert!(drawn.len() > 1, "equal words under other ids were answered with the same dice: {drawn:?}");
}

#[test]
fn files_of_other_kinds_are_named() {
    check(b"PAR1\0\x01\x02PAR1", &[], &["Parquet"]);
    check(b"id,problem,answer\na,\"What is 1 + 2?\",3\n", &[], &["CSV"]);
    check(b"\xff\xfe{\0\"\0", &[], &["UTF-16"]);
    check(
        b"// notes\n{\"problem\":\"x\"},\n",
        &["--skip-bad-lines"],
        &["line 1", "comment", "line 2", "comma"],
    );
    check(b"{\"problem\":\"x\",\"answer\":NaN}\n", &[], &["`NaN`"]);
    check(b"{\"input\":\"x\",\"target\":1}\n", &[], &["`input`, `target`"]);
}
