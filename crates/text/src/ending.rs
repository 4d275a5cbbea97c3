//! Where a solution ends, besides the model's own end of sequence.
//!
//! A base model that was shown examples goes on to invent the next question. An [`Ending`] says which line gives the
//! answer and which texts open something that is no longer the solution.

use crate::steps::floor;
use serde::{Deserialize, Serialize};

/// What ends a solution. Empty: only the model's end of sequence does.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Ending {
    /// A line that holds one of these, with something after it, is the solution's last: `The answer is`.
    pub answer_lines: Vec<String>,
    /// Texts that open what no longer belongs to the solution, with the newline before them: `\nQuestion:`. Cut off.
    pub stop: Vec<String>,
}

impl Ending {
    /// From where on [`Self::find`] reads the text before a piece: no further back than a line or the longest stop text, so
    /// that looking at every step of a long solution takes no longer than its length. `None` if there is nothing to find.
    pub(crate) fn reach(&self, text: &str, step: usize) -> Option<usize> {
        let longest = self.stop.iter().map(String::len).max().unwrap_or(0);
        if longest == 0 && self.answer_lines.is_empty() {
            return None;
        }
        let line = text[..step].rfind('\n').map_or(0, |at| at + 1);
        Some(line.min(floor(text, (text.len() + 1).saturating_sub(longest.max(1)))))
    }

    /// The offset at which the solution ends, looking at no more than the pieces of text that are new.
    ///
    /// `step` is where the step in progress began, `piece` where the newest text began; `over` tells that nothing
    /// follows the text (end of sequence), so that a last line without a newline is whole.
    pub(crate) fn find(&self, text: &str, step: usize, piece: usize, over: bool) -> Option<usize> {
        let stopped = self.stop.iter().filter(|stop| !stop.is_empty()).filter_map(|stop| {
            let from = floor(text, (piece + 1).saturating_sub(stop.len()));
            text[from..].find(stop.as_str()).map(|at| (from + at).max(step))
        });
        stopped.chain(self.answer_line(text, step, over)).min()
    }

    /// Where the first line that gives an answer ends, newline included.
    fn answer_line(&self, text: &str, step: usize, over: bool) -> Option<usize> {
        let mut start = text[..step].rfind('\n').map_or(0, |at| at + 1);
        for line in text[start..].split_inclusive('\n') {
            start += line.len();
            if (line.ends_with('\n') || over) && self.gives_answer(line) {
                return Some(start);
            }
        }
        None
    }

    fn gives_answer(&self, line: &str) -> bool {
        self.answer_lines.iter().filter(|mark| !mark.is_empty()).any(|mark| {
            line.split_once(mark.as_str()).is_some_and(|(_, rest)| rest.chars().any(char::is_alphanumeric))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, step: usize, piece: usize, over: bool, expected: Option<&str>) {
        let ending = Ending {
            answer_lines: vec!["The answer is".to_owned()],
            stop: vec!["\nQuestion:".to_owned(), "\n###".to_owned()],
        };
        let found = ending.find(text, step, piece, over).map(|at| &text[..at]);
        assert_eq!(found, expected, "{text:?}");
    }

    #[test]
    fn an_answer_line_ends_the_solution_when_it_is_whole() {
        check("2 + 2 = 4\nThe answer is 4.\n", 10, 10, false, Some("2 + 2 = 4\nThe answer is 4.\n"));
        check("The answer is 4.\nNow more", 0, 0, false, Some("The answer is 4.\n"));
        check("The answer is 4", 0, 0, false, None);
        check("The answer is 4", 0, 0, true, Some("The answer is 4"));
        check("The answer is:\n4\n", 0, 0, false, None);
        check("So 4.\n", 0, 0, true, None);
    }

    #[test]
    fn a_stop_text_is_cut_off_wherever_steps_and_pieces_begin() {
        check("a\nb\nQuestion:", 2, 2, false, Some("a\nb"));
        check("a\nQuestion: x\n", 2, 2, false, Some("a\n"));
        check("a\n\nQuestion: x\n", 2, 3, false, Some("a\n"));
        check("Question: x\n", 0, 0, false, None);
        check("é\nQuestion:", 0, 3, true, Some("é"));
    }

    #[test]
    fn no_more_than_a_line_is_read_again() {
        let ending = Ending { answer_lines: vec!["The answer is".into()], stop: vec!["\n\n\nStop".into()] };
        let text = "é\n".repeat(1000);
        assert_eq!(ending.reach(&text, text.len()), Some(text.len() - 6));
        assert_eq!(ending.reach("first\nsecond", 8), Some(6));
        assert_eq!(ending.reach("", 0), Some(0));
        assert_eq!(Ending::default().reach(&text, 0), None);
    }

    #[test]
    fn the_earlier_end_counts() {
        check("x\n### The answer is 3\n", 0, 0, false, Some("x"));
        check("The answer is 3\n### y", 0, 0, false, Some("The answer is 3"));
    }
}
