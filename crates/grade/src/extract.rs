//! Finding the final answer in a model's text.
//!
//! Of the reply proper (no thoughts, no invented turns) it looks for answer tags, a box, an announcing phrase,
//! `####`, a closing sentence and, marked as such, the last number. What is found is returned as written; reading it
//! as mathematics is [`crate::Answer::parse`].

pub(crate) mod boxes;
mod closing;
mod hashes;
mod phrases;
mod reply;
mod tags;

use std::borrow::Cow;

use crate::clean::half_width;
use crate::escapes::with_backslashes;
use crate::limits::TEXT_BYTES;

/// How an answer was recognised, most reliable first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// `<answer>...</answer>`, or the field "answer" of a JSON object.
    Tagged,
    /// `\boxed{...}`, `\fbox{...}` or `\framebox{...}`.
    Boxed,
    /// "The answer is ...", "Final answer: ...", "Answer: ...".
    Phrase,
    /// `#### ...`, the convention of GSM8K.
    Hashes,
    /// What the closing sentence says something "is", or a text that is nothing but a formula.
    Conclusion,
    /// The last number of the text: a guess.
    LastNumber,
}

/// An answer found in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extracted<'a> {
    /// The answer as written, without what surrounds it.
    pub text: Cow<'a, str>,
    /// What gave it away.
    pub source: Source,
}

impl<'a> Extracted<'a> {
    fn new(text: impl Into<Cow<'a, str>>, source: Source) -> Option<Self> {
        let text = text.into();
        (!text.trim().is_empty()).then_some(Self { text, source })
    }

    fn into_owned<'b>(self) -> Extracted<'b> {
        Extracted { text: Cow::Owned(self.text.into_owned()), source: self.source }
    }
}

/// The final answer of a model's text, or `None` if the text has neither a marked answer nor a number.
///
/// Thoughts (`<think>...</think>`, closed or cut off) are no part of the text. Only its last mebibyte is searched.
/// Time is linear in the text.
///
/// ```
/// use deliberate_grade::{Source, extract};
///
/// let found = extract("So $x = \\boxed{\\frac{1}{2}}$.").unwrap();
/// assert_eq!((&*found.text, found.source), ("\\frac{1}{2}", Source::Boxed));
/// assert_eq!(extract("She pays 12 dollars.").unwrap().source, Source::LastNumber);
/// assert_eq!(extract("<think>Is it \\boxed{3}?"), None);
/// ```
pub fn extract(text: &str) -> Option<Extracted<'_>> {
    let mut start = text.len().saturating_sub(TEXT_BYTES);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    let text = reply::reply(&text[start..]);
    match half_width(text) {
        Cow::Borrowed(text) => match with_backslashes(text) {
            Cow::Borrowed(text) => found(text),
            Cow::Owned(text) => found(&text).map(Extracted::into_owned),
        },
        Cow::Owned(text) => found(&with_backslashes(&text)).map(Extracted::into_owned),
    }
}

fn found(text: &str) -> Option<Extracted<'_>> {
    // What comes before an invented turn, if it holds an answer; most texts have none.
    let own = reply::turns(text).take(3).find_map(marked);
    own.or_else(|| marked(text))
        .or_else(|| closing::conclusion(text).and_then(|text| Extracted::new(text, Source::Conclusion)))
        .or_else(|| closing::bare(text).and_then(|text| Extracted::new(text, Source::Conclusion)))
        .or_else(|| closing::last_number(text).and_then(|text| Extracted::new(text, Source::LastNumber)))
}

/// An answer that the text itself marks as such.
fn marked(text: &str) -> Option<Extracted<'_>> {
    let boxed = boxes::boxed(text);
    let after_box = boxed.as_ref().map_or(0, |boxed| boxed.range.end);
    if let Some((content, range)) = tags::tagged(text)
        && range.end >= after_box
    {
        let inner = if content.len() < text.len() { marked(content) } else { None };
        return Extracted::new(inner.map_or(content.into(), |inner| inner.text), Source::Tagged);
    }
    if let Some((value, at)) = tags::json(text)
        && boxed.as_ref().is_none_or(|boxed| boxed.range.start < at || value.contains("oxed"))
    {
        return Extracted::new(value, Source::Tagged);
    }
    let phrase = phrases::announcement(text);
    let label = |after: usize| {
        phrase.as_ref().filter(|phrase| phrase.label && phrase.at >= after && is_definite(phrase.text))
    };
    if let Some(boxed) = boxed {
        // An explicit line behind the box has the last word.
        return match label(boxed.range.end) {
            Some(phrase) => Extracted::new(phrase.text, Source::Phrase),
            None => Extracted::new(boxed.text, Source::Boxed),
        };
    }
    if let Some((answer, at)) = hashes::marked(text)
        && label(at).is_none()
    {
        return Extracted::new(answer, Source::Hashes);
    }
    phrase.and_then(|phrase| Extracted::new(phrase.text, Source::Phrase))
}

