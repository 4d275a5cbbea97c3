//! The run directory: what is in it, and whether a run may go on in it.

use crate::journal::Recovered;
use crate::{DirectoryError, Folder, Journal, QuestionResult, Summary};
use deliberate_search::Record;
use serde_json::Value;
use std::collections::HashMap;
use std::path::Path;

/// An open run directory, locked until it is dropped.
///
/// | file | what |
/// |---|---|
/// | `config.json` | the resolved configuration |
/// | `journal.jsonl` | every answer of every role, and every finished question, in order of arrival |
/// | `results.jsonl` | the finished questions in the dataset's order, once all are finished; the same for equal runs |
/// | `summary.json` | accuracy, pass@k and cost |
#[derive(Debug)]
pub struct RunDirectory<S> {
    folder: Folder,
    /// The open journal.
    pub journal: Journal,
    /// Questions finished by earlier processes.
    pub finished: HashMap<String, QuestionResult>,
    /// Records of questions that an earlier process left unfinished.
    pub unfinished: HashMap<String, Vec<Record<S>>>,
}

impl<S: serde::de::DeserializeOwned> RunDirectory<S> {
    /// Creates a run directory, or opens one to go on in it.
    ///
    /// # Errors
    /// [`DirectoryError::OtherRun`] if it was made with another configuration, [`DirectoryError::Busy`] if a process
    /// is at work in it.
    pub fn open(path: &Path, configuration: &Value) -> Result<Self, DirectoryError> {
        let folder = Folder::open(path, configuration)?;
        let (journal, Recovered { records, results }) = Journal::open(&path.join("journal.jsonl"))?;
        Ok(Self { folder, journal, finished: results, unfinished: records })
    }

    /// Writes `results.jsonl` and `summary.json`.
    ///
    /// # Errors
    /// [`DirectoryError::Write`]; nothing half-written is left.
    pub fn write_results(&self, results: &[QuestionResult], summary: &Summary) -> Result<(), DirectoryError> {
        let mut lines = Vec::new();
        for result in results {
            serde_json::to_writer(&mut lines, &result.reproducible()).expect("a JSON value can be written");
            lines.push(b'\n');
        }
        self.folder.write("results.jsonl", &lines)?;
        let summary =
            serde_json::to_vec_pretty(summary).expect("a summary is plain data with finite numbers");
        self.folder.write("summary.json", &summary)
    }
}
