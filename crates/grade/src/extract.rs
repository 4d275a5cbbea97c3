//! Finding the final answer in a model's text.
//!
//! Looks for a box, an announcing phrase, `####`, a closing sentence and, marked as such, the last number. What is
//! found is returned as written; reading it as mathematics is [`crate::Answer::parse`].

use std::borrow::Cow;

use crate::braces::balanced;
use crate::delimiters::{Segment, segments};
use crate::limits::TEXT_BYTES;

/// How an answer was recognised, most reliable first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// `\boxed{...}` or `\fbox{...}`.
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

/// The final answer of a model's text, or `None` if the text has neither a marked answer nor a number.
///
/// Only the last mebibyte of the text is searched. Time is linear in the text.
///
/// ```
/// use deliberate_grade::{Source, extract};
///
/// let found = extract("So $x = \\boxed{\\frac{1}{2}}$.").unwrap();
/// assert_eq!((&*found.text, found.source), ("\\frac{1}{2}", Source::Boxed));
/// assert_eq!(extract("She pays 12 dollars.").unwrap().source, Source::LastNumber);
/// ```
pub fn extract(text: &str) -> Option<Extracted<'_>> {
    let mut start = text.len().saturating_sub(TEXT_BYTES);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    let text = &text[start..];
    if let Some(text) = boxed(text) {
        return Some(Extracted { text, source: Source::Boxed });
    }
    let marked = |source: Source| {
        move |text: &'_ str| {
            let text = text.to_owned();
            (!text.is_empty()).then_some(Extracted { text: Cow::Owned(text), source })
        }
    };
    phrase(text)
        .and_then(marked(Source::Phrase))
        .or_else(|| hashes(text).and_then(marked(Source::Hashes)))
        .or_else(|| conclusion(text).and_then(marked(Source::Conclusion)))
        .or_else(|| bare(text).and_then(marked(Source::Conclusion)))
        .or_else(|| last_number(text).and_then(marked(Source::LastNumber)))
}

/// The content of the last box; boxes joined by a comma, "and" or "or" are one answer.
pub(crate) fn boxed(text: &str) -> Option<Cow<'_, str>> {
    let mut found: Vec<(usize, usize, &str)> = Vec::new();
    let mut at = 0;
    while let Some((start, name)) = next_box(&text[at..]) {
        let start = at + start;
        let open = start + name.len();
        let rest = &text[open..];
        let inside = rest.trim_start();
        let gap = rest.len() - inside.len();
        if !inside.starts_with('{') {
            // `\boxed 7` boxes one token, as in TeX.
            let token = inside.split(|c: char| c.is_whitespace() || c == '$').next().unwrap_or("");
            found.push((start, open + gap + token.len(), token));
            at = open + gap + token.len();
            continue;
        }
        let Some(content) = balanced(inside) else {
            // A text cut off inside its box: take what is there.
            if found.is_empty() {
                return Some(Cow::Borrowed(inside[1..].trim().trim_end_matches('$')));
            }
            break;
        };
        let end = open + gap + content.len() + 2;
        found.push((start, end, content));
        at = end;
    }
    let (mut begin, _, last) = *found.last()?;
    let mut parts = vec![last.trim()];
    for (start, end, content) in found.iter().rev().skip(1) {
        if !connects(&text[*end..begin]) || parts.len() > 32 {
            break;
        }
        begin = *start;
        parts.push(content.trim());
    }
    if parts.len() == 1 {
        return Some(Cow::Borrowed(parts[0]));
    }
    parts.reverse();
    Some(Cow::Owned(parts.join(", ")))
}

fn next_box(text: &str) -> Option<(usize, &'static str)> {
    let mut from = 0;
    while let Some(at) = text[from..].find("box") {
        let at = from + at;
        let before = &text[..at];
        if text[at..].starts_with("boxed") && before.ends_with('\\') {
            return Some((at - 1, "\\boxed"));
        }
        if before.ends_with("\\f") {
            return Some((at - 2, "\\fbox"));
        }
        from = at + 3;
    }
    None
}

