//! A simulated model like the lab's: no chat template, and a vocabulary that lacks most characters.

use crate::simulated::Simulated;
use deliberate_lm::{
    Answer, Chat, GenerateRequest, Generation, LanguageModel, LmError, ModelFacts, ScoreRequest, Scoring,
    Token,
};

pub(super) struct Poor(pub(super) Simulated);

impl LanguageModel for Poor {
    fn facts(&self) -> &ModelFacts {
        self.0.facts()
    }

    /// Bytes without a token are left out.
    fn encode<'a>(&'a self, text: &'a str, special: bool) -> Answer<'a, Vec<Token>> {
        let known: String = text.chars().filter(char::is_ascii).collect();
        Box::pin(async move { Ok(Simulated::tokens(&known, special)) })
    }

    fn piece(&self, token: Token) -> Option<Vec<u8>> {
        Some(Simulated::bytes(token))
    }

    fn render<'a>(&'a self, _: &'a Chat) -> Answer<'a, String> {
        let model = self.facts().name.clone();
        Box::pin(async move { Err(LmError::NoChatTemplate { model, reason: "its file holds none".into() }) })
    }

    fn generate(&self, request: GenerateRequest) -> Answer<'_, Generation> {
        self.0.generate(request)
    }

    fn score(&self, request: ScoreRequest) -> Answer<'_, Scoring> {
        self.0.score(request)
    }
}
