//! A build's folder: one folder for each stage, and in it a note that the stage is done.

use crate::{BuildError, Plan};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Where a build works.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
}

impl Folder {
    /// Opens or creates it; a folder with another plan is refused.
    pub(crate) fn open(path: &Path, plan: &Plan) -> Result<Self, BuildError> {
        std::fs::create_dir_all(path).map_err(BuildError::file(path))?;
        let file = path.join("plan.toml");
        let written = toml::to_string(plan).expect("a plan is plain data");
        match std::fs::read_to_string(&file) {
            Ok(found) if toml::from_str::<Plan>(&found).is_ok_and(|found| found == *plan) => {}
            Ok(_) => return Err(BuildError::OtherPlan { path: path.to_owned() }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => replace(&file, written.as_bytes())?,
            Err(error) => return Err(BuildError::file(&file)(error)),
        }
        Ok(Self { path: path.to_owned() })
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
