//! A folder that one process at a time works in, for one configuration.

use crate::{JournalError, differences};
use deliberate_files::Lock;
use serde_json::Value;
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
    #[error("`{}` holds another run: {} (give another --run-directory, or the earlier settings)", path.display(), few(differences))]
    OtherRun {
        /// The directory.
        path: PathBuf,
        /// Settings that differ, as `name: then → now`.
        differences: Vec<String>,
    },
    /// It holds results, and nothing says of which settings.
    #[error("`{}` holds `{file}` and no config.json, so nobody knows with which settings that was made (bring config.json back, or give another --run-directory)", path.display())]
    NoConfiguration {
        /// The directory.
        path: PathBuf,
        /// What it holds.
        file: &'static str,
    },
    /// There is none.
    #[error("`{}` is no run directory (there is no config.json in it)", path.display())]
    NoRun {
        /// The directory.
        path: PathBuf,
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

/// An open folder, locked until it is dropped. `config.json` in it says what it is for.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    _lock: Lock,
}

impl Folder {
    /// Creates a folder, or opens one to go on in it.
    ///
    /// # Errors
    /// [`DirectoryError::OtherRun`] if it was made with another configuration, [`DirectoryError::NoConfiguration`] if
    /// nothing says with which one, [`DirectoryError::Busy`] if a process is at work in it.
    pub fn open(path: &Path, configuration: &Value) -> Result<Self, DirectoryError> {
        std::fs::create_dir_all(path)
            .map_err(|source| DirectoryError::Write { path: path.to_owned(), source })?;
        let folder = Self::lock(path)?;
        if let Some(earlier) = folder.configuration()? {
            let differences = differences(&earlier, configuration, &NOT_COMPARED);
            if !differences.is_empty() {
                return Err(DirectoryError::OtherRun { path: path.to_owned(), differences });
            }
            return Ok(folder);
        }
        // Results under other settings would be taken for this run's.
        if let Some(file) = KEPT.into_iter().find(|file| path.join(file).exists()) {
            return Err(DirectoryError::NoConfiguration { path: path.to_owned(), file });
        }
        let text = serde_json::to_vec_pretty(configuration).expect("a JSON value can be written");
        folder.write("config.json", &text)?;
        Ok(folder)
    }

    /// Opens a folder that was made before, whatever it was made for.
    ///
    /// # Errors
    /// [`DirectoryError::NoRun`] if there is none, [`DirectoryError::Busy`] if a process is at work in it.
    pub fn reopen(path: &Path) -> Result<Self, DirectoryError> {
        if !path.join("config.json").is_file() {
            return Err(DirectoryError::NoRun { path: path.to_owned() });
        }
        Self::lock(path)
    }

    fn lock(path: &Path) -> Result<Self, DirectoryError> {
        let lock_path = path.join(".lock");
        let write_error = |source| DirectoryError::Write { path: lock_path.clone(), source };
        match Lock::try_take(&lock_path).map_err(write_error)? {
            Some(lock) => Ok(Self { path: path.to_owned(), _lock: lock }),
            None => Err(DirectoryError::Busy { path: path.to_owned() }),
        }
    }

