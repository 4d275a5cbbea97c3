//! Reading a pool, a line at a time.

use super::classes::classify;
use super::diagnose::diagnose;
use super::{Notes, Pool, PoolQuestion, Sample};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

/// Why a pool cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PoolError {
    /// The file cannot be read.
    #[error("cannot read the pool `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file cannot be written.
    #[error("cannot write the pool `{}`", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A line is malformed.
    #[error("line {line} of the pool `{}`: {reason}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// Which field, and what is wrong with it.
        reason: String,
    },
    /// There is nothing in it.
    #[error("the pool `{}` holds no question", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// Nothing can be chosen from it.
    #[error(
        "none of the {samples} samples in the pool `{}` has an answer: field `answer` is null or blank in all of them \
         (extract the answers first)", path.display()
    )]
    NoAnswers {
        /// The file.
        path: PathBuf,
        /// Samples in it.
        samples: usize,
    },
    /// A verifier that scored nothing here.
    #[error("no sample was scored by `{verifier}` (the pool knows: {known})")]
    UnknownVerifier {
        /// The name asked for.
        verifier: String,
        /// The names there are.
        known: String,
    },
    /// A sample that the verifier did not score.
    #[error(
        "sample {sample} of question `{id}` has no scores of `{verifier}` (score it, or leave the question out)"
    )]
    Unscored {
        /// The question.
        id: String,
        /// From 0.
        sample: usize,
        /// The verifier.
        verifier: String,
    },
}

#[derive(Deserialize)]
struct Line {
    id: String,
    problem: Option<String>,
    answer: String,
    samples: Vec<LineSample>,
}

#[derive(Deserialize)]
struct LineSample {
    answer: Option<String>,
    correct: bool,
    #[serde(default)]
    tokens: Option<u32>,
    scores: BTreeMap<String, Vec<f32>>,
    #[serde(flatten)]
    notes: Notes,
}

impl Pool {
    /// Reads a JSONL file of recorded samples and sorts their answers into classes.
    ///
    /// # Errors
    /// [`PoolError`] names the file, the line and the field.
    pub fn read(path: &Path) -> Result<Self, PoolError> {
        let read_error = |source| PoolError::Read { path: path.to_owned(), source };
        let mut reader = BufReader::with_capacity(1 << 20, File::open(path).map_err(read_error)?);
        let mut digest = Sha256::new();
        let mut names: Vec<String> = Vec::new();
        let mut questions: Vec<PoolQuestion> = Vec::new();
        let mut seen = HashSet::new();
        let mut buffer = Vec::new();
        for number in 1.. {
            buffer.clear();
            if reader.read_until(b'\n', &mut buffer).map_err(read_error)? == 0 {
                break;
            }
            digest.update(&buffer);
            if buffer.trim_ascii().is_empty() {
                continue;
            }
            let bad = |reason| PoolError::Line { path: path.to_owned(), line: number, reason };
            let line = parse(&buffer).map_err(bad)?;
            if !seen.insert(line.id.clone()) {
                return Err(bad(format!("the id `{}` was used before", line.id)));
            }
            let mut question = question(line, &mut names).map_err(bad)?;
            classify(&mut question);
            questions.push(question);
        }
        if questions.is_empty() {
            return Err(PoolError::Empty { path: path.to_owned() });
        }
        let samples = || questions.iter().flat_map(|question| &question.samples);
        if samples().all(|sample| sample.class.is_none()) {
            return Err(PoolError::NoAnswers { path: path.to_owned(), samples: samples().count() });
        }
        sort_verifiers(&mut names, &mut questions);
        let sha256 = format!("{:x}", digest.finalize());
        Ok(Self { path: path.to_owned(), sha256, verifiers: names, questions })
    }
}

fn parse(line: &[u8]) -> Result<Line, String> {
    let text = std::str::from_utf8(line).map_err(|error| format!("it is no UTF-8: {error}"))?;
    serde_json::from_str(text).map_err(|error| {
        // The parser sees one line and calls it line 1, which is not its number in the file.
        let position = error.to_string().replace(" at line 1 column ", " at column ");
        diagnose(text).map_or(position.clone(), |field| format!("{field} ({position})"))
    })
}

