//! A model's own vocabulary as the engine asks for it.

use deliberate_decoder::{Encoder, Vocabulary, VocabularyError};
use deliberate_engine::{ChatTemplate, RuntimeError, Tokenizer};
use deliberate_lm::{Chat, Token};

/// Text to tokens and back by a decoder's vocabulary.
#[derive(Debug)]
pub struct NativeTokenizer {
    encoder: Encoder,
    /// The template of its file, or why it cannot be used.
    template: Result<ChatTemplate, RuntimeError>,
}

impl NativeTokenizer {
    /// The tokenizer of a vocabulary.
    ///
    /// # Errors
    /// If the vocabulary contradicts itself.
    pub fn new(vocabulary: &Vocabulary) -> Result<Self, VocabularyError> {
        let encoder = Encoder::new(vocabulary)?;
        let text = |token: Option<&Token>| token.map(|&token| vocabulary.tokens[token as usize].clone());
        let template = match &vocabulary.chat_template {
            Some(source) => {
                let (beginning, ending) = (vocabulary.beginning.as_ref(), vocabulary.endings.first());
                ChatTemplate::new(source.clone(), text(beginning), text(ending))
            }
            None => Err(RuntimeError { reason: "its file holds none".to_owned() }),
        };
        Ok(Self { encoder, template })
    }
}

impl Tokenizer for NativeTokenizer {
    fn encode(&self, text: &str, special: bool) -> Result<Vec<Token>, RuntimeError> {
        Ok(self.encoder.encode(text, special))
    }

    fn piece(&self, token: Token) -> Vec<u8> {
        self.encoder.piece(token)
    }

    fn render(&self, chat: &Chat) -> Result<String, RuntimeError> {
        self.template.as_ref().map_err(RuntimeError::clone)?.render(chat)
    }
}
