//! The door: from what the user typed to a file on this machine, without the network.

use std::fs;
use std::path::{Path, PathBuf};

use crate::bundled::{BundledModel, bundled};
use crate::digest::sha256_of;
use crate::record::{Look, Record, modified_ns};
use crate::spec::has_gguf_ending;
use crate::store::{Store, stored_name};
use crate::{
    Catalogue, FileChoice, HubSpec, ModelError, ModelSpec, Origin, PullEvent, PullObserver, Settings,
};

/// Models by name, id and path.
#[derive(Debug, Clone)]
pub struct Models {
    pub(crate) catalogue: Catalogue,
    pub(crate) settings: Settings,
    pub(crate) store: Store,
}

/// A model file on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ModelFile {
    /// Where it is.
    pub path: PathBuf,
    /// What to call it.
    pub name: String,
    /// Where it came from.
    pub origin: Origin,
}

impl ModelFile {
    /// Tells the file from others of the same name, from its length, its beginning and its end.
    ///
    /// # Errors
    /// [`ModelError::Read`] if it cannot be read.
    pub fn fingerprint(&self) -> Result<String, ModelError> {
        crate::digest::fingerprint(&self.path).map_err(ModelError::read(&self.path))
    }
}

/// A model in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredModel {
    /// What to call it.
    pub name: String,
    /// Name of its file in the store's folder.
    pub file: String,
    /// Where it is.
    pub path: PathBuf,
    /// Size of the file.
    pub bytes: u64,
    /// Where it came from.
    pub origin: Origin,
    /// Checksum at the time of the pull; none for a file that somebody put there.
    pub sha256: Option<String>,
}

/// What a removal freed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Removed {
    /// The file that is gone.
    pub path: PathBuf,
    /// Bytes freed, with what unfinished pulls had left.
    pub bytes: u64,
}

/// What a verification found. A file that is not what was pulled is an error instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verification {
    /// Every byte is what was pulled.
    Intact {
        /// The model.
        model: ModelFile,
        /// Its checksum.
        sha256: String,
    },
    /// Nothing is known to compare it with.
    Unrecorded {
        /// The model.
        model: ModelFile,
        /// Its checksum.
        sha256: String,
    },
}

/// Where something is, or would be.
pub(crate) enum Place {
    /// A file of the store, which may not be there.
    Store(String),
    /// A file elsewhere.
    Elsewhere(PathBuf),
}

impl Models {
    /// Models as these settings say, with the built-in catalogue.
    pub fn new(settings: Settings) -> Self {
        Self::with_catalogue(settings, Catalogue::built_in())
    }

    /// Models as these settings say, with another catalogue.
    pub fn with_catalogue(settings: Settings, catalogue: Catalogue) -> Self {
        let store = Store::new(settings.folder.clone());
        Self { catalogue, settings, store }
    }

    /// Models as the environment says ([`Settings::from_env`]).
    ///
    /// # Errors
    /// As [`Settings::from_env`].
    pub fn from_env() -> Result<Self, ModelError> {
        Settings::from_env().map(Self::new)
    }

    /// The models that have a name.
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// Whether the user wants nothing to be fetched unasked (`HF_HUB_OFFLINE`).
    pub fn is_offline(&self) -> bool {
        self.settings.hub.offline
    }

    /// The folder of the store.
    pub fn folder(&self) -> &Path {
        self.store.folder()
    }

    /// The file that a name, hub id or path means ([`ModelSpec`] says how it is read). A file that exists under the
    /// text as a path is meant before a hub id.
    ///
    /// Looks at this machine alone. Compares size and time with those of the pull, and the checksum only if the
    /// time differs.
    ///
    /// # Errors
    /// [`ModelError::NotHere`] for what could be pulled, [`ModelError::Unknown`] for what could not,
    /// [`ModelError::NotGguf`] and [`ModelError::Changed`] for a file that cannot be used.
    pub fn resolve(&self, text: &str) -> Result<ModelFile, ModelError> {
        if let Some(model) = BundledModel::find(text.trim()) {
            return model.unpack(self.store.folder());
        }
        match self.locate(text)? {
            Place::Elsewhere(path) => local(path),
            Place::Store(file) => self.open(&file)?.ok_or_else(|| self.not_here(text)),
        }
    }

