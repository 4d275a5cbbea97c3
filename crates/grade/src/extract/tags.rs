//! Answers in machine-readable dress: `<answer>...</answer>` and a field of a JSON object.

use std::borrow::Cow;
use std::ops::Range;

const TAGS: [(&str, &str); 6] = [
    ("<answer>", "</answer>"),
    ("<final_answer>", "</final_answer>"),
    ("<final answer>", "</final answer>"),
    ("<finalanswer>", "</finalanswer>"),
    ("<|begin_of_solution|>", "<|end_of_solution|>"),
    ("<solution>", "</solution>"),
];

const KEYS: [&str; 8] = [
    "answer",
    "final_answer",
    "final answer",
    "finalanswer",
    "final-answer",
    "correct_answer",
    "correct answer",
    "result",
];

/// The content of the last answer tag that has any, and where it lies. A tag may lack its end.
pub(crate) fn tagged(text: &str) -> Option<(&str, Range<usize>)> {
    for (at, _) in text.rmatch_indices('<') {
        let rest = &text[at..];
        let begins = |mark: &str| rest.get(..mark.len()).is_some_and(|head| head.eq_ignore_ascii_case(mark));
        let Some((open, close)) = TAGS.iter().find(|(open, _)| begins(open)) else { continue };
        let inside = &rest[open.len()..];
        let end = inside.match_indices('<').map(|(end, _)| end).find(|end| {
            inside.get(*end..end + close.len()).is_some_and(|mark| mark.eq_ignore_ascii_case(close))
        });
        let content = end.map_or(inside, |end| &inside[..end]).trim();
        if content.chars().any(char::is_alphanumeric) && !is_placeholder(content) {
            return Some((content, at..at + open.len() + end.unwrap_or(inside.len())));
        }
    }
    None
}

fn is_placeholder(content: &str) -> bool {
    let content = content.trim_matches(['.', '…', '[', ']', '(', ')', ' ', '{', '}']).to_ascii_lowercase();
    matches!(&*content, "answer" | "your answer" | "final answer" | "answer here" | "your answer here")
}

/// The value of the last field called "answer" of a JSON object, and where it ends. Also with single quotes.
pub(crate) fn json(text: &str) -> Option<(Cow<'_, str>, usize)> {
    if !text.contains('{') {
        return None;
    }
    for (colon, _) in text.rmatch_indices(':').take(64) {
        let Some(key) = key_before(&text[..colon]) else { continue };
        if !KEYS.iter().any(|known| key.eq_ignore_ascii_case(known)) {
            continue;
        }
        let value = text[colon + 1..].trim_start();
        let begin = text.len() - value.len();
        if let Some(value) = field(value).filter(|value| !value.trim().is_empty()) {
            return Some((value, begin));
        }
    }
    None
}

/// The quoted name at the end of `text`, if an object or another field goes before it.
fn key_before(text: &str) -> Option<&str> {
    let text = text.trim_end();
    let quote = text.chars().last().filter(|quote| matches!(quote, '"' | '\''))?;
    let inside = &text[..text.len() - 1];
    let begin = inside.rfind(quote)?;
    inside[..begin].trim_end().ends_with(['{', ',', '\n']).then_some(&inside[begin + 1..])
}

fn field(text: &str) -> Option<Cow<'_, str>> {
    let value = serde_json::Deserializer::from_str(text).into_iter::<serde_json::Value>().next();
    match value {
        Some(Ok(serde_json::Value::String(text))) => return Some(text.into()),
        Some(Ok(serde_json::Value::Array(parts))) => {
            let part = |part: &serde_json::Value| match part {
                serde_json::Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            return Some(parts.iter().map(part).collect::<Vec<_>>().join(", ").into());
        }
        Some(Ok(serde_json::Value::Null | serde_json::Value::Object(_))) => return None,
        _ => {}
    }
    // As written: numbers keep their spelling, and TeX in a string need not be proper JSON.
    let quote = text.chars().next()?;
    if !matches!(quote, '"' | '\'') {
        let end = text.find([',', '}', '\n']).unwrap_or(text.len());
        return Some(text[..end].trim().into());
    }
    let inside = &text[1..];
    let end = inside.match_indices(quote).map(|(end, _)| end).find(|end| !inside[..*end].ends_with('\\'))?;
    Some(inside[..end].into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_answer_tag_with_content_counts() {
        let check = |text, expected| assert_eq!(tagged(text).map(|(content, _)| content), expected, "{text}");
        check("<answer>\n3/4\n</answer>", Some("3/4"));
        check("<answer>1</answer> or <Answer>2</Answer>", Some("2"));
        check("stopped at <answer>7", Some("7"));
        check("as <answer></answer> or <answer>...</answer>", None);
        check("a < b", None);
    }

    #[test]
    fn a_field_of_an_object_is_an_answer() {
        let check = |text, expected: &str| assert_eq!(json(text).unwrap().0, expected, "{text}");
        check("```json\n{\"reasoning\": \"6*7\", \"answer\": 42}\n```", "42");
        check(r#"{"answer": "1,000", "unit": "cm"}"#, "1,000");
        check(r#"{"final_answer":"\\frac{1}{2}"}"#, r"\frac{1}{2}");
        check(r#"{"Answer": "\sqrt{2}"}"#, r"\sqrt{2}");
        check(r#"{"answer": [3, 5]}"#, "3, 5");
        check("{'answer': 'B'}", "B");
        check(r#"{"answer": 1.50}"#, "1.50");
        assert!(json("the answer: 5 in {1, 2}").is_none());
        assert!(json(r#"{"question": 5}"#).is_none());
    }
}
