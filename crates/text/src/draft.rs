//! A trace in the making: takes drawn pieces one by one and says what each of them came to.
//!
//! The one place that decides about steps and ends, so that a rollout cut into pieces and steps drawn one by one
//! cannot differ. Pure: it draws nothing and encodes nothing.

use crate::ending::Ending;
use crate::steps::StepRule;
use crate::trace::{StepEnd, Trace};
use deliberate_lm::{Token, TokenStat};
use deliberate_search::Status;

/// Drawn tokens up to a place where drawing paused.
#[derive(Debug, Clone)]
pub(crate) struct Piece<'a> {
    pub(crate) tokens: &'a [Token],
    pub(crate) text: &'a str,
    /// One for each token, or none.
    pub(crate) stats: &'a [TokenStat],
    pub(crate) end: PieceEnd,
}

/// Why drawing paused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PieceEnd {
    /// At the end of a step, by its rule.
    Step,
    /// At the end of the solution: end of sequence, or a text that no longer belongs to it.
    Solution,
    /// By a limit on length.
    Cut,
}

/// What a piece came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    /// Nothing but white space, which joins the next step.
    Blank,
    /// A step.
    Step,
    /// The end of the solution.
    Complete,
    /// A cut step.
    Truncated,
}

impl Taken {
    pub(crate) fn status(self) -> Status {
        match self {
            Self::Blank | Self::Step => Status::Open,
            Self::Complete => Status::Complete,
            Self::Truncated => Status::Truncated,
        }
    }
}

/// A trace being extended.
#[derive(Debug, Clone)]
pub(crate) struct Draft<'a> {
    pub(crate) base: &'a Trace,
    pub(crate) tokens: Vec<Token>,
    pub(crate) text: String,
    pub(crate) ends: Vec<StepEnd>,
    pub(crate) stats: Vec<TokenStat>,
    rule: &'a StepRule,
    ending: &'a Ending,
}

impl<'a> Draft<'a> {
    pub(crate) fn new(base: &'a Trace, rule: &'a StepRule, ending: &'a Ending) -> Self {
        Self {
            base,
            tokens: base.tokens().to_vec(),
            text: base.text().to_owned(),
            ends: base.ends().to_vec(),
            stats: base.raw_stats().to_vec(),
            rule,
            ending,
        }
    }

    /// Steps finished since the start.
    pub(crate) fn steps(&self) -> u32 {
        (self.ends.len() - self.base.ends().len()) as u32
    }

    /// Tokens past the last finished step.
    pub(crate) fn unfinished(&self) -> usize {
        self.tokens.len() - self.ends.last().map_or(self.base.prompt_tokens(), |end| end.token)
    }

    /// How many bytes of a piece belong to the solution, if it holds the solution's end in the middle.
    pub(crate) fn cut(&self, piece: &Piece<'_>) -> Option<usize> {
        let text = [self.text.as_str(), piece.text].concat();
        let over = piece.end == PieceEnd::Solution;
        let at = self.ending.find(&text, self.step_start(), self.text.len(), over)?;
        Some(at.saturating_sub(self.text.len()))
    }

    /// Adds a piece. Where [`Self::cut`] found the solution's end in it, `kept` says how many of its bytes and of its
    /// tokens are kept.
    pub(crate) fn take(&mut self, piece: &Piece<'_>, kept: Option<(usize, usize)>) -> Taken {
        let (bytes, tokens) = kept.unwrap_or((piece.text.len(), piece.tokens.len()));
        self.text.push_str(&piece.text[..bytes]);
        self.tokens.extend_from_slice(&piece.tokens[..tokens]);
        self.stats.extend(piece.stats.iter().take(tokens));
        let from = self.text.len() - bytes;
        if kept.is_some() || piece.end == PieceEnd::Solution {
            self.finish();
            return Taken::Complete;
        }
        if piece.end == PieceEnd::Cut {
            return Taken::Truncated;
        }
        let text = self.rule.text_end(&self.text, from);
        if self.text[self.step_start()..text].trim().is_empty() {
            return Taken::Blank;
        }
        self.ends.push(StepEnd { token: self.tokens.len(), text });
        Taken::Step
    }

    /// What stands after the last step becomes a step, or, if it is white space or has no token of its own, joins it.
    fn finish(&mut self) {
        let end = StepEnd { token: self.tokens.len(), text: self.text.len() };
        if self.unfinished() > 0 && !self.text[self.step_start()..].trim().is_empty() {
            self.ends.push(end);
        } else if let Some(last) = self.ends.last_mut() {
            *last = end;
        }
    }

