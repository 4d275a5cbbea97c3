//! Brackets turned outwards, as French writes open ends: `]0,1[` is `(0,1)`.

use crate::token::{Bracket, Token};

/// Rewrites intervals with brackets turned outwards, if there are any and every square bracket is part of one
/// interval. Anything else stays as it is.
pub(crate) fn standard(tokens: &mut [Token]) {
    let square =
        |token: &Token| matches!(token, Token::Open(Bracket::Square) | Token::Close(Bracket::Square));
    if !tokens.iter().any(square) {
        return;
    }
    let at: Vec<usize> = (0..tokens.len()).filter(|at| square(&tokens[*at])).collect();
    let turned = |pair: &[usize]| {
        tokens[pair[0]] == Token::Close(Bracket::Square) || tokens[pair[1]] == Token::Open(Bracket::Square)
    };
    let interval = |pair: &[usize]| {
        let inside = &tokens[pair[0] + 1..pair[1]];
        let separators =
            inside.iter().filter(|token| matches!(token, Token::Comma | Token::Semicolon)).count();
        separators == 1
            && !matches!(
                inside,
                [Token::Comma | Token::Semicolon, ..] | [.., Token::Comma | Token::Semicolon]
            )
    };
    // No bracket of another kind is open at either end: `(0,1] \cup (1,2]` has nothing to turn.
    let balanced = |part: &[Token]| {
        let count = |kind: fn(&Token) -> bool| part.iter().filter(|token| kind(token)).count();
        count(|token| matches!(token, Token::Open(_))) == count(|token| matches!(token, Token::Close(_)))
    };
    let pairs = || at.chunks(2);
    if at.len() % 2 == 1 || !pairs().all(interval) || !pairs().any(turned) {
        return;
    }
    let gaps =
        std::iter::once(0).chain(at.iter().map(|at| at + 1)).zip(at.iter().copied().chain([tokens.len()]));
    if !gaps.into_iter().all(|(from, to)| balanced(&tokens[from..to])) {
        return;
    }
    for pair in at.chunks(2) {
        let closed = (
            tokens[pair[0]] == Token::Open(Bracket::Square),
            tokens[pair[1]] == Token::Close(Bracket::Square),
        );
        let kind = |closed: bool| if closed { Bracket::Square } else { Bracket::Round };
        tokens[pair[0]] = Token::Open(kind(closed.0));
        tokens[pair[1]] = Token::Close(kind(closed.1));
    }
}

#[cfg(test)]
mod tests {
    use crate::equal;

    #[test]
    fn brackets_turned_outwards_are_open_ends() {
        assert!(equal("(0,1)", "]0,1["));
        assert!(equal("[0,1)", "[0;1["));
        assert!(equal("(0,1]", "]0,1]"));
        assert!(equal(r"(-\infty,0) \cup (1,2]", r"]-\infty;0[ \cup ]1;2]"));
        assert!(equal("(1,100)", "]1,100["));
        assert!(equal(r"(1,2] \cup (0,\frac13]", r"(0,\frac13] \cup (1,2]"));
        assert!(!equal("[0,1]", "]0,1["));
        assert!(!equal("(0,1)", "]0,2["));
        assert!(!equal("(0,1)", "]0,1"));
    }
}
