//! Ctrl-C.

use crate::directories::{arguments, folder, results};
use crate::support::{Ran, deliberate, model, run, signal, until};
use std::io::Read;
use std::path::Path;
use std::process::{Child, Stdio};

/// Whether the process handles SIGINT by now (bit 2 of the mask of caught signals).
#[cfg(target_os = "linux")]
fn listens(process: &Child) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.id())).unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap_or("0");
    u64::from_str_radix(mask.trim(), 16).unwrap_or(0) & 0b10 != 0
}

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

#[cfg(target_os = "linux")]
#[test]
fn an_interrupted_search_prints_the_best_so_far() {
    if model().is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    // More work than any machine does before the signal comes.
    let mut given =
        vec!["solve", "What is 2 + 3?", "--slots", "16", "--context", "2048", "--max-tokens", "1500"];
    given.extend(["--strategy", "mcts", "--budget", "4096"]);
    let process = start(folder.path(), &given);
    until("it listens for the signal", || listens(&process));
    signal(&process, "INT");
    let ran = wait(process);
    assert_eq!(ran.code, Some(130), "{ran:#?}");
    assert!(ran.out.contains("answer") && ran.out.contains("bill"), "{ran:#?}");
    assert!(ran.err.contains("best so far"), "{ran:#?}");
}

#[cfg(target_os = "linux")]
#[test]
fn an_interrupted_run_goes_on_with_the_same_command() {
    if model().is_none() {
        return;
    }
    for strategy in ["beam:branching=2", "best-of-n"] {
        goes_on(strategy);
    }
}

#[cfg(target_os = "linux")]
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
