//! Runs the command as a user would, and says what came of it.

#![allow(dead_code, reason = "each test binary uses its part")]

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// No command of a test takes nearly as long; whatever does, hangs.
const HANGS: Duration = Duration::from_secs(300);

/// What a command came to.
#[derive(Debug)]
pub(crate) struct Ran {
    /// `None` if a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    /// Asserts the exit code, and that all of `said` are on stderr.
    #[track_caller]
    pub(crate) fn failed(&self, code: i32, said: &[&str]) -> &Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        for part in said {
            assert!(self.err.contains(part), "`{part}` is not said: {self:#?}");
        }
        self
    }

    #[track_caller]
    pub(crate) fn done(&self) -> &Self {
        assert_eq!(self.code, Some(0), "{self:#?}");
        self
    }

    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }
}

/// The command with a general model, untouched by the settings of whoever runs the tests.
pub(crate) fn deliberate(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_deliberate"));
    command.current_dir(folder).env("COLUMNS", "100").stdin(std::process::Stdio::null());
    // No test fetches a model that it did not ask for.
    command.env("HF_HUB_OFFLINE", "1");
    for name in ["DELIBERATE_LOG", "RUST_BACKTRACE", "NO_COLOR"] {
        command.env_remove(name);
    }
    if folder.join("deliberate.toml").exists() {
        command.env_remove("DELIBERATE_CONFIG");
    } else {
        command.env("DELIBERATE_CONFIG", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/smollm2.toml"));
    }
    command
}

/// Arguments that ask the bundled models where they would ask the default one, which no test fetches.
pub(crate) fn of_lab<'a>(folder: &Path, arguments: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let mut arguments: Vec<&str> = arguments.into_iter().collect();
    let asks = match arguments.as_slice() {
        ["solve" | "run", ..] => true,
        ["calibrate", dataset, ..] => !dataset.starts_with('-'),
        _ => false,
    };
    let settings = std::fs::read_to_string(folder.join("deliberate.toml")).unwrap_or_default();
    // A policy names its own.
    let named = ["--model", "--policy"].iter().any(|flag| arguments.contains(flag));
    if asks && !named && !settings.contains("model =") {
        arguments.extend(["--model", "lab"]);
    }
    arguments
}

/// Runs with the bundled models, which every build has.
#[track_caller]
pub(crate) fn lab<'a>(folder: &Path, arguments: impl IntoIterator<Item = &'a str>) -> Ran {
    let mut command = deliberate(folder);
    command.env_remove("DELIBERATE_CONFIG").args(of_lab(folder, arguments));
    finish(command)
}

/// A question of the kind that the bundled models know.
pub(crate) const PURSES: &str = "Spend 8 on a=5,b=3\nSpend 4 on c=4,d=9\nitems?";

/// Runs to the end. Panics and hangs fail the test, whatever it expects.
#[track_caller]
pub(crate) fn finish(command: Command) -> Ran {
    finish_with(command, "")
}

#[track_caller]
pub(crate) fn finish_with(command: Command, input: &str) -> Ran {
    let output = assert_cmd::Command::from_std(command).timeout(HANGS).write_stdin(input).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).expect("all output is UTF-8");
    let ran = Ran { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) };
    assert!(!ran.err.contains("panicked"), "{ran:#?}");
    ran
}

/// Runs with these arguments.
#[track_caller]
pub(crate) fn run<'a>(folder: &Path, arguments: impl IntoIterator<Item = &'a str>) -> Ran {
    let mut command = deliberate(folder);
    command.args(arguments);
    finish(command)
}

/// Waits until `happened`, or fails the test.
#[track_caller]
pub(crate) fn until(what: &str, mut happened: impl FnMut() -> bool) {
    let started = Instant::now();
    while !happened() {
        assert!(started.elapsed() < HANGS, "never: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Sends a signal by its name.
#[cfg(unix)]
pub(crate) fn signal(process: &std::process::Child, name: &str) {
    let id = process.id().to_string();
    assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
}
