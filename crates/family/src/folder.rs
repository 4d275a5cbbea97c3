//! A build's folder: one folder for each stage, and in it a note that the stage is done.

use crate::ground::Inputs;
use crate::{BuildError, Plan};
use deliberate_files::Lock;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

/// Where a build works, alone.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    _lock: Lock,
}

impl Folder {
    /// Opens or creates it; a folder with another plan, or one that a process works in, is refused.
    pub(crate) fn open(path: &Path, plan: &Plan) -> Result<Self, BuildError> {
        std::fs::create_dir_all(path).map_err(BuildError::file(path))?;
        let lock = path.join(".lock");
        let lock = Lock::try_take(&lock).map_err(BuildError::file(&lock))?;
        let lock = lock.ok_or_else(|| BuildError::Busy { path: path.to_owned() })?;
        let file = path.join("plan.toml");
        let written = toml::to_string(plan).expect("a plan is plain data");
        match std::fs::read_to_string(&file) {
            Ok(found) if toml::from_str::<Plan>(&found).is_ok_and(|found| found == *plan) => {}
            Ok(_) => return Err(BuildError::OtherPlan { path: path.to_owned() }),
            Err(error) if error.kind() == ErrorKind::NotFound => replace(&file, written.as_bytes())?,
            Err(error) => return Err(BuildError::file(&file)(error)),
        }
        Ok(Self { path: path.to_owned(), _lock: lock })
    }

    /// Notes which files the plan names, or finds that they are the same as before.
    pub(crate) fn made_of(&self, inputs: &Inputs) -> Result<(), BuildError> {
        let file = self.path.join("inputs.json");
        match std::fs::read(&file) {
            Ok(found) if serde_json::from_slice::<Inputs>(&found).is_ok_and(|found| found == *inputs) => {
                Ok(())
            }
            Ok(_) => Err(BuildError::OtherInputs { path: self.path.clone() }),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                replace(&file, &serde_json::to_vec_pretty(inputs).expect("inputs are plain data"))
            }
            Err(error) => Err(BuildError::file(&file)(error)),
        }
    }

    /// Its path.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The folder of a stage.
    pub(crate) fn of(&self, stage: &str) -> Result<PathBuf, BuildError> {
        let path = self.path.join(stage);
        std::fs::create_dir_all(&path).map_err(BuildError::file(&path))?;
        Ok(path)
    }

    /// What a stage that is done left behind.
    pub(crate) fn done<T: DeserializeOwned>(&self, stage: &str) -> Option<T> {
        let text = std::fs::read_to_string(self.path.join(stage).join("done.json")).ok()?;
        serde_json::from_str(&text).ok()
    }

    /// Notes that a stage is done.
    pub(crate) fn finish<T: Serialize>(&self, stage: &str, note: &T) -> Result<(), BuildError> {
        let text = serde_json::to_vec_pretty(note).expect("notes are plain data");
        replace(&self.of(stage)?.join("done.json"), &text)
    }
}

/// Writes a file as a whole or not at all.
pub(crate) fn replace(path: &Path, content: &[u8]) -> Result<(), BuildError> {
    deliberate_files::replace(path, |file| file.write_all(content)).map_err(BuildError::file(path))
}
