//! Writing a pool, so that runs of our own become recorded samples in the same format.

use super::{Notes, Pool, PoolError, Sample};
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{BufWriter, Write};
use std::path::Path;

#[derive(Serialize)]
struct Line<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<&'a str>,
    answer: &'a str,
    samples: Vec<LineSample<'a>>,
}

#[derive(Serialize)]
struct LineSample<'a> {
    answer: Option<&'a str>,
    correct: bool,
    tokens: Option<u32>,
    scores: BTreeMap<&'a str, &'a [f32]>,
    #[serde(flatten)]
    notes: &'a Notes,
}

impl Pool {
    /// Writes the questions as JSONL. Classes are not written: reading finds them again.
    ///
    /// # Errors
    /// [`PoolError::Write`] if the file cannot be written in full.
    pub fn write(&self, path: &Path) -> Result<(), PoolError> {
        let written = deliberate_files::replace(path, |file| {
            let mut writer = BufWriter::new(file);
            for question in &self.questions {
                let line = Line {
                    id: &question.id,
                    problem: question.problem.as_deref(),
                    answer: &question.answer,
                    samples: question.samples.iter().map(|sample| self.line(sample)).collect(),
                };
                serde_json::to_writer(&mut writer, &line)?;
                writer.write_all(b"\n")?;
            }
            writer.flush()
        });
        written.map_err(|source| PoolError::Write { path: path.to_owned(), source })
    }

    fn line<'a>(&'a self, sample: &'a Sample) -> LineSample<'a> {
        let scored = self.verifiers.iter().zip(&sample.scores).filter(|(_, steps)| !steps.is_empty());
        LineSample {
            answer: sample.answer.as_deref(),
            correct: sample.correct,
            tokens: sample.tokens,
            scores: scored.map(|(name, steps)| (name.as_str(), &**steps)).collect(),
            notes: &sample.notes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::PoolQuestion;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_written_reads_back_the_same(scores in prop::collection::vec(prop::collection::vec(0.0_f32..1.0, 1..5), 1..9), tokens in prop::option::of(0_u32..5000)) {
            let samples = scores.into_iter().enumerate().map(|(at, steps)| Sample {
                answer: (at % 3 != 1).then(|| format!("{}", at % 2)),
                class: (at % 3 != 1).then_some(0),
                correct: at % 2 == 1,
                tokens,
                scores: vec![steps.into_boxed_slice()],
                notes: Notes { how: Some("boxed".to_owned()), ..Notes::default() },
            });
            let question = PoolQuestion { id: "q \"1\"".to_owned(), problem: Some("1+1?\n".to_owned()), answer: "1".to_owned(), samples: samples.collect() };
            let directory = tempfile::tempdir().unwrap();
            let path = directory.path().join("pool.jsonl");
            let pool = Pool { path: path.clone(), sha256: String::new(), verifiers: vec!["v".to_owned()], questions: vec![question] };
            pool.write(&path).unwrap();
            let mut back = Pool::read(&path).unwrap();
            for (one, other) in back.questions[0].samples.iter_mut().zip(&pool.questions[0].samples) {
                prop_assert_eq!(one.class.is_some(), other.class.is_some());
                one.class = other.class;
            }
            prop_assert_eq!(&back.questions, &pool.questions);
            prop_assert_eq!(back.sha256.len(), 64);
        }
    }
}
