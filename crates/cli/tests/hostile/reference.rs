//! The command line as its users read it: the reference of every command, kept so that no change goes unseen.

use crate::support::run;

#[test]
fn the_reference_of_every_command() {
    let folder = tempfile::tempdir().unwrap();
    let commands = [
        "",
        "solve",
        "run",
        "grade",
        "models",
        "models pull",
        "models list",
        "models path",
        "models verify",
        "models remove",
        "strategies",
        "doctor",
        "tune",
        "bench",
        "calibrate",
        "completions",
        "lab",
        "lab generate",
        "lab build",
        "lab measure",
        "lab bundle",
    ];
    for command in commands {
        let ran = run(folder.path(), command.split_whitespace().chain(["--help"]));
        let longest = ran.done().out.lines().map(|line| line.chars().count()).max();
        assert!(longest <= Some(120), "{command}");
        insta::assert_snapshot!(format!("deliberate {command}").trim().replace(' ', "-"), ran.out);
    }
}

#[test]
fn the_reference_of_every_strategy() {
    let folder = tempfile::tempdir().unwrap();
    insta::assert_snapshot!("strategies", run(folder.path(), ["strategies"]).done().out);
}
