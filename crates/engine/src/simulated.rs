//! A runtime without a model: logits are a hash of the exact tokens in a slot.
//!
//! It makes sense of nothing, but it is deterministic, fast, and honest about the cache: a copy, a truncation or a
//! position that is off by one changes everything drawn afterwards. For tests, benches and demonstrations.

use crate::{Capacity, LogitSink, ModelRuntime, RuntimeError, Slot, Span, Tokenizer};
use deliberate_lm::{Architecture, Chat, Message, ModelFacts, Token};
use std::fmt::Write;
use std::sync::Arc;

/// Called before every forward pass with its spans: to record, to fail, to block, to panic.
pub type Hook = Box<dyn FnMut(&[Span]) -> Result<(), RuntimeError> + Send>;

/// The token that ends a sequence in [`SimulatedRuntime`]; tokens below it are bytes.
pub const END: Token = 256;
const VOCABULARY: u32 = 257;

/// Simulates a model over bytes, one token a byte, that "writes" lowercase letters, spaces and newlines.
pub struct SimulatedRuntime {
    facts: ModelFacts,
    capacity: Capacity,
    adapters: Vec<String>,
    /// A hash of each prefix in each slot.
    prefixes: Vec<Vec<u64>>,
    hook: Option<Hook>,
    logits: Vec<f32>,
    /// Added to the logit of [`END`].
    end_bias: f32,
}

impl SimulatedRuntime {
    /// A runtime with its slots empty.
    pub fn new(capacity: Capacity) -> Self {
        Self {
            facts: ModelFacts {
                name: "simulated".to_string(),
                context: capacity.slot_tokens,
                vocabulary: VOCABULARY,
                spelling: Bytes.spelling(VOCABULARY),
                beginning: None,
                endings: vec![END],
                architecture: Some(Architecture { parameters: 1000, layers: 2, attention_width: 16 }),
                abilities: deliberate_lm::Abilities::default(),
            },
            capacity,
            adapters: Vec::new(),
            prefixes: vec![Vec::new(); capacity.slots as usize],
            hook: None,
            logits: vec![0.0; VOCABULARY as usize],
            end_bias: 0.0,
        }
    }

    /// Calls a hook before every forward pass.
    #[must_use]
    pub fn with_hook(
        mut self,
        hook: impl FnMut(&[Span]) -> Result<(), RuntimeError> + Send + 'static,
    ) -> Self {
        self.hook = Some(Box::new(hook));
        self
    }

    /// Makes the end of a sequence likelier (or, below 0, less likely) than any one letter.
    #[must_use]
    pub fn with_end_bias(mut self, end_bias: f32) -> Self {
        self.end_bias = end_bias;
        self
    }

    /// Gives it adapters, each of which writes something else.
    #[must_use]
    pub fn with_adapters(mut self, names: &[&str]) -> Self {
        self.adapters = names.iter().map(ToString::to_string).collect();
        self
    }

    /// Gives it another name.
    #[must_use]
    pub fn with_name(mut self, name: &str) -> Self {
        self.facts.name = name.to_string();
        self
    }

    fn fill(&mut self, state: u64) {
        for (token, logit) in (0u64..).zip(&mut self.logits) {
            let noise = (mix(state ^ mix(token + 1)) >> 40) as f32 / (1u64 << 24) as f32;
            let plausible = matches!(token as u8, b'a'..=b'z' | b' ' | b'\n') && token < 256;
            *logit = 4.0 * noise + if plausible { 6.0 } else { -14.0 };
        }
        self.logits[END as usize] += 18.0 + self.end_bias;
    }
}

impl ModelRuntime for SimulatedRuntime {
    fn facts(&self) -> &ModelFacts {
        &self.facts
    }

    fn adapters(&self) -> &[String] {
        &self.adapters
    }

    fn capacity(&self) -> Capacity {
        self.capacity
    }

    fn tokenizer(&self) -> Arc<dyn Tokenizer> {
        Arc::new(Bytes)
    }

    fn forward(&mut self, spans: &[Span], sink: &mut LogitSink<'_>) -> Result<(), RuntimeError> {
        if let Some(hook) = &mut self.hook
            && let Err(error) = hook(spans)
        {
            // What a failed pass leaves behind is undefined.
            for span in spans {
                self.prefixes[span.slot as usize].push(13);
            }
            return Err(error);
        }
        let total: usize = spans.iter().map(|span| span.tokens.len()).sum();
        assert!(total <= self.capacity.batch_tokens, "a batch of {total} tokens is too large");
        assert!(spans.windows(2).all(|pair| pair[0].slot < pair[1].slot), "slots must rise");
        for (index, span) in spans.iter().enumerate() {
            let slot = span.slot as usize;
            assert_eq!(self.prefixes[slot].len(), span.start, "slot {slot} does not hold what is assumed");
            assert!(span.variant as usize <= self.adapters.len(), "there is no variant {}", span.variant);
            assert!(!span.tokens.is_empty() && span.read.windows(2).all(|pair| pair[0] < pair[1]));
            for (offset, &token) in span.tokens.iter().enumerate() {
                assert!(token < VOCABULARY);
                let start = 7 + u64::from(span.variant);
                let before = self.prefixes[slot].last().copied().unwrap_or(start);
                let state = mix(before.rotate_left(9) ^ mix(u64::from(token) + 1));
                self.prefixes[slot].push(state);
                if span.read.contains(&offset) {
                    self.fill(state);
                    sink(index, offset, &self.logits);
                }
            }
            assert!(self.prefixes[slot].len() <= self.capacity.slot_tokens, "slot {slot} overflows");
        }
        let held: usize = self.prefixes.iter().map(Vec::len).sum();
        assert!(held <= self.capacity.total_tokens, "the pool overflows with {held} tokens");
        Ok(())
    }

    fn copy(&mut self, from: Slot, to: Slot, tokens: usize) {
        self.prefixes[to as usize] = self.prefixes[from as usize][..tokens].to_vec();
    }

    fn truncate(&mut self, slot: Slot, tokens: usize) {
        self.prefixes[slot as usize].truncate(tokens);
    }
}

/// Every byte is a token.
struct Bytes;

impl Tokenizer for Bytes {
    fn encode(&self, text: &str, _special: bool) -> Result<Vec<Token>, RuntimeError> {
        Ok(text.bytes().map(Token::from).collect())
    }

    fn piece(&self, token: Token) -> Vec<u8> {
        u8::try_from(token).map_or_else(|_| b"<end>".to_vec(), |byte| vec![byte])
    }

    fn render(&self, chat: &Chat) -> Result<String, RuntimeError> {
        let mut text = String::new();
        for Message { role, content, .. } in &chat.messages {
            writeln!(text, "{}: {content}", role.name()).expect("writing to a string cannot fail");
        }
        Ok(text + "assistant: ")
    }
}

/// A mixing function with every output bit depending on every input bit (splitmix64's).
fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}
