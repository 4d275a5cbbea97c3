//! Where a step ends: data, not code.
//!
//! A rule names the texts that end a step; the step then ends with the *token* that completes such a text. Should that
//! token hold more than the end of the separator, the surplus is text of the next step all the same. A rule does not say what a step means, and it never looks at a cut generation: only [`StepRule::Tokens`] ends by length.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

/// What separates the steps of a solution.
///
/// Written `newline`, `lines:3`, `blank-line`, `heading:Step` (or `step`), `tokens:64`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum StepRule {
    /// One step a line.
    #[default]
    Newline,
    /// A step is this many lines, blank ones not counted.
    Lines(NonZeroU32),
    /// Paragraphs.
    BlankLine,
    /// A step goes on until a line opens with this word: "Step 1: …", "Step 2: …".
    ///
    /// The word is drawn before anyone can know that the next step has begun, so its tokens stand at the end of the
    /// earlier step's range; its *text* belongs to the later step.
    Heading(String),
    /// A step is this many tokens.
    Tokens(NonZeroU32),
}

impl StepRule {
    /// Texts that end a step, for [`deliberate_lm::GenerateRequest::stop`].
    pub fn separators(&self) -> Vec<String> {
        match self {
            Self::Newline | Self::Lines(_) => vec!["\n".to_owned()],
            Self::BlankLine => vec!["\n\n".to_owned()],
            Self::Heading(word) => vec![format!("\n{word}")],
            Self::Tokens(_) => Vec::new(),
        }
    }

    /// Length of a step in tokens, if that is what ends it.
    pub const fn token_budget(&self) -> Option<u32> {
        match self {
            Self::Tokens(tokens) => Some(tokens.get()),
            _ => None,
        }
    }

    /// Whether a text that ends where steps may end is a step, and not only the beginning of one.
    pub(crate) fn whole(&self, text: &str) -> bool {
        let lines = match self {
            Self::Lines(lines) => lines.get(),
            _ => 1,
        };
        text.lines().filter(|line| !line.trim().is_empty()).nth(lines as usize - 1).is_some()
    }

    /// Where the text of a step ends, given all text so far and where its newest piece began: an offset in bytes.
    /// What the completing token holds past the separator is text of the next step.
    pub(crate) fn text_end(&self, text: &str, from: usize) -> usize {
        let Some(separator) = self.separators().into_iter().next() else { return text.len() };
        let start = floor(text, (from + 1).saturating_sub(separator.len()));
        let kept = if matches!(self, Self::Heading(_)) { 1 } else { separator.len() };
        text[start..].rfind(&separator).map_or(text.len(), |at| start + at + kept)
    }
}

/// The nearest character boundary at or before an offset.
pub(crate) fn floor(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// A text that names no step rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{given}` is no step rule (use newline, lines:NUMBER, blank-line, step, heading:WORD or tokens:NUMBER)"
)]
pub struct StepRuleError {
    /// What was given.
    pub given: String,
}

impl FromStr for StepRule {
    type Err = StepRuleError;

    fn from_str(given: &str) -> Result<Self, StepRuleError> {
        let wrong = || StepRuleError { given: given.to_owned() };
        match given.split_once(':') {
            None if given == "newline" => Ok(Self::Newline),
            None if given == "blank-line" => Ok(Self::BlankLine),
            None if given == "step" => Ok(Self::Heading("Step".to_owned())),
            Some(("heading", word)) if !word.trim().is_empty() && !word.contains('\n') => {
                Ok(Self::Heading(word.to_owned()))
            }
            Some(("lines", number)) => number.parse().map(Self::Lines).map_err(|_| wrong()),
            Some(("tokens", number)) => number.parse().map(Self::Tokens).map_err(|_| wrong()),
            _ => Err(wrong()),
        }
    }
}

impl fmt::Display for StepRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Newline => f.write_str("newline"),
            Self::Lines(lines) => write!(f, "lines:{lines}"),
            Self::BlankLine => f.write_str("blank-line"),
            Self::Heading(word) => write!(f, "heading:{word}"),
            Self::Tokens(tokens) => write!(f, "tokens:{tokens}"),
        }
    }
}

impl TryFrom<String> for StepRule {
    type Error = StepRuleError;
    fn try_from(given: String) -> Result<Self, StepRuleError> {
        given.parse()
    }
}

impl From<StepRule> for String {
    fn from(rule: StepRule) -> Self {
        rule.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_written_as_it_is_read() {
        for text in ["newline", "lines:3", "blank-line", "heading:Step", "heading:Étape", "tokens:64"] {
            assert_eq!(text.parse::<StepRule>().unwrap().to_string(), text);
        }
        assert_eq!("step".parse::<StepRule>().unwrap(), StepRule::Heading("Step".to_owned()));
    }

    #[test]
    fn a_wrong_rule_is_named_with_the_alternatives() {
        for text in ["", "lines", "lines:0", "tokens:0", "tokens:", "heading:", "heading: ", "newline:1"] {
            let error = text.parse::<StepRule>().unwrap_err().to_string();
            assert!(error.contains(&format!("`{text}`")) && error.contains("blank-line"), "{error}");
        }
    }
}
