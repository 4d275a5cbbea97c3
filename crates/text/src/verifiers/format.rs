//! How a verifier by label tokens wants to be asked: data files.

use super::VerifierError;
use crate::PromptError;
use crate::prompt::Template;
use deliberate_lm::{LanguageModel, Token};
use serde::Deserialize;
use std::path::Path;

const BUILT_IN: &[(&str, &str)] = &[
    ("signs", include_str!("../../formats/signs.toml")),
    ("math-shepherd", include_str!("../../formats/math-shepherd.toml")),
    ("rlhflow", include_str!("../../formats/rlhflow.toml")),
];

/// What a verifier reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LabelSource {
    /// The proposer's prompt and steps, token by token; both models must share a vocabulary.
    Tokens,
    /// The question and the steps as text, each encoded on its own.
    Text,
    /// As `Text`, every step in a user's turn of the verifier's chat template; the label is the assistant's turn.
    Chat,
}

/// A label format. What is read is
/// `opening lead step₁ ask ▸ keep step₂ ask ▸ keep …`, a score at each `▸`: the probability of `positive` in that of
/// `positive` and `negative` as next token.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LabelFormat {
    /// What it is, in a sentence.
    pub about: String,
    /// What is read.
    pub source: LabelSource,
    /// Template of what stands before the first step, with the slot `{question}`. Not for `tokens`.
    #[serde(default = "question")]
    pub opening: String,
    /// Stands between opening and first step, and is encoded together with that step. Not for `tokens`.
    #[serde(default)]
    pub lead: String,
    /// Template of a step, with the slots `{step}` and `{number}`. Not for `tokens`.
    #[serde(default = "step")]
    pub step: String,
    /// Inserted after a step; the label is read after it.
    #[serde(default)]
    pub ask: String,
    /// Inserted where a label was read, before the next step: a separator, or the label that is always assumed.
    #[serde(default)]
    pub keep: String,
    /// The label of a good step; one token.
    pub positive: String,
    /// The label of a bad step; one token.
    pub negative: String,
}

/// A format in a model's tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Marks {
    /// After a step.
    pub(crate) ask: Vec<Token>,
    /// Where a label was read.
    pub(crate) keep: Vec<Token>,
    /// The good and the bad label.
    pub(crate) labels: [Token; 2],
}

/// Whether a text reads like the name of a special token: `<extra_0>`, `<|im_end|>`.
fn is_marker(text: &str) -> bool {
    let inner = text.trim().strip_prefix('<').and_then(|rest| rest.strip_suffix('>'));
    inner.is_some_and(|inner| !inner.is_empty() && !inner.contains(char::is_whitespace))
}

/// A format's own text in tokens that spell it, special ones where it names them.
pub(super) async fn written<M: LanguageModel>(model: &M, text: &str) -> Result<Vec<Token>, VerifierError> {
    let plain = model.encode(text, false).await?;
    let name = || (text.to_owned(), model.facts().name.clone());
    if is_marker(text) {
        let special = model.encode(text, true).await?;
        if special == plain && plain.len() != 1 {
            let (text, model) = name();
            return Err(VerifierError::UnknownMarker { text, model, tokens: plain.len() });
        }
        return Ok(special);
    }
    let pieces: Option<Vec<Vec<u8>>> = plain.iter().map(|&token| model.piece(token)).collect();
    // Some vocabularies put a space before a text.
    let spelt = pieces.is_none_or(|pieces| {
        let spelt = pieces.concat();
        spelt == text.as_bytes() || spelt.strip_prefix(b" ") == Some(text.as_bytes())
    });
    if spelt {
        return Ok(plain);
    }
    let (text, model) = name();
    Err(VerifierError::Unwritable { text, model })
}

/// A label as the one token that it must be.
async fn label<M: LanguageModel>(model: &M, text: &str) -> Result<Token, VerifierError> {
    match written(model, text).await?[..] {
        [token] => Ok(token),
        ref tokens => Err(VerifierError::NotOneToken {
            label: text.to_owned(),
            tokens: tokens.len(),
            model: model.facts().name.clone(),
        }),
    }
}

fn question() -> String {
    "{question}".to_owned()
}

fn step() -> String {
    "{step}".to_owned()
}

impl LabelFormat {
    /// A built-in format, or the file at a path (anything that ends in `.toml`).
    ///
    /// # Errors
    /// [`VerifierError`] if there is no such format, or it is broken.
    pub fn load(name: &str) -> Result<Self, VerifierError> {
        if Self::is_path(name) {
            let text = std::fs::read_to_string(name)
                .map_err(|source| VerifierError::Read { path: name.into(), source })?;
            return Self::parse(name, &text);
        }
        let Some((_, text)) = BUILT_IN.iter().find(|(known, _)| *known == name) else {
            let known = Self::built_in().join(", ");
            return Err(VerifierError::UnknownFormat { name: name.to_owned(), known });
        };
        Self::parse(name, text)
    }

    /// Reads a format file's contents; `name` is for messages.
    ///
    /// # Errors
    /// [`VerifierError`] if it is no label format, or its slots do not fit.
    pub fn parse(name: &str, toml: &str) -> Result<Self, VerifierError> {
        let format: Self = toml::from_str(toml)
            .map_err(|source| VerifierError::Parse { format: name.to_owned(), source: Box::new(source) })?;
        let step = Template::parse(&format.step);
        Template::parse(&format.opening).check(name, &["question"])?;
        step.check(name, &["step", "number"])?;
        if !step.slots().any(|slot| slot == "step") {
            let slot = "step".to_owned();
            return Err(PromptError::MissingSlot { prompt: name.to_owned(), slot }.into());
        }
        Ok(format)
    }

