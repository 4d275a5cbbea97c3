//! From lines with a question and its solution to what is learnt from and what is held out.

use super::words::Words;
use crate::exit::bad_input;
use anyhow::{Context, anyhow};
use deliberate_family::place;
use deliberate_lm::LanguageModel;
use deliberate_run::{Object, lines, worked};
use deliberate_text::{Prompt, StepRule};
use deliberate_train::Example;
use deliberate_train::recipes::solved;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::path::Path;

/// Bad lines that are named, at most.
const NAMED: usize = 5;

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Solved {
    pub(super) problem: String,
    pub(super) solution: String,
}

/// The lines of a file.
#[derive(Debug)]
pub(super) struct Lines {
    /// With the number of each, from 1.
    solved: Vec<(usize, Solved)>,
    /// Of the file's bytes.
    pub(super) sha256: String,
}

impl Lines {
    /// Reads a file; every line in it must be an example.
    pub(super) fn read(path: &Path) -> anyhow::Result<Self> {
        let bytes = std::fs::read(path)
            .with_context(|| format!("cannot read the examples `{}`", path.display()))
            .map_err(bad_input)?;
        let foreign = |foreign| bad_input(anyhow!("the file `{}` is {foreign}", path.display()));
        let (mut good, mut bad) = (Vec::new(), Vec::new());
        for (number, line) in lines(&bytes).map_err(foreign)? {
            match parse(line) {
                Ok(solved) => good.push((number, solved)),
                Err(reason) => bad.push((number, reason)),
            }
        }
        refuse(path, &bad, "mend these lines, or leave them out")?;
        if good.is_empty() {
            return Err(bad_input(anyhow!("`{}` holds no examples", path.display())));
        }
        Ok(Self { solved: good, sha256: format!("{:x}", Sha256::digest(&bytes)) })
    }

    /// Examples in the file.
    pub(super) fn len(&self) -> usize {
        self.solved.len()
    }

    /// What is learnt from, and what is held out: `percent` of the different questions, chosen by their words and the
    /// seed, so that no question is on both sides and more lines elsewhere change nothing.
    pub(super) async fn encode(
        &self,
        path: &Path,
        prompt: &Prompt,
        words: &Words,
        (percent, seed): (f64, u64),
    ) -> anyhow::Result<(Vec<Example>, Vec<Example>)> {
        let context = words.facts().context;
        let held_out = self.held_out(percent, seed);
        let (mut learnt, mut checked, mut long) = (Vec::new(), Vec::new(), Vec::new());
        for (line, solved_line) in &self.solved {
            let values = [("question", solved_line.problem.as_str())];
            let asked = prompt.encode(words, &values).await.map_err(bad_input)?;
            let solution = words.solution(&finished(&solved_line.solution, prompt.steps()));
            let example = solved(&asked, &solution, words.end());
            if example.len() > context {
                let reason =
                    format!("its {} tokens do not fit the model's context of {context}", example.len());
                long.push((*line, reason));
            } else if held_out.contains(solved_line.problem.as_str()) {
                checked.push(example);
            } else {
                learnt.push(example);
            }
        }
        refuse(path, &long, "shorten these lines, leave them out, or choose a shorter prompt")?;
        Ok((learnt, checked))
    }

    /// The questions that are held out: never all of them.
    fn held_out(&self, percent: f64, seed: u64) -> BTreeSet<&str> {
        let questions: BTreeSet<&str> =
            self.solved.iter().map(|(_, solved)| solved.problem.as_str()).collect();
        let count = (questions.len() as f64 * percent / 100.0).ceil() as usize;
        let count = count.min(questions.len() - 1);
        let mut ranked: Vec<&str> = questions.into_iter().collect();
        ranked.sort_by_key(|question| (place(question, seed), *question));
        ranked.into_iter().take(count).collect()
    }
}

fn parse(line: &[u8]) -> Result<Solved, String> {
    let (problem, solution) = worked(&Object::parse(line)?)?;
    Ok(Solved { problem, solution })
}

/// The solution as it will be drawn: a step ends with what separates it from the next one, the last step too.
fn finished(solution: &str, steps: &StepRule) -> String {
    let text = solution.trim_end();
    match steps {
        StepRule::Newline | StepRule::Lines(_) | StepRule::BlankLine => format!("{text}\n"),
        StepRule::Heading(_) | StepRule::Tokens(_) => text.to_owned(),
    }
}

/// An error that names the lines, if there are any.
fn refuse(path: &Path, bad: &[(usize, String)], way_out: &str) -> anyhow::Result<()> {
    if bad.is_empty() {
        return Ok(());
    }
    let named: Vec<String> =
        bad.iter().take(NAMED).map(|(line, reason)| format!("line {line}: {reason}")).collect();
    let more = bad.len().saturating_sub(NAMED);
    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
    Err(bad_input(anyhow!("cannot learn from `{}`: {}{more} ({way_out})", path.display(), named.join("; "))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn examples(problems: &[&str]) -> Lines {
        let solved = problems
            .iter()
            .map(|problem| Solved { problem: (*problem).to_owned(), solution: "1".to_owned() });
        Lines { solved: (1..).zip(solved).collect(), sha256: String::new() }
    }

    #[test]
    fn a_question_is_learnt_or_held_out_whatever_stands_beside_it() {
        let names: Vec<String> = (0..40).map(|index| format!("question {}", index % 20)).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let all = examples(&names);
        let held_out = all.held_out(10.0, 3);
        assert_eq!(held_out.len(), 2);
        let reversed: Vec<&str> = names.iter().rev().copied().collect();
        assert_eq!(examples(&reversed).held_out(10.0, 3), held_out);
        assert_ne!(all.held_out(10.0, 4), held_out);
        assert_eq!(all.held_out(0.0, 3).len(), 0);
        assert_eq!(all.held_out(0.1, 3).len(), 1);
        assert_eq!(examples(&["one", "one"]).held_out(50.0, 3).len(), 0);
    }

    #[test]
    fn lines_that_are_no_examples_say_what_is_wrong() {
        let check = |line: &str, words: &str| {
            let reason = parse(line.as_bytes()).unwrap_err();
            assert!(reason.contains(words), "{reason}");
        };
        check("[1]", "not a JSON object");
        check("{", "does not end on its line");
        check(r#"{"problem": "a"}"#, "no field `solution`");
        check(r#"{"solution": "a"}"#, "no field asks a question");
        check(r#"{"problem": " ", "solution": "a"}"#, "the question is empty");
        check(r#"{"question": "a", "solution": "\n"}"#, "solution is empty");
        let gsm8k = parse(br#"{"question": "a", "answer": "6 * 7 = 42\n#### 42"}"#).unwrap();
        assert_eq!(gsm8k.solution, "6 * 7 = 42\n#### 42");
        let solved = parse(br#"{"question": "a", "solution": "b", "id": 3}"#).unwrap();
        assert_eq!((solved.problem.as_str(), solved.solution.as_str()), ("a", "b"));
    }

    #[test]
    fn the_last_step_ends_like_the_others() {
        assert_eq!(finished("one\ntwo \n\n", &StepRule::Newline), "one\ntwo\n");
        assert_eq!(finished("one\ntwo", &"step".parse().unwrap()), "one\ntwo");
    }
}
