//! Questions from a JSONL file. Every bad line is named by its number; none is dropped unless that was asked for.

use serde::{Deserialize, Deserializer, Serialize};
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};

/// One question, as a line of a dataset gives it. Fields that are not named here are passed over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// Unique within the dataset; the line number (`line-12`) where the file gives none.
    #[serde(default, deserialize_with = "text_or_number")]
    pub id: String,
    /// What is asked. `question` is accepted as well.
    #[serde(alias = "question")]
    pub problem: String,
    /// The right final answer, where it is known.
    #[serde(default, deserialize_with = "maybe_text_or_number")]
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
}

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
    /// A line is malformed.
    #[error("line {} of dataset `{}`: {} (--skip-bad-lines goes on without it)", skipped.line, path.display(), skipped.reason)]
    BadLine {
        /// The file.
        path: PathBuf,
        /// Which line, and why.
        skipped: Skipped,
    },
    /// Nothing is left.
    #[error("dataset `{}` holds no question{}", path.display(), passed_over(*skipped))]
    Empty {
        /// The file.
        path: PathBuf,
        /// Lines passed over on request.
        skipped: usize,
    },
}

impl Dataset {
    /// Reads a JSONL file, at most `limit` questions.
    ///
    /// # Errors
    /// [`DatasetError::BadLine`] at the first malformed line, unless `skip_bad_lines`.
    pub fn read(path: &Path, limit: Option<usize>, skip_bad_lines: bool) -> Result<Self, DatasetError> {
        let bytes =
            std::fs::read(path).map_err(|source| DatasetError::Read { path: path.to_owned(), source })?;
        let sha256 = format!("{:x}", Sha256::digest(&bytes));
        let mut dataset = Self { path: path.to_owned(), sha256, questions: Vec::new(), skipped: Vec::new() };
        let mut seen = HashSet::new();
        let text = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&bytes);
        for (index, line) in text.split(|&byte| byte == b'\n').enumerate() {
            if limit.is_some_and(|limit| dataset.questions.len() >= limit) {
                break;
            }
            if line.trim_ascii().is_empty() {
                continue;
            }
            let number = index + 1;
            match parse(line, number, &seen) {
                Ok(question) => {
                    seen.insert(question.id.clone());
                    dataset.questions.push(question);
                }
                Err(reason) if skip_bad_lines => dataset.skipped.push(Skipped { line: number, reason }),
                Err(reason) => {
                    let skipped = Skipped { line: number, reason };
                    return Err(DatasetError::BadLine { path: path.to_owned(), skipped });
                }
            }
        }
        if dataset.questions.is_empty() {
            return Err(DatasetError::Empty { path: path.to_owned(), skipped: dataset.skipped.len() });
        }
        Ok(dataset)
    }
}

/// Some editors put it before the first line; it means nothing in UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

fn passed_over(lines: usize) -> String {
    if lines == 0 { String::new() } else { format!(" (all {lines} lines in it are bad)") }
}

fn parse(line: &[u8], number: usize, seen: &HashSet<String>) -> Result<Question, String> {
    if !line.trim_ascii_start().starts_with(b"{") {
        return Err("it is no JSON object".to_owned());
    }
    let mut question: Question = serde_json::from_slice(line).map_err(|error| {
        // The parser sees one line and calls it line 1, which is not its number in the file.
        let text = error.to_string();
        text.replace(" at line 1 column ", " at column ")
    })?;
    if question.id.is_empty() {
        question.id = format!("line-{number}");
    }
    if question.problem.trim().is_empty() {
        return Err("the question is empty".to_owned());
    }
    if seen.contains(&question.id) {
        return Err(format!("the id `{}` was used before", question.id));
    }
    Ok(question)
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Text {
    Text(String),
    Number(serde_json::Number),
}

/// Answers and ids are numbers in many datasets; they mean their digits.
fn maybe_text_or_number<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    let text = Option::<Text>::deserialize(from)
        .map_err(|_| serde::de::Error::custom("an id or an answer is neither text nor a number"))?;
    match text {
        None => Ok(None),
        Some(Text::Text(text)) => Ok(Some(text)),
        Some(Text::Number(number)) if number.as_f64().is_some_and(|value| value.abs() <= EXACT) => {
            Ok(Some(number.to_string()))
        }
        Some(Text::Number(number)) => Err(serde::de::Error::custom(format!(
            "the number {number} would lose digits (write it in quotation marks)"
        ))),
    }
}

/// Up to here, numbers survive every JSON reader as they were written.
const EXACT: f64 = 9_007_199_254_740_992.0;

fn text_or_number<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    maybe_text_or_number(from).map(Option::unwrap_or_default)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, skip: bool) -> Result<Dataset, DatasetError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        Dataset::read(file.path(), None, skip)
    }

    #[test]
    fn a_malformed_line_is_named_by_its_number_and_passed_over_only_on_request() {
        let text = "{\"id\":\"a\",\"problem\":\"1+1?\",\"answer\":\"2\"}\n\n{\"id\":\"b\"\n{\"question\":\"2+2?\"}\n";
        let error = read(text, false).unwrap_err().to_string();
        assert!(error.contains("line 3") && error.contains("--skip-bad-lines"), "{error}");
        let dataset = read(text, true).unwrap();
        let ids: Vec<_> = dataset.questions.iter().map(|q| q.id.as_str()).collect();
        assert_eq!((ids, dataset.skipped[0].line), (vec!["a", "line-4"], 3));
    }

    #[test]
    fn empty_questions_and_repeated_ids_are_bad_lines() {
        for text in
            ["{\"problem\":\"  \"}", "{\"id\":\"a\",\"problem\":\"x\"}\n{\"id\":\"a\",\"problem\":\"y\"}"]
        {
            assert!(matches!(read(text, false), Err(DatasetError::BadLine { .. })), "{text}");
        }
        assert!(matches!(read("\n\n", false), Err(DatasetError::Empty { .. })));
        assert!(matches!(read("\u{0}\u{1}garbage", false), Err(DatasetError::BadLine { .. })));
    }

    #[test]
    fn numbers_stand_for_their_digits_and_an_id_may_be_null() {
        let text = "\u{feff}{\"id\":7,\"problem\":\"x\",\"answer\":18}\n{\"id\":null,\"problem\":\"y\",\"answer\":0.25}\n{\"problem\":\"z\",\"answer\":null}";
        let dataset = read(text, false).unwrap();
        let found: Vec<_> = dataset.questions.iter().map(|q| (q.id.as_str(), q.answer.as_deref())).collect();
        assert_eq!(found, [("7", Some("18")), ("line-2", Some("0.25")), ("line-3", None)]);
        for answer in ["123456789012345678901234567890", "1e300", "[1]", "{}", "true"] {
            let line = format!("{{\"problem\":\"x\",\"answer\":{answer}}}");
            assert!(matches!(read(&line, false), Err(DatasetError::BadLine { .. })), "{answer}");
        }
    }

    #[test]
    fn a_bad_line_is_never_called_line_1_for_where_its_parser_began() {
        let error = read("{\"problem\":\"x\"}\n{\"problem\": 5}\n", false).unwrap_err().to_string();
        assert!(error.contains("line 2 of") && !error.contains("line 1"), "{error}");
    }
}
