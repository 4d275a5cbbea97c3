//! Prompts as data: built-in files and the user's own.
//!
//! A prompt file says what it is for, how it is laid out (plain text or chat turns) and how what it asks for is cut
//! into steps. Its slots are checked when it is loaded. [`Prompt::encode`] turns it into tokens.

mod encode;
mod frame;
mod library;
mod template;

use crate::{Ending, PromptError, StepRule};
use deliberate_lm::Role;
pub(crate) use encode::{around, conversation, text};
pub(crate) use frame::Frame;
use library::BUILT_IN;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::Path;
pub(crate) use template::Template;

/// What a prompt is for, which decides its slots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PromptKind {
    /// Solves `{question}`.
    Solve,
    /// Asks whether `{solution}` of `{question}` is right, perhaps in the light of a `{critique}`.
    Judge,
    /// Reviews `{attempts}` at `{question}`.
    Critique,
    /// Rewrites `{attempts}` at `{question}`, perhaps in the light of a `{critique}`.
    Revise,
    /// Shows a reward model the `{solution}` of `{question}`.
    Reward,
}

impl PromptKind {
    const fn required(self) -> &'static [&'static str] {
        match self {
            Self::Solve => &["question"],
            Self::Judge | Self::Reward => &["question", "solution"],
            Self::Critique | Self::Revise => &["question", "attempts"],
        }
    }

    const fn known(self) -> &'static [&'static str] {
        match self {
            Self::Solve => &["question"],
            Self::Judge => &["question", "solution", "critique"],
            Self::Reward => &["question", "solution"],
            Self::Critique => &["question", "attempts"],
            Self::Revise => &["question", "attempts", "critique"],
        }
    }
}

impl fmt::Display for PromptKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Solve => "solve",
            Self::Judge => "judge",
            Self::Critique => "critique",
            Self::Revise => "revise",
            Self::Reward => "reward",
        })
    }
}

/// How a prompt is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// One text that the model continues.
    Plain,
    /// Turns of a chat, in the model's own template.
    Chat,
}

/// A loaded and checked prompt.
#[derive(Debug, Clone, PartialEq)]
pub struct Prompt {
    name: String,
    file: PromptFile,
    body: Body,
    prefill: Template,
    attempt: Option<Template>,
}

#[derive(Debug, Clone, PartialEq)]
enum Body {
    Plain(Template),
    Chat(Vec<(Role, Template)>),
}

/// A prompt file as written.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct PromptFile {
    about: String,
    kind: PromptKind,
    /// A plain text.
    text: Option<String>,
    /// Whether `text` holds markers of special tokens.
    #[serde(default)]
    special: bool,
    /// Or the turns of a chat.
    messages: Option<Vec<PromptMessage>>,
    /// What the assistant is made to begin with.
    #[serde(default)]
    prefill: String,
    /// How one of `{attempts}` is shown.
    attempt: Option<String>,
    #[serde(default)]
    steps: StepRule,
    #[serde(default)]
    answer_lines: Vec<String>,
    #[serde(default)]
    stop: Vec<String>,
    /// The prompt that revises what this one solved.
    revise: Option<String>,
    /// What a reward model finds after each step of a solution, and is read at; none for one that scores the whole.
    tag: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct PromptMessage {
    role: Role,
    content: String,
}

impl Prompt {
    /// A built-in prompt, or the prompt file at a path (anything that ends in `.toml`).
    ///
    /// # Errors
    /// [`PromptError`] if there is no such prompt, or it is broken.
    pub fn load(name: &str) -> Result<Self, PromptError> {
        if Path::new(name).extension().is_some_and(|extension| extension == "toml") {
            let text = std::fs::read_to_string(name)
                .map_err(|source| PromptError::Read { path: name.into(), source })?;
            return Self::parse(name, &text);
        }
        let Some((_, text)) = BUILT_IN.iter().find(|(known, _)| *known == name) else {
            return Err(PromptError::Unknown { name: name.to_owned(), known: Self::built_in().join(", ") });
        };
        Self::parse(name, text)
    }

