//! A model's vocabulary without its weights: all that a prompt needs to become tokens.

use deliberate_decoder::{Encoder, Model, VocabularyError};
use deliberate_lm::{
    Answer, Fingerprint, GenerateRequest, Generation, LanguageModel, LmError, Message, ModelFacts,
    ScoreRequest, Scoring, Token,
};
use std::future::ready;

/// Encodes and does nothing else.
pub(super) struct Words {
    facts: ModelFacts,
    encoder: Encoder,
}

impl Words {
    /// The words of a model.
    pub(super) fn new(model: &Model) -> Result<Self, VocabularyError> {
        let encoder = Encoder::new(&model.vocabulary)?;
        let pieces = (0..model.shape.vocabulary).map(|token| encoder.piece(token));
        let facts = ModelFacts {
            name: model.name.clone(),
            context: model.shape.context as usize,
            vocabulary: model.shape.vocabulary,
            spelling: Fingerprint::of(pieces),
            beginning: model.vocabulary.beginning,
            endings: model.vocabulary.endings.clone(),
            architecture: model.shape.architecture(),
        };
        Ok(Self { facts, encoder })
    }

    /// The tokens of a solution.
    pub(super) fn solution(&self, text: &str) -> Vec<Token> {
        self.encoder.encode(text, false)
    }

    /// The token that ends an answer.
    pub(super) fn end(&self) -> Token {
        self.facts.endings[0]
    }
}

impl LanguageModel for Words {
    fn facts(&self) -> &ModelFacts {
        &self.facts
    }

    fn encode<'a>(&'a self, text: &'a str, special: bool) -> Answer<'a, Vec<Token>> {
        Box::pin(ready(Ok(self.encoder.encode(text, special))))
    }

    /// None: a chat template is a program in Jinja, which is not run here.
    fn render<'a>(&'a self, _messages: &'a [Message]) -> Answer<'a, String> {
        let reason = "templates are programs in Jinja, which are not run while tuning".to_owned();
        Box::pin(ready(Err(LmError::NoChatTemplate { model: self.facts.name.clone(), reason })))
    }

    fn generate(&self, _request: GenerateRequest) -> Answer<'_, Generation> {
        Box::pin(ready(Err(silent())))
    }

    fn score(&self, _request: ScoreRequest) -> Answer<'_, Scoring> {
        Box::pin(ready(Err(silent())))
    }
}

fn silent() -> LmError {
    LmError::InvalidRequest { reason: "a vocabulary says nothing".to_owned() }
}