    fn step_start(&self) -> usize {
        self.ends.last().map_or(0, |end| end.text)
    }

    pub(crate) fn into_trace(self, taken: Taken) -> Trace {
        Trace::from_draft(self, taken.status())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(rule: &str, pieces: &[(&str, PieceEnd)], expected: &[Taken], steps: &[&str]) {
        let root = Trace::root("q", 1, vec![0]);
        let rule: StepRule = rule.parse().unwrap();
        let ending = Ending { answer_lines: vec!["The answer is".into()], stop: vec!["\nQuestion:".into()] };
        let mut draft = Draft::new(&root, &rule, &ending);
        let mut taken = Vec::new();
        for &(text, end) in pieces {
            let tokens: Vec<Token> = text.chars().map(u32::from).collect();
            let piece = Piece { tokens: &tokens, text, stats: &[], end };
            let kept = draft.cut(&piece).map(|bytes| (bytes, bytes));
            taken.push(draft.take(&piece, kept));
        }
        let trace = draft.into_trace(*taken.last().unwrap());
        assert_eq!(taken, expected, "{pieces:?}");
        assert_eq!(trace.step_texts().collect::<Vec<_>>(), steps, "{pieces:?}");
    }

    #[test]
    fn white_space_never_becomes_a_step() {
        use PieceEnd::{Solution, Step};
        check("newline", &[("\n", Step), ("a\n", Step)], &[Taken::Blank, Taken::Step], &["\na\n"]);
        let all = [("a\n", Step), ("\n", Step), ("b\n", Step)];
        check("newline", &all, &[Taken::Step, Taken::Blank, Taken::Step], &["a\n", "\nb\n"]);
        check("newline", &[("a\n", Step), (" ", Solution)], &[Taken::Step, Taken::Complete], &["a\n "]);
        check("newline", &[("a\n", Step), ("", Solution)], &[Taken::Step, Taken::Complete], &["a\n"]);
        check("newline", &[("", Solution)], &[Taken::Complete], &[]);
    }

    #[test]
    fn a_heading_word_belongs_to_the_step_that_it_opens() {
        use PieceEnd::{Solution, Step};
        let pieces = [("Step 1: a\nStep", Step), (" 2: b\nStep", Step), (" 3: c", Solution)];
        let taken = [Taken::Step, Taken::Step, Taken::Complete];
        check("step", &pieces, &taken, &["Step 1: a\n", "Step 2: b\n", "Step 3: c"]);
        let leading = [("\nStep", Step), (" 1: a\nStep", Step)];
        check("step", &leading, &[Taken::Blank, Taken::Step], &["\nStep 1: a\n"]);
    }

    #[test]
    fn text_past_a_separator_is_text_of_the_next_step_but_no_step_of_its_own() {
        use PieceEnd::{Solution, Step};
        let pieces = [("a\nSo", Step), (" b", Solution)];
        check("newline", &pieces, &[Taken::Step, Taken::Complete], &["a\n", "So b"]);
        let pieces = [("a\nSo", Step), ("", Solution)];
        check("newline", &pieces, &[Taken::Step, Taken::Complete], &["a\nSo"]);
        check("newline", &[("\nSo", Step), (" b\n", Step)], &[Taken::Blank, Taken::Step], &["\nSo b\n"]);
    }

    #[test]
    fn length_ends_no_step_and_no_answer() {
        check("newline", &[("The answer is 4", PieceEnd::Cut)], &[Taken::Truncated], &[]);
        check(
            "newline",
            &[("The answer is 4.\n", PieceEnd::Step)],
            &[Taken::Complete],
            &["The answer is 4.\n"],
        );
    }

    #[test]
    fn what_follows_the_answer_is_not_part_of_it() {
        let piece = ("So 4.\nThe answer is 4.\nQuestion: And 5?\n\n", PieceEnd::Step);
        check("blank-line", &[piece], &[Taken::Complete], &["So 4.\nThe answer is 4."]);
        let pieces = [("So 4.\n", PieceEnd::Step), ("Question: And 5?\n", PieceEnd::Step)];
        check("newline", &pieces, &[Taken::Step, Taken::Complete], &["So 4.\n"]);
    }
}