    /// As [`Self::load`], for a given use.
    ///
    /// # Errors
    /// As there, and [`PromptError::Kind`] if it is made for something else.
    pub fn load_for(name: &str, kind: PromptKind) -> Result<Self, PromptError> {
        let prompt = Self::load(name)?;
        prompt.expect_kind(kind)?;
        Ok(prompt)
    }

    /// Checks what it is for.
    pub(crate) fn expect_kind(&self, wanted: PromptKind) -> Result<(), PromptError> {
        if self.kind() == wanted {
            return Ok(());
        }
        let (prompt, kind) = (self.name.clone(), self.kind().to_string());
        Err(PromptError::Kind { prompt, kind, wanted: wanted.to_string() })
    }

    /// Reads a prompt file's contents; `name` is for messages.
    ///
    /// # Errors
    /// [`PromptError`] if it is no prompt, or its slots do not fit its kind.
    pub fn parse(name: &str, toml: &str) -> Result<Self, PromptError> {
        let file: PromptFile = toml::from_str(toml)
            .map_err(|source| PromptError::Parse { prompt: name.to_owned(), source: Box::new(source) })?;
        let body = match (&file.text, &file.messages) {
            (Some(text), None) if !text.is_empty() => Body::Plain(Template::parse(text)),
            (None, Some(messages)) if !messages.is_empty() => Body::Chat(
                messages.iter().map(|m| (m.role, Template::parse(m.content.trim_matches('\n')))).collect(),
            ),
            _ => return Err(PromptError::Layout { prompt: name.to_owned() }),
        };
        let prefill = Template::parse(&file.prefill);
        let shows_attempts = file.kind.known().contains(&"attempts");
        let attempt =
            shows_attempts.then(|| Template::parse(file.attempt.as_deref().unwrap_or("{solution}\n")));
        let prompt = Self { name: name.to_owned(), file, body, prefill, attempt };
        prompt.check()?;
        Ok(prompt)
    }

    fn check(&self) -> Result<(), PromptError> {
        let missing =
            |slot: &str| PromptError::MissingSlot { prompt: self.name.clone(), slot: slot.to_owned() };
        for template in self.templates() {
            template.check(&self.name, self.file.kind.known())?;
        }
        let solutions = self.templates().flat_map(Template::slots).filter(|&slot| slot == "solution").count();
        let sound = match self.file.kind {
            PromptKind::Reward => solutions < 2 && self.file.prefill.is_empty(),
            _ => self.file.tag.is_none(),
        };
        if !sound {
            return Err(PromptError::Reward { prompt: self.name.clone() });
        }
        for slot in self.file.kind.required() {
            if !self.has_slot(slot) {
                return Err(missing(slot));
            }
        }
        if let Some(attempt) = &self.attempt {
            attempt.check(&self.name, &["number", "solution"])?;
            if !attempt.slots().any(|slot| slot == "solution") {
                return Err(missing("solution"));
            }
        }
        Ok(())
    }

    fn templates(&self) -> impl Iterator<Item = &Template> {
        let (plain, chat) = match &self.body {
            Body::Plain(template) => (Some(template), [].as_slice()),
            Body::Chat(messages) => (None, messages.as_slice()),
        };
        plain.into_iter().chain(chat.iter().map(|(_, template)| template)).chain([&self.prefill])
    }