/// Whether what a label announces is an answer beyond doubt: a formula, a number, a letter.
fn is_definite(text: &str) -> bool {
    let words = text.split_whitespace().count();
    text.len() <= 200
        && words <= 6
        && (crate::Answer::parse(text).is_mathematics() || words == 1 && text.len() <= 24)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_without_an_answer_gives_none() {
        for text in ["I do not know", "I don't know.", "Sorry, I cannot help with that.", "Let me think", ""]
        {
            assert_eq!(extract(text), None, "{text}");
        }
        check("x + y", "x + y", Source::Conclusion);
        check("x", "x", Source::Conclusion);
    }

    #[track_caller]
    fn check(text: &str, expected: &str, source: Source) {
        let found = extract(text).unwrap_or_else(|| panic!("nothing found in {text}"));
        assert_eq!((&*found.text, found.source), (expected, source), "{text}");
    }

    #[test]
    fn phrases_announce_answers() {
        check("The answer is 42.", "42", Source::Phrase);
        check("**Final Answer:** The volume is 120. I hope it is correct.", "120", Source::Phrase);
        check(
            "Final Answer: The final answer is $(0, 0)$. I hope it is correct.",
            "$(0, 0)$",
            Source::Phrase,
        );
        check("Answer: \\[ 9 \\]", "9", Source::Phrase);
        check("2+2\n#### 1,234", "1,234", Source::Hashes);
    }

    #[test]
    fn thoughts_hold_no_answer() {
        assert_eq!(extract("<think>Perhaps \\boxed{12}? The answer is 12"), None);
        assert_eq!(extract("<think>Perhaps \\boxed{12}?</think>"), None);
        check("<think>\\boxed{12}?</think>The answer is 14.", "14", Source::Phrase);
        check("\\boxed{12}?\n</think>\n\nSo it is \\boxed{14}.", "14", Source::Boxed);
        check("<think>#### 3</think>\n#### 4", "4", Source::Hashes);
    }

    #[test]
    fn tags_and_objects_hold_answers() {
        check("<think>x</think><answer>The answer is \\boxed{5}</answer>", "5", Source::Tagged);
        check("<answer>The answer is 12.</answer>", "12", Source::Tagged);
        check("So \\boxed{3}.\n<answer>C</answer>", "C", Source::Tagged);
        check("<answer>3</answer>, no: \\boxed{4}", "4", Source::Boxed);
        check("{\"work\": \"\\\\boxed{7}?\", \"answer\": \"8\"}", "8", Source::Tagged);
    }

    #[test]
    fn an_explicit_line_behind_a_box_has_the_last_word() {
        check("$$\\boxed{a \\ll b}$$\n\n**Answer: D**", "D", Source::Phrase);
        check("\\boxed{2}, final answer: 3", "3", Source::Phrase);
        check("\\boxed{2}\n\nThe answer is correct.", "2", Source::Boxed);
        check("\\boxed{2}\n\nAnswer: see the box above", "2", Source::Boxed);
        check("\\boxed{2}. I was asked for the answer in a box: done", "2", Source::Boxed);
    }

    #[test]
    fn a_marker_wins_over_talk_behind_it() {
        check("#### 42\n\nI checked the final answer twice.", "42", Source::Hashes);
        check("The answer is 41.\n#### 42", "42", Source::Hashes);
        check("#### 42\n\nFinal answer: 43", "43", Source::Phrase);
        check("#### Step 1: Sum\n20\n\n#### Step 2: End\nso the total is 45.", "45", Source::LastNumber);
    }

    #[test]
    fn invented_turns_are_not_graded() {
        check("The answer is 5.\n\nQ: And 2+2?\n\nA: The answer is 4.", "5", Source::Phrase);
        check("\\boxed{5}\n\nHuman: And?\n\nAssistant: \\boxed{6}", "5", Source::Boxed);
        check("#### 5\n\nQuestion: And?\n#### 6", "5", Source::Hashes);
        check("We restate it.\nQuestion: how many?\nThe answer is 7.", "7", Source::Phrase);
        check("It is \\boxed{5}.<|im_end|>\n<|im_start|>user\n\\boxed{6}", "5", Source::Boxed);
    }

    #[test]
    fn closing_sentences_and_last_numbers_are_marked() {
        check("So the length is \\(12\\pi\\) inches.", r"12\pi", Source::Conclusion);
        check("There are 3 boxes, so 10 - 7.5 leaves -2.5%.", "-2.5%", Source::LastNumber);
        assert_eq!(extract("no idea"), None);
    }
}
