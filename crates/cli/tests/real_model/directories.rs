//! Run directories that are foreign, in use, unwritable or on a full disk.

use crate::support::{finish, lab as run, until};
use crate::{SMALL, deliberate};
use std::path::Path;

const QUESTIONS: &str = r#"{"id":"sum","problem":"Spend 8 on a=5,b=3\nSpend 4 on c=4,d=9\nitems?","answer":"a, b, c"}
{"id":"product","problem":"Spend 6 on p=6,q=9\nSpend 5 on a=5,b=8\nitems?","answer":24}
{"id":"difference","problem":"Spend 4 on p=4,q=3\nitems?"}
"#;

/// A folder with a dataset of so many questions.
pub(crate) fn folder(questions: usize) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let text: String = QUESTIONS.split_inclusive('\n').take(questions).collect();
    std::fs::write(folder.path().join("set.jsonl"), text).unwrap();
    folder
}

pub(crate) fn arguments<'a>(directory: &'a str, strategy: &'a str) -> Vec<&'a str> {
    let mut arguments =
        vec!["run", "set.jsonl", "--quiet", "--run-directory", directory, "--strategy", strategy];
    arguments.extend(SMALL);
    arguments.extend(["--model", "lab"]);
    arguments
}

pub(crate) fn results(folder: &Path, directory: &str) -> String {
    std::fs::read_to_string(folder.join(directory).join("results.jsonl")).unwrap()
}

#[test]
fn concurrency_changes_no_byte_of_the_results_and_a_finished_run_does_nothing() {
    let folder = folder(3);
    for concurrency in ["1", "4"] {
        let directory = format!("runs/{concurrency}");
        let mut given = arguments(&directory, "best-of-n");
        given.extend(["--concurrency", concurrency]);
        let ran = run(folder.path(), given.iter().copied());
        assert_eq!(ran.done().err, "", "no progress where nobody looks");
        assert!(ran.out.contains("search time") && ran.out.contains("in this process"), "{ran:#?}");
    }
    assert_eq!(results(folder.path(), "runs/1"), results(folder.path(), "runs/4"));
    assert_eq!(results(folder.path(), "runs/1").lines().count(), 3);
    let before = std::fs::read(folder.path().join("runs/1/journal.jsonl")).unwrap();
    let mut given = arguments("runs/1", "best-of-n");
    given.push("--json");
    let report = run(folder.path(), given.iter().copied()).done().json();
    assert_eq!(report["this-process"]["tokens-drawn"], 0, "{report}");
    assert_eq!(report["summary"]["graded"], 2, "{report}");
    assert_eq!(std::fs::read(folder.path().join("runs/1/journal.jsonl")).unwrap(), before);

    // Another run does not fit in it, and says why; the dataset may move.
    let ran = run(folder.path(), arguments("runs/1", "majority").iter().chain(&["--seed", "7"]).copied());
    ran.failed(2, &["runs/1", "search.seed: 0 → 7", "strategy", "--run-directory"]);
    std::fs::rename(folder.path().join("set.jsonl"), folder.path().join("moved.jsonl")).unwrap();
    let mut given = arguments("runs/1", "best-of-n");
    given[1] = "moved.jsonl";
    run(folder.path(), given.iter().copied()).done();
    std::fs::write(folder.path().join("moved.jsonl"), format!("{QUESTIONS}\n")).unwrap();
    run(folder.path(), given.iter().copied()).failed(2, &["dataset.sha256"]);
    std::fs::write(folder.path().join("runs/1/config.json"), "{").unwrap();
    run(folder.path(), given.iter().copied()).failed(1, &["config.json", "is not a run's configuration"]);
}

#[test]
fn a_question_that_does_not_fit_fails_alone() {
    let folder = folder(1);
    let one = QUESTIONS.lines().next().unwrap();
    let long = format!("{{\"id\":\"long\",\"problem\":\"{}\"}}\n{one}", "word ".repeat(3000));
    std::fs::write(folder.path().join("set.jsonl"), long).unwrap();
    let ran = run(folder.path(), arguments("out", "best-of-n").iter().copied());
    ran.failed(1, &["question `long` failed", "512"]);
    assert_eq!(results(folder.path(), "out").lines().count(), 2);
    assert!(ran.out.contains("tried again at the next start"), "{ran:#?}");
}

#[test]
fn a_run_directory_that_cannot_be_written_is_named() {
    let folder = folder(1);
    std::fs::write(folder.path().join("file"), "").unwrap();
    for path in ["file/run", "file", "/proc/run"] {
        run(folder.path(), arguments(path, "best-of-n").iter().copied()).failed(1, &["cannot", path]);
    }
}

#[test]
fn two_processes_in_one_run_directory_do_not_mix() {
    let folder = folder(1);
    let mut first = deliberate(folder.path());
    // Long enough to be there when the second comes.
    first.args(["run", "set.jsonl", "--run-directory", "out", "--context", "512", "--max-tokens", "128"]);
    first.args(["--budget", "60000"]).stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
    let mut running = first.spawn().unwrap();
    until("the first run has its directory", || folder.path().join("out/journal.jsonl").exists());
    let mut second = deliberate(folder.path());
    second.args(["run", "set.jsonl", "--run-directory", "out", "--context", "512", "--max-tokens", "128"]);
    second.args(["--budget", "60000"]);
    let ran = finish(second);
    running.kill().unwrap();
    running.wait().unwrap();
    ran.failed(1, &["another process is running in `out`"]);
}

/// The file size limit of a shell stands in for a full disk: it binds root as well, and stops in the middle of a line.
#[test]
fn a_full_disk_loses_nothing_that_was_written() {
    let folder = folder(2);
    run(folder.path(), arguments("whole", "beam:branching=2").iter().copied()).done();
    let journal = std::fs::metadata(folder.path().join("whole/journal.jsonl")).unwrap().len();
    let words = arguments("out", "beam:branching=2").join(" ");
    let program = env!("CARGO_BIN_EXE_deliberate");
    let blocks = (journal / 2 / 1024).max(2);
    let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec '{program}' {words}");
    let mut limited = std::process::Command::new("bash");
    limited.current_dir(folder.path()).args(["-c", &script]);
    let ran = finish(limited);
    ran.failed(1, &["cannot write the journal", "out/journal.jsonl", "run the same command again"]);
    let text = std::fs::read_to_string(folder.path().join("out/journal.jsonl")).unwrap();
    assert!(text.ends_with('\n'), "half a line is taken back");
    run(folder.path(), arguments("out", "beam:branching=2").iter().copied()).done();
    assert_eq!(results(folder.path(), "out"), results(folder.path(), "whole"));
}
