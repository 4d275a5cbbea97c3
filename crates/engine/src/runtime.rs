//! What a backend supplies: a tokenizer, the model's facts, and a forward pass over a ragged batch of sequences.
//!
//! A runtime is driven by one thread and knows nothing of requests, sampling or prefixes. It keeps one key-value
//! *slot* per sequence; which tokens stand in which slot is the engine's knowledge.

use deliberate_lm::{Chat, Fingerprint, ModelFacts, Token};
use std::sync::Arc;

/// A key-value store for one sequence; slots are numbered from 0 without gaps.
pub type Slot = u32;

/// What a sequence is evaluated with: 0 is the model itself, others are the model with one of its adapters, which count
/// from 1.
pub type Variant = u32;

/// How much a runtime can hold and take at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capacity {
    /// Sequences that can be held at the same time.
    pub slots: u32,
    /// Tokens that one slot can hold.
    pub slot_tokens: usize,
    /// Tokens that all slots together can hold: `slots × slot_tokens`, or less where slots share a pool.
    pub total_tokens: usize,
    /// Tokens of one forward pass, at most.
    pub batch_tokens: usize,
    /// Bytes of key-value memory per token.
    pub kv_bytes_per_token: u64,
}

/// Consecutive tokens of one sequence in a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// Where they are stored.
    pub slot: Slot,
    /// What they are evaluated with; the same for all that a slot holds.
    pub variant: Variant,
    /// Position of the first one: the number of tokens that the slot holds already.
    pub start: usize,
    /// The tokens to evaluate; at least one.
    pub tokens: Vec<Token>,
    /// Which of them need their next-token logits: indices into `tokens` in rising order, possibly none. A list
    /// and not a range, because step ends lie far apart and a row of logits costs a pass over the vocabulary.
    pub read: Vec<usize>,
}

/// Receives one row of logits (`[vocabulary]`, `f32`) for every token read, in the order of spans and of tokens:
/// `sink(span index, index into the span's tokens, logits)`.
pub type LogitSink<'a> = dyn FnMut(usize, usize, &[f32]) + 'a;

/// Why a forward pass failed.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{reason}")]
pub struct RuntimeError {
    /// The backend's own words.
    pub reason: String,
}

/// Runs the model. Owned and called by one thread.
pub trait ModelRuntime: 'static {
    /// What the model is.
    fn facts(&self) -> &ModelFacts;
    /// Names of the adapters that it can run beside the model itself; constant.
    fn adapters(&self) -> &[String] {
        &[]
    }
    /// What it can hold; constant.
    fn capacity(&self) -> Capacity;
    /// The tokenizer, usable from any thread.
    fn tokenizer(&self) -> Arc<dyn Tokenizer>;

    /// Evaluates a ragged batch: at most one span a slot, spans in rising order of slot, at most
    /// [`Capacity::batch_tokens`] tokens in all. Each slot then holds `start + tokens.len()` tokens. Fastest when the
    /// slots are contiguous.
    ///
    /// # Errors
    /// If the backend fails. The contents of the slots named are then undefined; the engine clears them.
    fn forward(&mut self, spans: &[Span], sink: &mut LogitSink<'_>) -> Result<(), RuntimeError>;

    /// Makes slot `to` hold the first `tokens` tokens of slot `from`; what it held is lost. `from ≠ to`.
    fn copy(&mut self, from: Slot, to: Slot, tokens: usize);

    /// Makes a slot forget all tokens at or past position `tokens`; 0 empties it.
    fn truncate(&mut self, slot: Slot, tokens: usize);
}

/// Text to tokens and back, usable from any thread.
pub trait Tokenizer: Send + Sync {
    /// Tokens of a text; no beginning token is added. Markers of special tokens are recognised only if `special`.
    ///
    /// # Errors
    /// If the text cannot be encoded.
    fn encode(&self, text: &str, special: bool) -> Result<Vec<Token>, RuntimeError>;
    /// Bytes of one token; they may be a part of a character. Special tokens give their marker's text.
    fn piece(&self, token: Token) -> Vec<u8>;
    /// What the first `tokens` tokens spell, for [`ModelFacts::spelling`].
    fn spelling(&self, tokens: u32) -> Fingerprint {
        let pieces = Fingerprint::of((0..tokens).map(|token| self.piece(token)));
        let specimen = self.encode(Fingerprint::SPECIMEN, false);
        specimen.map_or(pieces, |specimen| pieces.and_specimen(&specimen))
    }
    /// A chat in the model's template, up to the assistant's turn.
    ///
    /// # Errors
    /// If there is no template, or none that can be applied, with the reason.
    fn render(&self, chat: &Chat) -> Result<String, RuntimeError>;
}
