//! Letters of multiple choice: `C`, `(C)`, `(C) 12`, `C: the third`, `C. the third`.

use crate::token::{Bracket, Token};

/// A letter from A to J, and whether it stands alone or before the words of its choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Choice {
    pub(crate) letter: char,
    pub(crate) alone: bool,
}

/// The choice that an answer names, given its tokens and its text.
pub(crate) fn of(tokens: &[Token], text: &str) -> Option<Choice> {
    let (name, rest, marked) = match tokens {
        [Token::Open(Bracket::Round), Token::Symbol(name), Token::Close(Bracket::Round), rest @ ..]
        | [Token::Symbol(name), Token::Close(Bracket::Round) | Token::Colon, rest @ ..] => (name, rest, true),
        // The stop of `C. the third` is no token.
        [Token::Symbol(name), rest @ ..] => (name, rest, text.as_bytes().get(1) == Some(&b'.')),
        _ => return None,
    };
    let letter = name.chars().next().filter(|letter| name.len() == 1 && ('A'..='J').contains(letter))?;
    if rest.is_empty() {
        return Some(Choice { letter, alone: true });
    }
    // What goes on as mathematics, as in `(B) - 3` or `A:B`, may be just that.
    let describes = matches!(
        rest[0],
        Token::Number(_) | Token::Word(_) | Token::Currency | Token::Fraction | Token::Root | Token::Pi
    );
    (marked && describes).then_some(Choice { letter, alone: false })
}

#[cfg(test)]
mod tests {
    use crate::equal;

    #[test]
    fn a_letter_is_a_choice_with_or_without_its_words() {
        for prediction in
            ["(B) 12", r"\textbf{(B) } 12", "B: the second one", "B) 12", "B. the second one", "**B**", "(B)"]
        {
            assert!(equal("B", prediction), "{prediction}");
            assert!(equal(r"\text{(B)}", prediction), "{prediction}");
            assert!(!equal("C", prediction), "{prediction}");
        }
        assert!(!equal("(B) 12", "(B) 13"));
        assert!(!equal("B", "B + 1"));
        assert!(!equal("B", "(B) - 3"));
        assert!(!equal("A", "A:B"));
        assert!(!equal("A", "A C"));
        assert!(!equal("B", "B^2"));
    }
}
