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
