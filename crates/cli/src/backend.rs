//! What answers: an engine in this process, or a server.

use deliberate_engine::Engine;
use deliberate_lm::{
    Answer, GenerateRequest, Generation, LanguageModel, Message, ModelFacts, ScoreRequest, Scoring, Token,
};
use deliberate_remote::RemoteModel;

/// A model, wherever it runs.
#[derive(Debug, Clone)]
pub(crate) enum Backend {
    Embedded(Engine),
    Remote(RemoteModel),
}

impl Backend {
    fn model(&self) -> &dyn LanguageModel {
        match self {
            Self::Embedded(engine) => engine,
            Self::Remote(model) => model,
        }
    }

    /// The engine, where it is one.
    pub(crate) fn engine(&self) -> Option<&Engine> {
        match self {
            Self::Embedded(engine) => Some(engine),
            Self::Remote(_) => None,
        }
    }

    /// Tokens drawn so far.
    pub(crate) fn drawn(&self) -> u64 {
        match self {
            Self::Embedded(engine) => engine.metrics().drawn,
            Self::Remote(model) => model.drawn(),
        }
    }
}

impl LanguageModel for Backend {
    fn facts(&self) -> &ModelFacts {
        self.model().facts()
    }
    fn encode<'a>(&'a self, text: &'a str, special: bool) -> Answer<'a, Vec<Token>> {
        self.model().encode(text, special)
    }
    fn piece(&self, token: Token) -> Option<Vec<u8>> {
        self.model().piece(token)
    }
    fn render<'a>(&'a self, messages: &'a [Message]) -> Answer<'a, String> {
        self.model().render(messages)
    }
    fn generate(&self, request: GenerateRequest) -> Answer<'_, Generation> {
        self.model().generate(request)
    }
    fn score(&self, request: ScoreRequest) -> Answer<'_, Scoring> {
        self.model().score(request)
    }
}
