//! Files that are no GGUF files, told by how they begin: what people really have under a model's name.

use crate::GgufError;
use crate::cursor::Cursor;
use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Bytes that tell one kind of file from another.
const START: u64 = 512;
/// Characters of a text that are shown.
const SHOWN: usize = 60;

/// What a file is that is no GGUF file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Foreign {
    /// No bytes at all.
    Empty,
    /// The pointer that git leaves in the place of a large file.
    LfsPointer,
    /// A web page or another answer in markup: an error, or a login, in the place of the file.
    WebPage,
    /// One of the formats that llama.cpp had before GGUF, by the letters that name it.
    OldGgml(&'static str),
    /// Weights of `transformers`.
    Safetensors,
    /// A Python pickle or the archive that `PyTorch` writes.
    PyTorch,
    /// A packed or compressed file, by what packed it.
    Packed(&'static str),
    /// Another format by its name.
    Named(&'static str),
    /// JSON.
    Json,
    /// Readable text, and how it begins.
    Text(String),
    /// Anything else: the first bytes, at most four.
    Bytes(Vec<u8>),
}

/// How files begin that need no closer look. Sources: `llama-file-version` of llama.cpp's history, the formats' own
/// descriptions.
const BEGINNINGS: &[(&[u8], Foreign)] = &[
    (b"version https://git-lfs", Foreign::LfsPointer),
    (b"lmgg", Foreign::OldGgml("ggml")),
    (b"fmgg", Foreign::OldGgml("ggmf")),
    (b"tjgg", Foreign::OldGgml("ggjt")),
    (b"algg", Foreign::OldGgml("ggla")),
    (b"ggml", Foreign::OldGgml("ggml")),
    (b"PK\x03\x04", Foreign::PyTorch),
    (b"\x80\x02", Foreign::PyTorch),
    (b"\x80\x03", Foreign::PyTorch),
    (b"\x80\x04", Foreign::PyTorch),
    (b"\x1f\x8b", Foreign::Packed("gzip")),
    (b"\x28\xb5\x2f\xfd", Foreign::Packed("zstd")),
    (b"\xfd7zXZ", Foreign::Packed("xz")),
    (b"BZh", Foreign::Packed("bzip2")),
    (b"7z\xbc\xaf", Foreign::Packed("7z")),
    (b"\x89HDF", Foreign::Named("an HDF5 file")),
    (b"\x93NUMPY", Foreign::Named("a NumPy array")),
    (b"PAR1", Foreign::Named("a Parquet table")),
    (b"%PDF", Foreign::Named("a PDF document")),
    (b"\x7fELF", Foreign::Named("a program")),
];

impl Foreign {
    /// What a file of `length` bytes is that begins with these.
    fn of(start: &[u8], length: u64) -> Self {
        if length == 0 {
            return Self::Empty;
        }
        if let Some((_, what)) = BEGINNINGS.iter().find(|(beginning, _)| start.starts_with(beginning)) {
            return what.clone();
        }
        // Eight bytes of length, then JSON.
        if start.get(8) == Some(&b'{')
            && start.first_chunk().is_some_and(|&header| u64::from_le_bytes(header) <= length)
        {
            return Self::Safetensors;
        }
        if start.get(257..262) == Some(b"ustar") {
            return Self::Packed("tar");
        }
        let Some(text) = readable(start) else {
            return Self::Bytes(start.iter().copied().take(4).collect());
        };
        let text = text.trim_start();
        match text.chars().next() {
            Some('<') => Self::WebPage,
            Some('{' | '[') => Self::Json,
            _ => Self::Text(text.lines().next().unwrap_or_default().chars().take(SHOWN).collect()),
        }
    }
}

/// The text that some bytes are, the last character of which may be cut.
fn readable(bytes: &[u8]) -> Option<&str> {
    let whole = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&bytes[..error.valid_up_to()]).ok()?
        }
        Err(_) => return None,
    };
    let whole = whole.trim_start_matches('\u{feff}');
    let plain = |letter: char| !letter.is_control() || matches!(letter, '\n' | '\r' | '\t');
    (!whole.trim().is_empty() && whole.chars().all(plain)).then_some(whole)
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("empty (the download did not begin or the disk was full: fetch it again)"),
            Self::LfsPointer => f.write_str(
                "the pointer that git left in its place (run `git lfs pull` there, or download the file itself)",
            ),
            Self::WebPage => f.write_str(
                "a web page or another answer of a server (download the file itself, which may need a login)",
            ),
            Self::OldGgml(name) => write!(
                f,
                "a file in the older format `{name}`, from before GGUF (download a newer file, or convert the model again)"
            ),
            Self::Safetensors => f.write_str(
                "a file of safetensors (convert it with llama.cpp: `convert_hf_to_gguf.py` for a model, `convert_lora_to_gguf.py` for an adapter)",
            ),
            Self::PyTorch => f.write_str(
                "a checkpoint of PyTorch or a zip archive (convert it with `convert_hf_to_gguf.py` of llama.cpp, or unpack it)",
            ),
            Self::Packed(with) => write!(f, "packed with {with} (unpack it first)"),
            Self::Named(what) => write!(f, "{what} (give the `.gguf` file)"),
            Self::Json => f.write_str("a file of JSON (give the `.gguf` file beside it)"),
            Self::Text(text) => write!(f, "a text that begins with `{text}` (give the `.gguf` file)"),
            Self::Bytes(bytes) => write!(
                f,
                "something else: it starts with {bytes:02x?} (convert the model, or download its `.gguf` file)"
            ),
        }
    }
}

