//! Measuring the grader on labelled cases, as `deliberate grade FILE.jsonl` does.
//!
//! Reads parsed rows and returns numbers; files and terminals belong to the caller.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::conventions::{Conventions, correct_under};
use crate::{Answer, extract};

/// The category and convention of cases in which the answer must be dug out of prose.
const PROSE: [&str; 2] = ["prose", "prose_extraction"];

/// What the prediction of a case is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// An answer.
    #[default]
    Answer,
    /// A model's text, from which the answer is extracted first.
    Text,
}

/// One labelled case. Unknown fields are ignored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// Name of the case.
    #[serde(default)]
    pub id: String,
    /// The right answer.
    pub gold: String,
    /// What is graded.
    pub prediction: String,
    /// Whether the prediction is right.
    pub expected: bool,
    /// Kind of answer, such as `fraction`.
    #[serde(default)]
    pub category: String,
    /// Whether the prediction is an answer or a text.
    #[serde(default)]
    pub kind: Kind,
    /// The convention that decides the case, if mathematics alone does not.
    #[serde(default)]
    pub convention: Option<String>,
    /// Whether the label is doubtful.
    #[serde(default)]
    pub disputed: bool,
}

impl Case {
    /// Whether the answer must be dug out of prose.
    pub fn is_prose(&self) -> bool {
        PROSE.contains(&self.category.as_str())
            || self.convention.as_deref().is_some_and(|convention| PROSE.contains(&convention))
    }

    /// Whether mathematics alone decides the case.
    pub fn is_core(&self) -> bool {
        !self.is_prose() && self.convention.is_none() && !self.disputed
    }

    /// The grader's verdict, under conventions.
    pub fn verdict(&self, conventions: Conventions) -> bool {
        let correct = |gold: &Answer, prediction: &Answer| correct_under(conventions, gold, prediction);
        let gold = Answer::parse(&self.gold);
        match self.kind {
            Kind::Answer => correct(&gold, &Answer::parse(&self.prediction)),
            // A text without an answer is wrong, whatever its gold answer.
            Kind::Text => {
                extract(&self.prediction).is_some_and(|found| correct(&gold, &Answer::parse(&found.text)))
            }
        }
    }
}

/// A line that is not a case.
#[derive(Debug, thiserror::Error)]
#[error("line {line} is not a case")]
pub struct CaseError {
    /// Number of the line, from 1.
    pub line: usize,
    /// What is wrong with it.
    #[source]
    pub source: serde_json::Error,
}

/// Reads one case per line; blank lines are skipped.
///
/// # Errors
/// [`CaseError`] naming the first line that is not a case.
pub fn cases<'a>(lines: impl IntoIterator<Item = &'a str>) -> Result<Vec<Case>, CaseError> {
    let numbered = lines.into_iter().enumerate().filter(|(_, line)| !line.trim().is_empty());
    numbered
        .map(|(at, line)| serde_json::from_str(line).map_err(|source| CaseError { line: at + 1, source }))
        .collect()
}

/// Right and wrong verdicts over some cases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Tally {
    /// Cases.
    pub cases: usize,
    /// Wrong answers called right.
    pub false_accepts: usize,
    /// Right answers called wrong.
    pub false_rejects: usize,
}

impl Tally {
    /// Share of right verdicts, in [0, 1]; 1 if there are no cases.
    pub fn accuracy(&self) -> f64 {
        let wrong = self.false_accepts + self.false_rejects;
        if self.cases == 0 { 1.0 } else { (self.cases - wrong) as f64 / self.cases as f64 }
    }

    fn count(&mut self, expected: bool, verdict: bool) {
        self.cases += 1;
        self.false_accepts += usize::from(verdict && !expected);
        self.false_rejects += usize::from(expected && !verdict);
    }
}

/// A case with a wrong verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Wrong {
    /// The case.
    pub case: Case,
    /// What the grader said.
    pub verdict: bool,
}

/// The outcome of grading labelled cases.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Report {
    /// Cases that mathematics alone decides.
    pub core: Tally,
    /// All cases but prose.
    pub answers: Tally,
    /// Cases in which the answer is hidden in prose.
    pub prose: Tally,
    /// All cases whose prediction is a text.
    #[serde(default)]
    pub texts: Tally,
    /// All cases.
    #[serde(default)]
    pub all: Tally,
    /// All cases but prose, by category.
    pub categories: BTreeMap<String, Tally>,
    /// Median time for extracting, parsing and comparing one pair.
    pub median_us: f64,
    /// The same for the slowest hundredth.
    pub p99_us: f64,
    /// Every case with a wrong verdict.
    pub wrong: Vec<Wrong>,
}

impl Report {
    /// Grades the cases under the usual conventions and times each.
    pub fn of(cases: &[Case]) -> Self {
        Self::under(Conventions::default(), cases)
    }

    /// Grades the cases under conventions of one's own and times each.
    pub fn under(conventions: Conventions, cases: &[Case]) -> Self {
        let mut report = Self::default();
        let mut times = Vec::with_capacity(cases.len());
        for case in cases {
            let start = Instant::now();
            let verdict = case.verdict(conventions);
            times.push(start.elapsed());
            if case.is_prose() {
                report.prose.count(case.expected, verdict);
            } else {
                report.answers.count(case.expected, verdict);
                report.categories.entry(case.category.clone()).or_default().count(case.expected, verdict);
            }
            report.all.count(case.expected, verdict);
            if case.kind == Kind::Text {
                report.texts.count(case.expected, verdict);
            }
            if case.is_core() {
                report.core.count(case.expected, verdict);
            }
            if verdict != case.expected {
                report.wrong.push(Wrong { case: case.clone(), verdict });
            }
        }
        times.sort_unstable();
        report.median_us = quantile(&times, 50);
        report.p99_us = quantile(&times, 99);
        report
    }
}

fn quantile(sorted: &[Duration], percent: usize) -> f64 {
    let at = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
    sorted.get(at).map_or(0.0, |time| time.as_secs_f64() * 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn malformed_lines_are_named() {
        let good = r#"{"gold": "1", "prediction": "1", "expected": true}"#;
        let error = cases([good, "", "{"]).unwrap_err();
        assert_eq!(error.to_string(), "line 3 is not a case");
    }

    #[test]
    fn a_report_counts_both_kinds_of_error() {
        let line = |prediction: &str, expected: bool| {
            format!(
                r#"{{"gold": "1", "prediction": "{prediction}", "expected": {expected}, "category": "integer"}}"#
            )
        };
        let lines = [line("1", true), line("1", false), line("2", true)];
        let report = Report::of(&cases(lines.iter().map(String::as_str)).unwrap());
        assert_eq!(report.core, Tally { cases: 3, false_accepts: 1, false_rejects: 1 });
        assert_eq!(report.wrong.len(), 2);
    }
}
