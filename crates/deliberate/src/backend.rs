//! What answers: an engine in this process, or a server.

use deliberate_engine::Engine;
use deliberate_lm::{
    Answer, Chat, GenerateRequest, Generation, LanguageModel, Listener, ModelFacts, RewardRequest, Rewards,
    ScoreRequest, Scoring, Token,
};
use deliberate_remote::{ChatModel, Connected, RemoteModel, RewardModel};

/// A model, wherever it runs.
#[derive(Debug, Clone)]
pub enum Backend {
    /// In this process.
    Embedded(Engine),
    /// Behind a server that takes token ids.
    Remote(RemoteModel),
    /// Behind an endpoint that takes conversations alone.
    Chat(ChatModel),
    /// Behind a server that scores texts and writes none.
    Reward(RewardModel),
}

impl Backend {
    fn model(&self) -> &dyn LanguageModel {
        match self {
            Self::Embedded(engine) => engine,
            Self::Remote(model) => model,
            Self::Chat(model) => model,
            Self::Reward(model) => model,
        }
    }

    /// The engine, where it is one.
    pub fn engine(&self) -> Option<&Engine> {
        match self {
            Self::Embedded(engine) => Some(engine),
            Self::Remote(_) | Self::Chat(_) | Self::Reward(_) => None,
        }
    }

    /// Tokens drawn so far.
    pub fn drawn(&self) -> u64 {
        match self {
            Self::Embedded(engine) => engine.metrics().drawn,
            Self::Remote(model) => model.drawn(),
            Self::Chat(model) => model.drawn(),
            Self::Reward(_) => 0,
        }
    }
}

impl From<Connected> for Backend {
    fn from(connected: Connected) -> Self {
        match connected {
            Connected::Tokens(model) => Self::Remote(model),
            Connected::Chat(model) => Self::Chat(model),
            Connected::Reward(model) => Self::Reward(model),
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
    fn render<'a>(&'a self, chat: &'a Chat) -> Answer<'a, String> {
        self.model().render(chat)
    }
    fn generate(&self, request: GenerateRequest) -> Answer<'_, Generation> {
        self.model().generate(request)
    }
    fn generate_aloud(&self, request: GenerateRequest, listener: Listener) -> Answer<'_, Generation> {
        self.model().generate_aloud(request, listener)
    }
    fn score(&self, request: ScoreRequest) -> Answer<'_, Scoring> {
        self.model().score(request)
    }
    fn reward<'a>(&'a self, batch: &'a [RewardRequest]) -> Answer<'a, Rewards> {
        self.model().reward(batch)
    }
}
