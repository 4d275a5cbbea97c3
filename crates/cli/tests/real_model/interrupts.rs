//! Ctrl-C and SIGTERM.

use crate::deliberate;
use crate::directories::{arguments, folder, results};
use crate::support::{PURSES, Ran, lab as run, signal, until};
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Stdio};

fn start(folder: &Path, arguments: &[&str]) -> Child {
    let mut command = deliberate(folder);
    command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn wait(mut process: Child) -> Ran {
    let mut status = None;
    until("the process ends", || {
        status = process.try_wait().unwrap();
        status.is_some()
    });
    let mut ran = Ran { code: status.and_then(|s| s.code()), out: String::new(), err: String::new() };
    process.stdout.take().unwrap().read_to_string(&mut ran.out).unwrap();
    process.stderr.take().unwrap().read_to_string(&mut ran.err).unwrap();
    assert!(!ran.err.contains("panicked"), "{ran:#?}");
    ran
}

/// More work than any machine does before the signal comes, stopped once some solutions are there.
fn stopped_by(name: &str) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    let mut process =
        start(folder.path(), &["solve", PURSES, "--strategy", "majority", "--budget", "60000", "-vv"]);
    let mut log = BufReader::new(process.stderr.take().unwrap());
    let (mut said, mut drawn) = (String::new(), 0);
    while drawn < 64 {
        let before = said.len();
        assert!(log.read_line(&mut said).unwrap() > 0, "it ended before the signal: {said}");
        drawn += usize::from(said[before..].contains("drew"));
    }
    signal(&process, name);
    log.read_to_string(&mut said).unwrap();
    let mut out = String::new();
    process.stdout.take().unwrap().read_to_string(&mut out).unwrap();
    Ran { code: process.wait().unwrap().code(), out, err: said }
}

#[test]
fn a_search_that_is_told_to_stop_prints_the_best_so_far() {
    for name in ["INT", "TERM"] {
        let ran = stopped_by(name);
        assert_eq!(ran.code, Some(130), "{name}: {}", ran.out);
        assert!(ran.out.contains("answer   a, b, c") && ran.out.contains("bill"), "{name}: {}", ran.out);
        assert!(ran.out.contains("best so far") && ran.err.contains("best so far"), "{name}: {}", ran.out);
    }
}

#[test]
fn an_interrupted_run_goes_on_with_the_same_command() {
    for strategy in ["beam:branching=2", "best-of-n"] {
        goes_on(strategy);
    }
}

fn goes_on(strategy: &str) {
    let folder = folder(2);
    let mut whole = arguments("whole", strategy);
    let mut broken = arguments("broken", strategy);
    for given in [&mut whole, &mut broken] {
        given.extend(["--concurrency", "1"]);
    }
    run(folder.path(), whole.iter().copied()).done();
    let process = start(folder.path(), &broken);
    let journal = folder.path().join("broken/journal.jsonl");
    until("something is in the journal", || journal.metadata().is_ok_and(|m| m.len() > 0));
    signal(&process, "INT");
    let ran = wait(process);
    // It may have been done before the signal came.
    assert!(matches!(ran.code, Some(130 | 0)), "{ran:#?}");
    if ran.code == Some(130) {
        assert!(ran.err.contains("run the same command again"), "{ran:#?}");
        assert!(!folder.path().join("broken/results.jsonl").exists());
    }
    run(folder.path(), broken.iter().copied()).done();
    assert_eq!(results(folder.path(), "broken"), results(folder.path(), "whole"));
}
