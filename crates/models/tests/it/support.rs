//! Small things that every test needs.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use deliberate_models::{Catalogue, ModelError, Models, PullEvent, PullObserver, Settings, SourceError};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

/// A file that starts like a model and is larger than any buffer on its way.
pub(crate) fn model_bytes(seed: u64) -> Vec<u8> {
    let mut state = seed;
    let mut bytes = b"GGUF".to_vec();
    while bytes.len() < 1_000_000 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in Sha256::digest(bytes) {
        write!(text, "{byte:02x}").unwrap();
    }
    text
}

/// A store in a temporary folder, an impatient hub client and no pip.
pub(crate) fn settings(folder: &TempDir, endpoint: &str) -> Settings {
    let mut settings = Settings::in_folder(folder.path().join("models"));
    settings.hub.endpoint = endpoint.into();
    settings.hub.connect_timeout = Duration::from_secs(2);
    settings.hub.stall_timeout = Duration::from_millis(400);
    settings.hub.attempts = 3;
    settings.hub.pause = Duration::ZERO;
    settings.pip.commands.clear();
    settings
}

pub(crate) fn models(folder: &TempDir, endpoint: &str) -> Models {
    Models::new(settings(folder, endpoint))
}

/// A catalogue with one model, `tiny`, in `tiny.gguf`.
pub(crate) fn catalogue(sources: &str) -> Catalogue {
    let head = r#"
        default = "tiny"
        [[model]]
        name = "tiny"
        file = "tiny.gguf"
        quantisation = "F32"
        parameters = 1
        licence = "MIT"
        summary = "for tests"
    "#;
    toml::from_str(&format!("{head}\n{sources}")).unwrap()
}

/// Remembers what was observed, in a word each; a run of the same word once.
#[derive(Default)]
pub(crate) struct Seen(pub(crate) Vec<String>);

impl PullObserver for Seen {
    fn observe(&mut self, event: PullEvent<'_>) {
        let word = match event {
            PullEvent::AlreadyHere { .. } => "here".to_owned(),
            PullEvent::Waiting => "waiting".to_owned(),
            PullEvent::Trying { .. } => "trying".to_owned(),
            PullEvent::Received { .. } => "received".to_owned(),
            PullEvent::Retrying { bytes, .. } => format!("retrying at {bytes}"),
            PullEvent::Unpacking { .. } => "unpacking".to_owned(),
            PullEvent::Hashing { .. } => "hashing".to_owned(),
            PullEvent::Unchecked { .. } => "unchecked".to_owned(),
            PullEvent::SourceFailed { .. } => "failed".to_owned(),
            PullEvent::Done { .. } => "done".to_owned(),
            other => format!("{other:?}"),
        };
        if self.0.last() != Some(&word) {
            self.0.push(word);
        }
    }
}

/// The reason of the only source that was tried.
pub(crate) fn only_reason(error: ModelError) -> SourceError {
    match error {
        ModelError::NoSource { mut failures, .. } if failures.0.len() == 1 => failures.0.remove(0).1,
        other => panic!("{other}"),
    }
}

/// Everything in the folder for unfinished pulls.
pub(crate) fn partials(models: &Models) -> Vec<PathBuf> {
    let entries = fs::read_dir(models.folder().join(".partial")).into_iter().flatten();
    entries.map(|entry| entry.unwrap().path()).collect()
}

/// Files under their final names.
pub(crate) fn finals(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| !name.starts_with('.')).collect()
}
