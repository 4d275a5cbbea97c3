//! Labelled steps as the JSON lines that other trainers of PRMs read and write: `prompt`, `completions` (one step each) and
//! `labels`, as TRL's PRM trainer takes them and as Math-Shepherd's data are published; our shares of right rollouts beside
//! them, as `values`.

use super::Labels;
use crate::Example;
use crate::gather::{Returns, Valued};
use deliberate_lm::LanguageModel;
use deliberate_text::{Prompt, PromptError, StepRule};
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// A solution whose steps have labels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LabelledSteps {
    /// The question.
    pub prompt: String,
    /// Its steps.
    pub completions: Vec<String>,
    /// Whether the right answer was reached from there at least once: Math-Shepherd's hard estimation.
    pub labels: Vec<bool>,
    /// Share of rollouts from there that reached it: soft estimation. Where there are none, labels count as 0 and 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<f32>>,
}

/// A file of labelled steps that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LabelsError {
    /// It cannot be read or written.
    #[error("cannot use the labels `{}`", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A line is none.
    #[error(
        "line {line} of `{}`: {reason} (a line has `prompt`, `completions`, and a label or a value for each of them)",
        path.display()
    )]
    Line {
        /// Which file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
}

impl LabelledSteps {
    fn of(valued: &Valued) -> Self {
        Self {
            prompt: valued.trace.question().to_owned(),
            completions: valued.trace.step_texts().map(|step| step.trim_end().to_owned()).collect(),
            labels: valued.returns.iter().map(|value| *value > 0.0).collect(),
            values: Some(valued.returns.clone()),
        }
    }

    fn check(self) -> Result<Self, String> {
        let (steps, labels) = (self.completions.len(), self.labels.len());
        if steps == 0 {
            return Err("it has no steps".to_owned());
        }
        if labels != steps {
            return Err(format!("{steps} steps have {labels} labels"));
        }
        if let Some(values) = &self.values {
            if values.len() != steps {
                return Err(format!("{steps} steps have {} values", values.len()));
            }
            if let Some(value) = values.iter().find(|value| !(0.0..=1.0).contains(*value)) {
                return Err(format!("the value {value} is not in 0..=1"));
            }
        }
        Ok(self)
    }

    /// The value of each step.
    fn values(&self) -> Vec<f32> {
        let hard = || self.labels.iter().map(|label| if *label { 1.0 } else { 0.0 }).collect();
        self.values.clone().unwrap_or_else(hard)
    }
}

/// Writes valued solutions as labelled steps.
///
/// # Errors
/// [`LabelsError::File`] if the file cannot be written.
pub fn write_labels(path: &Path, returns: &[Returns]) -> Result<(), LabelsError> {
    let mut text = String::new();
    let solutions = returns.iter().flat_map(|question| &question.solutions);
    for valued in solutions.filter(|valued| !valued.returns.is_empty()) {
        let line = serde_json::to_string(&LabelledSteps::of(valued)).expect("labels are plain data");
        let _ = writeln!(text, "{line}");
    }
    deliberate_files::replace(path, |file| file.write_all(text.as_bytes()))
        .map_err(|source| LabelsError::File { path: path.to_owned(), source })
}

/// Reads labelled steps.
///
/// # Errors
/// [`LabelsError`] for a file that cannot be read, and the first line that is wrong.
pub fn read_labels(path: &Path) -> Result<Vec<LabelledSteps>, LabelsError> {
    let file = |source| LabelsError::File { path: path.to_owned(), source };
    let text = std::fs::read_to_string(path).map_err(file)?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(at, line)| {
            let parsed = serde_json::from_str::<LabelledSteps>(line).map_err(|error| error.to_string());
            let wrong = |reason| LabelsError::Line { path: path.to_owned(), line: at + 1, reason };
            parsed.and_then(LabelledSteps::check).map_err(wrong)
        })
        .collect()
}

/// For a PRM, as [`steps`](super::steps) of solutions that were drawn here: one row for each question, in the order of the
/// lines. Solutions are put after the prompt and cut into steps as a proposer of that prompt draws them.
///
/// # Errors
/// [`PromptError`] if the prompt cannot be encoded.
pub async fn labelled<M: LanguageModel>(
    lines: &[LabelledSteps],
    prompt: &Prompt,
    model: &M,
    labels: Labels,
) -> Result<Vec<Vec<Example>>, PromptError> {
    let mut rows: Vec<(&str, Vec<Example>)> = Vec::new();
    for line in lines {
        let mut tokens = prompt.encode(model, &[("question", &line.prompt)]).await?;
        let shared = tokens.len();
        let mut at = Vec::new();
        for (step, value) in line.completions.iter().zip(line.values()) {
            let begin = tokens.len();
            tokens
                .extend(model.encode(&ended(step, prompt.steps()), false).await.map_err(PromptError::from)?);
            at.extend((begin..tokens.len()).map(|token| (token, value)));
        }
        let example = Example::labelled(tokens, &at, labels.positive, labels.negative).sharing(shared);
        match rows.last_mut() {
            Some((question, row)) if *question == line.prompt => row.push(example),
            _ => rows.push((&line.prompt, vec![example])),
        }
    }
    Ok(rows.into_iter().map(|(_, row)| row).collect())
}

/// A step with what separates it from the next one.
fn ended(step: &str, rule: &StepRule) -> String {
    let separator = if *rule == StepRule::BlankLine { "\n\n" } else { "\n" };
    format!("{}{separator}", step.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_other_trainers_are_read_and_wrong_ones_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("labels.jsonl");
        let read = |text: &str| {
            std::fs::write(&path, text).unwrap();
            read_labels(&path)
        };
        let lines = read(
            "{\"prompt\": \"1 + 1?\", \"completions\": [\"1 + 1 is 3.\", \"So 3.\"], \"labels\": [false, false]}\n\n\
             {\"prompt\": \"1 + 1?\", \"completions\": [\"2\"], \"labels\": [true], \"values\": [0.75]}\n",
        );
        let values: Vec<Vec<f32>> = lines.unwrap().iter().map(LabelledSteps::values).collect();
        assert_eq!(values, [vec![0.0, 0.0], vec![0.75]]);
        let refused = |text: &str, words: &str| {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains("line 1") && error.contains(words), "{error}");
        };
        refused("{\"prompt\": \"a\", \"completions\": [\"b\"], \"labels\": []}", "1 steps have 0 labels");
        refused("{\"prompt\": \"a\", \"completions\": [], \"labels\": []}", "no steps");
        refused("{\"prompt\": \"a\", \"completions\": [\"b\"]}", "`labels`");
        let value = "{\"prompt\": \"a\", \"completions\": [\"b\"], \"labels\": [true], \"values\": [2]}";
        refused(value, "not in 0..=1");
    }
}
