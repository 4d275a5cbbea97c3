//! Text to tokens and back.

use super::{Cut, Vocabulary, VocabularyError, letters};
use aho_corasick::{AhoCorasick, MatchKind};
use deliberate_lm::Token;
use std::collections::HashSet;
use tokenizers::models::bpe::{BPE, Vocab};
use tokenizers::{Model, OffsetReferential, OffsetType};

/// A vocabulary made ready to encode: the tokens are those that Hugging Face's `tokenizers` gives.
#[derive(Debug, Clone)]
pub struct Encoder {
    cut: Cut,
    pairs: BPE,
    /// Literals, and with markers.
    literals: Markers,
    markers: Markers,
    /// The bytes of each token.
    pieces: Vec<Vec<u8>>,
}

/// Texts that are tokens as a whole; of several that start at the same place the longest counts.
#[derive(Debug, Clone)]
struct Markers {
    search: AhoCorasick,
    tokens: Vec<Token>,
}

impl Encoder {
    /// # Errors
    /// What [`Vocabulary::check`] finds wrong.
    pub fn new(vocabulary: &Vocabulary) -> Result<Self, VocabularyError> {
        vocabulary.check()?;
        let Vocabulary { cut, tokens, specials, literals, merges, .. } = vocabulary;
        let both: Vec<Token> = specials.iter().chain(literals).copied().collect();
        let marked: HashSet<Token> = both.iter().copied().collect();
        let ids = tokens.iter().cloned().zip(0..);
        let plain: Vocab = ids.filter(|(_, token)| !marked.contains(token)).collect();
        let pairs = BPE::builder()
            .vocab_and_merges(plain, merges.clone())
            .build()
            .expect("merges of tokens into tokens");
        let piece = |(text, token): (&String, Token)| {
            let bytes = if marked.contains(&token) { None } else { letters::bytes(text) };
            bytes.unwrap_or_else(|| text.as_bytes().to_vec())
        };
        Ok(Self {
            cut: *cut,
            pairs,
            literals: Markers::new(tokens, literals.clone()),
            markers: Markers::new(tokens, both),
            pieces: tokens.iter().zip(0..).map(piece).collect(),
        })
    }

    /// The tokens of a text, without a beginning. Markers of special tokens become these where `special` is set, and
    /// are text like any other where not. Bytes that no token spells are left out.
    pub fn encode(&self, text: &str, special: bool) -> Vec<Token> {
        let Markers { search, tokens } = if special { &self.markers } else { &self.literals };
        let mut encoded = Vec::new();
        let mut start = 0;
        for found in search.find_iter(text) {
            self.plain(&text[start..found.start()], &mut encoded);
            encoded.push(tokens[found.pattern().as_usize()]);
            start = found.end();
        }
        self.plain(&text[start..], &mut encoded);
        encoded
    }

    fn plain(&self, text: &str, encoded: &mut Vec<Token>) {
        if text.is_empty() {
            return;
        }
        let words = self.cut.words(text);
        for (word, ..) in words.get_splits(OffsetReferential::Original, OffsetType::None) {
            let tokens = self.pairs.tokenize(word).expect("letters without a token are left out");
            encoded.extend(tokens.into_iter().map(|token| token.id));
        }
    }

    /// The bytes of a token, which may be part of a letter only; the marker's text for a special token, nothing for an
    /// id that is no token.
    pub fn piece(&self, token: Token) -> Vec<u8> {
        self.pieces.get(token as usize).cloned().unwrap_or_default()
    }

    /// The bytes of several tokens, one after the other.
    pub fn decode(&self, tokens: &[Token]) -> Vec<u8> {
        tokens.iter().filter_map(|&token| self.pieces.get(token as usize)).flatten().copied().collect()
    }
}

impl Markers {
    fn new(texts: &[String], tokens: Vec<Token>) -> Self {
        let search = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(tokens.iter().map(|&token| &texts[token as usize]))
            .expect("fewer texts than it has room for");
        Self { search, tokens }
    }
}
