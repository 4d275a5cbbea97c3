//! What programs read, and readers that leave.

use crate::support::run;
use std::process::Command;

#[test]
fn the_reports_for_programs_are_json() {
    let folder = tempfile::tempdir().unwrap();
    let doctor = run(folder.path(), ["doctor", "--json"]);
    let report = doctor.done().json();
    assert!(report["machine"]["cores"].as_u64().unwrap() > 0 && report["build"]["version"].is_string());
    assert!(run(folder.path(), ["models", "list", "--json"]).done().json().is_array());
}

#[test]
fn completions_are_scripts_that_their_shell_accepts() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish"] {
        let ran = run(folder.path(), ["completions", shell]);
        assert!(ran.done().out.contains("strategy"), "{shell}");
        let path = folder.path().join(shell);
        std::fs::write(&path, &ran.out).unwrap();
        match Command::new(shell).arg("-n").arg(&path).output() {
            Ok(output) => assert!(output.status.success(), "{shell}: {output:?}"),
            Err(_) => eprintln!("SKIPPED: no {shell} here to read its completions"),
        }
    }
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
