//! Text with named slots. What fills a slot is inserted as it is and never looked at again.

use crate::PromptError;

/// A text with slots `{name}`; `{{` and `}}` stand for braces, and any other brace for itself (`\boxed{}`, `{2}`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Template {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    Text(String),
    Slot(String),
}

/// A part after filling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Filled<'a> {
    pub(crate) text: &'a str,
    /// Whether it stood in a slot, and so is foreign.
    pub(crate) foreign: bool,
}

impl Template {
    pub(crate) fn parse(text: &str) -> Self {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            if let Some((name, after)) = slot(rest) {
                if !literal.is_empty() {
                    parts.push(Part::Text(std::mem::take(&mut literal)));
                }
                parts.push(Part::Slot(name.to_owned()));
                rest = after;
                continue;
            }
            literal.push(first);
            let doubled = rest.starts_with("{{") || rest.starts_with("}}");
            rest = &rest[if doubled { 2 } else { first.len_utf8() }..];
        }
        if !literal.is_empty() {
            parts.push(Part::Text(literal));
        }
        Self { parts }
    }

    pub(crate) fn slots(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Slot(name) => Some(name.as_str()),
            Part::Text(_) => None,
        })
    }

    /// What stands before a slot and after it; none where it is not there.
    pub(crate) fn around(&self, slot: &str) -> Option<[Self; 2]> {
        let at = self.parts.iter().position(|part| matches!(part, Part::Slot(name) if name == slot))?;
        Some([&self.parts[..at], &self.parts[at + 1..]].map(|parts| Self { parts: parts.to_vec() }))
    }

    /// Each part as a template of its own.
    pub(crate) fn apart(&self) -> impl Iterator<Item = Self> {
        self.parts.iter().map(|part| Self { parts: vec![part.clone()] })
    }

    /// Checks that every slot is known; `prompt` is named in the error.
    pub(crate) fn check(&self, prompt: &str, known: &[&str]) -> Result<(), PromptError> {
        match self.slots().find(|slot| !known.contains(slot)) {
            None => Ok(()),
            Some(slot) => Err(PromptError::UnknownSlot {
                prompt: prompt.to_owned(),
                slot: slot.to_owned(),
                known: known.join(", "),
            }),
        }
    }

    /// The parts with their slots filled; a slot without a value stays empty.
    pub(crate) fn fill<'a>(&'a self, values: &[(&str, &'a str)]) -> Vec<Filled<'a>> {
        let value =
            |slot: &str| values.iter().find(|(name, _)| *name == slot).map_or("", |(_, value)| *value);
        self.parts
            .iter()
            .map(|part| match part {
                Part::Text(text) => Filled { text, foreign: false },
                Part::Slot(name) => Filled { text: value(name), foreign: true },
            })
            .collect()
    }

    pub(crate) fn fill_to_string(&self, values: &[(&str, &str)]) -> String {
        self.fill(values).iter().map(|part| part.text).collect()
    }
}

/// The slot that a text opens with, and what follows it.
fn slot(text: &str) -> Option<(&str, &str)> {
    let (name, after) = text.strip_prefix('{')?.split_once('}')?;
    let mut letters = name.chars();
    let named = letters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-');
    named.then_some((name, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(template: &str, expected: &str) {
        let template = Template::parse(template);
        assert_eq!(
            template.fill_to_string(&[("question", "{solution} {{x}} \\frac{1}{2}"), ("n", "7")]),
            expected
        );
    }

    #[test]
    fn what_fills_a_slot_is_never_expanded_again() {
        check("Q: {question}!", "Q: {solution} {{x}} \\frac{1}{2}!");
        check("{n}{n}", "77");
    }

    #[test]
    fn other_braces_stand_for_themselves() {
        check("\\boxed{} {2} { n} {", "\\boxed{} {2} { n} {");
        check("\\text{{km}} {{{n}}}", "\\text{km} {7}");
    }

    #[test]
    fn an_unknown_slot_is_named() {
        let error =
            Template::parse("{n} {qestion}").check("mine", &["question", "n"]).unwrap_err().to_string();
        assert!(
            error.contains("`mine`") && error.contains("{qestion}") && error.contains("question, n"),
            "{error}"
        );
    }
}
