//! The append-only journal: one JSON line for each answer of a role, and for each finished question.
//!
//! A line is written before anything is built on it.

use crate::{JournalError, Lines, QuestionResult};
use deliberate_search::Record;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::path::Path;

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
pub struct Journal(Lines);

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
        let (lines, entries) = Lines::open::<LineIn<S>>(path)?;
        let mut recovered = Recovered { records: HashMap::new(), results: HashMap::new() };
        for LineIn { question, entry } in entries {
            match entry {
                EntryIn::Record(record) => recovered.records.entry(question).or_default().push(record),
                EntryIn::Result(result) => {
                    recovered.records.remove(&question);
                    recovered.results.insert(question, *result);
                }
            }
        }
        Ok((Self(lines), recovered))
    }

    /// Appends what a role answered.
    ///
    /// # Errors
    /// [`JournalError::Write`]; what was written before stays readable.
    pub fn record<S: Serialize>(&mut self, question: &str, record: &Record<S>) -> Result<(), JournalError> {
        self.0.append(&LineOut { question, entry: EntryOut::Record(record) })
    }

    /// Appends a finished question, and makes sure that it is on the disk.
    ///
    /// # Errors
    /// [`JournalError::Write`]; what was written before stays readable.
    pub fn result(&mut self, result: &QuestionResult) -> Result<(), JournalError> {
        self.0.append(&LineOut::<()> { question: &result.id, entry: EntryOut::Result(result) })?;
        self.0.sync()
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
            part: 0,
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
