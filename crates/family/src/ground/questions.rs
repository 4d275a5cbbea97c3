//! A file of questions, sorted by what they are for: each is learnt from, sampled, or kept for choices, by its own words, so
//! that no question is on two sides and other lines of the file change nothing.

use deliberate_run::{Dataset, DatasetError, Object, Question, lines, worked};
use deliberate_search::mix;
use deliberate_train::gather::Asked;
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// A question with a worked solution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Solved {
    pub(crate) id: String,
    pub(crate) problem: String,
    /// As it stands in the file.
    pub(crate) solution: String,
    pub(crate) answer: String,
}

/// What the questions of a file are for.
pub(crate) struct Wanted<'a> {
    /// A file that nothing may be learnt from.
    pub(crate) test: Option<&'a Path>,
    /// Questions in a hundred for choices.
    pub(crate) development: u32,
    /// Questions in a hundred whose worked solutions are learnt from.
    pub(crate) written: u32,
    /// Whether samples are drawn for the others, and judged by right answers.
    pub(crate) samples: bool,
    pub(crate) seed: u64,
}

/// The questions of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sorted {
    /// Of the file's bytes.
    pub(crate) sha256: String,
    pub(crate) asked: Vec<Asked>,
    pub(crate) written: Vec<Solved>,
    pub(crate) development: Vec<Question>,
}

/// Questions that cannot be learnt from.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum QuestionsError {
    /// The file cannot be used.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    /// Questions without a right answer.
    #[error(
        "`{}` has no right answer for {} (answers are what samples are judged by: add them as `answer`, or leave these out)",
        path.display(), some(ids)
    )]
    NoAnswer {
        /// The file.
        path: PathBuf,
        /// Which.
        ids: Vec<String>,
    },
    /// Lines without a worked solution, where one is learnt from.
    #[error(
        "`{}` has no worked solution for {} (add them as `solution`, or leave out the stage that learns from them: --worked 0)",
        path.display(), some(ids)
    )]
    Unsolved {
        /// The file.
        path: PathBuf,
        /// Which.
        ids: Vec<String>,
    },
    /// Test questions among those that are learnt from.
    #[error(
        "test questions stand in `{}` too: {} (a model that learnt from them cannot be measured on them: take them out)",
        path.display(), some(ids)
    )]
    Overlap {
        /// The file that is learnt from.
        path: PathBuf,
        /// Which, by their ids there.
        ids: Vec<String>,
    },
    /// Too few questions for what they are for.
    #[error("of the {all} questions in `{}` none is left for {part} (more questions, or other shares)", path.display())]
    Few {
        /// The file.
        path: PathBuf,
        /// Questions in it.
        all: usize,
        /// What they would be for.
        part: &'static str,
    },
}

/// Ids that an error names, at most.
const NAMED: usize = 3;

fn some(ids: &[String]) -> String {
    let named: Vec<String> = ids.iter().take(NAMED).map(|id| format!("`{id}`")).collect();
    let more = ids.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", named.join(", "))
}

impl Sorted {
    /// Reads a file and sorts it.
    pub(crate) fn read(path: &Path, wanted: &Wanted<'_>) -> Result<Self, QuestionsError> {
        let dataset = Dataset::read(path, None, false)?;
        let ids = |of: &dyn Fn(&Question) -> bool| -> Vec<String> {
            dataset
                .questions
                .iter()
                .filter(|question| of(question))
                .map(|question| question.id.clone())
                .collect()
        };
        let path = || path.to_owned();
        let without = ids(&|question| question.answer.is_none());
        if wanted.samples && !without.is_empty() {
            return Err(QuestionsError::NoAnswer { path: path(), ids: without });
        }
        if let Some(test) = wanted.test {
            let test = Dataset::read(test, None, false)?;
            let test: HashSet<String> =
                test.questions.iter().map(|question| words(&question.problem)).collect();
            let both = ids(&|question| test.contains(&words(&question.problem)));
            if !both.is_empty() {
                return Err(QuestionsError::Overlap { path: path(), ids: both });
            }
        }
        let part = |question: &Question| place(&words(&question.problem), wanted.seed) % 100;
        let development = u64::from(wanted.development);
        let written = development + u64::from(wanted.written);
        let is_written = |question: &Question| (development..written).contains(&part(question));
        let sorted = Self {
            sha256: dataset.sha256.clone(),
            written: solved(&dataset, &is_written)?,
            development: dataset.questions.iter().filter(|one| part(one) < development).cloned().collect(),
            asked: dataset.questions.iter().filter(|one| part(one) >= written).map(asked).collect(),
        };
        let few = |part| Err(QuestionsError::Few { path: path(), all: dataset.questions.len(), part });
        match &sorted {
            sorted if wanted.samples && sorted.asked.is_empty() => few("samples"),
            sorted if wanted.written > 0 && sorted.written.is_empty() => few("worked solutions"),
            _ => Ok(sorted),
        }
    }
}

