//! A study's samples in the format of recorded samples, so that they can be replayed by anyone. The questions' words are
//! left out, which a dataset may not allow to be passed on: the study's own folder has them.

use crate::record::Compared;
use crate::{Study, StudyError};
use deliberate_grade::{Answer, same};
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
            let row = |sample: &crate::Sample, short: &[&str]| {
                // What was cut off was not scored: it gives no answer and stands for nothing.
                let scores = if sample.scores.is_empty() { &[0.0][..] } else { &sample.scores };
                let mut by = BTreeMap::from([(verifier, scores)]);
                if let Some(Compared { verifier, scores }) = &sample.compared {
                    by.insert(verifier, if sample.scores.is_empty() { &[0.0] } else { scores });
                }
                let answer = sample.answer.as_deref().map(|answer| wordless(answer, short));
                let mut row = json!({"answer": answer, "correct": sample.correct, "tokens": sample.tokens,
                                     "n_steps": scores.len(), "scores": by});
                if sample.step_tokens.len() == scores.len() {
                    row["step_tokens"] = json!(sample.step_tokens);
                }
                row
            };
            let samples = || parts.iter().flat_map(|part| &part.samples).take(samples as usize);
            let gold = question.answer.as_deref();
            let short: Vec<&str> =
                gold.into_iter().chain(samples().filter_map(|s| s.answer.as_deref())).collect();
            let short: Vec<&str> = short.into_iter().filter(|answer| !is_prose(answer)).collect();
            let rows: Vec<_> = samples().map(|sample| row(sample, &short)).collect();
            let line = json!({"id": question.id, "answer": question.answer, "samples": rows});
            text.push_str(&line.to_string());
            text.push('\n');
        }
        Ok(self.folder().write("samples.jsonl", text.as_bytes())?)
    }
}

/// Words of an answer from which on it is prose, which may repeat the question's.
const PROSE: usize = 3;

/// Whether an answer is made of words; names of LaTeX's commands are none.
fn is_prose(answer: &str) -> bool {
    let outside = answer.split('\\').enumerate().map(|(place, part)| match place {
        0 => part,
        _ => part.trim_start_matches(|letter: char| letter.is_ascii_alphabetic()),
    });
    let words = outside.flat_map(|part| part.split(|letter: char| !letter.is_alphabetic()));
    words.filter(|word| word.chars().count() > 1).count() >= PROSE
}

/// The answer, or in the place of prose one of the `short` answers that means the same, or else a digest: equal where the
/// prose is equal.
fn wordless(answer: &str, short: &[&str]) -> String {
    if !is_prose(answer) {
        return answer.to_owned();
    }
    let meant = Answer::parse(answer);
    match short.iter().find(|other| same(&Answer::parse(other), &meant)) {
        Some(other) => (*other).to_owned(),
        None => format!("prose {:016x}", deliberate_search::question_seed(0, answer)),
    }
}

#[cfg(test)]
mod tests {
    use super::{is_prose, wordless};

    #[test]
    fn an_answer_in_prose_is_kept_as_what_it_means_and_without_its_words() {
        let prose = "The turtle runs a fifth as fast.\nSo the answer is $\\frac{15}{5} = 3$";
        assert!(is_prose(prose) && is_prose("\\frac{\\text{total number of fish}}{2}"));
        for short in
            ["3", "\\frac{1}{2}", "\\text{Friday}", "3 muffins", "\\left(\\frac{\\sqrt{2}}{2}, \\pi\\right)"]
        {
            assert!(!is_prose(short), "{short}");
            assert_eq!(wordless(short, &[]), short);
        }
        let lost = wordless("no such number can be found", &["4"]);
        assert!(lost.starts_with("prose ") && lost == wordless("no such number can be found", &[]));
        assert_ne!(lost, wordless("no such number could be found", &[]));
        assert_eq!(
            wordless("the sum of them is 3", &["4", "3.0"]),
            wordless("the sum of them is 3", &["3.0"])
        );
    }
}
