//! A model's vocabulary without its weights: all that a prompt needs to become tokens.

use deliberate_decoder::{Model, VocabularyError};
use deliberate_engine::Tokenizer;
use deliberate_lm::{
    Answer, Chat, GenerateRequest, Generation, LanguageModel, LmError, ModelFacts, ScoreRequest, Scoring,
    Token,
};
use deliberate_native::NativeTokenizer;
use std::future::ready;

/// Encodes and does nothing else.
pub(super) struct Words {
    facts: ModelFacts,
    tokenizer: NativeTokenizer,
}

impl Words {
    /// The words of a model.
    pub(super) fn new(model: &Model) -> Result<Self, VocabularyError> {
        let tokenizer = NativeTokenizer::new(&model.vocabulary)?;
        let facts = ModelFacts {
            name: model.name.clone(),
            context: model.shape.context as usize,
            vocabulary: model.shape.vocabulary,
            spelling: tokenizer.spelling(model.shape.vocabulary),
            beginning: model.vocabulary.beginning,
            endings: model.vocabulary.endings.clone(),
            architecture: Some(model.shape.architecture()),
            abilities: deliberate_lm::Abilities::default(),
        };
        Ok(Self { facts, tokenizer })
    }

    /// The tokens of a solution.
    pub(super) fn solution(&self, text: &str) -> Vec<Token> {
        self.tokenizer.encode(text, false).unwrap_or_default()
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
        let tokens = self.tokenizer.encode(text, special);
        Box::pin(ready(tokens.map_err(|error| LmError::InvalidRequest { reason: error.reason })))
    }

    fn render<'a>(&'a self, chat: &'a Chat) -> Answer<'a, String> {
        let none = |reason| LmError::NoChatTemplate { model: self.facts.name.clone(), reason };
        Box::pin(ready(self.tokenizer.render(chat).map_err(|error| none(error.reason))))
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
