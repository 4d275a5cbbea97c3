//! What a model is: its name, its limits and the sizes that its cost follows from.

use crate::{Rewarded, Token};
use serde::{Deserialize, Serialize};

/// Identity and limits of a loaded model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelFacts {
    /// Name for people and for provenance, for example `SmolLM2-135M-Instruct-Q4_1`.
    pub name: String,
    /// Tokens that one sequence can hold, prompt and continuation together.
    pub context: usize,
    /// Entries in the vocabulary; token ids are below it.
    pub vocabulary: u32,
    /// What its tokens spell.
    #[serde(default)]
    pub spelling: Fingerprint,
    /// Token put before a text that starts a sequence, where the model wants one.
    pub beginning: Option<Token>,
    /// Tokens that end a sequence.
    pub endings: Vec<Token>,
    /// Sizes that the cost follows from; none where a backend does not tell them.
    pub architecture: Option<Architecture>,
    /// What it can do besides drawing whole answers.
    #[serde(default)]
    pub abilities: Abilities,
}

/// What a backend can do besides drawing whole answers to chats. Whoever needs more is refused when it is put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[allow(clippy::struct_excessive_bools, reason = "each is a yes or a no of its own")]
pub struct Abilities {
    /// Any tokens are continued: texts that are no chat, and the beginnings of answers.
    pub continues: bool,
    /// Distributions are read at any position; where not, at the end of a chat alone.
    pub scores: bool,
    /// Drawn tokens come with their log-probabilities.
    pub logprobs: bool,
    /// Drawn tokens come with their certainties ([`TokenStat`](crate::TokenStat)).
    pub certainty: bool,
    /// What it scores by a head of its own. Such a model does nothing else.
    #[serde(default)]
    pub rewards: Option<Rewarded>,
}

impl Default for Abilities {
    /// All that a model that writes can have, as the embedded engine does.
    fn default() -> Self {
        Self { continues: true, scores: true, logprobs: true, certainty: true, rewards: None }
    }
}

impl ModelFacts {
    /// Whether a token means the same text to both, so that one can read and continue what the other wrote.
    pub fn shares_tokens(&self, other: &Self) -> bool {
        self.vocabulary == other.vocabulary && self.spelling == other.spelling
    }

    /// As [`Architecture::flops`]; 0 where nobody knows.
    pub fn flops(&self, positions: std::ops::Range<u64>) -> f64 {
        self.architecture.map_or(0.0, |architecture| architecture.flops(positions))
    }
}

/// Tells one vocabulary from another: a hash of what every token spells. Two that are equally large are not the same.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(u64);

impl Fingerprint {
    /// The fingerprint of a vocabulary, given the bytes of each token, from token 0 on (FNV-1a, 64 bits, over all pieces
    /// and their lengths).
    pub fn of(pieces: impl IntoIterator<Item = impl AsRef<[u8]>>) -> Self {
        let byte = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        let piece = |hash: u64, piece: &[u8]| {
            piece.iter().fold((piece.len() as u32).to_le_bytes().iter().fold(hash, byte), byte)
        };
        Self(pieces.into_iter().fold(0xcbf2_9ce4_8422_2325, |hash, one| piece(hash, one.as_ref())))
    }
}

/// Sizes of a decoder-only transformer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Architecture {
    /// All parameters that take part in a forward pass, a tied embedding counted once.
    pub parameters: u64,
    /// Transformer blocks.
    pub layers: u32,
    /// Query heads × head size: the width over which attention scores are taken.
    pub attention_width: u32,
}

impl Architecture {
    /// Floating-point operations to evaluate the tokens at `positions`, earlier ones being cached.
    ///
    /// `2 × parameters` a token (Kaplan et al. 2020; section 7 of Snell et al. 2024) plus attention: scores and
    /// weighted values over all earlier positions and itself, `4 × layers × attention_width × (position + 1)`.
    pub fn flops(&self, positions: std::ops::Range<u64>) -> f64 {
        let tokens = positions.end.saturating_sub(positions.start) as f64;
        let reach = tokens * (positions.start as f64 + positions.end as f64 + 1.0) / 2.0;
        2.0 * self.parameters as f64 * tokens
            + 4.0 * f64::from(self.layers) * f64::from(self.attention_width) * reach
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_tells_order_and_seams() {
        let of = |pieces: &[&str]| Fingerprint::of(pieces);
        assert_eq!(of(&["a", "bc"]), of(&["a", "bc"]));
        assert_ne!(of(&["a", "bc"]), of(&["ab", "c"]));
        assert_ne!(of(&["a", "b"]), of(&["b", "a"]));
        assert_ne!(of(&["a"]), of(&["a", ""]));
    }

    #[test]
    fn flops_of_a_range_are_the_sum_over_its_tokens() {
        let shape = Architecture { parameters: 1000, layers: 3, attention_width: 8 };
        let one_by_one: f64 = (5..12).map(|p| shape.flops(p..p + 1)).sum();
        assert!((shape.flops(5..12) - one_by_one).abs() < 1e-6);
        assert!((shape.flops(0..1) - (2000.0 + 96.0)).abs() < 1e-9);
    }
}
