//! The run directory: what is in it, who may write to it, and whether a run may go on in it.

use crate::journal::Recovered;
use crate::{Journal, JournalError, QuestionResult, Summary, differences};
use deliberate_search::Record;
use serde_json::Value;
use std::collections::HashMap;
use std::fs::{File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Why a directory cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DirectoryError {
    /// The directory or a file in it cannot be written.
    #[error("cannot write `{}`", path.display())]
    Write {
        /// What could not be written.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file in it cannot be read.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// What could not be read.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Another process is running in it.
    #[error("another process is running in `{}` (wait until it is done, or give another --run-directory)", path.display())]
    Busy {
        /// The directory.
        path: PathBuf,
    },
    /// It holds another run.
    #[error("`{}` holds another run: {} (give another --run-directory, or the earlier settings)", path.display(), differences.join("; "))]
    OtherRun {
        /// The directory.
        path: PathBuf,
        /// Settings that differ, as `name: then → now`.
        differences: Vec<String>,
    },
    /// Its configuration cannot be understood.
    #[error("`{}` is not a run's configuration", path.display())]
    Configuration {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// Its journal cannot be used.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// An open run directory, locked until it is dropped.
///
/// | file | what |
/// |---|---|
/// | `config.json` | the resolved configuration |
/// | `journal.jsonl` | every answer of every role, and every finished question, in order of arrival |
/// | `results.jsonl` | the finished questions in the dataset's order, once all are finished; the same for equal runs |
/// | `summary.json` | accuracy, pass@k and cost |
#[derive(Debug)]
pub struct RunDirectory<S> {
    path: PathBuf,
    /// The open journal.
    pub journal: Journal,
    /// Questions finished by earlier processes.
    pub finished: HashMap<String, QuestionResult>,
    /// Records of questions that an earlier process left unfinished.
    pub unfinished: HashMap<String, Vec<Record<S>>>,
    _lock: File,
}

impl<S: serde::de::DeserializeOwned> RunDirectory<S> {
    /// Creates a run directory, or opens one to go on in it.
    ///
    /// # Errors
    /// [`DirectoryError::OtherRun`] if it was made with another configuration, [`DirectoryError::Busy`] if a process
    /// is at work in it.
    pub fn open(path: &Path, configuration: &Value) -> Result<Self, DirectoryError> {
        let write_error = |path: &Path, source| DirectoryError::Write { path: path.to_owned(), source };
        std::fs::create_dir_all(path).map_err(|source| write_error(path, source))?;
        let lock_path = path.join(".lock");
        let lock = File::create(&lock_path).map_err(|source| write_error(&lock_path, source))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(DirectoryError::Busy { path: path.to_owned() }),
            Err(TryLockError::Error(source)) => return Err(write_error(&lock_path, source)),
        }
        let config_path = path.join("config.json");
        match std::fs::read(&config_path) {
            Ok(bytes) => {
                let earlier: Value = serde_json::from_slice(&bytes)
                    .map_err(|source| DirectoryError::Configuration { path: config_path, source })?;
                let differences = differences(&earlier, configuration, &NOT_COMPARED);
                if !differences.is_empty() {
                    return Err(DirectoryError::OtherRun { path: path.to_owned(), differences });
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let text = serde_json::to_vec_pretty(configuration).expect("a JSON value can be written");
                write_whole(&config_path, &text)?;
            }
            Err(source) => return Err(DirectoryError::Read { path: config_path, source }),
        }
        let (journal, Recovered { records, results }) = Journal::open(&path.join("journal.jsonl"))?;
        Ok(Self { path: path.to_owned(), journal, finished: results, unfinished: records, _lock: lock })
    }

    /// Writes `results.jsonl` and `summary.json`.
    ///
    /// # Errors
    /// [`DirectoryError::Write`]; nothing half-written is left.
    pub fn write_results(&self, results: &[QuestionResult], summary: &Summary) -> Result<(), DirectoryError> {
        let mut lines = Vec::new();
        for result in results {
            serde_json::to_writer(&mut lines, &result.reproducible()).expect("a JSON value can be written");
            lines.push(b'\n');
        }
        write_whole(&self.path.join("results.jsonl"), &lines)?;
        let summary =
            serde_json::to_vec_pretty(summary).expect("a summary is plain data with finite numbers");
        write_whole(&self.path.join("summary.json"), &summary)
    }
}

/// Writes a file so that it is there whole or not at all.
fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), DirectoryError> {
    deliberate_files::replace(path, |file| file.write_all(bytes))
        .map_err(|source| DirectoryError::Write { path: path.to_owned(), source })
}

/// Settings that are written down for people and decide nothing: a dataset is known by its checksum, and what runs the
/// model changes only the speed.
const NOT_COMPARED: [&str; 2] = ["dataset.path", "engine"];

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_directory_goes_on_with_the_same_settings_and_names_what_differs_otherwise() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("runs/one");
        let settings = json!({"seed": 1, "sampling": {"temperature": 0.5}});
        drop(RunDirectory::<u8>::open(&path, &settings).unwrap());
        drop(RunDirectory::<u8>::open(&path, &settings).unwrap());
        let other = json!({"seed": 2, "sampling": {"temperature": 0.5}});
        let error = RunDirectory::<u8>::open(&path, &other).unwrap_err().to_string();
        assert!(error.contains("seed: 1 → 2") && !error.contains("temperature"), "{error}");
    }

    #[test]
    fn a_dataset_may_move_and_the_machine_may_change() {
        let folder = tempfile::tempdir().unwrap();
        let settings = |path: &str, slots: u32| json!({"dataset": {"path": path, "sha256": "ab"}, "engine": {"slots": slots}});
        drop(RunDirectory::<u8>::open(folder.path(), &settings("a.jsonl", 16)).unwrap());
        drop(RunDirectory::<u8>::open(folder.path(), &settings("/elsewhere/a.jsonl", 64)).unwrap());
        drop(RunDirectory::<u8>::open(folder.path(), &json!({"dataset": {"sha256": "ab"}})).unwrap());
    }

    #[cfg(unix)]
    #[test]
    fn files_of_a_run_are_as_readable_as_any_other_file() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        drop(RunDirectory::<u8>::open(folder.path(), &json!({})).unwrap());
        std::fs::write(folder.path().join("any"), "").unwrap();
        let mode = |name: &str| std::fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode("config.json"), mode("any"));
    }

    #[test]
    fn two_processes_cannot_run_in_one_directory() {
        let folder = tempfile::tempdir().unwrap();
        let settings = json!({});
        let first = RunDirectory::<u8>::open(folder.path(), &settings).unwrap();
        let second = RunDirectory::<u8>::open(folder.path(), &settings);
        assert!(matches!(second, Err(DirectoryError::Busy { .. })));
        drop(first);
        assert!(RunDirectory::<u8>::open(folder.path(), &settings).is_ok());
    }

    #[test]
    fn a_path_that_cannot_hold_a_directory_is_an_error_that_names_it() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let error = RunDirectory::<u8>::open(&file.path().join("run"), &json!({})).unwrap_err();
        assert!(error.to_string().contains("run"), "{error}");
    }
}
