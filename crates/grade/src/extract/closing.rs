//! Answers that nothing announces: what the closing sentence says, and at last the last number.

use std::borrow::Cow;

use crate::delimiters::{Segment, segments};

/// The formula, emphasis or number that the closing paragraph arrives at.
pub(crate) fn conclusion(text: &str) -> Option<Cow<'_, str>> {
    let text = text.trim_end();
    let paragraph = text.rfind("\n\n").map_or(text, |at| &text[at + 2..]);
    told(paragraph)
        .or_else(|| alternatives(paragraph).map(Cow::Owned))
        .or_else(|| emphasised(paragraph).map(Cow::Borrowed))
        .or_else(|| counted(paragraph).map(Cow::Borrowed))
}

/// The formula or emphasis that directly follows the last "is" or "are".
fn told(paragraph: &str) -> Option<Cow<'_, str>> {
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
        return strong.split("**").next().map(|strong| strong.trim().into());
    }
    let segments = segments(object);
    match segments.as_slice() {
        [Segment { text, mathematics: true, .. }, rest @ ..] => {
            Some(joined(text, rest).map_or_else(|| text.trim().into(), Cow::Owned))
        }
        _ => None,
    }
}

/// A formula and those joined to it by nothing but "and", "or" and commas.
fn joined(first: &str, rest: &[Segment<'_>]) -> Option<String> {
    let mut all = first.trim().to_owned();
    let mut parts = 1;
    for pair in rest.chunks(2) {
        let [between, next] = pair else { break };
        if between.mathematics || !next.mathematics || !is_connective(between.text) {
            break;
        }
        all = format!("{all}, {}", next.text.trim());
        parts += 1;
    }
    (parts > 1).then_some(all)
}

fn is_connective(text: &str) -> bool {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let light = words.clone().all(|word| matches!(word, "and" | "or"));
    light && (words.count() > 0 || text.contains(','))
}

/// "Therefore, $x = 3$ or $x = -5$.": formulas that end the paragraph.
fn alternatives(paragraph: &str) -> Option<String> {
    if !paragraph.contains(" or ") && !paragraph.contains(" and ") {
        return None;
    }
    let segments = segments(paragraph);
    let ends = segments.iter().rposition(|segment| segment.mathematics)?;
    if segments[ends + 1..].iter().any(|segment| segment.text.contains(char::is_alphanumeric)) {
        return None;
    }
    let mut first = ends;
    while first >= 2 && segments[first - 2].mathematics && is_connective(segments[first - 1].text) {
        first -= 2;
    }
    joined(segments[first].text, &segments[first + 1..=ends])
}

/// The last emphasis of the paragraph that begins with a number: `**22 more than before**`.
fn emphasised(paragraph: &str) -> Option<&str> {
    let mut marks = paragraph.split("**").skip(1).step_by(2).collect::<Vec<_>>();
    if paragraph.matches("**").count() % 2 == 1 {
        marks.pop();
    }
    let strong = marks.last()?.trim();
    // A label such as `**Step 2:**` or `**2.**` emphasises no answer.
    let label = strong.ends_with([':', ')'])
        || strong.trim_end_matches('.').len() < strong.len() && strong.len() <= 3;
    let value = strong.trim_start_matches(['$', '\\', '(', '-', '−', '€', '£', ' ']);
    let listed = paragraph.trim_start().starts_with(['-', '*', '1']) && paragraph.contains('\n');
    (value.starts_with(|c: char| c.is_ascii_digit()) && !label && !listed).then_some(strong)
}

/// "Therefore, there are 3 ways to put 5 balls into 2 boxes": the number that the closing sentence counts.
fn counted(paragraph: &str) -> Option<&str> {
    let sentence = paragraph.trim_end_matches(['.', ' ', '\n']);
    let sentence = sentence.rfind(". ").map_or(sentence, |at| &sentence[at + 2..]);
    let sentence = sentence.rsplit('\n').next().unwrap_or(sentence);
    let concludes =
        ["Therefore", "Thus", "So", "Hence", "In total", "Altogether", "Consequently", "In conclusion"];
    if !concludes.iter().any(|word| sentence.trim_start_matches(['*', ' ']).starts_with(word)) {
        return None;
    }
    let at = ["there are ", "there is ", "There are ", "There is ", "a total of "]
        .iter()
        .filter_map(|phrase| sentence.find(phrase).map(|at| at + phrase.len()))
        .max()?;
    let mut rest = &sentence[at..];
    for word in ["exactly ", "only ", "a total of ", "just ", "in total ", "altogether "] {
        rest = rest.strip_prefix(word).unwrap_or(rest);
    }
    let end = rest.find(|c: char| !(c.is_ascii_digit() || matches!(c, ',' | '.')))?;
    let number = rest[..end].trim_end_matches([',', '.']);
    (!number.is_empty() && rest[end..].starts_with(' ')).then_some(number)
}

/// The text itself, if it is nothing but a formula.
pub(crate) fn bare(text: &str) -> Option<&str> {
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
pub(crate) fn last_number(text: &str) -> Option<&str> {
    let text = without_headings(text);
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

/// Up to a last number that stands in no heading: `#### Step 2` counts steps.
fn without_headings(text: &str) -> &str {
    let mut text = text;
    while let Some(last) = text.bytes().rposition(|byte| byte.is_ascii_digit()) {
        let line = text[..last].rfind('\n').map_or(0, |at| at + 1);
        if !text[line..].starts_with('#') {
            break;
        }
        text = &text[..line];
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(conclusion(text).as_deref(), Some(expected), "{text}");
    }

    #[test]
    fn the_closing_sentence_tells() {
        check("So the length is \\(12\\pi\\) inches.", r"12\pi");
        check("Therefore, she has **22 more euros than pounds**.", "22 more euros than pounds");
        check("Therefore, $x = 3$ or $x = -5$.", "x = 3, x = -5");
        check("The roots are $2$, $3$ and $5$.", "2, 3, 5");
        check("Thus, there are exactly 3 ways to put 5 balls into 2 boxes.", "3");
        check("So a total of 12 pens fit into 3 boxes.", "12");
    }

    #[test]
    fn numbers_of_headings_are_no_answers() {
        assert_eq!(last_number("It is 7.\n#### Step 2\nDone."), Some("7"));
        assert_eq!(last_number("#### Step 2"), None);
    }

    #[test]
    fn labels_and_lists_tell_nothing() {
        for text in
            ["**Step 2:** add them", "**2.** add", "- **5 apples** a\n- **6 pears** b", "there are 3 in 4"]
        {
            assert_eq!(conclusion(text), None, "{text}");
        }
    }
}
