//! Text to tokens and back, with the vocabulary of a loaded model.

use crate::runtime::token;
use deliberate_engine::{RuntimeError, Tokenizer};
use deliberate_lm::{Message, Role, Token};
use llama_cpp_2::model::{LlamaChatMessage, LlamaChatTemplate, LlamaModel};
use llama_cpp_2::token::LlamaToken;

/// Longest text that is encoded at once; llama.cpp counts in 32 bits and works recursively.
const LONGEST: usize = 16 << 20;

/// The vocabulary of a model. It owns the model, which is immutable and shared with the forward pass.
#[derive(Debug)]
pub struct LlamaTokenizer {
    model: LlamaModel,
    template: Option<LlamaChatTemplate>,
    /// Bytes of all tokens, one after the other, and where each ends.
    pieces: Vec<u8>,
    ends: Vec<usize>,
    /// What a line break is encoded as, where the vocabulary puts a space before every text.
    lead: Option<Vec<LlamaToken>>,
}

impl LlamaTokenizer {
    pub(crate) fn new(model: LlamaModel) -> Self {
        let vocabulary = model.vocab();
        let mut pieces = Vec::new();
        let mut ends = Vec::new();
        for id in vocabulary.tokens() {
            pieces.extend(vocabulary.token_to_piece(id, true, None));
            ends.push(pieces.len());
        }
        let lead = vocabulary.tokenize(b"\n", false, false);
        let spaced = lead.len() > 1 && vocabulary.token_to_piece(lead[0], true, None) == b" ";
        let template = model.chat_template(None).ok();
        Self { template, pieces, ends, lead: spaced.then_some(lead), model }
    }

    pub(crate) fn model(&self) -> &LlamaModel {
        &self.model
    }

    /// Encodes without the space that some vocabularies put before a text: here it would stand in the middle of a
    /// sequence. A line break is put in front, and its tokens are dropped again.
    fn unspaced(&self, text: &str, special: bool) -> Option<Vec<LlamaToken>> {
        let lead = self.lead.as_ref()?;
        let text = format!("\n{text}");
        let tokens = self.model.vocab().tokenize(text.as_bytes(), false, special);
        tokens.strip_prefix(lead.as_slice()).map(<[_]>::to_vec)
    }
}

impl Tokenizer for LlamaTokenizer {
    fn encode(&self, text: &str, special: bool) -> Result<Vec<Token>, RuntimeError> {
        if text.len() > LONGEST {
            let reason =
                format!("text of {} bytes is longer than the {LONGEST} that can be encoded", text.len());
            return Err(RuntimeError { reason });
        }
        if text.is_empty() {
            return Ok(Vec::new());
        }
        let tokens = self
            .unspaced(text, special)
            .unwrap_or_else(|| self.model.vocab().tokenize(text.as_bytes(), false, special));
        Ok(tokens.into_iter().filter_map(token).collect())
    }

    fn piece(&self, token: Token) -> Vec<u8> {
        let index = token as usize;
        let start = if index == 0 { 0 } else { self.ends.get(index - 1).copied().unwrap_or(0) };
        self.ends.get(index).map_or_else(Vec::new, |&end| self.pieces[start..end].to_vec())
    }

    /// Templates are recognised by llama.cpp among those that it knows; they are not interpreted. Where a model's
    /// own template would add a default system message, nothing is added.
    fn render(&self, messages: &[Message]) -> Result<String, RuntimeError> {
        let fail = |reason: String| RuntimeError { reason };
        let template = self.template.as_ref().ok_or_else(|| fail("its file holds none".to_owned()))?;
        if messages.is_empty() {
            return Err(fail("a chat has at least one message".to_owned()));
        }
        let messages: Result<Vec<_>, _> = messages.iter().map(spoken).collect();
        let messages = messages.map_err(|error| fail(error.to_string()))?;
        self.model.apply_chat_template(template, &messages, true).map_err(|error| {
            let text = template.to_string().unwrap_or_default();
            fail(unclosed(&text).unwrap_or_else(|| {
                format!(
                    "it is none of the templates that llama.cpp knows, which does not run others ({error})"
                )
            }))
        })
    }
}

fn spoken(message: &Message) -> Result<LlamaChatMessage, llama_cpp_2::NewLlamaChatMessageError> {
    let role = match message.role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
    };
    LlamaChatMessage::new(role.to_owned(), message.content.clone())
}

/// What is wrong with a template whose brackets are not closed.
fn unclosed(template: &str) -> Option<String> {
    [("{{", "}}"), ("{%", "%}"), ("{#", "#}")].into_iter().find_map(|(open, close)| {
        let last = template.rfind(open)?;
        (!template[last..].contains(close))
            .then(|| format!("it is broken: `{open}` at byte {last} is never closed by `{close}`"))
    })
}

#[cfg(test)]
mod tests {
    use super::unclosed;

    #[test]
    fn a_broken_template_is_told_by_its_brackets() {
        let broken = unclosed("{% for m in messages %}{{ m['content'] }").expect("never closed");
        assert_eq!(broken, "it is broken: `{{` at byte 23 is never closed by `}}`");
        assert_eq!(unclosed("{% if a %}{{ b }}{% endif %}{# c #}"), None);
    }
}
