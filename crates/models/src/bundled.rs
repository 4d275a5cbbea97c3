//! Models that are part of this program: the lab family, a few megabytes in all. Nothing is fetched for them; they are
//! unpacked into the store when they are first asked for, under their checksum, so that versions never meet.

use crate::digest::sha256_of;
use crate::{ModelError, ModelFile, Origin};
use serde::Deserialize;
use std::io::Write;
use std::path::{Path, PathBuf};

const MANIFEST: &str = include_str!("../../../models/manifest.toml");

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        /// The files that the manifest names.
        static FILES: &[(&str, &[u8])] =
            &[$(($name, include_bytes!(concat!("../../../models/", $name)))),*];
    };
}
files!(
    "lab-proposer.gguf",
    "lab-proposer-large.gguf",
    "lab-prm.gguf",
    "lab-orm.gguf",
    "lab-reviser.gguf",
    "lab-revision-orm.gguf",
    "lab-proposer-star.gguf",
    "lab-proposer-rest-em.gguf",
    "lab-proposer-distilled.gguf",
    "lab-reviser-rest-em.gguf",
);

/// A model that is part of this program.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct BundledModel {
    /// Its name, as shown and as `--model` takes it.
    pub name: String,
    /// Its file under `models/`.
    pub file: String,
    /// Size of the file.
    pub bytes: u64,
    /// Checksum of the file.
    pub sha256: String,
    /// Number of weights.
    pub parameters: u64,
    /// What it is for.
    pub role: String,
}

#[derive(Deserialize)]
struct Manifest {
    #[serde(rename = "model")]
    models: Vec<BundledModel>,
}

/// All of them, in the order of the manifest.
pub fn bundled() -> Vec<BundledModel> {
    toml::from_str::<Manifest>(MANIFEST).expect("a test reads the manifest").models
}

impl BundledModel {
    /// The one of this name, in any letter case.
    pub(crate) fn find(name: &str) -> Option<Self> {
        bundled().into_iter().find(|model| model.name.eq_ignore_ascii_case(name) || model.file == name)
    }

    /// The one that a file is a copy of, to the byte.
    pub(crate) fn twin(path: &Path) -> std::io::Result<Option<Self>> {
        let length = std::fs::metadata(path)?.len();
        let alike: Vec<Self> = bundled().into_iter().filter(|model| model.bytes == length).collect();
        if alike.is_empty() {
            return Ok(None);
        }
        let sha256 = sha256_of(path, |_| {})?;
        Ok(alike.into_iter().find(|model| model.sha256 == sha256))
    }

    /// Its file in the store's folder, unpacked if it is not there.
    pub(crate) fn unpack(&self, store: &Path) -> Result<ModelFile, ModelError> {
        let path = self.path(store);
        let intact = std::fs::metadata(&path).is_ok_and(|found| found.len() == self.bytes)
            && sha256_of(&path, |_| {}).is_ok_and(|found| found == self.sha256);
        if !intact {
            let folder = path.parent().expect("it was joined to a folder");
            std::fs::create_dir_all(folder).map_err(ModelError::folder(store))?;
            deliberate_files::replace(&path, |file| file.write_all(self.content()))
                .map_err(ModelError::folder(store))?;
        }
        Ok(ModelFile { path, name: self.name.clone(), origin: Origin::Bundled })
    }

    fn path(&self, store: &Path) -> PathBuf {
        store.join("bundled").join(&self.sha256[..16]).join(&self.file)
    }

    fn content(&self) -> &'static [u8] {
        FILES.iter().find(|(name, _)| *name == self.file).expect("a test compares them").1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest, Sha256};

    #[test]
    fn the_manifest_says_what_is_in_the_program() {
        let models = bundled();
        assert_eq!(models.len(), FILES.len());
        for model in &models {
            assert_eq!(model.content().len() as u64, model.bytes, "{}", model.name);
            assert_eq!(format!("{:x}", Sha256::digest(model.content())), model.sha256, "{}", model.name);
        }
    }

    #[test]
    fn a_damaged_copy_is_unpacked_again() {
        let store = tempfile::tempdir().unwrap();
        let model = &bundled()[0];
        let file = model.unpack(store.path()).unwrap();
        std::fs::write(&file.path, b"GGUF").unwrap();
        let again = model.unpack(store.path()).unwrap();
        assert_eq!(std::fs::read(again.path).unwrap(), model.content());
    }
}