    /// Cuts `base+adapter` in two where what follows a `+` is on this machine, and else at the first one. A text that is
    /// itself a file or the name of one is a base alone.
    pub fn split<'a>(&self, text: &'a str) -> (&'a str, Option<&'a str>) {
        if !text.contains('+') || self.resolve(text).is_ok() {
            return (text, None);
        }
        let cuts = || text.match_indices('+').map(|(at, _)| (&text[..at], Some(&text[at + 1..])));
        let here = |cut: &(&str, Option<&str>)| cut.1.is_some_and(|adapter| self.resolve(adapter).is_ok());
        cuts().find(here).or_else(|| cuts().next()).unwrap_or((text, None))
    }

    /// All models in the store, by file name.
    ///
    /// # Errors
    /// [`ModelError::Read`] if the folder cannot be read; a missing folder is an empty store.
    pub fn list(&self) -> Result<Vec<StoredModel>, ModelError> {
        let stored = |file: String| {
            let path = self.store.path(&file);
            let bytes =
                fs::metadata(&path).map(|metadata| metadata.len()).map_err(ModelError::read(&path))?;
            let (name, origin, sha256) = match self.store.record(&file) {
                Some(record) => (record.name, record.origin, Some(record.sha256)),
                None => (stem(&path), Origin::Local, None),
            };
            Ok(StoredModel { name, file, path, bytes, origin, sha256 })
        };
        self.store.files()?.into_iter().map(stored).collect()
    }

    /// Deletes a model from the store, with what unfinished pulls of it left.
    ///
    /// # Errors
    /// [`ModelError::NotHere`], [`ModelError::Busy`] while another process pulls it, [`ModelError::NotOurs`] for a
    /// file outside of the store, [`ModelError::Folder`] if it cannot be deleted.
    pub fn remove(&self, text: &str) -> Result<Removed, ModelError> {
        let file = match self.locate(text)? {
            Place::Store(file) => file,
            Place::Elsewhere(path) => {
                return Err(ModelError::NotOurs { path, folder: self.folder().to_owned() });
            }
        };
        let path = self.store.path(&file);
        if !self.folder().is_dir() {
            return Err(self.not_here(text));
        }
        let Some(_lock) = self.store.try_lock(&file)? else {
            return Err(ModelError::Busy { name: text.to_owned() });
        };
        let bytes = if path.is_file() { self.store.delete(&file)? } else { self.store.clear_partial(&file) };
        if bytes == 0 {
            return Err(self.not_here(text));
        }
        Ok(Removed { path, bytes })
    }

    /// Reads a whole model and compares it with what was pulled.
    ///
    /// # Errors
    /// [`ModelError::Changed`] if it differs; otherwise as [`Models::resolve`].
    pub fn verify(&self, text: &str, observer: &mut dyn PullObserver) -> Result<Verification, ModelError> {
        if let Some(bundled) = BundledModel::find(text.trim()) {
            // Unpacking compares it with the checksum in the manifest, and writes it anew where it differs.
            let model = bundled.unpack(self.store.folder())?;
            return Ok(Verification::Intact { model, sha256: bundled.sha256 });
        }
        let (path, record) = match self.locate(text)? {
            Place::Elsewhere(path) => (local(path)?.path, None),
            Place::Store(file) => (self.store.path(&file), self.store.record(&file)),
        };
        let total = match fs::metadata(&path) {
            Ok(metadata) => metadata.len(),
            Err(_) => return Err(self.not_here(text)),
        };
        let sha256 = sha256_of(&path, |bytes| observer.observe(PullEvent::Hashing { bytes, total }));
        let sha256 = sha256.map_err(ModelError::read(&path))?;
        match record {
            None => Ok(Verification::Unrecorded { model: local(path)?, sha256 }),
            Some(record) if record.sha256 == sha256 => {
                let model = ModelFile { path, name: record.name, origin: record.origin };
                Ok(Verification::Intact { model, sha256 })
            }
            Some(record) => Err(changed(&record, path, format!("sha256 {sha256}"))),
        }
    }

    /// The file of the store, if it is there and as it was pulled.
    pub(crate) fn open(&self, file: &str) -> Result<Option<ModelFile>, ModelError> {
        let path = self.store.path(file);
        let Ok(metadata) = fs::metadata(&path) else { return Ok(None) };
        let Some(mut record) = self.store.record(file) else { return local(path).map(Some) };
        match record.look(&metadata) {
            Look::Same => {}
            Look::Other => return Err(changed(&record, path, format!("{} bytes", metadata.len()))),
            Look::Doubtful => {
                tracing::info!(file, "the time of a model file has changed; reading it once");
                let sha256 = sha256_of(&path, |_| ()).map_err(ModelError::read(&path))?;
                if sha256 != record.sha256 {
                    return Err(changed(&record, path, format!("sha256 {sha256}")));
                }
                record.modified_ns = modified_ns(&metadata);
                if let Err(error) = self.store.write_record(file, &record) {
                    tracing::debug!(file, %error, "a read-only store is read again each time");
                }
            }
        }
        Ok(Some(ModelFile { path, name: record.name, origin: record.origin }))
    }

    pub(crate) fn locate(&self, text: &str) -> Result<Place, ModelError> {
        let spec = ModelSpec::parse(text)?;
        let as_path = Path::new(text.trim());
        match spec {
            ModelSpec::Path(path) if path.is_file() => Ok(self.place_of(path)),
            ModelSpec::Path(path) => Err(no_file(path)),
            ModelSpec::Hub(_) if as_path.is_file() => Ok(self.place_of(as_path.to_owned())),
            ModelSpec::Hub(_) if as_path.exists() => Err(no_file(as_path.to_owned())),
            ModelSpec::Hub(spec) => self.locate_hub(text, &spec),
            ModelSpec::Name(name) => self.locate_name(&name),
        }
    }

    fn place_of(&self, path: PathBuf) -> Place {
        let canonical = |path: &Path| fs::canonicalize(path).ok();
        match (path.file_name().and_then(|name| name.to_str()), path.parent()) {
            (Some(file), Some(parent))
                if has_gguf_ending(file)
                    && canonical(parent).is_some()
                    && canonical(parent) == canonical(self.folder()) =>
            {
                Place::Store(file.to_owned())
            }
            _ => Place::Elsewhere(path),
        }
    }

    fn locate_name(&self, name: &str) -> Result<Place, ModelError> {
        if let Some(entry) = self.catalogue.find(name) {
            return Ok(Place::Store(entry.file.clone()));
        }
        let called = |model: &StoredModel| {
            [model.name.as_str(), model.file.as_str(), stem(&model.path).as_str()]
                .iter()
                .any(|known| known.eq_ignore_ascii_case(name))
        };
        let mut found: Vec<String> =
            self.list()?.into_iter().filter(called).map(|model| model.file).collect();
        match found.len() {
            0 if Path::new(name).is_file() => Ok(Place::Elsewhere(name.into())),
            0 if Path::new(name).exists() => Err(no_file(name.into())),
            0 => Err(ModelError::Unknown { name: name.to_owned(), here: self.here(), known: self.names() }),
            1 => Ok(Place::Store(found.remove(0))),
            _ => Err(ModelError::Ambiguous { spec: name.to_owned(), files: found }),
        }
    }

    fn locate_hub(&self, text: &str, spec: &HubSpec) -> Result<Place, ModelError> {
        if let FileChoice::Exactly(file) = &spec.choice {
            let ours = stored_name(&spec.repository, spec.revision.as_deref(), file);
            if self.store.path(&ours).is_file() {
                return Ok(Place::Store(ours));
            }
        }
        let meant = |model: &StoredModel| {
            let Origin::Hub { repository, revision, file } = &model.origin else { return false };
            let same_revision = spec.revision.as_ref().is_none_or(|asked| {
                asked == revision || model.file == stored_name(repository, Some(asked), file)
            });
            repository.eq_ignore_ascii_case(&spec.repository) && same_revision && spec.choice.accepts(file)
        };
        let mut found: Vec<String> = self.list()?.into_iter().filter(meant).map(|model| model.file).collect();
        match (found.len(), &spec.choice) {
            (0, FileChoice::Exactly(file)) => {
                Ok(Place::Store(stored_name(&spec.repository, spec.revision.as_deref(), file)))
            }
            (0, _) => Err(self.not_here(text)),
            (1, _) => Ok(Place::Store(found.remove(0))),
            _ => Err(ModelError::Ambiguous { spec: text.to_owned(), files: found }),
        }
    }

    pub(crate) fn not_here(&self, text: &str) -> ModelError {
        ModelError::NotHere { name: text.to_owned(), here: self.here() }
    }

    /// Names that mean a model: of the catalogue, and of what is part of the program.
    fn names(&self) -> Vec<String> {
        self.catalogue.names().into_iter().chain(bundled().into_iter().map(|model| model.name)).collect()
    }

    fn here(&self) -> Vec<String> {
        self.list().map(|models| models.into_iter().map(|model| model.name).collect()).unwrap_or_default()
    }
}

