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
    /// The entries of a vocabulary of which nobody tells the size.
    pub const UNKNOWN: u32 = u32::MAX;

    /// Whether a token means the same text to both, so that one can read and continue what the other wrote.
    pub fn shares_tokens(&self, other: &Self) -> bool {
        let sizes = [self.vocabulary, other.vocabulary];
        let as_large = sizes[0] == sizes[1] || sizes.contains(&Self::UNKNOWN);
        as_large && self.spelling.fits(other.spelling)
    }

    /// As [`Architecture::flops`]; 0 where nobody knows.
    pub fn flops(&self, positions: std::ops::Range<u64>) -> f64 {
        self.architecture.map_or(0.0, |architecture| architecture.flops(positions))
    }
}

/// Tells one vocabulary from another, by hashes of what is known of it. Two that are equally large are not the same.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Fingerprint {
    /// Of what every token spells; servers do not tell it.
    pieces: Option<u64>,
    /// Of the tokens of [`Fingerprint::SPECIMEN`].
    specimen: Option<u64>,
}

impl Fingerprint {
    /// Texts of several kinds that vocabularies cut in different ways.
    pub const SPECIMEN: &str = "The 17 hens of Zoë's farm lay 12.5 % more: $x^2 + \\frac{1}{2}$,\n\n\tif a_b != c: return 1000000  // naïve 数学 🙂";

    /// The fingerprint of a vocabulary, given the bytes of each token, from token 0 on.
    pub fn of(pieces: impl IntoIterator<Item = impl AsRef<[u8]>>) -> Self {
        Self { pieces: Some(hash(pieces)), specimen: None }
    }

    /// The same, given the tokens of the specimen as well, or alone.
    #[must_use]
    pub fn and_specimen(self, tokens: &[Token]) -> Self {
        Self { specimen: Some(hash(tokens.iter().map(|token| token.to_le_bytes()))), ..self }
    }

    /// Whether two vocabularies are the same, as far as is known of both.
    fn fits(self, other: Self) -> bool {
        match (self.pieces, other.pieces) {
            (Some(own), Some(other)) => own == other,
            _ => self.specimen.is_some() && self.specimen == other.specimen,
        }
    }
}

/// FNV-1a, 64 bits, over all pieces and their lengths.
fn hash(pieces: impl IntoIterator<Item = impl AsRef<[u8]>>) -> u64 {
    let byte = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
    let piece = |hash: u64, piece: &[u8]| {
        piece.iter().fold((piece.len() as u32).to_le_bytes().iter().fold(hash, byte), byte)
    };
    pieces.into_iter().fold(0xcbf2_9ce4_8422_2325, |hash, one| piece(hash, one.as_ref()))
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
    fn a_vocabulary_of_which_a_server_tells_nothing_is_known_by_the_tokens_of_the_specimen() {
        let facts = |vocabulary, spelling| ModelFacts {
            name: String::new(),
            context: 1,
            vocabulary,
            spelling,
            beginning: None,
            endings: Vec::new(),
            architecture: None,
            abilities: Abilities::default(),
        };
        let here = facts(3, Fingerprint::of(["a", "b", "c"]).and_specimen(&[1, 2]));
        let other = facts(3, Fingerprint::of(["a", "b", "d"]).and_specimen(&[1, 2]));
        let served =
            |specimen: &[Token]| facts(ModelFacts::UNKNOWN, Fingerprint::default().and_specimen(specimen));
        assert!(here.shares_tokens(&here) && !here.shares_tokens(&other));
        assert!(here.shares_tokens(&served(&[1, 2])) && served(&[1, 2]).shares_tokens(&here));
        assert!(!here.shares_tokens(&served(&[1, 3])) && !served(&[2]).shares_tokens(&served(&[1])));
        let told = ModelFacts { vocabulary: 4, ..served(&[1, 2]) };
        assert!(!here.shares_tokens(&told) && told.shares_tokens(&served(&[1, 2])));
        let nothing = facts(ModelFacts::UNKNOWN, Fingerprint::default());
        assert!(!nothing.shares_tokens(&nothing));
    }

    #[test]
    fn flops_of_a_range_are_the_sum_over_its_tokens() {
        let shape = Architecture { parameters: 1000, layers: 3, attention_width: 8 };
        let one_by_one: f64 = (5..12).map(|p| shape.flops(p..p + 1)).sum();
        assert!((shape.flops(5..12) - one_by_one).abs() < 1e-6);
        assert!((shape.flops(0..1) - (2000.0 + 96.0)).abs() < 1e-9);
    }
}
