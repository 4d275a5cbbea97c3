//! Models that are not there, or are no models.

use crate::support::{deliberate, finish, run};
use std::path::Path;

fn solve_with(folder: &Path, model: &str) -> crate::support::Ran {
    run(folder, ["solve", "What is 1 + 1?", "--model", model])
}

#[test]
fn a_model_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().unwrap();
    solve_with(folder.path(), "./missing.gguf").failed(2, &["there is no file `./missing.gguf`"]);
    solve_with(folder.path(), "nonsense")
        .failed(2, &["no model is called `nonsense`", "SmolLM2-135M-Instruct"]);
    solve_with(folder.path(), "").failed(2, &["model"]);
}

#[test]
fn an_empty_model_folder_names_the_command_that_fills_it() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [&["solve", "What is 1 + 1?"][..], &["models", "path"], &["models", "verify"]] {
        let mut command = deliberate(folder.path());
        command.args(arguments).env("DELIBERATE_CACHE", folder.path());
        finish(command).failed(2, &["deliberate models pull"]);
    }
    let mut command = deliberate(folder.path());
    command.args(["models", "list"]).env("DELIBERATE_CACHE", folder.path());
    assert!(finish(command).done().out.contains("deliberate models pull"));
}

#[test]
fn files_that_are_no_models_are_errors() {
    let folder = tempfile::tempdir().unwrap();
    let check = |bytes: &[u8], said: &[&str]| {
        std::fs::write(folder.path().join("model.gguf"), bytes).unwrap();
        solve_with(folder.path(), "./model.gguf").failed(2, said).failed(2, &["model.gguf"]);
    };
    check(b"", &["not a GGUF"]);
    check(b"hello, this is some text and not a model", &["not a GGUF"]);
    check(b"GGUF", &["ends at byte 4"]);
    let header = |tensors: u64, entries: u64| {
        [&b"GGUF\x03\0\0\0"[..], &tensors.to_le_bytes(), &entries.to_le_bytes()].concat()
    };
    check(&header(u64::MAX, 0), &["damaged"]);
    check(&header(0, u64::MAX), &["damaged"]);
    check(&header(0, 0), &[]);
    check(&[&b"GGUF\x63\0\0\0"[..], &[0; 64]].concat(), &[]);
    std::fs::create_dir(folder.path().join("folder.gguf")).unwrap();
    solve_with(folder.path(), "./folder.gguf").failed(2, &["folder.gguf"]);
}

/// A question that the lab's models can read.
const QUESTION: &str = "There are 3 purses. Purse 1: 2 coins and 5 coins.";

/// The bytes of a model that is part of the program.
fn bundled(name: &str) -> Vec<u8> {
    let ran = run(Path::new("/"), ["models", "path", name]);
    std::fs::read(ran.done().out.trim()).unwrap()
}

/// Answers with a file of these bytes.
fn solve_bytes(bytes: &[u8], arguments: &[&str]) -> crate::support::Ran {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("model.gguf"), bytes).unwrap();
    let named = arguments.contains(&"--model");
    let all = ["solve", QUESTION, "--budget", "2", "--json"].into_iter();
    let model = if named { &[][..] } else { &["--model", "./model.gguf"] };
    run(folder.path(), all.chain(model.iter().copied()).chain(arguments.iter().copied()))
}

#[test]
fn weights_that_are_no_numbers_are_refused_by_the_name_of_their_tensor() {
    let mut bytes = bundled("lab-proposer");
    let last = bytes.len() - 4;
    bytes[last..].copy_from_slice(&f32::NAN.to_le_bytes());
    solve_bytes(&bytes, &[]).failed(2, &["`output_norm.weight` holds NaN"]);
}

#[test]
fn what_is_odd_about_a_file_is_said_and_it_answers() {
    let mut bytes = bundled("lab-proposer");
    let clean = solve_bytes(&bytes, &[]);
    assert!(!clean.err.contains("warning"), "{clean:#?}");
    bytes.extend_from_slice(&[0; 40]);
    let odd = solve_bytes(&bytes, &[]);
    assert!(odd.err.contains("40 bytes follow the last tensor"), "{odd:#?}");
    assert_ne!(odd.code, Some(2), "{odd:#?}");
}

#[test]
fn a_copied_model_brings_the_way_it_wants_to_be_asked() {
    let folder = tempfile::tempdir().unwrap();
    let search = |ran: &crate::support::Ran| ran.json()["settings"]["search"].clone();
    let arguments = ["solve", QUESTION, "--budget", "2", "--json", "--model"];
    let named = search(&run(folder.path(), arguments.into_iter().chain(["lab-proposer"])));
    assert_eq!((&named["prompt"], &named["verifier"]), (&"lab".into(), &"prm:signs".into()));
    assert_eq!(search(&solve_bytes(&bundled("lab-proposer"), &[])), named);
    let otherwise = search(&solve_bytes(&bundled("lab-proposer"), &["--prompt", "few-shot"]));
    assert_eq!(otherwise["prompt"], "few-shot");
}

#[test]
fn a_verifier_that_cannot_be_asked_is_refused_when_it_is_put_together() {
    let bytes = bundled("lab-proposer");
    solve_bytes(&bytes, &["--verifier", "judge"]).failed(2, &["no usable chat template"]);
    solve_bytes(&bytes, &["--verifier", "prm:math-shepherd"]).failed(2, &["is not one token of `prm`"]);
}

#[test]
fn a_model_given_as_an_adapter_is_said_to_be_one() {
    let bytes = bundled("lab-proposer");
    let on_top = |adapter: &str| solve_bytes(&bytes, &["--model", &format!("./model.gguf+{adapter}")]);
    on_top("./model.gguf").failed(2, &["it is a model and no adapter"]);
    on_top(".").failed(2, &["no adapter `.` for `./model.gguf`", "is a folder, not a model file"]);
}

#[test]
fn the_programs_own_models_can_be_verified() {
    let ran = run(Path::new("/"), ["models", "verify", "lab-prm"]);
    assert!(ran.done().out.contains("as it was pulled"), "{ran:#?}");
}
