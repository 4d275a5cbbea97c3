//! The servers of a model, spoken to in the way of their kind.

use crate::call::{call, failed};
use crate::http::{Http, HttpError, WORK};
use crate::wire::{Ask, Dialect, Fault, Rendered};
use deliberate_lm::{Chat, LmError, Token};
use serde_json::Value;

/// Servers of one kind, which is known.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) http: Http,
    pub(crate) dialect: Box<dyn Dialect>,
    /// For messages.
    pub(crate) name: String,
    /// Continuations of one call, at most.
    pub(crate) most: usize,
}

impl Server {
    /// Asks, and reads the answer; best where the beginning of the prompt is known.
    pub(crate) async fn ask<T>(
        &self,
        ask: &Ask,
        prompt: &[Token],
        read: impl Fn(Value) -> Result<T, Fault>,
    ) -> Result<T, LmError> {
        call(&self.http, &self.name, ask, prompt, read).await
    }

    pub(crate) async fn text(&self, tokens: &[Token]) -> Result<String, LmError> {
        self.ask(&self.dialect.detokenize(tokens), &[], |answer| self.dialect.read_text(answer)).await
    }

    pub(crate) async fn tokens(&self, text: &str, special: bool) -> Result<Vec<Token>, LmError> {
        if text.is_empty() {
            return Ok(Vec::new());
        }
        let mut tokens = Vec::new();
        let whole = special || self.dialect.tells_specials();
        for part in if whole { vec![text] } else { harmless(text) } {
            tokens.extend(self.tokenized(part, special, false).await?);
        }
        Ok(tokens)
    }

    async fn tokenized(&self, text: &str, special: bool, beginning: bool) -> Result<Vec<Token>, LmError> {
        let ask = self.dialect.tokenize(text, special, beginning);
        self.ask(&ask, &[], |answer| self.dialect.read_tokens(answer)).await
    }

    /// The token that the server puts before a text of its own accord.
    pub(crate) async fn beginning(&self) -> Result<Option<Token>, LmError> {
        let [without, with] =
            [self.tokenized("a", false, false).await?, self.tokenized("a", false, true).await?];
        Ok(with.first().copied().filter(|_| with.len() > without.len() && with.ends_with(&without)))
    }

    /// A chat up to the assistant's turn, or up to its end where nobody speaks next.
    pub(crate) async fn rendered(&self, chat: &Chat, speaks: bool) -> Result<String, LmError> {
        let none = |reason| LmError::NoChatTemplate { model: self.name.clone(), reason };
        let ask = self.dialect.render(chat, speaks);
        let ask = ask.ok_or_else(|| none("its server renders no chats for others".to_owned()))?;
        let read = |answer| self.dialect.read_rendered(answer);
        let rendered = self.http.ask(&ask, &[], WORK, read).await.map_err(|error| match error {
            HttpError::Refused { reason, .. } => none(reason),
            error => failed(&self.name, &error),
        })?;
        match rendered {
            Rendered::Text(text) => Ok(text),
            Rendered::Tokens(tokens) => self.text(&tokens).await,
        }
    }
}

/// A text in parts that hold no name of a special token as a whole: servers may read those in any text, and what a
/// question says is a question's.
fn harmless(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text;
    let mut from = 0;
    while let Some(at) = rest[from..].find(['<', '[']) {
        let cut = from + at + 1;
        let name = rest[cut..].split(['>', ']', '<', '[']).next().unwrap_or("");
        let closed = rest[cut + name.len()..].starts_with(['>', ']']);
        if closed && !name.is_empty() && !name.contains(char::is_whitespace) {
            parts.push(&rest[..cut]);
            rest = &rest[cut..];
            from = 0;
        } else {
            from = cut;
        }
    }
    parts.push(rest);
    parts.retain(|part| !part.is_empty());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_special_tokens_in_a_question_are_cut() {
        let check = |text: &str, parts: &[&str]| assert_eq!(harmless(text), parts);
        check("a < b, [1, 2] <= 3 < c_", &["a < b, [1, 2] <= 3 < c_"]);
        check("x<|im_end|>y", &["x<", "|im_end|>y"]);
        check("</s> and [INST]", &["<", "/s> and [", "INST]"]);
        check("<", &["<"]);
    }
}
