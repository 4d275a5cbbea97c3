//! Cuts a rollout into the pieces that drawing step by step would have paused at.

use crate::draft::PieceEnd;
use crate::steps::StepRule;

/// A run of a rollout's tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cut {
    /// How many tokens.
    pub(crate) tokens: usize,
    /// Their text (invalid UTF-8 replaced).
    pub(crate) text: String,
    pub(crate) end: PieceEnd,
}

/// Cuts tokens, given the bytes of each, at the steps of a rule. `end` says how the rollout itself ended; the last cut
/// has that end, and may be empty.
pub(crate) fn split(pieces: &[Vec<u8>], rule: &StepRule, end: PieceEnd) -> Vec<Cut> {
    let separators = rule.separators();
    let mut cuts = Vec::new();
    let (mut bytes, mut tokens) = (Vec::new(), 0);
    for piece in pieces {
        let before = bytes.len();
        bytes.extend_from_slice(piece);
        tokens += 1;
        let separated = separators.iter().any(|separator| {
            let from = (before + 1).saturating_sub(separator.len());
            bytes[from..].windows(separator.len()).any(|window| window == separator.as_bytes())
        });
        if separated || rule.token_budget() == Some(tokens as u32) {
            cuts.push(Cut { tokens, text: lossy(&bytes), end: PieceEnd::Step });
            bytes.clear();
            tokens = 0;
        }
    }
    // A rollout that was cut just where a step ends is cut before its next step, so the empty cut is kept.
    cuts.push(Cut { tokens, text: lossy(&bytes), end });
    cuts
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(rule: &str, pieces: &[&str], expected: &[&str]) {
        let pieces: Vec<Vec<u8>> = pieces.iter().map(|piece| piece.as_bytes().to_vec()).collect();
        let cuts = split(&pieces, &rule.parse().unwrap(), PieceEnd::Solution);
        assert_eq!(cuts.iter().map(|cut| cut.text.as_str()).collect::<Vec<_>>(), expected);
        assert_eq!(cuts.iter().map(|cut| cut.tokens).sum::<usize>(), pieces.len());
    }

    #[test]
    fn a_step_ends_with_the_token_that_completes_its_separator() {
        check("newline", &["a", "\n", "b\nc", "\n\n", "d"], &["a\n", "b\nc", "\n\n", "d"]);
        check("blank-line", &["a\n", "\n", "b\n", "c\n\nd", "e"], &["a\n\n", "b\nc\n\nd", "e"]);
        check("heading:Step", &["Step 1\n", "St", "ep", " 2"], &["Step 1\nStep", " 2"]);
        check("tokens:2", &["a", "b", "c"], &["ab", "c"]);
        check("tokens:2", &["a", "b"], &["ab", ""]);
        check("newline", &[], &[""]);
    }

    #[test]
    fn separators_do_not_reach_over_a_step_end() {
        check("blank-line", &["\n\n", "\n", "a\n", "\n"], &["\n\n", "\na\n\n", ""]);
    }
}