/// The worked solutions of some questions.
fn solved(dataset: &Dataset, of: &dyn Fn(&Question) -> bool) -> Result<Vec<Solved>, QuestionsError> {
    if !dataset.questions.iter().any(of) {
        return Ok(Vec::new());
    }
    let read = |source| DatasetError::Read { path: dataset.path.clone(), source };
    let bytes = std::fs::read(&dataset.path).map_err(read)?;
    let foreign = |foreign| DatasetError::Foreign { path: dataset.path.clone(), foreign };
    // Every line is a question: a dataset with bad ones was refused.
    let lines = lines(&bytes).map_err(foreign)?;
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for ((_, line), question) in
        lines.into_iter().zip(&dataset.questions).filter(|(_, question)| of(question))
    {
        match Object::parse(line).and_then(|object| worked(&object)) {
            Ok((problem, solution)) => good.push(Solved {
                id: question.id.clone(),
                problem,
                solution,
                answer: question.answer.clone().unwrap_or_default(),
            }),
            Err(_) => bad.push(question.id.clone()),
        }
    }
    if bad.is_empty() {
        Ok(good)
    } else {
        Err(QuestionsError::Unsolved { path: dataset.path.clone(), ids: bad })
    }
}

fn asked(question: &Question) -> Asked {
    let answer = question.answer.clone().unwrap_or_default();
    Asked { id: question.id.clone(), problem: question.problem.clone(), answer }
}

/// A question's words, however they are spaced.
fn words(problem: &str) -> String {
    problem.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Where a question falls when questions are dealt out by their words alone.
fn place(question: &str, seed: u64) -> u64 {
    question.bytes().fold(seed, |hash, byte| mix(hash, byte.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write;

    const WANTED: Wanted<'static> =
        Wanted { test: None, development: 10, written: 40, samples: true, seed: 3 };

    fn file(folder: &Path, name: &str, numbers: impl Iterator<Item = u32>) -> PathBuf {
        let mut text = String::new();
        for n in numbers {
            let _ = writeln!(
                text,
                r#"{{"id": "q{n}", "problem": "What is {n}  +  1?", "answer": {}, "solution": "{n} + 1 = {}"}}"#,
                n + 1,
                n + 1
            );
        }
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    #[test]
    fn a_question_has_one_part_whatever_stands_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let all = Sorted::read(&file(folder.path(), "all", 0..400), &WANTED).unwrap();
        assert_eq!(all.asked.len() + all.written.len() + all.development.len(), 400);
        assert!((20..60).contains(&all.development.len()), "{}", all.development.len());
        assert!((120..200).contains(&all.written.len()), "{}", all.written.len());
        let some = Sorted::read(&file(folder.path(), "some", (0..400).rev().step_by(3)), &WANTED).unwrap();
        assert!(some.written.iter().all(|one| all.written.contains(one)));
        assert!(some.asked.iter().all(|one| all.asked.contains(one)));
        assert_eq!(
            all.written[0].solution,
            format!("{} + 1 = {}", &all.written[0].id[1..], all.written[0].answer)
        );
        // Other dice, other parts.
        let other = Sorted::read(&file(folder.path(), "all", 0..400), &Wanted { seed: 4, ..WANTED }).unwrap();
        assert_ne!(other.written, all.written);
    }

    #[test]
    fn a_test_question_among_those_that_are_learnt_from_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let (learnt, test) = (folder.path().join("learnt"), folder.path().join("test"));
        std::fs::write(&learnt, "{\"id\": \"a\", \"problem\": \"One  and one?\", \"answer\": 2}\n").unwrap();
        std::fs::write(&test, "{\"id\": \"b\", \"question\": \"One and\\none?\", \"answer\": 2}\n").unwrap();
        let wanted = Wanted { test: Some(&test), development: 0, written: 0, ..WANTED };
        let error = Sorted::read(&learnt, &wanted).unwrap_err().to_string();
        assert!(error.contains("test questions stand in") && error.contains("`a`"), "{error}");
    }

    #[test]
    fn what_is_missing_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("questions");
        let refused = |text: &str, wanted: &Wanted<'_>| {
            std::fs::write(&path, text).unwrap();
            Sorted::read(&path, wanted).unwrap_err().to_string()
        };
        let nothing = Wanted { development: 0, written: 0, ..WANTED };
        let error = refused("{\"id\": \"a\", \"problem\": \"One and one?\"}\n", &nothing);
        assert!(error.contains("no right answer for `a`"), "{error}");
        let unsolved = "{\"id\": \"a\", \"problem\": \"One and one?\", \"answer\": 2}\n";
        let error = refused(unsolved, &Wanted { written: 99, ..nothing });
        assert!(error.contains("no worked solution for `a`") || error.contains("none is left"), "{error}");
        let error = refused(unsolved, &Wanted { development: 99, ..nothing });
        assert!(error.contains("none is left for samples"), "{error}");
        // Without samples nothing has to be judged.
        let text = "{\"problem\": \"One and one?\", \"solution\": \"It is 2.\"}\n";
        std::fs::write(&path, text).unwrap();
        let sorted = Sorted::read(&path, &Wanted { written: 100, samples: false, ..nothing }).unwrap();
        assert_eq!((sorted.written.len(), sorted.asked.len()), (1, 0));
        assert_eq!(sorted.written[0].answer, "");
    }
}
