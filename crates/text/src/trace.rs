//! The state of reasoning in words: a prompt, and the steps of a solution as ranges of one token sequence.
//!
//! A trace is immutable and cheap to clone. It is never re-tokenised: what continues it continues these very tokens.
//! The text is kept beside the tokens for people, for judges and for verifiers with another vocabulary.

use crate::compact::{pack, pack_stats, unpack, unpack_stats};
use crate::draft::Draft;
use deliberate_grade::{Answer, extract};
use deliberate_lm::{Token, TokenStat};
use deliberate_search::{State, Status};
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::sync::{Arc, OnceLock};

/// A prompt and the solution so far.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Trace(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    question: Arc<str>,
    question_tokens: u32,
    /// Prompt and solution.
    tokens: Arc<[Token]>,
    /// Tokens of the prompt.
    prompt: usize,
    /// The solution.
    text: String,
    ends: Vec<StepEnd>,
    /// One for each token of the solution, or fewer where a backend could not tell.
    stats: Vec<TokenStat>,
    status: Status,
    answer: OnceLock<Option<Found>>,
}

/// Where a step ends: offsets into the tokens of prompt and solution, and into the text of the solution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StepEnd {
    pub(crate) token: usize,
    pub(crate) text: usize,
}

#[derive(Debug)]
struct Found {
    written: String,
    read: Answer,
}

impl Trace {
    /// A prompt with nothing drawn yet. `question_tokens` is the size of the question alone, which bounds prompts
    /// that show it again.
    pub fn root(
        question: impl Into<Arc<str>>,
        question_tokens: u32,
        prompt: impl Into<Arc<[Token]>>,
    ) -> Self {
        let tokens = prompt.into();
        Self(Arc::new(Parts {
            question: question.into(),
            question_tokens,
            prompt: tokens.len(),
            tokens,
            text: String::new(),
            ends: Vec::new(),
            stats: Vec::new(),
            status: Status::Open,
            answer: OnceLock::new(),
        }))
    }

    /// What a draft came to.
    pub(crate) fn from_draft(draft: Draft<'_>, status: Status) -> Self {
        let tokens = draft.tokens();
        let Draft { base, text, ends, stats, .. } = draft;
        Self(Arc::new(Parts {
            question: Arc::clone(&base.0.question),
            question_tokens: base.0.question_tokens,
            prompt: base.0.prompt,
            tokens,
            text,
            ends,
            stats,
            status,
            answer: OnceLock::new(),
        }))
    }

    /// The same question with another prompt, and nothing drawn.
    pub(crate) fn reopened(&self, prompt: Vec<Token>) -> Self {
        Self::root(Arc::clone(&self.0.question), self.0.question_tokens, prompt)
    }

    /// The beginning of the solution: its first steps, open to be continued in another way.
    ///
    /// # Panics
    /// If there are not so many steps.
    #[must_use]
    pub fn prefix(&self, steps: usize) -> Self {
        let (tokens, text) = steps
            .checked_sub(1)
            .map_or((self.0.prompt, 0), |last| (self.0.ends[last].token, self.0.ends[last].text));
        let stats = self.0.stats.len().min(tokens - self.0.prompt);
        Self(Arc::new(Parts {
            question: Arc::clone(&self.0.question),
            question_tokens: self.0.question_tokens,
            tokens: self.0.tokens[..tokens].into(),
            prompt: self.0.prompt,
            text: self.0.text[..text].to_owned(),
            ends: self.0.ends[..steps].to_vec(),
            stats: self.0.stats[..stats].to_vec(),
            status: Status::Open,
            answer: OnceLock::new(),
        }))
    }

    /// The same trace, at its end by a limit.
    pub(crate) fn truncated(&self) -> Self {
        let ending = crate::Ending::default();
        Self::from_draft(Draft::new(self, &crate::StepRule::Newline, &ending), Status::Truncated)
    }

    /// What was asked.
    pub fn question(&self) -> &str {
        &self.0.question
    }

    /// Size of the question in tokens of the proposer.
    pub fn question_tokens(&self) -> u32 {
        self.0.question_tokens
    }

    /// All tokens: the prompt, then the solution. The text that they spell is what a continuation continues.
    pub fn tokens(&self) -> &Arc<[Token]> {
        &self.0.tokens
    }

