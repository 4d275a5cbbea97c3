//! Accuracy on the shared labelled cases, which live beside the project and are not part of it.

use std::path::Path;

use deliberate_grade::report::{Report, cases};

#[test]
fn labelled_cases_are_graded_as_labelled() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/grader_cases_public.jsonl");
    let Ok(text) = std::fs::read_to_string(&file) else {
        println!("skipped: no labelled cases at {}", file.display());
        return;
    };
    let report = Report::of(&cases(text.lines()).expect("the shared cases are well formed"));
    for (name, tally) in [("core", report.core), ("answers", report.answers), ("prose", report.prose)] {
        println!("{name}: {tally:?}, {:.2} %", 100.0 * tally.accuracy());
    }
    println!("median {:.1} us, p99 {:.1} us", report.median_us, report.p99_us);
    assert!(report.core.cases > 3000);
    assert!(report.core.accuracy() >= 0.985);
    assert!(report.core.false_accepts <= 5);
    assert!(report.answers.accuracy() >= 0.96);
}
