//! Checksums and the first look at a file.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read};
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

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a string cannot fail");
        text
    })
}

/// Whether the file begins with the four letters of every GGUF file.
pub(crate) fn starts_like_gguf(path: &Path) -> io::Result<bool> {
    let mut start = Vec::with_capacity(4);
    File::open(path)?.take(4).read_to_end(&mut start)?;
    Ok(start == b"GGUF")
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
    fn only_gguf_starts_like_gguf() {
        let folder = tempfile::tempdir().unwrap();
        for (content, expected) in
            [(&b"GGUF\x03"[..], true), (b"GGU", false), (b"", false), (b"<html>", false)]
        {
            let path = folder.path().join("file");
            std::fs::write(&path, content).unwrap();
            assert_eq!(starts_like_gguf(&path).unwrap(), expected);
        }
    }
}