/// Whether the text between two boxes makes them parts of one answer.
fn connects(between: &str) -> bool {
    if between.len() > 48 || between.contains("\n\n") || between.contains('.') {
        return false;
    }
    let mut words = between.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let blank = words.clone().next().is_none();
    blank || between.contains(',') || words.any(|word| matches!(word, "and" | "or"))
}

/// What the last announcing phrase announces.
fn phrase(text: &str) -> Option<&str> {
    const PHRASES: [&str; 6] =
        ["final answer", "the answer is", "answer is", "answer:", "answer**:", "answer:**"];
    let lower = text.to_ascii_lowercase();
    let (at, phrase) = PHRASES
        .iter()
        .filter_map(|phrase| lower.rfind(phrase).map(|at| (at, *phrase)))
        .max_by_key(|(at, phrase)| at + phrase.len())?;
    let rest = &text[at + phrase.len()..];
    let rest = rest.trim_start_matches([':', '*', ' ', '\n', '\t', '=', '#', '\r']);
    let rest =
        rest.strip_prefix("is").filter(|rest| !rest.starts_with(char::is_alphanumeric)).unwrap_or(rest);
    announced(rest.trim_start_matches([':', '*', ' ', '\n', '\t', '\r']))
}

/// The formula at the start, or else the sentence up to its end, or what it says something "is".
fn announced(rest: &str) -> Option<&str> {
    let sentence = sentence(rest);
    let tail = sentence.rfind(" is ").map_or(sentence, |at| &sentence[at + 4..]);
    let tail = tail.trim().trim_start_matches(':').trim_matches('*').trim();
    if rest.starts_with("\\[") || rest.starts_with("$$") {
        return segments(rest).iter().find(|segment| segment.mathematics).map(|segment| segment.text.trim());
    }
    // A whole sentence without an "is": the answer is its number. A list of numbers is no sentence.
    if tail.split_whitespace().count() > 4
        && tail.contains(char::is_alphabetic)
        && !tail.contains(['$', '\\'])
        && let Some(number) = last_number(tail)
    {
        return Some(number);
    }
    (!tail.is_empty()).then_some(tail)
}

/// Up to the end of the first sentence or line.
fn sentence(text: &str) -> &str {
    let line = text.lines().next().unwrap_or("").trim_end();
    let end = line.match_indices(". ").map(|(at, _)| at).find(|at| !abbreviated(&line[..*at]));
    let line = end.map_or(line, |end| &line[..end]);
    line.strip_suffix('.').unwrap_or(line)
}

fn abbreviated(before: &str) -> bool {
    before.ends_with("sq") || before.ends_with("a.m") || before.ends_with("p.m") || before.ends_with("approx")
}

fn hashes(text: &str) -> Option<&str> {
    let at = text.rfind("####")?;
    let line = text[at + 4..].trim_start_matches('#').lines().next()?.trim();
    Some(line.trim_end_matches('.'))
}

/// The formula, emphasis or number that directly follows the last "is" or "are" of the closing paragraph.
fn conclusion(text: &str) -> Option<&str> {
    let text = text.trim_end();
    let paragraph = text.rfind("\n\n").map_or(text, |at| &text[at + 2..]);
    let (at, verb) = [" is", " are", " equals", " be"]
        .iter()
        .flat_map(|verb| paragraph.match_indices(verb))
        .filter(|(at, verb)| {
            let rest = &paragraph[at + verb.len()..];
            let object = rest.trim_start_matches([':', ' ', '\n', '\t']);
            rest.starts_with([' ', ':', '\n'])
                && (object.starts_with(['$', '*']) || object.starts_with("\\(") || object.starts_with("\\["))
        })
        .max_by_key(|(at, _)| *at)?;
    let object = paragraph[at + verb.len()..].trim_start_matches([':', ' ', '\n', '\t']);
    if let Some(strong) = object.strip_prefix("**") {
        return strong.split("**").next().map(str::trim);
    }
    match segments(object).first() {
        Some(Segment { text, mathematics: true, .. }) => Some(text.trim()),
        _ => None,
    }
}

