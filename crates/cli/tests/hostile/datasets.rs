//! Datasets that are damaged, and how far they get.

use crate::support::{Ran, run};

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
    check(b"{\"problem\":\"1\xff+1?\"}\n", &[], &["line 1", "unicode"]);
    check(
        b"{\"id\":\"a\",\"problem\":\"x\"}\n{\"id\":\"a\",\"problem\":\"y\"}",
        &[],
        &["line 2", "`a` was used"],
    );
    check(b"{\"id\":\"a\"}", &[], &["line 1", "problem"]);
    check(b"{\"problem\":\" \"}", &[], &["line 1", "empty"]);
    check(b"[{\"problem\":\"x\"}]", &[], &["line 1", "JSON object"]);
    check(b"\0\0\0\0", &[], &["line 1", "JSON object"]);
    check(b"{\"problem\":\"x\",\"answer\":[1]}", &[], &["line 1", "answer"]);
    check("{\"problem\":".repeat(100_000).as_bytes(), &[], &["line 1"]);
}

#[test]
fn a_dataset_without_questions_is_an_error() {
    check(b"", &[], &["`set.jsonl` holds no question"]);
    check(b"\n\r\n", &[], &["`set.jsonl` holds no question"]);
    check(b"nothing\n", &["--skip-bad-lines"], &["`set.jsonl` holds no question", "1 lines in it are bad"]);
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
