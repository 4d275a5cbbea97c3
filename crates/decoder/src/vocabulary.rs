//! A vocabulary of byte pairs, as data.

mod cut;
mod encoder;
mod letters;
mod train;

pub use cut::Cut;
pub use encoder::Encoder;

use deliberate_lm::Token;
use std::collections::{HashMap, HashSet};

/// Tokens, and how text is joined into them.
///
/// A token's text spells bytes in GPT-2's letters, one for each byte: `Ġ` is a space and `Ċ` a line break. Special and
/// literal tokens read as they are. A vocabulary need not have a token for every byte; bytes without one are left out
/// of what is encoded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Vocabulary {
    /// How text is cut before pairs are joined.
    pub cut: Cut,
    /// The text of each token.
    pub tokens: Vec<String>,
    /// Pairs of tokens that become one, the most urgent first.
    pub merges: Vec<(String, String)>,
    /// Markers, which only trusted text is searched for. In ascending order.
    pub specials: Vec<Token>,
    /// Tokens that any text is searched for before it is cut. In ascending order.
    pub literals: Vec<Token>,
    /// What every text starts with, where the model expects it.
    pub beginning: Option<Token>,
    /// The tokens that end an answer, the usual one first. At least one.
    pub endings: Vec<Token>,
    /// How a conversation becomes text, in Jinja.
    pub chat_template: Option<String>,
}

/// Most special and literal tokens: far above any vocabulary.
const MARKED: usize = 1 << 16;

/// Why a vocabulary makes no sense, or cannot be trained.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VocabularyError {
    /// Too few tokens for the bytes and the end marker.
    #[error("a vocabulary of {size} tokens is too small, at least {least} are needed")]
    TooSmall {
        /// The size asked for.
        size: u32,
        /// The smallest size.
        least: u32,
    },
    /// A token without text.
    #[error("token {token} has no text")]
    Empty {
        /// The token.
        token: usize,
    },
    /// Two tokens of the same text.
    #[error("tokens {first} and {second} are both `{text}`")]
    Duplicate {
        /// The lower id.
        first: usize,
        /// The higher id.
        second: usize,
        /// Their text.
        text: String,
    },
    /// A token whose text is not spelt in the letters of bytes.
    #[error("token {token} reads `{text}`, which does not spell bytes")]
    Letters {
        /// The token.
        token: usize,
        /// Its text.
        text: String,
    },
    /// A merge of, or into, something that is no token.
    #[error("merge {index} joins `{left}` and `{right}`, which are not tokens with a common one")]
    Merge {
        /// Its place.
        index: usize,
        /// The first part.
        left: String,
        /// The second part.
        right: String,
    },
    /// An id above the last token.
    #[error("token {token} of the {list} is not one of {size}")]
    Id {
        /// Where it is named.
        list: &'static str,
        /// The id.
        token: Token,
        /// Tokens there are.
        size: usize,
    },
    /// More special and literal tokens than a search for them has room for.
    #[error("{count} tokens are special or literal, at most {most} are supported")]
    Marked {
        /// How many there are.
        count: usize,
        /// How many there may be.
        most: usize,
    },
    /// No token that ends an answer.
    #[error("no token ends an answer")]
    NoEnding,
}

impl Vocabulary {
    /// The marker of the end of an answer in trained vocabularies, token 0.
    pub const END: &str = "<|end|>";

    /// Checks that the parts fit together.
    ///
    /// # Errors
    /// The first thing found wrong.
    pub fn check(&self) -> Result<(), VocabularyError> {
        self.check_ids()?;
        let mut ids = HashMap::with_capacity(self.tokens.len());
        for (token, text) in self.tokens.iter().enumerate() {
            if text.is_empty() {
                return Err(VocabularyError::Empty { token });
            }
            if let Some(first) = ids.insert(text.as_str(), token) {
                return Err(VocabularyError::Duplicate { first, second: token, text: text.clone() });
            }
        }
        let marked: HashSet<Token> = self.specials.iter().chain(&self.literals).copied().collect();
        let mut plain = HashSet::with_capacity(self.tokens.len());
        for (token, text) in self.tokens.iter().enumerate() {
            if marked.contains(&(token as Token)) {
                continue;
            }
            if letters::bytes(text).is_none() {
                return Err(VocabularyError::Letters { token, text: text.clone() });
            }
            plain.insert(text.as_str());
        }
        for (index, (left, right)) in self.merges.iter().enumerate() {
            let joined = [left.as_str(), right].concat();
            if ![left, right, &joined].iter().all(|text| plain.contains(text.as_str())) {
                let (left, right) = (left.clone(), right.clone());
                return Err(VocabularyError::Merge { index, left, right });
            }
        }
        Ok(())
    }

    fn check_ids(&self) -> Result<(), VocabularyError> {
        let beginning = self.beginning.as_slice();
        let lists = [
            ("specials", self.specials.as_slice()),
            ("literals", &self.literals),
            ("beginning", beginning),
            ("endings", &self.endings),
        ];
        let size = self.tokens.len();
        for (list, tokens) in lists {
            if let Some(&token) = tokens.iter().find(|&&token| token as usize >= size) {
                return Err(VocabularyError::Id { list, token, size });
            }
        }
        let count = self.specials.len() + self.literals.len();
        if count > MARKED {
            return Err(VocabularyError::Marked { count, most: MARKED });
        }
        if self.endings.is_empty() { Err(VocabularyError::NoEnding) } else { Ok(()) }
    }
}
