//! Questions from a JSONL file. It says which fields it took; every bad line is named by its number, and none is dropped
//! unless that was asked for.

mod fields;
mod object;
mod text;

use deliberate_grade::{Answer, correct};
use fields::question;
pub use fields::{Layout, worked};
pub use object::Object;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
pub use text::{Foreign, lines};

/// One question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// Unique within the dataset; the line number (`line-12`) where the file gives none.
    pub id: String,
    /// What is asked.
    pub problem: String,
    /// The right final answer, where it is known; never blank.
    pub answer: Option<String>,
}

/// A line that could not be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Skipped {
    /// From 1.
    pub line: usize,
    /// What is wrong with it.
    pub reason: String,
}

/// The questions of a file, in its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dataset {
    /// Where they come from.
    pub path: PathBuf,
    /// SHA-256 of the file's bytes, in hexadecimal.
    pub sha256: String,
    /// The questions.
    pub questions: Vec<Question>,
    /// Lines passed over on request.
    pub skipped: Vec<Skipped>,
    /// Which fields the questions and their answers were found in.
    pub layout: Layout,
}

/// Bad lines that an error names, at most.
const NAMED: usize = 3;

/// Why a dataset cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DatasetError {
    /// The file cannot be read.
    #[error("cannot read dataset `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file is of another kind.
    #[error("dataset `{}` is {foreign}", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What it is instead.
        foreign: Foreign,
    },
    /// Lines are malformed.
    #[error("{} (--skip-bad-lines goes on without {})", named(path, lines), if lines.len() == 1 { "it" } else { "them" })]
    BadLines {
        /// The file.
        path: PathBuf,
        /// Which, and why; at least one.
        lines: Vec<Skipped>,
    },
    /// There is nothing in it.
    #[error("dataset `{}` holds no question", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// Nothing is left of it.
    #[error("dataset `{}` holds no question: all {} lines in it are bad; {}", path.display(), lines.len(), named(path, lines))]
    AllBad {
        /// The file.
        path: PathBuf,
        /// All lines, and what is wrong with each.
        lines: Vec<Skipped>,
    },
}

/// The first few bad lines in a sentence.
fn named(path: &Path, lines: &[Skipped]) -> String {
    let one = |(index, Skipped { line, reason }): (usize, &Skipped)| match index {
        0 => format!("line {line} of dataset `{}`: {reason}", path.display()),
        _ => format!("line {line}: {reason}"),
    };
    let mut parts: Vec<String> = lines.iter().take(NAMED).enumerate().map(one).collect();
    if lines.len() > NAMED {
        parts.push(format!("and {} more lines", lines.len() - NAMED));
    }
    parts.join("; ")
}

impl Dataset {
    /// Reads a JSONL file, at most `limit` questions.
    ///
    /// # Errors
    /// [`DatasetError::Foreign`] for a file of another kind, [`DatasetError::BadLines`] for malformed lines, unless
    /// `skip_bad_lines`.
    pub fn read(path: &Path, limit: Option<usize>, skip_bad_lines: bool) -> Result<Self, DatasetError> {
        let bytes =
            std::fs::read(path).map_err(|source| DatasetError::Read { path: path.to_owned(), source })?;
        let sha256 = format!("{:x}", Sha256::digest(&bytes));
        let layout = Layout::default();
        let mut dataset =
            Self { path: path.to_owned(), sha256, questions: Vec::new(), skipped: Vec::new(), layout };
        let foreign = |foreign| DatasetError::Foreign { path: path.to_owned(), foreign };
        let mut seen = HashSet::new();
        for (number, line) in lines(&bytes).map_err(foreign)? {
            if limit.is_some_and(|limit| dataset.questions.len() >= limit) {
                break;
            }
            match dataset.take(line, number, &mut seen) {
                Ok(question) => dataset.questions.push(question),
                Err(reason) => dataset.skipped.push(Skipped { line: number, reason }),
            }
        }
        dataset.checked(skip_bad_lines)
    }

    /// A line's question.
    fn take(&mut self, line: &[u8], number: usize, seen: &mut HashSet<String>) -> Result<Question, String> {
        let found = question(&Object::parse(line)?)?;
        let id = found.id.unwrap_or_else(|| format!("line-{number}"));
        if !seen.insert(id.clone()) {
            return Err(format!("the id `{id}` was used before"));
        }
        self.layout.add(found.asked, found.answered);
        Ok(Question { id, problem: found.problem, answer: found.answer })
    }

    fn checked(self, skip_bad_lines: bool) -> Result<Self, DatasetError> {
        let (path, lines) = (self.path.clone(), self.skipped.clone());
        match (self.questions.is_empty(), lines.is_empty()) {
            (true, true) => Err(DatasetError::Empty { path }),
            (true, false) => Err(DatasetError::AllBad { path, lines }),
            (false, false) if !skip_bad_lines => Err(DatasetError::BadLines { path, lines }),
            _ => Ok(self),
        }
    }

    /// Ids of questions whose right answer no final answer can equal: whole texts.
    pub fn never_right(&self) -> Vec<&str> {
        let never = self.questions.iter().filter(|q| q.answer.as_deref().is_some_and(is_text));
        never.map(|question| question.id.as_str()).collect()
    }
}

/// `read 5 questions: "question", answer behind "####" in "answer"`.
impl fmt::Display for Dataset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = self.questions.len();
        let plural = if all == 1 { "question" } else { "questions" };
        write!(f, "read {all} {plural}: {}", self.layout)?;
        match self.questions.iter().filter(|question| question.answer.is_some()).count() {
            0 => f.write_str(", no right answers"),
            graded if graded < all => write!(f, " ({graded} of {all} have one)"),
            _ => Ok(()),
        }
    }
}

/// Words of an answer in words, at most; what is longer is a text.
const WORDS: usize = 12;

/// Whether an answer is no final answer but a whole text.
fn is_text(answer: &str) -> bool {
    let read = Answer::parse(answer);
    let long = answer.contains('\n') || answer.split_whitespace().count() > WORDS;
    !correct(&read, &read) || !read.is_mathematics() && long
}

#[cfg(test)]
mod tests;
