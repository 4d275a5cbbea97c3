//! An append-only file of JSON lines that survives a kill at any moment.
//!
//! A line is written with one `write` call. A torn last line (the process was killed, or the machine lost power) is
//! cut off when the file is opened again.

use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Why a journal cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// The file cannot be read.
    #[error("cannot read the journal `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file cannot be written: the disk is full, or the folder is read-only.
    #[error("cannot write the journal `{}` (what it holds is kept: free some space, or fix its permissions, and run the same command again)", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A line other than the last cannot be understood.
    #[error("line {line} of the journal `{}` is damaged (cut the file off before that line to draw what follows again, or give another --run-directory)", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
}

/// An open file of lines.
#[derive(Debug)]
pub struct Lines {
    path: PathBuf,
    file: File,
    /// Bytes of whole lines.
    whole: u64,
    /// Whether a part of a line may stand behind them.
    torn: bool,
}

impl Lines {
    /// Opens or creates a file and returns its lines.
    ///
    /// # Errors
    /// [`JournalError`] if it cannot be read or written, or a line other than the last is no `T`.
    pub fn open<T: DeserializeOwned>(path: &Path) -> Result<(Self, Vec<T>), JournalError> {
        let read_error = |source| JournalError::Read { path: path.to_owned(), source };
        let write_error = |source| JournalError::Write { path: path.to_owned(), source };
        let file = OpenOptions::new().append(true).create(true).open(path).map_err(write_error)?;
        if !file.metadata().map_err(read_error)?.is_file() {
            let source = io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file");
            return Err(read_error(source));
        }
        let bytes = std::fs::read(path).map_err(read_error)?;
        let mut lines = Vec::new();
        let mut whole = 0;
        for (index, line) in bytes.split_inclusive(|&byte| byte == b'\n').enumerate() {
            let last = whole + line.len() == bytes.len();
            match serde_json::from_slice(line) {
                Ok(parsed) if line.ends_with(b"\n") => lines.push(parsed),
                _ if last => break,
                Ok(_) => break,
                Err(source) => {
                    return Err(JournalError::Damaged { path: path.to_owned(), line: index + 1, source });
                }
            }
            whole += line.len();
        }
        if whole < bytes.len() {
            file.set_len(whole as u64).map_err(write_error)?;
        }
        Ok((Self { path: path.to_owned(), file, whole: whole as u64, torn: false }, lines))
    }

    /// Appends a line.
    ///
    /// # Errors
    /// [`JournalError::Write`]; what was written before stays readable.
    pub fn append<T: Serialize>(&mut self, line: &T) -> Result<(), JournalError> {
        let write_error = |source| JournalError::Write { path: self.path.clone(), source };
        let mut bytes = serde_json::to_vec(line).map_err(|error| write_error(error.into()))?;
        bytes.push(b'\n');
        // Half a line that did not fit must not stand before a later one that does.
        if self.torn {
            self.file.set_len(self.whole).map_err(write_error)?;
        }
        self.torn = true;
        if let Err(source) = self.file.write_all(&bytes) {
            self.torn = self.file.set_len(self.whole).is_err();
            return Err(write_error(source));
        }
        self.torn = false;
        self.whole += bytes.len() as u64;
        Ok(())
    }

    /// Makes sure that all lines are on the disk.
    ///
    /// # Errors
    /// [`JournalError::Write`] if that failed.
    pub fn sync(&self) -> Result<(), JournalError> {
        self.file.sync_data().map_err(|source| JournalError::Write { path: self.path.clone(), source })
    }
}
