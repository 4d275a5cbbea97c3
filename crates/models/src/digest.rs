//! Checksums of files.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use sha2::{Digest, Sha256};

/// Bytes moved at once; large enough that progress events are few.
pub(crate) const CHUNK: usize = 1 << 18;

/// The sha256 of a file in lower-case hexadecimal; `progress` hears how many bytes were read.
pub(crate) fn sha256_of(path: &Path, mut progress: impl FnMut(u64)) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; CHUNK];
    let mut done = 0;
    loop {
        let read = match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        hasher.update(&buffer[..read]);
        done += read as u64;
        progress(done);
    }
    Ok(hexadecimal(&hasher.finalize()))
}

/// Tells a file from others at a glance: a hash of its length, its first and its last mebibyte, in hexadecimal.
/// For provenance, not for security; a checksum of gigabytes at every start would take too long.
pub(crate) fn fingerprint(path: &Path) -> io::Result<String> {
    const SAMPLE: u64 = 1 << 20;
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let mut sample = Vec::new();
    file.by_ref().take(SAMPLE).read_to_end(&mut sample)?;
    file.seek(SeekFrom::Start(length.saturating_sub(SAMPLE)))?;
    file.take(SAMPLE).read_to_end(&mut sample)?;
    let mut hasher = Sha256::new();
    hasher.update(length.to_le_bytes());
    hasher.update(&sample);
    Ok(hexadecimal(&hasher.finalize()[..8]))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a string cannot fail");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digest_of_known_text_is_known() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("abc");
        std::fs::write(&path, "abc").unwrap();
        let mut seen = 0;
        let digest = sha256_of(&path, |bytes| seen = bytes).unwrap();
        assert_eq!(digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(seen, 3);
    }

    #[test]
    fn a_fingerprint_sees_length_beginning_and_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let mut content = vec![0_u8; 3 << 20];
        let mut seen = std::collections::BTreeSet::new();
        for change in [None, Some(0), Some((3 << 20) - 1)] {
            if let Some(at) = change {
                content[at] = 1;
            }
            std::fs::write(&path, &content).unwrap();
            assert!(seen.insert(fingerprint(&path).unwrap()));
        }
        std::fs::write(&path, &content[..content.len() - 1]).unwrap();
        assert!(seen.insert(fingerprint(&path).unwrap()));
        std::fs::write(&path, "").unwrap();
        assert!(seen.insert(fingerprint(&path).unwrap()));
    }
}
