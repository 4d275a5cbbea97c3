//! Processes that are killed, and journals that are torn or damaged.

use crate::deliberate;
use crate::directories::{arguments, folder, results};
use crate::support::{lab as run, until};
use std::path::Path;
use std::process::Stdio;

/// Starts a run and kills it as soon as its journal holds so many bytes, unless it is done before.
fn kill_at(folder: &Path, arguments: &[&str], bytes: u64) {
    let journal = folder.join("broken/journal.jsonl");
    let mut command = deliberate(folder);
    let mut process = command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    until("the journal has grown", || {
        process.try_wait().unwrap().is_some() || journal.metadata().is_ok_and(|m| m.len() >= bytes)
    });
    // SIGKILL: the process has no say in it.
    process.kill().unwrap();
    process.wait().unwrap();
}

/// An undisturbed run in `whole`, and its journal.
fn undisturbed(folder: &Path, strategy: &str) -> Vec<u8> {
    run(folder, arguments("whole", strategy).iter().copied()).done();
    std::fs::read(folder.join("whole/journal.jsonl")).unwrap()
}

/// Kills a run at these sevenths of its journal, one after the other; the last process comes to the same results.
fn check(strategy: &str, sevenths: &[u64]) {
    let folder = folder(2);
    let whole = undisturbed(folder.path(), strategy).len() as u64;
    let broken = arguments("broken", strategy);
    for seventh in sevenths {
        // Moments that follow from no clock; 0 is as soon as anything is written.
        kill_at(folder.path(), &broken, (whole * seventh / 7).max(1));
    }
    run(folder.path(), broken.iter().copied()).done();
    assert_eq!(results(folder.path(), "broken"), results(folder.path(), "whole"), "{strategy}");
}

#[test]
fn samples_killed_at_any_moment_come_to_the_same_results() {
    check("best-of-n", &[0]);
}

#[test]
fn a_beam_search_killed_at_any_moment_comes_to_the_same_results() {
    check("beam:branching=2", &[0, 3, 5]);
}

#[test]
fn revisions_killed_at_any_moment_come_to_the_same_results() {
    check("revisions:chains=2,length=2", &[4]);
}

#[test]
fn a_torn_journal_goes_on_and_a_damaged_one_is_an_error_that_names_the_line() {
    let folder = folder(1);
    let strategy = "beam:branching=2";
    let whole = undisturbed(folder.path(), strategy);
    let expected = results(folder.path(), "whole");
    let journal = folder.path().join("whole/journal.jsonl");
    for part in [2, 4] {
        let cut = whole.len() * part / 5;
        std::fs::write(&journal, &whole[..cut]).unwrap();
        run(folder.path(), arguments("whole", strategy).iter().copied()).done();
        assert_eq!(results(folder.path(), "whole"), expected, "cut at byte {cut}");
    }
    // Damage that no crash leaves is not guessed away.
    let first = whole.iter().position(|&byte| byte == b'\n').unwrap();
    let mut damaged = whole.clone();
    damaged[first + 1] = b'#';
    std::fs::write(&journal, &damaged).unwrap();
    let ran = run(folder.path(), arguments("whole", strategy).iter().copied());
    ran.failed(1, &["line 2 of the journal", "whole/journal.jsonl", "--run-directory"]);
    assert_eq!(std::fs::read(&journal).unwrap(), damaged, "nothing is thrown away");
}
