//! The forward pass: ragged batches over separate key-value stores, by llama.cpp.
//!
//! What llama.cpp would answer by ending the process (a sequence id out of range, a partial copy, too large a batch)
//! is checked here first.

use crate::backend::complaints;
use crate::error::LoadError;
use crate::load;
use crate::tokenizer::LlamaTokenizer;
use deliberate_engine::{
    Capacity, LogitSink, ModelRuntime, Reserve, RuntimeError, Settings, Slot, Span, Tokenizer,
};
use deliberate_lm::{ModelFacts, Token};
use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::llama_batch::LlamaBatch;
use llama_cpp_2::token::LlamaToken;
use llama_cpp_2::{LlamaStateSeqFlags, SeqState};
use std::path::Path;
use std::sync::Arc;

/// A model loaded by llama.cpp, with its key-value stores.
///
/// On a CPU the logits of a sequence are the same bits whatever else is in the batch and however its prefix was
/// evaluated: every sequence has its own store, flash attention is off, and llama.cpp is built with one set of matrix
/// kernels (see `.cargo/config.toml`). This is tested for weights in F32, F16, BF16, `Q4_0`, `Q4_1` and `Q8_0`.
/// K-quants (`Q4_K`, `Q6_K`, ...) differ in the last bits between small and large batches, because ggml still chooses
/// their kernels by size; `GGML_CPU_TILED_MM=0` in the environment stops that for all but `Q2_K` and `Q4_K`.
pub struct LlamaRuntime {
    // Declared, and so dropped, before the tokenizer that owns the model.
    context: LlamaContext<'static>,
    batch: LlamaBatch<'static>,
    tokenizer: Arc<LlamaTokenizer>,
    facts: ModelFacts,
    capacity: Capacity,
    /// Tokens in each slot.
    held: Vec<usize>,
    /// The sequence copied last, so that the next copy of it costs half.
    copied: Option<(Slot, SeqState)>,
    /// Whether copies stay inside llama.cpp, which moves whole stores but never leaves the device.
    on_device: bool,
}

impl std::fmt::Debug for LlamaRuntime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LlamaRuntime")
            .field("facts", &self.facts)
            .field("capacity", &self.capacity)
            .finish_non_exhaustive()
    }
}

impl LlamaRuntime {
    /// Checks a GGUF file, loads it and sets up its key-value stores.
    ///
    /// # Errors
    /// A [`LoadError`] that says what to change: the file, or a setting.
    pub fn load(path: &Path, settings: &Settings) -> Result<Self, LoadError> {
        Self::load_with(path, None, settings)
    }

    /// The same with the adapter of a file on top, made for a model of the `llama` architecture.
    ///
    /// # Errors
    /// As [`LlamaRuntime::load`], and [`LoadError::Adapter`] if the adapter is not one of this model.
    pub fn load_with(path: &Path, adapter: Option<&Path>, settings: &Settings) -> Result<Self, LoadError> {
        let mut loaded = load::model(path, adapter, settings)?;
        // SAFETY: only the lifetime changes. The context borrows the model behind the `Arc` in `tokenizer`, which
        // this value keeps until after `context` is dropped (field order), and which never moves.
        let mut context = unsafe {
            std::mem::transmute::<LlamaContext<'_>, LlamaContext<'static>>(load::context(
                &loaded, path, settings,
            )?)
        };
        if let (Some(adapter), Some(path)) = (&mut loaded.adapter, adapter) {
            let refused = |_| LoadError::AdapterRefused { path: path.to_owned(), reason: complaints() };
            context.lora_adapter_set(adapter, 1.0).map_err(refused)?;
        }
        let Reserve { slots, context: slot_tokens, batch_tokens } = loaded.reserve;
        let [slot_tokens, batch_tokens] = [slot_tokens, batch_tokens].map(|tokens| tokens as usize);
        Ok(Self {
            context,
            batch: LlamaBatch::new(batch_tokens, 1),
            capacity: Capacity {
                slots,
                slot_tokens,
                total_tokens: slots as usize * slot_tokens,
                batch_tokens,
                kv_bytes_per_token: loaded.header.kv_width * load::KV_BYTES,
            },
            facts: loaded.facts,
            tokenizer: loaded.tokenizer,
            held: vec![0; slots as usize],
            copied: None,
            on_device: load::on_gpu(settings),
        })
    }

