//! What drawn tokens spell, where a server tells their text as a whole.

use deliberate_lm::Token;
use std::collections::HashMap;

/// What stands in a text where bytes are a part of a character.
const BROKEN: char = '\u{fffd}';

/// What each token spells on its own, as far as that has been asked for.
#[derive(Debug, Default)]
pub(crate) struct Spelling {
    /// None for a part of a character.
    known: HashMap<Token, Option<Vec<u8>>>,
}

impl Spelling {
    /// Tokens of which nothing is known, each once.
    pub(crate) fn missing<'a>(&self, tokens: impl IntoIterator<Item = &'a Token>) -> Vec<Token> {
        let mut missing: Vec<Token> =
            tokens.into_iter().copied().filter(|token| !self.known.contains_key(token)).collect();
        missing.sort_unstable();
        missing.dedup();
        missing
    }

    /// Takes down what one token spells on its own.
    pub(crate) fn learn(&mut self, token: Token, text: String) {
        self.known.insert(token, (!text.contains(BROKEN)).then(|| text.into_bytes()));
    }

    pub(crate) fn piece(&self, token: Token) -> Option<Vec<u8>> {
        self.known.get(&token)?.clone()
    }

    /// The bytes of each token of a text. Parts of a character are found by what stands around them: the first of them
    /// gets all of its bytes. Some vocabularies leave out the space before a token that stands alone; here it is put back.
    pub(crate) fn pieces(&self, tokens: &[Token], text: &str) -> Vec<Vec<u8>> {
        let text = text.as_bytes();
        let mut pieces = Vec::with_capacity(tokens.len());
        let mut at = 0;
        for (index, &token) in tokens.iter().enumerate() {
            let piece = match self.piece(token) {
                Some(piece) if text[at..].starts_with(b" ") && text[at + 1..].starts_with(&piece) => {
                    if piece.starts_with(b" ") { piece } else { text[at..at + 1 + piece.len()].to_vec() }
                }
                Some(piece) => piece,
                // The rest of a character whose bytes were given away, or up to where the next known token stands.
                None if index > 0 && self.piece(tokens[index - 1]).is_none() => Vec::new(),
                None => text[at..at + self.gap(&tokens[index..], &text[at..])].to_vec(),
            };
            at = (at + piece.len()).min(text.len());
            pieces.push(piece);
        }
        pieces
    }

    /// How many bytes a run of unknown tokens at the beginning spells.
    fn gap(&self, tokens: &[Token], text: &[u8]) -> usize {
        let next = tokens.iter().find_map(|&token| self.piece(token).filter(|piece| !piece.is_empty()));
        let Some(next) = next else { return text.len() };
        let found = text.windows(next.len()).skip(1).position(|window| window == next);
        found.map_or(text.len(), |found| found + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelling(known: &[(Token, &str)]) -> Spelling {
        let mut spelling = Spelling::default();
        for &(token, text) in known {
            spelling.learn(token, text.to_owned());
        }
        spelling
    }

    fn check(spelling: &Spelling, tokens: &[Token], text: &str, expected: &[&str]) {
        let found = spelling.pieces(tokens, text);
        let found: Vec<_> = found.iter().map(|piece| std::str::from_utf8(piece).unwrap()).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn tokens_spell_what_they_spell_alone() {
        let spelling = spelling(&[(1, "So"), (2, " 4"), (3, ".\n")]);
        check(&spelling, &[1, 2, 3], "So 4.\n", &["So", " 4", ".\n"]);
        // What a server cut off behind a stop text is still what was drawn.
        check(&spelling, &[1, 2, 3], "So 4.", &["So", " 4", ".\n"]);
        assert_eq!(spelling.missing(&[1, 9, 2, 9, 8]), [8, 9]);
    }

    #[test]
    fn a_character_of_several_tokens_is_found_between_its_neighbours() {
        let spelling = spelling(&[(1, "So "), (7, "\u{fffd}"), (8, "\u{fffd}\u{fffd}"), (2, "!")]);
        check(&spelling, &[1, 7, 8, 2], "So \u{1f600}!", &["So ", "\u{1f600}", "", "!"]);
        check(&spelling, &[7, 8, 7, 8], "\u{1f600}\u{1f601}", &["\u{1f600}\u{1f601}", "", "", ""]);
        check(&spelling, &[1, 7], "So ", &["So ", ""]);
    }

    #[test]
    fn a_space_that_a_lone_token_lacks_is_put_back() {
        let spelling = spelling(&[(1, "So"), (2, "4"), (3, "")]);
        check(&spelling, &[1, 2], "So 4", &["So", " 4"]);
        check(&spelling, &[3, 1], "So", &["", "So"]);
    }
}