    /// What it was made with; nothing if it is new.
    ///
    /// # Errors
    /// [`DirectoryError::Configuration`] if that cannot be understood.
    pub fn configuration(&self) -> Result<Option<Value>, DirectoryError> {
        let path = self.path.join("config.json");
        match std::fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map(Some)
                .map_err(|source| DirectoryError::Configuration { path, source }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(DirectoryError::Read { path, source }),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a file in it so that it is there whole or not at all.
    ///
    /// # Errors
    /// [`DirectoryError::Write`]; nothing half-written is left.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), DirectoryError> {
        let path = self.path.join(name);
        deliberate_files::replace(&path, |file| file.write_all(bytes))
            .map_err(|source| DirectoryError::Write { path, source })
    }
}

/// Settings that are written down for people and decide nothing: a dataset is known by its checksum, and what runs the
/// model changes only the speed.
const NOT_COMPARED: [&str; 2] = ["dataset.path", "engine"];

/// Files that a run or a study goes on from.
const KEPT: [&str; 8] = [
    "journal.jsonl",
    "results.jsonl",
    "summary.json",
    "searches.jsonl",
    "questions.jsonl",
    "samples.jsonl",
    "outcomes.json",
    "trees.jsonl",
];

/// Differences that a message names, at most.
const NAMED: usize = 5;

fn few(differences: &[String]) -> String {
    let more = differences.len().saturating_sub(NAMED);
    let shown = differences[..differences.len() - more].join("; ");
    if more == 0 { shown } else { format!("{shown}; and {more} more") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_directory_goes_on_with_the_same_settings_and_names_what_differs_otherwise() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("runs/one");
        let settings = json!({"seed": 1, "sampling": {"temperature": 0.5}});
        drop(Folder::open(&path, &settings).unwrap());
        drop(Folder::open(&path, &settings).unwrap());
        let other = json!({"seed": 2, "sampling": {"temperature": 0.5}});
        let error = Folder::open(&path, &other).unwrap_err().to_string();
        assert!(error.contains("seed: 1 → 2") && !error.contains("temperature"), "{error}");
    }

    #[test]
    fn a_dataset_may_move_and_the_machine_may_change() {
        let folder = tempfile::tempdir().unwrap();
        let settings = |path: &str, slots: u32| json!({"dataset": {"path": path, "sha256": "ab"}, "engine": {"slots": slots}});
        drop(Folder::open(folder.path(), &settings("a.jsonl", 16)).unwrap());
        drop(Folder::open(folder.path(), &settings("/elsewhere/a.jsonl", 64)).unwrap());
        drop(Folder::open(folder.path(), &json!({"dataset": {"sha256": "ab"}})).unwrap());
    }

    #[test]
    fn results_whose_settings_are_lost_are_not_adopted() {
        let folder = tempfile::tempdir().unwrap();
        drop(Folder::open(folder.path(), &json!({"seed": 1})).unwrap());
        std::fs::write(folder.path().join("journal.jsonl"), "").unwrap();
        std::fs::remove_file(folder.path().join("config.json")).unwrap();
        let error = Folder::open(folder.path(), &json!({"seed": 2})).unwrap_err().to_string();
        assert!(error.contains("journal.jsonl") && error.contains("--run-directory"), "{error}");
        assert!(!folder.path().join("config.json").exists());
    }

    #[cfg(unix)]
    #[test]
    fn files_of_a_run_are_as_readable_as_any_other_file() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        drop(Folder::open(folder.path(), &json!({})).unwrap());
        std::fs::write(folder.path().join("any"), "").unwrap();
        let mode = |name: &str| std::fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode("config.json"), mode("any"));
    }

    #[test]
    fn two_processes_cannot_run_in_one_directory() {
        let folder = tempfile::tempdir().unwrap();
        let settings = json!({});
        let first = Folder::open(folder.path(), &settings).unwrap();
        let second = Folder::open(folder.path(), &settings);
        assert!(matches!(second, Err(DirectoryError::Busy { .. })));
        assert!(matches!(Folder::reopen(folder.path()), Err(DirectoryError::Busy { .. })));
        drop(first);
        assert!(Folder::open(folder.path(), &settings).is_ok());
    }

    #[test]
    fn a_run_is_reopened_whatever_it_was_made_for() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(Folder::reopen(folder.path()), Err(DirectoryError::NoRun { .. })));
        drop(Folder::open(folder.path(), &json!({"seed": 1})).unwrap());
        assert!(Folder::reopen(folder.path()).is_ok());
    }

    #[test]
    fn a_path_that_cannot_hold_a_directory_is_an_error_that_names_it() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let error = Folder::open(&file.path().join("run"), &json!({})).unwrap_err();
        assert!(error.to_string().contains("run"), "{error}");
    }
}
