//! The one trait that every backend implements.

use crate::{GenerateRequest, Generation, LmError, ModelFacts, ScoreRequest, Scoring, Token};
use serde::{Deserialize, Serialize};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// A future answer of a model. Dropping it withdraws the request and frees what it held.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, LmError>> + Send + 'a>>;

/// Who speaks in a chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Instructions that frame the conversation.
    System,
    /// The person asking.
    User,
    /// The model.
    Assistant,
}

/// One turn of a chat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub content: String,
}

/// A language model behind any backend: cheap to call concurrently, batched inside.
pub trait LanguageModel: Send + Sync {
    /// What the model is.
    fn facts(&self) -> &ModelFacts;

    /// Tokens of a text that continues a sequence: no beginning token is added, markers of special tokens in
    /// the text are plain text unless `special` is set.
    fn encode<'a>(&'a self, text: &'a str, special: bool) -> Answer<'a, Vec<Token>>;

    /// Bytes that a token spells, which may be a part of a character; none where the backend does not tell.
    fn piece(&self, token: Token) -> Option<Vec<u8>> {
        let _ = token;
        None
    }

    /// Text of a chat in the model's own template, up to the point where the assistant starts to speak.
    /// Encode it with `special` set.
    fn render<'a>(&'a self, messages: &'a [Message]) -> Answer<'a, String>;

    /// Draws continuations.
    ///
    /// # Errors
    /// [`LmError::PromptTooLong`] if not even one token fits; [`LmError::InvalidRequest`] for an empty prompt, no
    /// seeds or limits out of range; [`LmError::Sampling`] for settings of sampling that mean nothing.
    fn generate(&self, request: GenerateRequest) -> Answer<'_, Generation>;

    /// Reads distributions at marked positions.
    ///
    /// # Errors
    /// [`LmError::PromptTooLong`] if the tokens do not fit; [`LmError::InvalidRequest`] for marks out of range or
    /// out of order.
    fn score(&self, request: ScoreRequest) -> Answer<'_, Scoring>;
}

impl<M: LanguageModel + ?Sized> LanguageModel for Arc<M> {
    fn facts(&self) -> &ModelFacts {
        (**self).facts()
    }
    fn encode<'a>(&'a self, text: &'a str, special: bool) -> Answer<'a, Vec<Token>> {
        (**self).encode(text, special)
    }
    fn piece(&self, token: Token) -> Option<Vec<u8>> {
        (**self).piece(token)
    }
    fn render<'a>(&'a self, messages: &'a [Message]) -> Answer<'a, String> {
        (**self).render(messages)
    }
    fn generate(&self, request: GenerateRequest) -> Answer<'_, Generation> {
        (**self).generate(request)
    }
    fn score(&self, request: ScoreRequest) -> Answer<'_, Scoring> {
        (**self).score(request)
    }
}