/// A file that somebody has; a copy of one of the program's own models is that model.
fn local(path: PathBuf) -> Result<ModelFile, ModelError> {
    deliberate_gguf::look(&path)
        .map_err(|source| ModelError::NotGguf { path: path.clone(), source: Box::new(source) })?;
    let twin = BundledModel::twin(&path).map_err(ModelError::read(&path))?;
    let (name, origin) =
        twin.map_or_else(|| (stem(&path), Origin::Local), |model| (model.name, Origin::Bundled));
    Ok(ModelFile { path, name, origin })
}

/// Why a path is no file.
fn no_file(path: PathBuf) -> ModelError {
    let Ok(metadata) = fs::metadata(&path) else { return ModelError::NoSuchFile { path } };
    if !metadata.is_dir() {
        return ModelError::NotAFile { path };
    }
    let entries = fs::read_dir(&path).into_iter().flatten().flatten();
    let mut files: Vec<String> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    files.sort();
    let models = files.iter().filter(|file| has_gguf_ending(file)).cloned().collect();
    let transformers = files.iter().any(|file| file == "config.json");
    ModelError::Directory { path, models, transformers }
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

fn changed(record: &Record, path: PathBuf, found: String) -> ModelError {
    let expected = format!("{} bytes with sha256 {}", record.bytes, record.sha256);
    ModelError::Changed { name: record.name.clone(), path, expected, found }
}
