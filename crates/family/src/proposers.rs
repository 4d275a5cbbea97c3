//! The stages that make proposers of written solutions, and what is kept for choices.

use crate::folder::replace;
use crate::ground::Solved;
use crate::workshop::{Lessons, Task, Workshop};
use crate::{Base, Beginning, BuildError, Lab, Start};
use deliberate_lab::{Split, generate, generate_set};
use deliberate_lm::LanguageModel;
use deliberate_text::{Prompt, PromptError, PromptKind, StepRule};
use deliberate_train::recipes::solved;
use deliberate_train::{Drawn, Example};
use futures::executor::block_on;
use rand::Rng;
use std::collections::BTreeMap;
use std::fmt::Write;

/// Questions that validation of a lab's proposer asks.
const VALIDATION: usize = 256;

impl Workshop<'_> {
    /// Leaves the questions that nothing learns from where studies find them.
    pub(crate) fn development(&mut self) -> Result<(), BuildError> {
        if self.ground.development.is_empty() {
            return Ok(());
        }
        let mut text = String::new();
        for question in &self.ground.development {
            let _ = writeln!(text, "{}", serde_json::to_string(question).expect("a question is plain data"));
        }
        replace(&self.folder.path().join("development.jsonl"), text.as_bytes())
    }

    pub(crate) fn proposer(&mut self) -> Result<(), BuildError> {
        let role = "draws solutions step by step; its samples made the verifiers and the reviser";
        let (name, shape, start) = ("proposer", self.ground.proposing, Start::Beginning);
        match &self.plan.from {
            Beginning::Lab(lab) => self.fresh(lab, Task { name, role, shape, learning: &lab.written, start }),
            Beginning::Base(Base { written: Some(written), .. }) => {
                let rows = self.worked()?;
                self.copy(Task { name, role, shape, learning: &written.learning, start }, rows)
            }
            Beginning::Base(_) => Ok(()),
        }
    }

    pub(crate) fn larger(&mut self) -> Result<(), BuildError> {
        let Beginning::Lab(lab) = &self.plan.from else { return Ok(()) };
        let (Some(size), Some(learning)) = (lab.large, &lab.large_written) else { return Ok(()) };
        let task = Task {
            name: "proposer-large",
            role: "the larger proposer that test-time compute is exchanged against, grown from the proposer and trained on",
            shape: size.shape(self.ground.words.size()),
            learning,
            start: self.ground.proposer,
        };
        self.fresh(lab, task)
    }

    /// Learns from fresh questions of the lab with written solutions.
    fn fresh(&mut self, lab: &Lab, task: Task<'_>) -> Result<(), BuildError> {
        let plan = self.plan;
        let held_out = generate_set(&lab.questions, Split::Validation, plan.seed, VALIDATION)?;
        let words = self.ground.words.clone();
        let validation: Vec<Example> =
            held_out.iter().map(|question| words.solved(question, &question.solution)).collect();
        let (recipe, slips) = (lab.questions.clone(), lab.slips);
        let mut source = Drawn::new(task.learning.batch_tokens, plan.seed, move |random| {
            let fresh = generate(&recipe, Split::Train, random.random()).ok();
            let question = fresh.and_then(|mut questions| questions.next());
            let question = question.expect("the recipe was checked and has questions");
            words.solved(&question, &question.attempt(slips, random))
        });
        let steps = task.learning.steps().expect("a plan of the lab says how many tokens proposers learn");
        self.learn(task, Lessons { source: &mut source, steps, validation, examples: None })
    }

    /// The worked solutions of the file, one row for each question.
    fn worked(&self) -> Result<Vec<Vec<Example>>, BuildError> {
        let engine = self.engine(Start::Beginning)?;
        let prompt = Prompt::load_for(&self.ground.asking.prompt, PromptKind::Solve)?;
        let end = self.ground.words.end();
        let mut rows: BTreeMap<&str, Vec<Example>> = BTreeMap::new();
        for one in &self.ground.written {
            let example = block_on(example(one, &prompt, &engine, end))?;
            rows.entry(&one.problem).or_default().push(example);
        }
        Ok(rows.into_values().collect())
    }
}

async fn example(
    one: &Solved,
    prompt: &Prompt,
    model: &impl LanguageModel,
    end: u32,
) -> Result<Example, PromptError> {
    let asked = prompt.encode(model, &[("question", &one.problem)]).await?;
    let written = written(one, prompt.steps(), prompt.ending().answer_lines.first().map(String::as_str));
    Ok(solved(&asked, &model.encode(&written, false).await?, end))
}

/// A solution as it is to be drawn: without marks of a calculator, with its answer in a last line of its own as the prompt asks
/// for it, and with what ends a step behind the last one too.
fn written(one: &Solved, steps: &StepRule, answer_line: Option<&str>) -> String {
    let (blank, end) = match steps {
        StepRule::Newline | StepRule::Lines(_) => (false, "\n"),
        StepRule::BlankLine => (true, "\n"),
        StepRule::Heading(_) | StepRule::Tokens(_) => (true, ""),
    };
    let lines = one.solution.trim_end().lines().map(unmarked).filter(|line| !line.starts_with("####"));
    let mut text: Vec<String> = lines.filter(|line| blank || !line.trim().is_empty()).collect();
    if let Some(opening) = answer_line
        && !one.answer.is_empty()
        && !text.last().is_some_and(|last| last.contains(opening))
    {
        text.push(format!("{opening} {}.", one.answer));
    }
    text.join("\n") + end
}

/// A line without what stands in `<<…>>`.
fn unmarked(line: &str) -> String {
    let mut parts = line.split("<<");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once(">>") {
            Some((_, after)) => text.push_str(after),
            None => text = text + "<<" + part,
        }
    }
    text.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn solution(text: &str) -> Solved {
        let (id, problem, answer) = ("a".to_owned(), "b".to_owned(), "72".to_owned());
        Solved { id, problem, solution: text.to_owned(), answer }
    }

    #[test]
    fn a_solution_is_learnt_as_it_is_to_be_drawn() {
        let gsm8k = solution("He sold 48/2 = <<48/2=24>>24 clips.\n48+24 = <<48+24=72>>72.\n#### 72");
        assert_eq!(
            written(&gsm8k, &StepRule::Newline, Some("The answer is")),
            "He sold 48/2 = 24 clips.\n48+24 = 72.\nThe answer is 72.\n"
        );
        assert_eq!(written(&gsm8k, &StepRule::Newline, None), "He sold 48/2 = 24 clips.\n48+24 = 72.\n");
        let own = solution("One step.\n\nThe answer is \\boxed{72}.");
        let answer = Some("The answer is");
        assert_eq!(written(&own, &StepRule::Newline, answer), "One step.\nThe answer is \\boxed{72}.\n");
        assert_eq!(written(&own, &StepRule::BlankLine, answer), "One step.\n\nThe answer is \\boxed{72}.\n");
        assert_eq!(written(&solution("1 << 2 is 4"), &"step".parse().unwrap(), None), "1 << 2 is 4");
    }
}