/// Checks a line's numbers and moves its scores into columns, `names` growing as new verifiers appear.
fn question(line: Line, names: &mut Vec<String>) -> Result<PoolQuestion, String> {
    if line.samples.is_empty() {
        return Err("field `samples` is empty".to_owned());
    }
    let mut samples = Vec::with_capacity(line.samples.len());
    for (at, sample) in line.samples.into_iter().enumerate() {
        let mut scores: Vec<Box<[f32]>> = vec![Box::default(); names.len()];
        for (verifier, steps) in sample.scores {
            let field = format!("samples[{at}].scores.{verifier}");
            if steps.is_empty() {
                return Err(format!(
                    "field `{field}` is empty (leave a verifier out where it scored nothing)"
                ));
            }
            if let Some(step) = steps.iter().position(|score| !score.is_finite()) {
                return Err(format!("field `{field}[{step}]` is no finite number"));
            }
            if let Some(step) = steps.iter().position(|score| !(0.0..=1.0).contains(score)) {
                return Err(format!(
                    "field `{field}[{step}]` is {}, and a score is a probability from 0 to 1 (turn log-odds into one)",
                    steps[step]
                ));
            }
            let column = names.iter().position(|name| *name == verifier).unwrap_or_else(|| {
                names.push(verifier);
                names.len() - 1
            });
            scores.resize(names.len(), Box::default());
            scores[column] = steps.into_boxed_slice();
        }
        let LineSample { answer, correct, tokens, notes, .. } = sample;
        samples.push(Sample { answer, class: None, correct, tokens, scores, notes });
    }
    Ok(PoolQuestion { id: line.id, problem: line.problem, answer: line.answer, samples })
}

fn sort_verifiers(names: &mut [String], questions: &mut [PoolQuestion]) {
    let mut order: Vec<usize> = (0..names.len()).collect();
    order.sort_by(|&a, &b| names[a].cmp(&names[b]));
    for sample in questions.iter_mut().flat_map(|question| &mut question.samples) {
        sample.scores.resize(names.len(), Box::default());
        sample.scores = order.iter().map(|&column| std::mem::take(&mut sample.scores[column])).collect();
    }
    names.sort();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Pool, PoolError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        Pool::read(file.path())
    }

    fn line(samples: &str) -> String {
        format!("{{\"id\":\"a\",\"answer\":\"1\",\"extra\":[1],\"samples\":[{samples}]}}\n")
    }

    #[test]
    fn equal_answers_share_a_class_and_missing_ones_have_none() {
        let sample = |answer: &str| {
            format!(
                "{{\"answer\":{answer},\"correct\":true,\"tokens\":null,\"new\":1,\"scores\":{{\"b\":[0.5],\"a\":[1,0.25]}}}}"
            )
        };
        let text = line(&["\"0.5\"", "null", "\"2\"", "\"\\\\frac12\"", "\"\""].map(sample).join(","));
        let pool = read(&text).unwrap();
        let classes: Vec<_> = pool.questions[0].samples.iter().map(|sample| sample.class).collect();
        assert_eq!(classes, [Some(0), None, Some(1), Some(0), None]);
        assert_eq!(pool.verifiers, ["a", "b"]);
        assert_eq!(*pool.questions[0].samples[0].scores[0], [1.0, 0.25]);
    }

    #[test]
    fn errors_name_the_line_and_the_field() {
        let good = line("{\"answer\":\"1\",\"correct\":true,\"scores\":{}}");
        let sample = |rest: &str| line(&format!("{{\"answer\":\"1\",{rest}}}"));
        for (text, expected) in [
            (sample("\"correct\":true,\"scores\":{\"v\":[]}"), "samples[0].scores.v` is empty"),
            (
                sample("\"correct\":true,\"scores\":{\"v\":[0.5,1e39]}"),
                "samples[0].scores.v[1]` is no finite",
            ),
            (
                sample("\"correct\":true,\"scores\":{\"v\":[0.5,\"x\"]}"),
                "samples[0].scores.v[1]` should be a number",
            ),
            (
                sample("\"correct\":true,\"scores\":{\"v\":[0.5,NaN]}"),
                "samples[0].scores.v[1]` should be a number from 0 to 1, not NaN",
            ),
            (
                sample("\"correct\":true,\"scores\":{\"v\":[-2.5]}"),
                "samples[0].scores.v[0]` is -2.5, and a score",
            ),
            (
                sample("\"correct\":true,\"tokens\":1.5,\"scores\":{\"v\":[1]}"),
                "tokens` should be a whole number or null, not 1.5",
            ),
            (sample("\"correct\":1,\"scores\":{}"), "samples[0].correct` should be true or false, not 1"),
            (
                "{\"id\":\"NaN \\\" NaN\",\"answer\":\"1\",\"samples\":NaN}".to_owned(),
                "`samples` should be a list, not \"NaN\"",
            ),
            (line(""), "`samples` is empty"),
            ("{\"id\":\"x\",\"answer\":\"1\"}".to_owned(), "`samples` is missing"),
            (
                "{\"id\":7,\"answer\":\"1\",\"samples\":[]}".to_owned(),
                "`id` should be text, not the number 7",
            ),
            ("{\"id\":".to_owned(), "EOF"),
        ] {
            let error = read(&text).unwrap_err().to_string();
            assert!(error.contains("line 1 of") && error.contains(expected), "{error}");
        }
        let error = read(&format!("\n{good}{good}")).unwrap_err().to_string();
        assert!(error.contains("line 3") && error.contains("used before"), "{error}");
        assert!(matches!(read("\n"), Err(PoolError::Empty { .. })));
        let unanswered = line("{\"answer\":null,\"correct\":false,\"scores\":{\"v\":[0.5]}}");
        assert!(read(&unanswered).unwrap_err().to_string().contains("none of the 1 samples"));
    }
}
