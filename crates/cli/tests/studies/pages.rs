#[path = "../../../report/tests/support/browser.rs"]
mod browser;

use crate::{calibrate, with_lab, write_grid};

#[test]
fn the_report_of_a_study_works_in_a_browser_at_every_width() {
    let folder = tempfile::tempdir().unwrap();
    write_grid(folder.path(), "[1, 4, 16]");
    let mut arguments = calibrate("out").to_vec();
    arguments.extend(["--compare-verifier", "orm:signs", "--compare-verifier-model", "lab-orm"]);
    with_lab(folder.path(), &arguments).done();
    let page = std::fs::read_to_string(folder.path().join("out/report.html")).unwrap();
    for figure in [
        "compute-optimal",
        "search",
        "search-by-difficulty",
        "verifiers",
        "revision-ratio",
        "predictors",
        "exchange",
    ] {
        assert!(page.contains(&format!("id=\"{figure}")), "{figure}");
    }
    for width in browser::WIDTHS {
        browser::assert_works(&page, "", width);
    }
}