    /// Tokens of the prompt.
    pub fn prompt_tokens(&self) -> usize {
        self.0.prompt
    }

    /// Tokens of the solution, those of an unfinished last step included.
    pub fn solution_tokens(&self) -> usize {
        self.0.tokens.len() - self.0.prompt
    }

    /// The solution as text, an unfinished last step included.
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// Number of finished steps.
    pub fn step_count(&self) -> usize {
        self.0.ends.len()
    }

    /// Where a step's tokens stand in [`Self::tokens`].
    ///
    /// # Panics
    /// If there is no such step.
    pub fn step_range(&self, step: usize) -> Range<usize> {
        let start = step.checked_sub(1).map_or(self.0.prompt, |before| self.0.ends[before].token);
        start..self.0.ends[step].token
    }

    /// A step as text, its separator included.
    ///
    /// # Panics
    /// If there is no such step.
    pub fn step_text(&self, step: usize) -> &str {
        let start = step.checked_sub(1).map_or(0, |before| self.0.ends[before].text);
        &self.0.text[start..self.0.ends[step].text]
    }

    /// All finished steps as text.
    pub fn step_texts(&self) -> impl ExactSizeIterator<Item = &str> {
        (0..self.step_count()).map(|step| self.step_text(step))
    }

    /// What was written of a step that was not finished, as it stood when the draw was cut.
    pub fn unfinished_text(&self) -> &str {
        &self.0.text[self.0.ends.last().map_or(0, |end| end.text)..]
    }

    /// What the proposer thought of each token of the solution; `None` where a backend could not tell.
    pub fn stats(&self) -> Option<&[TokenStat]> {
        (self.0.stats.len() == self.solution_tokens()).then_some(&self.0.stats)
    }

    /// Whether the solution can go on.
    pub fn status(&self) -> Status {
        self.0.status
    }

    /// The final answer as the model wrote it; `None` unless the solution is complete and gives one.
    pub fn answer(&self) -> Option<&str> {
        self.found().map(|found| found.written.as_str())
    }

    /// The final answer as mathematics, read once however often it is compared.
    pub fn parsed_answer(&self) -> Option<&Answer> {
        self.found().map(|found| &found.read)
    }

    fn found(&self) -> Option<&Found> {
        let find = || {
            let found = (self.0.status == Status::Complete).then(|| extract(&self.0.text)).flatten()?;
            let read = Answer::parse(&found.text);
            (!read.is_empty()).then(|| Found { written: found.text.into_owned(), read })
        };
        self.0.answer.get_or_init(find).as_ref()
    }

    pub(crate) fn ends(&self) -> &[StepEnd] {
        &self.0.ends
    }

    pub(crate) fn raw_stats(&self) -> &[TokenStat] {
        &self.0.stats
    }
}

impl PartialEq for Trace {
    fn eq(&self, other: &Self) -> bool {
        let (a, b) = (&*self.0, &*other.0);
        Arc::ptr_eq(&self.0, &other.0)
            || (a.tokens == b.tokens
                && a.prompt == b.prompt
                && a.question == b.question
                && a.question_tokens == b.question_tokens
                && a.text == b.text
                && a.ends == b.ends
                && a.stats == b.stats
                && a.status == b.status)
    }
}

impl State for Trace {
    fn steps(&self) -> u32 {
        self.0.ends.len() as u32
    }

    fn units(&self) -> u64 {
        self.0.tokens.len() as u64
    }
}

/// A trace in a journal.
#[derive(Serialize, Deserialize)]
struct Written {
    question: Arc<str>,
    question_tokens: u32,
    prompt: usize,
    tokens: String,
    text: String,
    /// Tokens, then bytes, of each step.
    steps: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    stats: String,
    status: Status,
}

impl From<Trace> for Written {
    fn from(trace: Trace) -> Self {
        let parts = &*trace.0;
        let mut before = StepEnd { token: parts.prompt, text: 0 };
        let steps = parts.ends.iter().flat_map(|&end| {
            let lengths = [(end.token - before.token) as u32, (end.text - before.text) as u32];
            before = end;
            lengths
        });
        Self {
            question: Arc::clone(&parts.question),
            question_tokens: parts.question_tokens,
            prompt: parts.prompt,
            tokens: pack(parts.tokens.iter().copied()),
            text: parts.text.clone(),
            steps: pack(steps),
            stats: pack_stats(&parts.stats),
            status: parts.status,
        }
    }
}

