//! Boxes: `\boxed{...}`, `\fbox{...}`, `\framebox{...}`.
//!
//! A box that holds nothing, or only says what belongs into it, is talk about a box and no answer.

use std::borrow::Cow;
use std::ops::Range;

use crate::braces::balanced;

/// The answer in the last box and where the boxes that make it up lie.
pub(crate) struct Boxed<'a> {
    pub(crate) text: Cow<'a, str>,
    pub(crate) range: Range<usize>,
}

struct Found<'a> {
    start: usize,
    end: usize,
    content: &'a str,
}

/// The content of the last box; boxes joined by a comma, "and" or "or" are one answer.
pub(crate) fn boxed(text: &str) -> Option<Boxed<'_>> {
    let mut found: Vec<Found<'_>> = Vec::new();
    let mut at = 0;
    while let Some((start, open)) = next_box(text, at) {
        let rest = &text[open..];
        let inside = without_options(rest);
        let gap = rest.len() - inside.len();
        if !inside.starts_with('{') {
            // `\boxed 7` boxes one token, as in TeX; a word behind the command is the rest of a sentence.
            let token = inside.split(|c: char| c.is_whitespace() || c == '$').next().unwrap_or("");
            at = open + gap + token.len();
            let word = token.bytes().filter(u8::is_ascii_alphabetic).count() > 1 && !token.starts_with('\\');
            if !word {
                found.push(Found {
                    start,
                    end: at,
                    content: token.trim_end_matches(['.', ',', ';', '`', ')']),
                });
            }
            continue;
        }
        let Some(content) = balanced(inside) else {
            // A text cut off inside its box: take what is there.
            if found.iter().all(|found| is_mention(found.content)) {
                let content = inside[1..].trim().trim_end_matches('$');
                return Some(Boxed { text: content.into(), range: start..text.len() });
            }
            break;
        };
        at = open + gap + content.len() + 2;
        found.push(Found { start, end: at, content });
    }
    found.retain(|found| !is_mention(found.content));
    joined(text, &found)
}

