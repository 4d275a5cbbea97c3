//! Text to tokens and back, with the vocabulary of a loaded model.

use crate::runtime::token;
use deliberate_engine::{ChatTemplate, RuntimeError, Tokenizer};
use deliberate_lm::{Chat, Token};
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::token::LlamaToken;
use std::collections::HashSet;

/// Longest text that is encoded at once; llama.cpp counts in 32 bits and works recursively.
const LONGEST: usize = 16 << 20;

/// The vocabulary of a model. It owns the model, which is immutable and shared with the forward pass.
#[derive(Debug)]
pub struct LlamaTokenizer {
    model: LlamaModel,
    /// The template of its file, or why it cannot be used.
    template: Result<ChatTemplate, RuntimeError>,
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
        // A vocabulary without such a token gives a number that is none, and llama.cpp aborts where it is asked for its text.
        let known: HashSet<LlamaToken> = vocabulary.tokens().collect();
        let text = |id: LlamaToken| {
            let piece = known.contains(&id).then(|| vocabulary.token_to_piece(id, true, None))?;
            Some(String::from_utf8_lossy(&piece).into_owned()).filter(|piece| !piece.is_empty())
        };
        let source = model.chat_template(None).ok().and_then(|template| template.to_string().ok());
        let template = match source {
            Some(source) => ChatTemplate::new(source, text(vocabulary.bos()), text(vocabulary.eos())),
            None => Err(RuntimeError { reason: "its file holds none".to_owned() }),
        };
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

    fn render(&self, chat: &Chat) -> Result<String, RuntimeError> {
        self.template.as_ref().map_err(RuntimeError::clone)?.render(chat)
    }
}