    /// Names of the built-in prompts.
    pub fn built_in() -> Vec<&'static str> {
        BUILT_IN.iter().map(|(name, _)| *name).collect()
    }

    /// Its name or path.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it is, in a sentence.
    pub fn about(&self) -> &str {
        &self.file.about
    }

    /// What it is for.
    pub fn kind(&self) -> PromptKind {
        self.file.kind
    }

    /// Whether it needs a chat template.
    pub fn layout(&self) -> Layout {
        match self.body {
            Body::Plain(_) => Layout::Plain,
            Body::Chat(_) => Layout::Chat,
        }
    }

    /// How what it asks for is cut into steps.
    pub fn steps(&self) -> &StepRule {
        &self.file.steps
    }

    /// What ends a solution, besides the end of sequence.
    pub fn ending(&self) -> Ending {
        Ending { answer_lines: self.file.answer_lines.clone(), stop: self.file.stop.clone() }
    }

    /// The prompt that revises what this one solved: the one that it names, or the one for its layout.
    pub fn reviser(&self) -> &str {
        self.file.revise.as_deref().unwrap_or(match self.layout() {
            Layout::Chat => "revise",
            Layout::Plain => "revise-few-shot",
        })
    }

    /// What a reward model finds after each step of a solution; none where it scores the whole.
    pub fn tag(&self) -> Option<&str> {
        self.file.tag.as_deref()
    }

    /// Whether it has this slot.
    pub fn has_slot(&self, slot: &str) -> bool {
        self.templates().any(|template| template.slots().any(|name| name == slot))
    }

    /// Earlier solutions as the prompt shows them, oldest first: what fills `{attempts}`.
    pub fn show_attempts<'s>(&self, solutions: impl IntoIterator<Item = &'s str>) -> String {
        let Some(attempt) = &self.attempt else { return String::new() };
        let shown: String = solutions
            .into_iter()
            .enumerate()
            .map(|(index, solution)| {
                let number = (index + 1).to_string();
                attempt.fill_to_string(&[("number", &number), ("solution", solution.trim())])
            })
            .collect();
        shown.trim_end().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_prompt_loads() {
        for name in Prompt::built_in() {
            let prompt = Prompt::load(name).unwrap();
            assert!(!prompt.about().is_empty());
        }
        assert!(Prompt::load("critique-and-revise").unwrap().has_slot("critique"));
        assert_eq!(Prompt::load("few-shot").unwrap().layout(), Layout::Plain);
    }

    fn check(toml: &str, expected: &str) {
        let error = Prompt::parse("mine", toml).unwrap_err();
        let chain = format!("{error}: {:?}", std::error::Error::source(&error).map(ToString::to_string));
        assert!(chain.contains(expected), "{chain}");
    }

    #[test]
    fn a_broken_prompt_is_named_with_its_fault() {
        check("about = 'x'\nkind = 'solve'\ntext = 'hello'", "lacks the slot `{question}`");
        check("about = 'x'\nkind = 'solve'\ntext = '{question} {n}'", "`{n}`, which nothing fills");
        check("about = 'x'\nkind = 'solve'", "either `text` or `messages`");
        check("about = 'x'\nkind = 'solve'\ntext = '{question}'\nstep = 'newline'", "unknown field `step`");
        check("about = 'x'\nkind = 'solve'\ntext = '{question}'\nsteps = 'lines'", "blank-line");
        let revise = "about = 'x'\nkind = 'revise'\ntext = '{question} {attempts}'\nattempt = '{number}'";
        check(revise, "lacks the slot `{solution}`");
        check("about = 'x'\nkind = 'reward'\ntext = '{question}'", "lacks the slot `{solution}`");
        for wrong in
            ["reward'\ntext = '{question} {solution} {solution}", "solve'\ntag = '+'\ntext = '{question}"]
        {
            check(&format!("about = 'x'\nkind = '{wrong}'"), "has one slot `{solution}` and no `prefill`");
        }
    }

    #[test]
    fn a_prompt_that_does_not_exist_is_answered_with_those_that_do() {
        let error = Prompt::load("chatt").unwrap_err().to_string();
        assert!(error.contains("few-shot") && error.contains(".toml"), "{error}");
        assert!(matches!(Prompt::load("nowhere/mine.toml"), Err(PromptError::Read { .. })));
        let error = Prompt::load_for("judge", PromptKind::Solve).unwrap_err().to_string();
        assert_eq!(error, "the prompt `judge` is for `judge`, not for `solve`");
    }

    #[test]
    fn attempts_are_numbered_and_inserted_as_they_are() {
        let prompt = Prompt::load("revise").unwrap();
        let shown = prompt.show_attempts(["a {question}\n", "b"]);
        assert_eq!(shown, "Attempt 1:\na {question}\nAttempt 2:\nb");
    }
}