/// The last boxes as one answer: as many as are connected, each value once.
fn joined<'a>(text: &'a str, found: &[Found<'a>]) -> Option<Boxed<'a>> {
    let last = found.last()?;
    let mut begin = last.start;
    let mut parts = vec![last.content.trim()];
    for earlier in found.iter().rev().skip(1) {
        if !connects(&text[earlier.end..begin]) || parts.len() > 32 {
            break;
        }
        begin = earlier.start;
        if !parts.contains(&earlier.content.trim()) {
            parts.push(earlier.content.trim());
        }
    }
    parts.reverse();
    let text = if parts.len() == 1 { Cow::Borrowed(parts[0]) } else { parts.join(", ").into() };
    Some(Boxed { text, range: begin..last.end })
}

/// Where the next box begins, and where its command ends.
fn next_box(text: &str, from: usize) -> Option<(usize, usize)> {
    let mut from = from;
    while let Some(at) = text.get(from..)?.find("ox") {
        let at = from + at;
        let before = &text[..at];
        let command = if text[at..].starts_with("oxed") { "oxed" } else { "ox" };
        let names: &[&str] = if command == "oxed" { &["\\b"] } else { &["\\fb", "\\frameb"] };
        if let Some(name) = names.iter().find(|name| before.ends_with(**name)) {
            return Some((at - name.len(), at + command.len()));
        }
        // Of a backslash that was read as an escape, `\b` takes the letter with it.
        let lost =
            text[at..].starts_with("oxed{") && !before.ends_with(|c: char| c.is_alphanumeric() || c == '\\');
        if lost {
            return Some((at, at + command.len()));
        }
        from = at + 2;
    }
    None
}

/// Behind spaces and the optional arguments of `\framebox[2cm][c]`.
fn without_options(text: &str) -> &str {
    let mut text = text.trim_start();
    for _ in 0..2 {
        let end = text.strip_prefix('[').and_then(|inside| inside.find(']')).filter(|end| *end < 16);
        let Some(end) = end else { break };
        if !text[end + 2..].starts_with(['{', '[']) {
            break;
        }
        text = text[end + 2..].trim_start();
    }
    text
}

/// Whether a box only shows where an answer would stand.
fn is_mention(content: &str) -> bool {
    let trimmed = |c: char| c.is_whitespace() || "$.…_?{}*~".contains(c);
    let content = content.trim_matches(trimmed);
    let content = content.strip_prefix("\\text{").map_or(content, |inner| inner.trim_matches(trimmed));
    if content.is_empty() || matches!(content, "\\dots" | "\\ldots" | "\\cdots" | "\\quad" | "\\,") {
        return true;
    }
    let word = content.trim_matches(['<', '>', '[', ']', '(', ')', '\\', ' ']);
    word.len() <= 24
        && word.rsplit([' ', '_', '-']).next().is_some_and(|last| last.eq_ignore_ascii_case("answer"))
}

/// Whether the text between two boxes makes them parts of one answer.
fn connects(between: &str) -> bool {
    // `and y = \boxed{...}` names the next one; any other equals sign leads on.
    let named = between.trim_end().strip_suffix('=').unwrap_or(between);
    if between.len() > 48 || between.contains("\n\n") || named.contains(['.', '?', '!', '=', '≈']) {
        return false;
    }
    let words = || between.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    // These lead to another value, or to the same one again.
    let leads =
        ["so", "not", "but", "then", "hence", "thus", "therefore", "instead", "rather", "actually", "which"];
    if words().any(|word| leads.iter().any(|lead| word.eq_ignore_ascii_case(lead))) {
        return words().any(|word| word == "then") && words().any(|word| word == "and");
    }
    words().next().is_none() || between.contains(',') || words().any(|word| matches!(word, "and" | "or"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(boxed(text).map(|boxed| boxed.text).as_deref(), Some(expected), "{text}");
    }

    #[test]
    fn the_last_box_wins_and_connected_boxes_are_one_answer() {
        check(r"\boxed{1}. No: \boxed{\frac{1}{2}}", r"\frac{1}{2}");
        check(r"\boxed{1} papers and \boxed{2} bins", "1, 2");
        check(r"\boxed{2}, \boxed{3}, \boxed{5}", "2, 3, 5");
        check(r"$a = \boxed{2}$ and $b = \boxed{3}$", "2, 3");
        check(r"it is \fbox{7}", "7");
        check(r"cut off at \boxed{12", "12");
        check(r"\framebox{7} and \framebox[2cm][c]{8}", "7, 8");
    }

    #[test]
    fn a_box_that_is_repeated_is_one_answer() {
        check(r"we get \boxed{7}, and so \boxed{7} is right", "7");
        check(r"\boxed{7} or \boxed{7}", "7");
        check(r"\boxed{x = 3} , \boxed{x = 3}", "x = 3");
    }

    #[test]
    fn a_correction_is_no_list() {
        check(r"\boxed{3}, but rather \boxed{4}", "4");
        check(r"\boxed{3}, so \boxed{4}", "4");
        check(r"\boxed{3} = 2 + 1, \boxed{4}", "4");
        check(r"not \boxed{3}? \boxed{4}", "4");
    }

    #[test]
    fn a_mention_of_a_box_is_no_box() {
        for mention in [
            r"The result is in \boxed{} now.",
            r"I wrote it in \boxed as asked.",
            r"(marked with \boxed.)",
            r"as `\boxed{...}` demands",
            r"in the form \boxed{answer}",
            r"in the form \boxed{\text{your answer}}",
            r"in \boxed{ } form",
            r"put into \boxed{<answer>}",
        ] {
            check(&format!(r"It is \boxed{{12}}. {mention}"), "12");
            assert!(boxed(mention).is_none(), "{mention}");
        }
    }

    #[test]
    fn a_box_without_its_backslash_is_a_box() {
        check("so $oxed{12}$", "12");
        assert!(boxed("a foxed{12}").is_none());
    }
}
