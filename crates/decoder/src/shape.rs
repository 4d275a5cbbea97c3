//! The sizes of a decoder.

use deliberate_lm::Architecture;
use serde::{Deserialize, Serialize};

/// Sizes of a decoder: RMS norm, rotary positions, grouped-query attention, `SwiGLU`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Shape {
    /// Entries of the vocabulary.
    pub vocabulary: u32,
    /// Tokens that a sequence may hold.
    pub context: u32,
    /// Width of the residual stream.
    pub hidden: u32,
    /// Transformer blocks.
    pub layers: u32,
    /// Query heads.
    pub heads: u32,
    /// Key and value heads; divides `heads`.
    pub kv_heads: u32,
    /// Width of the gated feed-forward layer.
    pub feed_forward: u32,
    /// Base of the rotary angles.
    pub rope_base: f32,
    /// What is added to the mean square under the root of a norm.
    pub norm_epsilon: f32,
    /// Whether the output layer is the embedding.
    pub tied: bool,
    /// Whether queries, keys and values have a bias: what tells Qwen2 from Llama.
    #[serde(default)]
    pub bias: bool,
}

/// Longest context that llama.cpp can count.
const CONTEXT: u32 = i32::MAX as u32;
/// Most layers that llama.cpp has room for.
const LAYERS: u32 = 512;
/// Bounds far above any model and far below any overflow.
const VOCABULARY: u32 = 1 << 24;
const WIDTH: u32 = 1 << 20;

/// Sizes that make no decoder.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct ShapeError {
    /// What does not fit.
    pub reason: String,
}

impl Shape {
    /// Width of one head.
    pub fn head_width(&self) -> u32 {
        self.hidden / self.heads
    }

    /// Width of all key (or value) heads together.
    pub fn kv_width(&self) -> u32 {
        self.head_width() * self.kv_heads
    }

    /// All weights, a tied output layer counted once.
    pub fn parameters(&self) -> u64 {
        let [hidden, kv, feed_forward] = [self.hidden, self.kv_width(), self.feed_forward].map(u64::from);
        let bias = if self.bias { hidden + 2 * kv } else { 0 };
        let block = 2 * hidden * hidden + 2 * hidden * kv + 3 * hidden * feed_forward + 2 * hidden + bias;
        let tables = if self.tied { 1 } else { 2 };
        u64::from(self.layers) * block + tables * u64::from(self.vocabulary) * hidden + hidden
    }

    /// What the cost of running it follows from.
    pub fn architecture(&self) -> Architecture {
        Architecture { parameters: self.parameters(), layers: self.layers, attention_width: self.hidden }
    }

    /// Checks that the sizes fit together.
    ///
    /// # Errors
    /// [`ShapeError`] names what does not fit.
    pub fn check(&self) -> Result<(), ShapeError> {
        let sizes = [
            ("vocabulary", self.vocabulary),
            ("context", self.context),
            ("hidden", self.hidden),
            ("layers", self.layers),
            ("heads", self.heads),
            ("kv-heads", self.kv_heads),
            ("feed-forward", self.feed_forward),
        ];
        let fault = |reason: String| Err(ShapeError { reason });
        if let Some((name, _)) = sizes.iter().find(|(_, size)| *size == 0) {
            return fault(format!("`{name}` is 0"));
        }
        let most = [VOCABULARY, CONTEXT, WIDTH, LAYERS, WIDTH, WIDTH, WIDTH];
        if let Some(((name, size), most)) = sizes.iter().zip(most).find(|((_, size), most)| size > most) {
            return fault(format!("`{name}` is {size}, at most {most} is possible"));
        }
        if !(self.rope_base.is_finite() && self.rope_base > 0.0) {
            return fault(format!("a rotary base of {} is not a positive number", self.rope_base));
        }
        if !(self.norm_epsilon >= 0.0 && self.norm_epsilon < 1.0) {
            return fault(format!("a norm epsilon of {} is not from 0 to 1", self.norm_epsilon));
        }
        if !self.hidden.is_multiple_of(self.heads) {
            return fault(format!("{} heads do not divide a width of {}", self.heads, self.hidden));
        }
        if !self.heads.is_multiple_of(self.kv_heads) {
            return fault(format!("{} key-value heads do not divide {} heads", self.kv_heads, self.heads));
        }
        if !self.head_width().is_multiple_of(2) {
            return fault(format!("a head of width {} cannot be rotated in pairs", self.head_width()));
        }
        Ok(())
    }
}
