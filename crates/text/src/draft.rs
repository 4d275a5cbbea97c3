//! A trace in the making: takes drawn pieces one by one and says what each of them came to.
//!
//! The one place that decides about steps and ends, so that a rollout cut into pieces and steps drawn one by one
//! cannot differ. Pure: it draws nothing and encodes nothing.

use crate::ending::Ending;
use crate::steps::StepRule;
use crate::trace::{StepEnd, Trace};
use deliberate_lm::{Token, TokenStat};
use deliberate_search::Status;
use std::sync::Arc;

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
    /// No step yet: white space, or too few lines. The next piece goes on from there.
    Within,
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
            Self::Within | Self::Step => Status::Open,
            Self::Complete => Status::Complete,
            Self::Truncated => Status::Truncated,
        }
    }
}

/// A trace being extended.
#[derive(Debug, Clone)]
pub(crate) struct Draft<'a> {
    pub(crate) base: &'a Trace,
    /// Tokens past those of the base, which are never copied before the trace is made.
    drawn: Vec<Token>,
    /// The whole solution, as are its steps and statistics.
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
            drawn: Vec::new(),
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

    /// All tokens, those of the base included: its own while nothing was drawn.
    pub(crate) fn tokens(&self) -> Arc<[Token]> {
        if self.drawn.is_empty() {
            return Arc::clone(self.base.tokens());
        }
        self.base.tokens().iter().chain(&self.drawn).copied().collect()
    }

    fn length(&self) -> usize {
        self.base.tokens().len() + self.drawn.len()
    }

    /// Tokens past the last finished step.
    pub(crate) fn unfinished(&self) -> usize {
        self.length() - self.ends.last().map_or(self.base.prompt_tokens(), |end| end.token)
    }

    /// How many bytes of a piece belong to the solution, if it holds the solution's end in the middle.
    pub(crate) fn cut(&self, piece: &Piece<'_>) -> Option<usize> {
        let (step, known) = (self.step_start(), self.text.len());
        let from = self.ending.reach(&self.text, step)?;
        let text = [&self.text[from..], piece.text].concat();
        let over = piece.end == PieceEnd::Solution;
        let at = self.ending.find(&text, step - from, known - from, over)?;
        Some((from + at).saturating_sub(known))
    }

    /// Adds a piece. Where [`Self::cut`] found the solution's end in it, `kept` says how many of its bytes and of its
    /// tokens are kept.
    pub(crate) fn take(&mut self, piece: &Piece<'_>, kept: Option<(usize, usize)>) -> Taken {
        let (bytes, tokens) = kept.unwrap_or((piece.text.len(), piece.tokens.len()));
        self.text.push_str(&piece.text[..bytes]);
        self.drawn.extend_from_slice(&piece.tokens[..tokens]);
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
        if !self.rule.whole(&self.text[self.step_start()..text]) {
            return Taken::Within;
        }
        self.ends.push(StepEnd { token: self.length(), text });
        Taken::Step
    }

    /// What stands after the last step becomes a step, or, if it is white space or has no token of its own, joins it.
    fn finish(&mut self) {
        let end = StepEnd { token: self.length(), text: self.text.len() };
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
        check("newline", &[("\n", Step), ("a\n", Step)], &[Taken::Within, Taken::Step], &["\na\n"]);
        let all = [("a\n", Step), ("\n", Step), ("b\n", Step)];
        check("newline", &all, &[Taken::Step, Taken::Within, Taken::Step], &["a\n", "\nb\n"]);
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
        check("step", &leading, &[Taken::Within, Taken::Step], &["\nStep 1: a\n"]);
    }

    #[test]
    fn text_past_a_separator_is_text_of_the_next_step_but_no_step_of_its_own() {
        use PieceEnd::{Solution, Step};
        let pieces = [("a\nSo", Step), (" b", Solution)];
        check("newline", &pieces, &[Taken::Step, Taken::Complete], &["a\n", "So b"]);
        let pieces = [("a\nSo", Step), ("", Solution)];
        check("newline", &pieces, &[Taken::Step, Taken::Complete], &["a\nSo"]);
        check("newline", &[("\nSo", Step), (" b\n", Step)], &[Taken::Within, Taken::Step], &["\nSo b\n"]);
    }

    #[test]
    fn tokens_of_the_base_are_shared_until_something_is_drawn() {
        let root = Trace::root("q", 1, vec![0; 1000]);
        let (rule, ending) = (StepRule::Newline, Ending::default());
        let mut draft = Draft::new(&root, &rule, &ending);
        assert!(Arc::ptr_eq(&draft.clone().tokens(), root.tokens()));
        assert!(Arc::ptr_eq(draft.clone().into_trace(Taken::Truncated).tokens(), root.tokens()));
        draft.take(&Piece { tokens: &[7], text: "a\n", stats: &[], end: PieceEnd::Step }, None);
        assert_eq!((draft.tokens().len(), draft.tokens()[1000], draft.unfinished()), (1001, 7, 0));
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
