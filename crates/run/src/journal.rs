//! The append-only journal: one JSON line for each answer of a role, and for each finished question.
//!
//! A line is written with one `write` call before anything is built on it. A torn last line (the process was killed,
//! or the machine lost power) is cut off when the journal is opened again.

use crate::QuestionResult;
use deliberate_search::Record;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
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

#[derive(Serialize)]
struct LineOut<'a, S> {
    question: &'a str,
    #[serde(flatten)]
    entry: EntryOut<'a, S>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
enum EntryOut<'a, S> {
    Record(&'a Record<S>),
    Result(&'a QuestionResult),
}

#[derive(Deserialize)]
struct LineIn<S> {
    question: String,
    #[serde(flatten)]
    entry: EntryIn<S>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum EntryIn<S> {
    Record(Record<S>),
    Result(Box<QuestionResult>),
}

/// An open journal.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    /// Bytes of whole lines.
    whole: u64,
    /// Whether a part of a line may stand behind them.
    torn: bool,
}

/// What an earlier process left, by question id.
#[derive(Debug)]
pub(crate) struct Recovered<S> {
    pub(crate) records: HashMap<String, Vec<Record<S>>>,
    pub(crate) results: HashMap<String, QuestionResult>,
}

impl Journal {
    /// Opens or creates a journal and returns what is in it.
    pub(crate) fn open<S: serde::de::DeserializeOwned>(
        path: &Path,
    ) -> Result<(Self, Recovered<S>), JournalError> {
        let read_error = |source| JournalError::Read { path: path.to_owned(), source };
        let write_error = |source| JournalError::Write { path: path.to_owned(), source };
        let file = OpenOptions::new().append(true).create(true).open(path).map_err(write_error)?;
        if !file.metadata().map_err(read_error)?.is_file() {
            let source = io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file");
            return Err(read_error(source));
        }
        let bytes = std::fs::read(path).map_err(read_error)?;
        let mut recovered = Recovered { records: HashMap::new(), results: HashMap::new() };
        let mut whole = 0;
        for (index, line) in bytes.split_inclusive(|&byte| byte == b'\n').enumerate() {
            let parsed = serde_json::from_slice::<LineIn<S>>(line);
            let last = whole + line.len() == bytes.len();
            match parsed {
                Ok(LineIn { question, entry }) if line.ends_with(b"\n") => match entry {
                    EntryIn::Record(record) => recovered.records.entry(question).or_default().push(record),
                    EntryIn::Result(result) => {
                        recovered.records.remove(&question);
                        recovered.results.insert(question, *result);
                    }
                },
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
        Ok((Self { path: path.to_owned(), file, whole: whole as u64, torn: false }, recovered))
    }

    /// Appends what a role answered.
    ///
    /// # Errors
    /// [`JournalError::Write`]; what was written before stays readable.
    pub fn record<S: Serialize>(&mut self, question: &str, record: &Record<S>) -> Result<(), JournalError> {
        self.append(&LineOut { question, entry: EntryOut::Record(record) })
    }

    /// Appends a finished question, and makes sure that it is on the disk.
    ///
    /// # Errors
    /// [`JournalError::Write`]; what was written before stays readable.
    pub fn result(&mut self, result: &QuestionResult) -> Result<(), JournalError> {
        self.append(&LineOut::<()> { question: &result.id, entry: EntryOut::Result(result) })?;
        self.file.sync_data().map_err(|source| JournalError::Write { path: self.path.clone(), source })
    }

    fn append<S: Serialize>(&mut self, line: &LineOut<'_, S>) -> Result<(), JournalError> {
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use deliberate_search::{Assessed, Decision, NodeId, Reply, Usage};

    fn record(node: u32) -> Record<u8> {
        Record {
            asked: Decision::Verify(vec![NodeId(node)]),
            reply: Reply::Assessed(Assessed { scores: vec![Ok(vec![0.25])], usage: Usage::default() }),
            seconds: 0.5,
        }
    }

    #[test]
    fn a_journal_cut_at_any_byte_gives_back_every_whole_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.jsonl");
        let (mut journal, _) = Journal::open::<u8>(&path).unwrap();
        for node in 0..3 {
            journal.record("q", &record(node)).unwrap();
        }
        let bytes = std::fs::read(&path).unwrap();
        for cut in 0..=bytes.len() {
            std::fs::write(&path, &bytes[..cut]).unwrap();
            let (mut journal, recovered) = Journal::open::<u8>(&path).unwrap();
            let whole = bytes[..cut].split(|&byte| byte == b'\n').count() - 1;
            assert_eq!(recovered.records.get("q").map_or(0, Vec::len), whole);
            journal.record("q", &record(9)).unwrap();
            let (_, again) = Journal::open::<u8>(&path).unwrap();
            assert_eq!(again.records["q"].len(), whole + 1);
        }
    }

    #[test]
    fn damage_before_the_last_line_is_an_error_that_names_the_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.jsonl");
        let (mut journal, _) = Journal::open::<u8>(&path).unwrap();
        journal.record("q", &record(0)).unwrap();
        let mut text = std::fs::read_to_string(&path).unwrap();
        text.insert_str(0, "{broken}\n");
        std::fs::write(&path, text).unwrap();
        assert!(matches!(Journal::open::<u8>(&path), Err(JournalError::Damaged { line: 1, .. })));
    }
}