/// Looks at the first bytes of a file alone: whether it begins as every GGUF file does.
///
/// # Errors
/// [`GgufError::NotGguf`] says what it is instead.
pub fn look(path: &Path) -> Result<(), GgufError> {
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    letters(&mut Cursor::new(file, length))
}

/// Reads the four letters.
fn letters<R: Read>(from: &mut Cursor<R>) -> Result<(), GgufError> {
    let mut start = Vec::new();
    for _ in 0..4.min(from.length()) {
        start.extend(from.array::<1>("the magic number")?);
    }
    if start == b"GGUF" {
        return Ok(());
    }
    for _ in start.len() as u64..START.min(from.length()) {
        start.extend(from.array::<1>("the first bytes")?);
    }
    if start == b"FUGG" || start.starts_with(b"FUGG\0") {
        return Err(GgufError::BigEndian);
    }
    Err(GgufError::NotGguf { found: Foreign::of(&start, from.length()) })
}

/// Reads the letters and the version that every file begins with.
pub(crate) fn begin<R: Read>(from: &mut Cursor<R>) -> Result<(), GgufError> {
    letters(from)?;
    match from.u32("the version")? {
        2..=3 => Ok(()),
        version if (1..=0xff).contains(&version.swap_bytes()) => Err(GgufError::BigEndian),
        version => Err(GgufError::Version { version }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bytes: &[u8], words: &str) {
        let error = begin(&mut Cursor::new(bytes, bytes.len() as u64)).expect_err("no GGUF").to_string();
        assert!(error.contains(words), "`{error}` lacks `{words}`");
    }

    #[test]
    fn what_people_have_in_the_place_of_a_model_is_named() {
        check(b"", "but empty");
        check(b"version https://git-lfs.github.com/spec/v1\noid sha256:12\nsize 34\n", "git lfs pull");
        check(b"\n<!DOCTYPE html><html>", "a web page");
        check(b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", "answer of a server");
        check(b"tjgg\x03\0\0\0", "older format `ggjt`");
        check(b"lmgg\x01\0\0\0", "older format `ggml`");
        check(b"\x02\0\0\0\0\0\0\0{}", "safetensors");
        check(b"PK\x03\x04\0\0", "PyTorch");
        check(b"\x80\x02}q\0", "PyTorch");
        check(b"\x1f\x8b\x08\0", "packed with gzip");
        check(b"{\"model_type\": \"llama\"}", "JSON");
        check(b"Entry not found", "begins with `Entry not found`");
        check(b"\x01\x02\x03\x04\xff", "[01, 02, 03, 04]");
        check(b"GG", "begins with `GG`");
    }

    #[test]
    fn a_big_endian_file_is_said_to_be_one() {
        check(b"GGUF\0\0\0\x03\0\0\0\0", "big-endian");
        check(b"FUGG\0\0\0\x03", "big-endian");
        check(b"GGUF\x63\0\0\0", "version 99");
        check(b"GGUF\x00\0\0\0", "version 0");
    }
}