/// A written trace that contradicts itself.
#[derive(Debug, thiserror::Error)]
#[error("the {part} of a stored trace are broken (was the journal edited?)")]
struct BrokenTrace {
    part: &'static str,
}

impl TryFrom<Written> for Trace {
    type Error = BrokenTrace;

    fn try_from(written: Written) -> Result<Self, BrokenTrace> {
        let broken = |part| move || BrokenTrace { part };
        let tokens: Arc<[Token]> = unpack(&written.tokens).ok_or_else(broken("tokens"))?.into();
        let stats = unpack_stats(&written.stats).ok_or_else(broken("statistics"))?;
        let solution = tokens.len().checked_sub(written.prompt).ok_or_else(broken("tokens"))?;
        if stats.len() > solution {
            return Err(broken("statistics")());
        }
        let lengths = unpack(&written.steps).ok_or_else(broken("steps"))?;
        let (pairs, rest) = lengths.as_chunks::<2>();
        let mut end = StepEnd { token: written.prompt, text: 0 };
        let ends: Vec<StepEnd> = pairs
            .iter()
            .map(|&[token, text]| {
                end = StepEnd { token: end.token + token as usize, text: end.text + text as usize };
                end
            })
            .collect();
        let fits =
            end.token <= tokens.len() && ends.iter().all(|end| written.text.is_char_boundary(end.text));
        if !fits || !rest.is_empty() {
            return Err(broken("steps")());
        }
        Ok(Self(Arc::new(Parts {
            question: written.question,
            question_tokens: written.question_tokens,
            tokens,
            prompt: written.prompt,
            text: written.text,
            ends,
            stats,
            status: written.status,
            answer: OnceLock::new(),
        })))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored() -> serde_json::Value {
        let written = Written {
            question: "2 + 2?".into(),
            question_tokens: 4,
            prompt: 3,
            tokens: pack([1, 2, 300, 7, 8, 9].into_iter()),
            text: "é = 4\nThe answer is 4.".to_owned(),
            steps: pack([2, 7, 1, 16].into_iter()),
            stats: String::new(),
            status: Status::Complete,
        };
        serde_json::to_value(written).unwrap()
    }

    #[test]
    fn a_trace_survives_the_journal() {
        let trace: Trace = serde_json::from_value(stored()).unwrap();
        assert_eq!((trace.steps(), trace.units(), trace.solution_tokens()), (2, 6, 3));
        assert_eq!(trace.step_texts().collect::<Vec<_>>(), ["é = 4\n", "The answer is 4."]);
        assert_eq!((trace.step_range(0), trace.step_range(1)), (3..5, 5..6));
        assert_eq!(trace.stats(), None);
        assert_eq!(trace.answer(), Some("4"));
        let again: Trace = serde_json::from_str(&serde_json::to_string(&trace).unwrap()).unwrap();
        assert_eq!(again, trace);
    }

    #[test]
    fn only_a_complete_trace_has_an_answer() {
        let mut stored = stored();
        stored["status"] = "truncated".into();
        let trace: Trace = serde_json::from_value(stored).unwrap();
        assert_eq!(trace.answer(), None);
    }

    #[test]
    fn an_edited_trace_is_refused() {
        let edit = |field: &str, value: serde_json::Value| {
            let mut stored = stored();
            stored[field] = value;
            serde_json::from_value::<Trace>(stored).unwrap_err().to_string()
        };
        assert!(edit("prompt", 7.into()).contains("tokens"));
        assert!(edit("tokens", "!".into()).contains("tokens"));
        assert!(edit("steps", pack([2, 1].into_iter()).into()).contains("steps"));
        assert!(edit("steps", pack([9, 7].into_iter()).into()).contains("steps"));
        assert!(edit("steps", pack([1].into_iter()).into()).contains("steps"));
        assert!(edit("stats", "AAAA".into()).contains("statistics"));
    }
}
