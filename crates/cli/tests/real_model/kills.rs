//! Processes that are killed, and journals that are torn or damaged.

use crate::directories::{arguments, folder, results};
use crate::support::{deliberate, model, run, until};
use std::path::Path;
use std::process::Stdio;

/// Starts a run and kills it as soon as its journal holds so many bytes; false if it was done before.
fn kill_at(folder: &Path, arguments: &[&str], bytes: u64) -> bool {
    let journal = folder.join("broken/journal.jsonl");
    let mut command = deliberate(folder);
    let mut process = command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut ended = false;
    until("the journal has grown", || {
        ended = process.try_wait().unwrap().is_some();
        ended || journal.metadata().is_ok_and(|m| m.len() >= bytes)
    });
    // SIGKILL: the process has no say in it.
    process.kill().unwrap();
    process.wait().unwrap();
    !ended
}

#[test]
fn a_run_killed_at_any_moment_comes_to_the_same_results() {
    if model().is_none() {
        return;
    }
    for (round, strategy) in
        ["best-of-n", "beam:branching=2", "revisions:chains=2,length=2"].iter().enumerate()
    {
        let folder = folder(2);
        run(folder.path(), arguments("whole", strategy).iter().copied()).done();
        let whole = std::fs::read(folder.path().join("whole/journal.jsonl")).unwrap();
        let broken = arguments("broken", strategy);
        // Moments that follow from no clock: after the first bytes, and somewhere in between.
        let between = whole.len() as u64 * (3 + round as u64) / 7;
        for bytes in [1, between] {
            kill_at(folder.path(), &broken, bytes);
        }
        run(folder.path(), broken.iter().copied()).done();
        assert_eq!(results(folder.path(), "broken"), results(folder.path(), "whole"), "{strategy}");

        // A torn last line.
        let journal = folder.path().join("whole/journal.jsonl");
        let expected = results(folder.path(), "whole");
        let cut = whole.len() * (2 + round) / 5;
        std::fs::write(&journal, &whole[..cut]).unwrap();
        run(folder.path(), arguments("whole", strategy).iter().copied()).done();
        assert_eq!(results(folder.path(), "whole"), expected, "{strategy} cut at byte {cut}");

        // Damage that no crash leaves is not guessed away.
        let first = whole.iter().position(|&byte| byte == b'\n').unwrap();
        let mut damaged = whole.clone();
        damaged[first + 1] = b'#';
        std::fs::write(&journal, &damaged).unwrap();
        let ran = run(folder.path(), arguments("whole", strategy).iter().copied());
        ran.failed(1, &["line 2 of the journal", "whole/journal.jsonl", "--run-directory"]);
        assert_eq!(std::fs::read(&journal).unwrap(), damaged, "nothing is thrown away");
    }
}
