//! What programs read, and readers that leave.

use crate::support::{PURSES, deliberate, finish, lab, run};
use std::process::Command;

#[test]
fn logs_in_a_file_hold_no_colour_codes() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = deliberate(folder.path());
    command.env_remove("DELIBERATE_CONFIG").args(["solve", PURSES, "--budget", "1", "-vv", "--model", "lab"]);
    let ran = finish(command);
    assert!(!ran.done().err.is_empty() && !ran.err.contains('\u{1b}'), "{ran:#?}");
}

#[test]
fn doctor_names_the_model_that_solve_asks() {
    let folder = tempfile::tempdir().unwrap();
    let doctor = lab(folder.path(), ["doctor", "--json"]).done().json();
    assert_eq!(doctor["models"]["default"], "Qwen2.5-Coder-0.5B-Instruct");
    std::fs::write(folder.path().join("deliberate.toml"), "[engine]\nmodel = \"lab\"").unwrap();
    let solved = lab(folder.path(), ["solve", PURSES, "--budget", "1", "--json"]).done().json();
    let doctor = lab(folder.path(), ["doctor", "--json"]).done().json();
    assert_eq!(doctor["models"]["default"], solved["settings"]["models"]["proposer"]["model"]);
}

#[test]
fn the_reports_for_programs_are_json() {
    let folder = tempfile::tempdir().unwrap();
    let doctor = run(folder.path(), ["doctor", "--json"]);
    let report = doctor.done().json();
    assert!(report["machine"]["cores"].as_u64().unwrap() > 0 && report["build"]["version"].is_string());
    assert!(run(folder.path(), ["models", "list", "--json"]).done().json().is_array());
}

/// A shell reads its completions.
fn accepted_by(shell: &str) {
    let folder = tempfile::tempdir().unwrap();
    let ran = run(folder.path(), ["completions", shell]);
    let path = folder.path().join(shell);
    std::fs::write(&path, &ran.done().out).unwrap();
    let output = Command::new(shell).arg("-n").arg(&path).output().expect("the shell is here");
    assert!(output.status.success(), "{shell}: {output:?}");
}

#[test]
fn completions_know_every_option() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish"] {
        assert!(run(folder.path(), ["completions", shell]).done().out.contains("strategy"), "{shell}");
    }
}

#[test]
fn completions_are_scripts_that_bash_accepts() {
    accepted_by("bash");
}

#[test]
#[ignore = "needs zsh"]
fn completions_are_scripts_that_zsh_accepts() {
    accepted_by("zsh");
}

#[test]
#[ignore = "needs fish"]
fn completions_are_scripts_that_fish_accepts() {
    accepted_by("fish");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_behind_the_output_is_an_error_and_a_reader_that_leaves_is_none() {
    let program = env!("CARGO_BIN_EXE_deliberate");
    let shell = |script: &str| {
        let output = Command::new("bash").args(["-c", &script.replace("PROGRAM", program)]).output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!error.contains("panicked"), "{error}");
        (output.status.code(), error)
    };
    for command in ["strategies", "doctor", "doctor --json", "completions bash", "models list"] {
        let (code, error) = shell(&format!("PROGRAM {command} > /dev/full"));
        assert_eq!(code, Some(1), "{command}: {error}");
        assert!(error.contains("cannot write to standard output"), "{command}: {error}");
        // The reader is gone before the first byte is written.
        let (code, error) = shell(&format!("PROGRAM {command} | exec true; exit ${{PIPESTATUS[0]}}"));
        assert_eq!((code, error.as_str()), (Some(0), ""), "{command}");
        let (code, error) = shell(&format!("PROGRAM {command} --quiet --bad-option 2> /dev/full"));
        assert_eq!((code, error.as_str()), (Some(2), ""), "{command}");
    }
    // Nobody can be told, but the exit code still can.
    assert_eq!(shell("PROGRAM solve '' 2> /dev/full").0, Some(2));
    assert_eq!(shell("PROGRAM solve '' 2>&- >&-").0, Some(2));
    assert_eq!(shell("DELIBERATE_LOG=trace PROGRAM doctor > /dev/null 2> /dev/full").0, Some(0));
}