    /// Checks what llama.cpp would assert, or answer without a reason.
    fn check(&self, spans: &[Span]) -> Result<(), RuntimeError> {
        let fail = |reason: String| Err(RuntimeError { reason });
        let mut total = 0;
        let mut next = 0;
        for Span { slot, start, tokens, read, .. } in spans {
            if *slot < next || *slot >= self.capacity.slots {
                return fail(format!("slot {slot} is out of order, or not below {}", self.capacity.slots));
            }
            next = slot + 1;
            let held = self.held[*slot as usize];
            if *start != held {
                return fail(format!("span starts at {start} in slot {slot}, which holds {held} tokens"));
            }
            if tokens.is_empty() || held + tokens.len() > self.capacity.slot_tokens {
                let room = self.capacity.slot_tokens - held;
                return fail(format!("{} tokens for slot {slot}, which has room for {room}", tokens.len()));
            }
            let rising = read.is_sorted_by(|left, right| left < right);
            if !rising || read.last().is_some_and(|&last| last >= tokens.len()) {
                return fail(format!(
                    "logits wanted out of order or past the {} tokens of slot {slot}",
                    tokens.len()
                ));
            }
            if let Some(token) = tokens.iter().find(|&&token| token >= self.facts.vocabulary) {
                return fail(format!("token {token} is not in the vocabulary"));
            }
            total += tokens.len();
        }
        if total > self.capacity.batch_tokens {
            return fail(format!("batch of {total} tokens, at most {} fit", self.capacity.batch_tokens));
        }
        Ok(())
    }

    fn decode(&mut self, spans: &[Span]) -> Result<(), RuntimeError> {
        self.batch.clear();
        for span in spans {
            let mut read = span.read.iter().copied().peekable();
            for (index, &token) in span.tokens.iter().enumerate() {
                self.batch
                    .add(
                        LlamaToken(token as i32),
                        (span.start + index) as i32,
                        &[span.slot as i32],
                        read.next_if_eq(&index).is_some(),
                    )
                    .map_err(|error| RuntimeError { reason: error.to_string() })?;
            }
        }
        self.context
            .decode(&mut self.batch)
            .map_err(|error| RuntimeError { reason: format!("{error}: {}", complaints()) })
    }

    /// Forgets the tokens of a slot at or past a position.
    fn cut(&mut self, slot: Slot, tokens: usize) {
        let cut = self.context.clear_kv_cache_seq(Some(slot), Some(tokens as u32), None);
        assert!(matches!(cut, Ok(true)), "an attention cache can be cut anywhere");
        self.held[slot as usize] = tokens;
        self.forget_copy_of(slot);
    }

    fn forget_copy_of(&mut self, slot: Slot) {
        if self.copied.as_ref().is_some_and(|&(from, _)| from == slot) {
            self.copied = None;
        }
    }

    /// Copies the tokens that a slot holds, which may be far fewer than it could hold.
    fn copy_held(&mut self, from: Slot, to: Slot) -> bool {
        if self.copied.as_ref().is_none_or(|&(copied, _)| copied != from) {
            self.copied = self
                .context
                .state_seq_get(from as i32, LlamaStateSeqFlags::empty())
                .ok()
                .map(|state| (from, state));
        }
        let Some((_, state)) = &self.copied else { return false };
        self.context.state_seq_set(state, to as i32).is_ok()
    }
}

impl ModelRuntime for LlamaRuntime {
    fn facts(&self) -> &ModelFacts {
        &self.facts
    }

    fn capacity(&self) -> Capacity {
        self.capacity
    }

    fn tokenizer(&self) -> Arc<dyn Tokenizer> {
        self.tokenizer.clone()
    }

    fn forward(&mut self, spans: &[Span], sink: &mut LogitSink<'_>) -> Result<(), RuntimeError> {
        self.check(spans)?;
        if spans.is_empty() {
            return Ok(());
        }
        let decoded = self.decode(spans);
        for span in spans {
            if decoded.is_ok() {
                self.forget_copy_of(span.slot);
                self.held[span.slot as usize] = span.start + span.tokens.len();
            } else {
                // A part of the batch may have been stored.
                self.cut(span.slot, 0);
            }
        }
        decoded?;
        let mut first = 0;
        for (index, span) in spans.iter().enumerate() {
            for &token in &span.read {
                sink(index, token, self.context.get_logits_ith((first + token) as i32));
            }
            first += span.tokens.len();
        }
        Ok(())
    }

    fn copy(&mut self, from: Slot, to: Slot, tokens: usize) {
        let slots = self.capacity.slots;
        assert!(from != to && from < slots && to < slots, "copy from slot {from} to slot {to} of {slots}");
        let held = self.held[from as usize];
        let tokens = tokens.min(held);
        self.cut(to, 0);
        if tokens == 0 {
            return;
        }
        // A partial copy between stores aborts, so the whole sequence is copied and cut.
        if self.on_device || !self.copy_held(from, to) {
            self.context
                .copy_kv_cache_seq(from as i32, to as i32, None, None)
                .expect("no positions that could overflow");
        }
        self.held[to as usize] = held;
        if tokens < held {
            self.cut(to, tokens);
        }
    }

    fn truncate(&mut self, slot: Slot, tokens: usize) {
        assert!(slot < self.capacity.slots, "slot {slot} of {}", self.capacity.slots);
        if tokens < self.held[slot as usize] {
            self.cut(slot, tokens);
        }
    }
}

/// Ids as llama.cpp counts them, back to ours.
pub(crate) fn token(token: LlamaToken) -> Option<Token> {
    Token::try_from(token.0).ok()
}
