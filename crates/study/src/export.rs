//! A study's samples in the format of recorded samples, so that they can be replayed by anyone.

use crate::record::Compared;
use crate::{Study, StudyError};
use deliberate_run::Question;
use serde_json::json;
use std::collections::BTreeMap;

impl Study {
    /// Writes the pool of all questions to `samples.jsonl` in the study's folder; `verifier` is whose scores they are.
    ///
    /// # Errors
    /// [`StudyError::Missing`] if a question was not sampled as often, [`StudyError::Folder`] if it cannot be written.
    pub fn export(&self, questions: &[Question], samples: u32, verifier: &str) -> Result<(), StudyError> {
        let mut text = String::new();
        for question in questions {
            let missing =
                || StudyError::Missing { question: question.id.clone(), arm: "the pool".to_owned() };
            let parts = self.samples(&question.id, samples).ok_or_else(missing)?;
            let row = |sample: &crate::Sample| {
                // What was cut off was not scored: it gives no answer and stands for nothing.
                let scores = if sample.scores.is_empty() { &[0.0][..] } else { &sample.scores };
                let mut by = BTreeMap::from([(verifier, scores)]);
                if let Some(Compared { verifier, scores }) = &sample.compared {
                    by.insert(verifier, if sample.scores.is_empty() { &[0.0] } else { scores });
                }
                json!({"answer": sample.answer, "correct": sample.correct, "tokens": sample.tokens,
                       "n_steps": scores.len(), "scores": by})
            };
            let rows: Vec<_> =
                parts.iter().flat_map(|part| &part.samples).take(samples as usize).map(row).collect();
            let line = json!({"id": question.id, "problem": question.problem, "answer": question.answer,
                              "samples": rows});
            text.push_str(&line.to_string());
            text.push('\n');
        }
        Ok(self.folder().write("samples.jsonl", text.as_bytes())?)
    }
}
