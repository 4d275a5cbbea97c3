//! The one trait that every backend implements.

use crate::{
    Chat, GenerateRequest, Generation, LmError, ModelFacts, RewardRequest, Rewards, ScoreRequest, Scoring,
    Token,
};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// A future answer of a model. Dropping it withdraws the request and frees what it held.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, LmError>> + Send + 'a>>;

/// Hears the bytes of a continuation, token by token, on whatever thread draws them. It does not block.
pub type Listener = Arc<dyn Fn(&[u8]) + Send + Sync>;

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

    /// Text of a chat in the model's own template, its tools included, up to the point where the assistant starts to speak;
    /// of a reward model, which never does, up to its end. Encode it with `special` set.
    fn render<'a>(&'a self, chat: &'a Chat) -> Answer<'a, String>;

    /// Draws continuations.
    ///
    /// # Errors
    /// [`LmError::PromptTooLong`] if not even one token fits; [`LmError::InvalidRequest`] for an empty prompt, no
    /// seeds or limits out of range; [`LmError::Sampling`] for settings of sampling that mean nothing.
    fn generate(&self, request: GenerateRequest) -> Answer<'_, Generation>;

    /// Draws a continuation for one seed, and lets a listener hear it meanwhile; all at once at the end where a backend tells
    /// nothing before.
    ///
    /// # Errors
    /// As [`LanguageModel::generate`].
    fn generate_aloud(&self, request: GenerateRequest, listener: Listener) -> Answer<'_, Generation> {
        Box::pin(async move {
            let generation = self.generate(request).await?;
            generation
                .samples
                .iter()
                .take(1)
                .flat_map(|sample| &sample.pieces)
                .for_each(|piece| listener(piece));
            Ok(generation)
        })
    }

    /// Reads distributions at marked positions.
    ///
    /// # Errors
    /// [`LmError::PromptTooLong`] if the tokens do not fit; [`LmError::InvalidRequest`] for marks out of range or
    /// out of order.
    fn score(&self, request: ScoreRequest) -> Answer<'_, Scoring>;

    /// Scores texts, all together, where the model is one for rewards ([`crate::Abilities::rewards`]).
    ///
    /// # Errors
    /// [`LmError::InvalidRequest`] from a model without such a head; what is wrong with one text stands in its place.
    fn reward<'a>(&'a self, batch: &'a [RewardRequest]) -> Answer<'a, Rewards> {
        let reason = format!("`{}` is no reward model ({} texts to score)", self.facts().name, batch.len());
        Box::pin(async move { Err(LmError::InvalidRequest { reason }) })
    }
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
    fn render<'a>(&'a self, chat: &'a Chat) -> Answer<'a, String> {
        (**self).render(chat)
    }
    fn generate(&self, request: GenerateRequest) -> Answer<'_, Generation> {
        (**self).generate(request)
    }
    fn generate_aloud(&self, request: GenerateRequest, listener: Listener) -> Answer<'_, Generation> {
        (**self).generate_aloud(request, listener)
    }
    fn score(&self, request: ScoreRequest) -> Answer<'_, Scoring> {
        (**self).score(request)
    }
    fn reward<'a>(&'a self, batch: &'a [RewardRequest]) -> Answer<'a, Rewards> {
        (**self).reward(batch)
    }
}
