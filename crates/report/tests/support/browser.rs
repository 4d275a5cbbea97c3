//! Opens a page in a real browser and uses it as a reader would. Tests of this crate and of the command share it.
//!
//! The page stands in a frame beside the check, so pages carry no code for tests. Without a browser a test fails, unless
//! `CHROMIUM=none` says that it is to be skipped.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Widths in pixels: a telephone and a desk.
pub(crate) const WIDTHS: [u32; 2] = [390, 1280];

/// The browser that there is; nothing where nobody wants one.
#[track_caller]
pub(crate) fn browser() -> Option<PathBuf> {
    match std::env::var_os("CHROMIUM") {
        Some(none) if none == "none" => {
            eprintln!("skipped: CHROMIUM=none");
            return None;
        }
        Some(named) => return Some(named.into()),
        None => {}
    }
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let found = std::env::split_paths(&paths)
        .flat_map(|folder| names.map(|name| folder.join(name)))
        .find(|path| path.is_file());
    assert!(
        found.is_some(),
        "no Chromium to open the page in: install it (`scripts/setup browser`), name it in CHROMIUM, or set CHROMIUM=none to skip"
    );
    found
}

/// What the check wrote down, and what the browser logged.
fn used(browser: &Path, page: &str, further: &str, width: u32) -> (String, String) {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("page.html"), page).expect("the page");
    let harness = format!(
        "<!doctype html><body data-figures=\"{}\"><iframe src=\"page.html\" \
         style=\"border:0;width:{width}px;height:2000px\"></iframe><script>{further}</script><script>{}</script>",
        page.matches("<figure class=\"chart-figure").count(),
        include_str!("page_check.js")
    );
    let check = folder.path().join("check.html");
    fs::write(&check, harness).expect("the check");
    opened(browser, folder.path(), &format!("file://{}", check.display()))
}

/// The document at an address after its scripts ran, and what the browser logged. The folder takes its profile.
pub(crate) fn opened(browser: &Path, folder: &Path, address: &str) -> (String, String) {
    let output = Command::new(browser)
        .args([
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
            "--enable-logging=stderr",
        ])
        .args(["--allow-file-access-from-files", "--virtual-time-budget=60000", "--window-size=1400,2100"])
        .arg(format!("--user-data-dir={}", folder.join("profile").display()))
        .args(["--dump-dom", address])
        .output()
        .expect("the browser starts");
    (
        String::from_utf8_lossy(&output.stdout).into_owned(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

/// Asserts that the page works at this width: all that `page_check.js` tries, and `further`, a script that may set
/// `window.further`.
#[track_caller]
pub(crate) fn assert_works(page: &str, further: &str, width: u32) {
    let Some(browser) = browser() else { return };
    let (result, log) = used(&browser, page, further, width);
    let found = result.split("data-found=\"").nth(1).and_then(|rest| rest.split('"').next());
    let found = found.unwrap_or_else(|| panic!("the check wrote nothing:\n{result}\n{log}"));
    let failed: Vec<&str> = found.lines().filter(|line| line.starts_with("FAILED")).collect();
    assert!(failed.is_empty() && found.ends_with("end"), "at {width} pixels:\n{}", failed.join("\n"));
    assert!(found.lines().count() > 25, "too little was checked:\n{found}");
    let console: Vec<&str> = log.lines().filter(|line| line.contains("CONSOLE")).collect();
    assert!(console.is_empty(), "the console says:\n{}", console.join("\n"));
}
