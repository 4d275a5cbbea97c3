//! The folder in which model files are kept.
//!
//! `<folder>/<file>.gguf` is always complete. What is not complete yet lies in `.partial/`, on the same file system, and
//! gets its final name by a rename. `.locks/` holds a lock per model. Nothing here knows of sources.

use deliberate_files::Lock;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::record::Record;
use crate::spec::has_gguf_ending;
use crate::{ModelError, SourceError};

/// The folder in which model files are kept.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    folder: PathBuf,
}

impl Store {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where the model file of this name is, or would be.
    pub(crate) fn path(&self, file: &str) -> PathBuf {
        debug_assert!(is_plain_file_name(file), "{file}");
        self.folder.join(file)
    }

    /// Where what is not complete yet is kept under this name.
    pub(crate) fn partial(&self, name: &str) -> PathBuf {
        self.folder.join(".partial").join(name)
    }

    /// Takes the lock of a model, without which nobody pulls or removes it; `waiting` is called first if another process
    /// has it.
    pub(crate) fn lock(&self, file: &str, waiting: impl FnOnce()) -> Result<Lock, ModelError> {
        Lock::take(&self.lock_file(file)?, waiting).map_err(ModelError::folder(&self.folder))
    }

    /// Takes the lock of a model, or nothing if another process has it.
    pub(crate) fn try_lock(&self, file: &str) -> Result<Option<Lock>, ModelError> {
        Lock::try_take(&self.lock_file(file)?).map_err(ModelError::folder(&self.folder))
    }

    fn lock_file(&self, file: &str) -> Result<PathBuf, ModelError> {
        let locks = self.folder.join(".locks");
        fs::create_dir_all(&locks)
            .and_then(|()| fs::create_dir_all(self.folder.join(".partial")))
            .map_err(ModelError::folder(&self.folder))?;
        Ok(locks.join(format!("{file}.lock")))
    }

    /// Gives a complete file its final name, with its record beside it. The record comes first: a record without a
    /// file is nothing, a file without a record could not be told from one that somebody left there.
    pub(crate) fn commit(&self, partial: &Path, file: &str, record: &Record) -> Result<PathBuf, ModelError> {
        let path = self.path(file);
        let commit = || {
            File::options().write(true).open(partial)?.sync_all()?;
            self.write_record_inner(file, record)?;
            fs::rename(partial, &path)?;
            sync_folder(&self.folder)
        };
        commit().map_err(ModelError::folder(&self.folder))?;
        Ok(path)
    }

    /// Writes the record of a file that is here already.
    pub(crate) fn write_record(&self, file: &str, record: &Record) -> Result<(), ModelError> {
        self.write_record_inner(file, record).map_err(ModelError::folder(&self.folder))
    }

    fn write_record_inner(&self, file: &str, record: &Record) -> io::Result<()> {
        let text = toml::to_string(record).map_err(io::Error::other)?;
        let mut temporary = tempfile::NamedTempFile::new_in(&self.folder)?;
        temporary.write_all(text.as_bytes())?;
        temporary.as_file().sync_all()?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            // Temporary files are private; a store may be shared.
            temporary.as_file().set_permissions(fs::Permissions::from_mode(0o644))?;
        }
        temporary.persist(self.record_path(file))?;
        Ok(())
    }

    fn record_path(&self, file: &str) -> PathBuf {
        self.folder.join(format!("{file}.toml"))
    }

    /// The record of a file; none if there is none or it cannot be understood, for then it says nothing.
    pub(crate) fn record(&self, file: &str) -> Option<Record> {
        let text = fs::read_to_string(self.record_path(file)).ok()?;
        toml::from_str(&text)
            .inspect_err(|error| tracing::warn!(file, %error, "the record of a model file is not readable"))
            .ok()
    }

    /// Names of all model files, sorted.
    pub(crate) fn files(&self) -> Result<Vec<String>, ModelError> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(ModelError::read(&self.folder)(error)),
        };
        let mut files = Vec::new();
        for entry in entries {
            let entry = entry.map_err(ModelError::read(&self.folder))?;
            if let Ok(name) = entry.file_name().into_string()
                && has_gguf_ending(&name)
                && entry.path().is_file()
            {
                files.push(name);
            }
        }
        files.sort();
        Ok(files)
    }

    /// Deletes a model file, its record and what is left of unfinished pulls; says how many bytes that freed.
    pub(crate) fn delete(&self, file: &str) -> Result<u64, ModelError> {
        let path = self.path(file);
        let bytes = fs::metadata(&path).map(|metadata| metadata.len()).map_err(ModelError::read(&path))?;
        fs::remove_file(&path)
            .and_then(|()| ignore_missing(fs::remove_file(self.record_path(file))))
            .map_err(ModelError::folder(&self.folder))?;
        Ok(bytes + self.clear_partial(file))
    }

    /// Deletes what is left of unfinished pulls of a model, as far as that is possible; says how many bytes that freed.
    pub(crate) fn clear_partial(&self, file: &str) -> u64 {
        let Ok(entries) = fs::read_dir(self.folder.join(".partial")) else { return 0 };
        let mut freed = 0;
        for entry in entries.flatten() {
            if !entry.file_name().to_string_lossy().starts_with(&format!("{file}.")) {
                continue;
            }
            let path = entry.path();
            let bytes = bytes_under(&path);
            let removed = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
            match removed {
                Ok(()) => freed += bytes,
                Err(error) => tracing::debug!(path = %path.display(), %error, "an unfinished pull stays"),
            }
        }
        freed
    }
}