/// The text itself, if it is nothing but a formula.
fn bare(text: &str) -> Option<&str> {
    let text = text.trim();
    let notation = |c: char| c.is_ascii_digit() || "\\=+-*/^<>".contains(c);
    let letters = |c: char| c.is_alphabetic() || "'’.,!?".contains(c);
    let words = text.split_whitespace().filter(|word| word.len() > 1 && word.chars().all(letters));
    if !text.contains(notation) && words.count() > 1 {
        // "I do not know" is no product of variables.
        return None;
    }
    (text.len() <= 2048 && crate::Answer::parse(text).is_mathematics()).then_some(text)
}

/// The last number; inside a formula, the formula or what its last equals sign arrives at.
fn last_number(text: &str) -> Option<&str> {
    let bytes = text.as_bytes();
    let last = bytes.iter().rposition(u8::is_ascii_digit)?;
    // A formula is looked for in the closing paragraph only.
    let paragraph = text[..last].rfind("\n\n").map_or(0, |at| at + 2);
    let inside = segments(&text[paragraph..]).into_iter().find(|segment| {
        let start = paragraph + segment.start;
        segment.mathematics && (start..start + segment.text.len()).contains(&last)
    });
    if let Some(formula) = inside
        && formula.text.len() < 400
    {
        let tail = formula.text.rfind(['=', '≈']).map_or(formula.text, |at| &formula.text[at..]);
        return Some(tail.trim_start_matches(['=', '≈']).trim());
    }
    let mut end = last + 1;
    let mut start = last;
    while start > 0 {
        let byte = bytes[start - 1];
        let joins = byte == b',' || byte == b'.' || byte == b'/';
        let digit_before = start >= 2 && bytes[start - 2].is_ascii_digit();
        if byte.is_ascii_digit() || (joins && digit_before) {
            start -= 1;
        } else {
            break;
        }
    }
    if bytes[..start].ends_with(b".") && !bytes[..start - 1].last().is_some_and(u8::is_ascii_alphanumeric) {
        start -= 1;
    }
    let sign = bytes[..start].ends_with(b"-")
        && !bytes[..start - 1].last().is_some_and(|before| before.is_ascii_alphanumeric() || *before == b')');
    if sign {
        start -= 1;
    }
    if bytes.get(end) == Some(&b'%') {
        end += 1;
    } else if text[end..].starts_with("\\%") {
        end += 2;
    }
    Some(&text[start..end])
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

    fn check(text: &str, expected: &str, source: Source) {
        let found = extract(text).unwrap_or_else(|| panic!("nothing found in {text}"));
        assert_eq!((&*found.text, found.source), (expected, source), "{text}");
    }

    #[test]
    fn the_last_box_wins_and_connected_boxes_are_one_answer() {
        check(r"\boxed{1}. No: \boxed{\frac{1}{2}}", r"\frac{1}{2}", Source::Boxed);
        check(r"\boxed{1} papers and \boxed{2} bins", "1, 2", Source::Boxed);
        check(r"\boxed{2}, \boxed{3}, \boxed{5}", "2, 3, 5", Source::Boxed);
        check(r"it is \fbox{7}", "7", Source::Boxed);
        check(r"cut off at \boxed{12", "12", Source::Boxed);
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
        check("The answer is 5, 37, 40, 23, 14.", "5, 37, 40, 23, 14", Source::Phrase);
        check("2+2\n#### 1,234", "1,234", Source::Hashes);
    }

    #[test]
    fn closing_sentences_and_last_numbers_are_marked() {
        check("So the length is \\(12\\pi\\) inches.", r"12\pi", Source::Conclusion);
        check("There are 3 boxes, so 10 - 7.5 leaves -2.5%.", "-2.5%", Source::LastNumber);
        assert_eq!(extract("no idea"), None);
    }
}
