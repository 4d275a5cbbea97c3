//! Accuracy on the shared labelled cases, which live beside the project and are not part of it.

use std::path::Path;

use deliberate_grade::report::{Report, cases};

fn report(name: &str) -> Report {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data").join(name);
    let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    Report::of(&cases(text.lines()).expect("the shared cases are well formed"))
}

#[test]
#[ignore = "needs the labelled cases in ../shared/data"]
fn labelled_cases_are_graded_as_labelled() {
    let report = report("grader_cases_public.jsonl");
    assert!(report.core.cases > 3000);
    assert_eq!(report.core.false_accepts, 0);
    assert!(report.core.accuracy() >= 0.998, "{:?}", report.core);
    assert!(report.answers.accuracy() >= 0.996, "{:?}", report.answers);
}

#[test]
#[ignore = "needs the labelled cases in ../shared/data"]
fn cases_of_public_bug_reports_are_graded_as_labelled() {
    let report = report("grader_cases_reports.jsonl");
    assert!(report.core.cases > 100);
    assert_eq!(report.core.false_accepts, 0);
    assert!(report.core.accuracy() >= 0.97, "{:?}", report.core);
    assert!(report.prose.accuracy() >= 0.85, "{:?}", report.prose);
}