/// Bytes in a file, or in all files of a folder; what cannot be read counts nothing.
pub(crate) fn bytes_under(path: &Path) -> u64 {
    let Ok(metadata) = fs::symlink_metadata(path) else { return 0 };
    if !metadata.is_dir() {
        return metadata.len();
    }
    fs::read_dir(path).map_or(0, |entries| entries.flatten().map(|entry| bytes_under(&entry.path())).sum())
}

/// Makes a rename durable.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

pub(crate) fn ignore_missing(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// Whether a word is the name of a file in any folder, and of nothing else.
pub(crate) fn is_plain_file_name(name: &str) -> bool {
    has_gguf_ending(name)
        && !name.starts_with('.')
        && !name.contains(['/', '\\', ':'])
        && !name.contains("..")
}

/// Name in the store of a hub file: unlike any other repository's.
pub(crate) fn stored_name(repository: &str, revision: Option<&str>, file: &str) -> String {
    let repository = repository.replace('/', "--");
    let revision = revision.map_or_else(String::new, |revision| format!("@{}", revision.replace('/', "-")));
    format!("{repository}{revision}--{}", file.replace('/', "--"))
}

/// A failure of the store that ends the pull, whatever other sources there are.
pub(crate) fn storage_failure(folder: &Path, error: SourceError) -> Result<SourceError, ModelError> {
    match error {
        SourceError::Storage { source, .. } => Err(ModelError::Folder { folder: folder.to_owned(), source }),
        other => Ok(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Origin;

    fn record() -> Record {
        Record { name: "m".into(), bytes: 4, sha256: "x".into(), modified_ns: 1, origin: Origin::Local }
    }

    #[test]
    fn commit_moves_the_file_and_leaves_a_record() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path().join("models"));
        let _lock = store.lock("m.gguf", || unreachable!("nobody else is here")).unwrap();
        let partial = store.partial("m.gguf.part");
        fs::write(&partial, "GGUF").unwrap();
        store.commit(&partial, "m.gguf", &record()).unwrap();
        assert!(!partial.exists());
        assert_eq!(store.files().unwrap(), ["m.gguf"]);
        assert_eq!(store.record("m.gguf"), Some(record()));
        assert_eq!(store.delete("m.gguf").unwrap(), 4);
        assert_eq!(store.record("m.gguf"), None);
    }

    #[test]
    fn a_store_that_was_never_used_is_empty() {
        assert!(Store::new("/nonexistent/models".into()).files().unwrap().is_empty());
    }

    #[test]
    fn a_damaged_record_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path().to_owned());
        fs::write(folder.path().join("m.gguf.toml"), "name = [").unwrap();
        assert_eq!(store.record("m.gguf"), None);
    }

    #[test]
    fn a_lock_excludes() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path().to_owned());
        let lock = store.try_lock("m.gguf").unwrap();
        assert!(lock.is_some());
        assert!(store.try_lock("m.gguf").unwrap().is_none());
        assert!(store.try_lock("other.gguf").unwrap().is_some());
        drop(lock);
        assert!(store.try_lock("m.gguf").unwrap().is_some());
    }

    #[test]
    fn stored_names_differ_by_repository_and_revision() {
        assert_eq!(stored_name("o/r", None, "sub/f.gguf"), "o--r--sub--f.gguf");
        assert_eq!(stored_name("o/r", Some("refs/pr/1"), "f.gguf"), "o--r@refs-pr-1--f.gguf");
    }
}
