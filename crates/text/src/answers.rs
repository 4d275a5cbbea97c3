//! Which answers are equal: mathematical equality, never equality of strings.

use crate::Trace;
use deliberate_grade::{Answer, correct, same};
use deliberate_search::{Answers, Status};

/// Compares final answers as mathematics. Each trace's answer is found and read once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TextAnswers;

impl Answers<Trace> for TextAnswers {
    fn given(&self, state: &Trace) -> bool {
        state.parsed_answer().is_some()
    }

    fn same(&self, one: &Trace, other: &Trace) -> bool {
        matches!((one.parsed_answer(), other.parsed_answer()), (Some(one), Some(other)) if same(one, other))
    }

    /// Unfinished ones by their tokens, which are what is continued; finished ones by their text, as nothing continues what
    /// was drawn past their end.
    fn copies(&self, one: &Trace, other: &Trace) -> bool {
        match one.status() {
            Status::Complete => one.text() == other.text(),
            Status::Open | Status::Truncated => one.tokens() == other.tokens(),
        }
    }
}

/// The right answer to a question. Only what evaluates and what trains may have one.
#[derive(Debug, Clone)]
pub struct Gold(Answer);

impl Gold {
    /// Reads it.
    pub fn new(answer: &str) -> Self {
        Self(Answer::parse(answer))
    }

    /// Whether a solution comes to it, by mathematical equality.
    pub fn right(&self, solution: &Trace) -> bool {
        solution.parsed_answer().is_some_and(|answer| correct(&self.0, answer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draft::{Draft, Piece, PieceEnd};
    use crate::{Ending, StepRule};

    fn solved(text: &str) -> Trace {
        let root = Trace::root("q", 1, vec![0]);
        let (rule, ending) = (StepRule::Newline, Ending::default());
        let mut draft = Draft::new(&root, &rule, &ending);
        let taken = draft.take(&Piece { tokens: &[1], text, stats: &[], end: PieceEnd::Solution }, None);
        draft.into_trace(taken)
    }

    #[test]
    fn answers_are_compared_as_mathematics() {
        let half = solved("The answer is 1/2.");
        assert!(TextAnswers.same(&half, &solved("so $\\boxed{0.5}$")));
        assert!(!TextAnswers.same(&half, &solved("The answer is 2.")));
        assert!(!TextAnswers.given(&solved("no idea")));
        assert!(!TextAnswers.given(&solved("")));
        let gold = Gold::new("0.5");
        assert!(gold.right(&half) && !gold.right(&solved("The answer is 2.")) && !gold.right(&solved("")));
    }
}
