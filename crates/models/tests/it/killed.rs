//! A process that dies in the middle of a pull. The process is this test program, started once more.

use std::fs;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::fake_hub::{FakeHub, Fault};
use super::support::{finals, model_bytes, models, partials, settings};

const ID: &str = "owner/repo/m.gguf";
const FOLDER: &str = "DELIBERATE_TEST_FOLDER";
const ENDPOINT: &str = "DELIBERATE_TEST_ENDPOINT";

#[test]
fn a_killed_pull_leaves_no_half_file_and_is_continued() {
    let folder = tempfile::tempdir().unwrap();
    let content = model_bytes(1);
    let hub = FakeHub::with(&content, [Fault::Stall(300_000)]);
    let here = models(&folder, &hub.endpoint);
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "killed::pull_in_another_process", "--ignored"])
        .env(FOLDER, here.folder())
        .env(ENDPOINT, &hub.endpoint)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let start = Instant::now();
    let partial_bytes =
        || partials(&here).first().and_then(|path| fs::metadata(path).ok()).map_or(0, |m| m.len());
    while partial_bytes() < 300_000 {
        assert!(start.elapsed() < Duration::from_secs(30), "the other process does not pull");
        thread::sleep(Duration::from_millis(5));
    }
    assert!(matches!(here.remove(ID), Err(deliberate_models::ModelError::Busy { .. })));
    child.kill().unwrap();
    child.wait().unwrap();

    assert!(finals(here.folder()).is_empty());
    let model = here.pull(ID, &mut ()).unwrap();
    assert_eq!(fs::read(model.path).unwrap(), content);
    assert_eq!(hub.downloads(), [None, Some("bytes=300000-".to_owned())]);
}

/// The other process; does nothing unless the test above starts it.
#[test]
#[ignore = "started by another test"]
fn pull_in_another_process() {
    let (Ok(folder), Ok(endpoint)) = (std::env::var(FOLDER), std::env::var(ENDPOINT)) else { return };
    let unused = tempfile::tempdir().unwrap();
    let mut settings = settings(&unused, &endpoint);
    settings.folder = folder.into();
    settings.hub.stall_timeout = Duration::from_secs(60);
    deliberate_models::Models::new(settings).pull(ID, &mut ()).unwrap();
}