    /// Whether a name is meant as the path of a file.
    pub(crate) fn is_path(name: &str) -> bool {
        Path::new(name).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("toml"))
    }

    /// What it inserts and reads, in a model's tokens.
    ///
    /// # Errors
    /// [`VerifierError`] if the model cannot write it as it is, knows no special token of that name, or has no single
    /// token for a label.
    pub(crate) async fn marks<M: LanguageModel>(&self, model: &M) -> Result<Marks, VerifierError> {
        Ok(Marks {
            ask: written(model, &self.ask).await?,
            keep: written(model, &self.keep).await?,
            labels: [label(model, &self.positive).await?, label(model, &self.negative).await?],
        })
    }

    /// Names of the built-in formats.
    pub fn built_in() -> Vec<&'static str> {
        BUILT_IN.iter().map(|(name, _)| *name).collect()
    }

    /// A step as the verifier reads it. A heading of the step's own gives way to the format's.
    pub(crate) fn show_step(&self, index: usize, step: &str) -> String {
        let template = Template::parse(&self.step);
        let numbered = template.slots().any(|slot| slot == "number");
        let step = if numbered { without_heading(step.trim()) } else { step.trim() };
        template.fill_to_string(&[("step", step), ("number", &(index + 1).to_string())])
    }
}

/// A step without "Step 3:".
fn without_heading(step: &str) -> &str {
    let bare = || {
        let rest = step.strip_prefix("Step ")?.trim_start_matches(|c: char| c.is_ascii_digit());
        rest.strip_prefix([':', '.']).map(str::trim_start)
    };
    bare().unwrap_or(step)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulated::Simulated;
    use crate::verifiers::poor::Poor;
    use futures::executor::block_on;

    #[test]
    fn every_built_in_format_loads() {
        for name in LabelFormat::built_in() {
            assert!(!LabelFormat::load(name).unwrap().about.is_empty());
        }
    }

    #[test]
    fn a_step_has_one_heading() {
        let format = LabelFormat::load("math-shepherd").unwrap();
        assert_eq!(format.show_step(1, "Step 2: a {step}\n"), "Step 2: a {step}");
        assert_eq!(format.show_step(1, "a\n"), "Step 2: a");
        assert_eq!(LabelFormat::load("rlhflow").unwrap().show_step(1, "Step 2: a\n"), "Step 2: a");
    }

    #[test]
    fn a_broken_format_is_named() {
        let error = LabelFormat::load("shepherd").unwrap_err().to_string();
        assert!(error.contains("math-shepherd") && error.contains(".toml"), "{error}");
        let toml = "about='x'\nsource='text'\npositive='+'\nnegative='-'\n";
        assert!(LabelFormat::parse("mine", toml).is_ok());
        let error = LabelFormat::parse("mine", &format!("{toml}opening='{{q}}'")).unwrap_err().to_string();
        assert!(error.contains("`{q}`"), "{error}");
        assert!(LabelFormat::parse("mine", &format!("{toml}step='{{number}}'")).is_err());
        assert!(LabelFormat::parse("mine", &format!("{toml}tag='x'")).is_err());
    }

    /// What a format of these lines comes to with a model like the lab's.
    fn marks(lines: &str) -> Result<Marks, String> {
        let toml = format!("about='x'\nsource='text'\n{lines}");
        let format = LabelFormat::parse("mine", &toml).unwrap();
        block_on(format.marks(&Poor(Simulated::silent()))).map_err(|error| error.to_string())
    }

    #[test]
    fn a_format_that_the_model_cannot_write_is_refused_when_it_is_put_together() {
        let error = marks("ask=' ки'\npositive='+'\nnegative='-'").unwrap_err();
        assert!(error.contains("cannot write ` ки`") && error.contains("the format was made for"), "{error}");
        let error = marks("ask='<extra_0>'\npositive='1'\nnegative='0'").unwrap_err();
        assert!(
            error.contains("`<extra_0>` reads like a special token") && error.contains("9 ordinary"),
            "{error}"
        );
        let error = marks("positive='This step is right'\nnegative='This step is wrong'").unwrap_err();
        assert!(
            error.contains("is not one token of `simulated` but 18") && error.contains("`+` and `-`"),
            "{error}"
        );
        // One token of what is left of it is not the label.
        let error = marks("positive='+é'\nnegative='-'").unwrap_err();
        assert!(error.contains("cannot write `+é`"), "{error}");
    }

    #[test]
    fn a_special_separator_that_the_model_knows_is_the_special_token() {
        let marks = marks("ask='<|im_end|>'\nkeep='\\n'\npositive='+'\nnegative='-'").unwrap();
        assert_eq!((marks.ask.len(), Simulated::is_special(marks.ask[0])), (1, true));
        assert_eq!(marks.keep, Simulated::tokens("\\n", false));
    }

    #[test]
    fn a_format_may_be_a_file_of_any_case() {
        assert!(LabelFormat::is_path("A/B.TOML") && LabelFormat::is_path("b.toml"));
        assert!(!LabelFormat::is_path("signs"));
    }
}
