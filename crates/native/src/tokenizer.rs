//! A model's own vocabulary as the engine asks for it.

use deliberate_decoder::{Encoder, Vocabulary, VocabularyError};
use deliberate_engine::{RuntimeError, Tokenizer};
use deliberate_lm::{Message, Token};

/// Text to tokens and back by a decoder's vocabulary.
#[derive(Debug)]
pub struct NativeTokenizer {
    encoder: Encoder,
    /// Whether the model has a chat template, which is not run here.
    chat_template: bool,
}

impl NativeTokenizer {
    /// The tokenizer of a vocabulary.
    ///
    /// # Errors
    /// If the vocabulary contradicts itself.
    pub fn new(vocabulary: &Vocabulary) -> Result<Self, VocabularyError> {
        Ok(Self { encoder: Encoder::new(vocabulary)?, chat_template: vocabulary.chat_template.is_some() })
    }
}

impl Tokenizer for NativeTokenizer {
    fn encode(&self, text: &str, special: bool) -> Result<Vec<Token>, RuntimeError> {
        Ok(self.encoder.encode(text, special))
    }

    fn piece(&self, token: Token) -> Vec<u8> {
        self.encoder.piece(token)
    }

    /// Never: a chat template is a program in Jinja, which is not run here.
    fn render(&self, _messages: &[Message]) -> Result<String, RuntimeError> {
        let reason = if self.chat_template {
            "the native runtime does not run the template of its file (choose the runtime `llama`)"
        } else {
            "its file holds none"
        };
        Err(RuntimeError { reason: reason.to_owned() })
    }
}
