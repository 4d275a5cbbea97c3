//! `deliberate solve`.

use crate::SMALL;
use crate::support::{PURSES as QUESTION, Ran, lab as run};
use serde_json::Value;
use std::path::Path;

fn solve(folder: &Path, options: &[&str]) -> Ran {
    run(folder, ["solve", QUESTION].iter().chain(&SMALL).chain(options).copied())
}

/// The answer without what is measured.
fn reproducible(ran: &Ran) -> Value {
    let mut value = ran.json();
    let ledger = value["ledger"].as_object_mut().unwrap();
    for measured in ["seconds", "proposer", "verifier", "reviser"] {
        ledger.remove(measured);
    }
    value
}

#[test]
fn equal_seeds_give_equal_answers_however_the_engine_batches() {
    let folder = tempfile::tempdir().unwrap();
    let first = solve(folder.path(), &["--json"]);
    first.done();
    assert_eq!(first.err, "", "no progress where nobody looks");
    let value = first.json();
    assert!(value["answer"].is_string() && value["ledger"]["generations"] == 4, "{value}");
    assert!(!value["support"].as_array().unwrap().is_empty(), "{value}");
    for options in
        [&["--json"][..], &["--json", "--slots", "3", "--batch-tokens", "7"], &["--json", "--threads", "1"]]
    {
        // The later of two equal flags does not win with clap: they are an error, so the defaults are replaced.
        let base: Vec<&str> =
            SMALL.chunks(2).filter(|pair| !options.contains(&pair[0])).flatten().copied().collect();
        let again = run(folder.path(), ["solve", QUESTION].iter().chain(&base).chain(options).copied());
        assert_eq!(reproducible(&again), reproducible(&first), "{options:?}");
    }
}

#[test]
fn a_truncated_model_file_says_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let path = run(folder.path(), ["models", "path", "lab-proposer"]).done().out.trim().to_owned();
    let bytes = std::fs::read(path).unwrap();
    for (keep, said) in [(1000, "damaged"), (bytes.len() / 2, "incomplete"), (bytes.len() - 1, "incomplete")]
    {
        std::fs::write(folder.path().join("cut.gguf"), &bytes[..keep]).unwrap();
        solve(folder.path(), &["--model", "./cut.gguf"]).failed(2, &["cut.gguf", said]);
    }
}

#[test]
fn a_question_longer_than_the_context_names_both_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let question = "word ".repeat(3000);
    let ran = run(folder.path(), ["solve", &question].iter().chain(&SMALL).copied());
    ran.failed(2, &["512", "raise `context`"]);
    let (_, after) = ran.err.split_once("prompt of ").unwrap();
    let tokens: u32 = after.split(' ').next().unwrap().parse().unwrap();
    assert!(tokens >= 3000, "{ran:?}");
}

#[test]
fn no_answer_has_its_own_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let ran =
        run(folder.path(), ["solve", QUESTION, "--context", "512", "--slots", "4", "--budget", "1tokens"]);
    assert_eq!(ran.code, Some(3), "{ran:#?}");
    assert!(ran.out.contains("no answer") && ran.out.contains("--budget"), "{ran:#?}");
}

#[test]
fn a_trace_that_cannot_be_written_fails_before_any_compute() {
    // No model is needed to find out: the path is tried first.
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file"), "").unwrap();
    for path in ["missing/trace.json", "file/trace.json", "."] {
        let ran = solve(folder.path(), &["--trace", path, "--model", "nowhere"]);
        ran.failed(2, &["cannot write", path]);
    }
    solve(folder.path(), &["--trace", "new.json", "--model", "nowhere"]).failed(2, &["nowhere"]);
    assert!(!folder.path().join("new.json").exists(), "a failed search leaves no empty trace");
    std::fs::write(folder.path().join("old.json"), "precious").unwrap();
    solve(folder.path(), &["--trace", "old.json", "--model", "nowhere"]).failed(2, &["nowhere"]);
    assert_eq!(std::fs::read_to_string(folder.path().join("old.json")).unwrap(), "precious");
}

#[test]
fn the_charges_of_a_trace_sum_to_its_ledger() {
    let folder = tempfile::tempdir().unwrap();
    for strategy in ["best-of-n", "beam:branching=2", "revisions:chains=2,length=2"] {
        let ran = solve(folder.path(), &["--strategy", strategy, "--trace", "trace.json", "--json"]);
        assert!(matches!(ran.code, Some(0 | 3)), "{ran:#?}");
        let trace: Value =
            serde_json::from_slice(&std::fs::read(folder.path().join("trace.json")).unwrap()).unwrap();
        let nodes = trace["nodes"].as_array().unwrap();
        let sum = |unit: &str| -> f64 {
            let of = |node: &Value| {
                node["drawing"][unit].as_f64().unwrap() + node["verifying"][unit].as_f64().unwrap()
            };
            nodes.iter().map(of).sum()
        };
        let charged = &trace["solved"]["ledger"]["charged"];
        for unit in ["units", "flops"] {
            let (found, expected) = (sum(unit), charged[unit].as_f64().unwrap());
            assert!(expected > 0.0, "{strategy}: {charged}");
            assert!(
                (found - expected).abs() <= expected * 1e-9,
                "{strategy}: {found} {unit}, not {expected}"
            );
        }
    }
}
