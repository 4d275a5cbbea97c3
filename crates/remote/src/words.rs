//! Numbers for words, where a server has no token ids to tell.

use deliberate_lm::Token;
use std::collections::HashMap;

/// Words by their numbers. A word has the same number in every process, unless it met another one's.
#[derive(Debug, Default)]
pub(crate) struct Words(HashMap<Token, Vec<u8>>);

impl Words {
    /// The number of a word.
    pub(crate) fn token(&mut self, word: &[u8]) -> Token {
        let hashed = word
            .iter()
            .fold(0x811c_9dc5_u32, |hash, &byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
        let mut token = hashed % Token::MAX;
        // Whoever meets another word's number takes the next.
        while self.0.get(&token).is_some_and(|known| known != word) {
            token = (token + 1) % Token::MAX;
        }
        self.0.entry(token).or_insert_with(|| word.to_vec());
        token
    }

    /// The numbers of a text's words, each with the space before it.
    pub(crate) fn tokens(&mut self, text: &str) -> Vec<Token> {
        let mut tokens = Vec::new();
        let mut start = 0;
        let mut spaced = true;
        for (at, character) in text.char_indices() {
            let space = character.is_whitespace();
            if space && !spaced {
                tokens.push(self.token(&text.as_bytes()[start..at]));
                start = at;
            }
            spaced = space;
        }
        if start < text.len() {
            tokens.push(self.token(&text.as_bytes()[start..]));
        }
        tokens
    }

    /// What a number stands for, if it was given here.
    pub(crate) fn word(&self, token: Token) -> Option<&[u8]> {
        self.0.get(&token).map(Vec::as_slice)
    }

    /// The text of numbers; none if one of them is not known.
    pub(crate) fn text(&self, tokens: &[Token]) -> Option<String> {
        let words: Option<Vec<&[u8]>> = tokens.iter().map(|&token| self.word(token)).collect();
        String::from_utf8(words?.concat()).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_comes_back_from_its_numbers() {
        let mut words = Words::default();
        for text in ["", "one", " two  three\n\nfour ", "\n", "naïve 数学 🙂"] {
            let tokens = words.tokens(text);
            assert_eq!(words.text(&tokens).unwrap(), text);
        }
        assert_eq!(words.tokens(" Yes").len(), 1);
        assert_eq!(words.text(&[7]), None);
    }
}
