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
        "models convert",
        "models remove",
        "strategies",
        "formats",
        "doctor",
        "serve",
        "train",
        "diffuse",
        "act",
        "bench",
        "calibrate",
        "report",
        "exchange",
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
fn no_command_is_missing_from_the_reference() {
    let folder = tempfile::tempdir().unwrap();
    let help = run(folder.path(), ["--help"]);
    let (_, rest) = help.done().out.split_once("Commands:\n").unwrap();
    let named = rest.lines().take_while(|line| !line.is_empty());
    let named = named.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    for command in named.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help") {
        let snapshot = format!("tests/hostile/snapshots/hostile__reference__deliberate-{command}.snap");
        assert!(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(snapshot).exists(), "{command}");
    }
}

#[test]
fn the_reference_of_every_strategy() {
    let folder = tempfile::tempdir().unwrap();
    insta::assert_snapshot!("strategies", run(folder.path(), ["strategies"]).done().out);
}
