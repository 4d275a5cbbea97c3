//! `deliberate grade` on damaged and on real cases.

use crate::support::run;
use std::path::Path;

#[test]
fn a_malformed_case_is_named_by_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let check = |bytes: &[u8], said: &[&str]| {
        std::fs::write(folder.path().join("cases.jsonl"), bytes).unwrap();
        run(folder.path(), ["grade", "cases.jsonl"]).failed(2, &["cases.jsonl"]).failed(2, said);
    };
    check(b"\n{\"gold\": \"1\"}\n", &["line 2"]);
    check(b"\n\n\xff\n", &["line 3", "UTF-8"]);
    check(b"", &["holds no case"]);
    run(folder.path(), ["grade", "missing.jsonl"]).failed(2, &["missing.jsonl"]);
}

#[test]
fn real_cases_are_graded_right() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/grader_cases_public.jsonl");
    if !cases.exists() {
        eprintln!("SKIPPED: no labelled cases at `{}`", cases.display());
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let report = run(folder.path(), ["grade", "--json", cases.to_str().unwrap()]).done().json();
    let core = &report["core"];
    let count = |name: &str| core[name].as_u64().unwrap();
    let wrong = count("false-accepts") + count("false-rejects");
    assert!(1.0 - wrong as f64 / count("cases") as f64 >= 0.985, "{core}");
    assert!(count("false-accepts") <= 5, "{core}");
    assert!(report["answers"]["false-accepts"].as_u64().unwrap() <= 5, "{report}");
}
