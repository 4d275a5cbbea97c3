//! Announcements: "The answer is ...", "Final answer: ...", "**Answer**" above the answer.
//!
//! Words *about* the answer ("I checked the final answer twice", "the answer is correct") announce nothing.

use crate::delimiters::segments;
use crate::extract::closing::last_number;

/// What is announced, where, and whether by a label ("Answer:") rather than in a sentence.
pub(crate) struct Announced<'a> {
    pub(crate) text: &'a str,
    pub(crate) at: usize,
    pub(crate) label: bool,
}

/// The last announcement that announces something.
pub(crate) fn announcement(text: &str) -> Option<Announced<'_>> {
    let lower = text.to_ascii_lowercase();
    // Each candidate costs a look at one sentence; a text of nothing but announcements is not worth more.
    let english = lower.rmatch_indices("answer").take(64).find_map(|(at, _)| {
        let behind = behind_answer(text, at).and_then(|(content, label)| Some((announced(content)?, label)));
        let (text, label) = behind.or_else(|| Some((before_answer(text, at)?, false)))?;
        Some(Announced { text, at, label })
    });
    let english = english.or_else(|| chosen(text, &lower));
    let chinese = if text.is_ascii() {
        None
    } else {
        text.rmatch_indices("答案").take(16).find_map(in_chinese(text))
    };
    match (english, chinese) {
        (Some(a), Some(b)) => Some(if a.at > b.at { a } else { b }),
        (a, b) => a.or(b),
    }
}

/// "The correct option is C": a letter only.
fn chosen<'a>(text: &'a str, lower: &str) -> Option<Announced<'a>> {
    for (at, word) in ["option is ", "choice is ", "option: ", "choice: "]
        .iter()
        .flat_map(|word| lower.rmatch_indices(word).take(8))
    {
        let rest = &text[at + word.len()..];
        let letter = without_reason(sentence(rest)).trim().trim_matches('*');
        let plain = letter.trim_matches(['(', ')', '*', '$', ' ', '`', '.']);
        if plain.len() == 1 && is_choice(plain) {
            return Some(Announced { text: letter, at, label: false });
        }
    }
    None
}

fn in_chinese<'a>(text: &'a str) -> impl Fn((usize, &str)) -> Option<Announced<'a>> {
    move |(at, found)| {
        let rest = &text[at + found.len()..];
        let content = rest.trim_start_matches(['是', '为', '：', ':', ' ', '*']);
        let content = content.split(['。', '\n', '，']).next().filter(|_| content.len() < rest.len())?.trim();
        (!content.is_empty()).then_some(Announced { text: content, at, label: true })
    }
}

/// What follows the word "answer" at `at`, if it announces; and whether by a colon or as a heading.
fn behind_answer(text: &str, at: usize) -> Option<(&str, bool)> {
    let rest = &text[at + "answer".len()..];
    let blank = [':', '：', '*', '_', '`', ' ', '\n', '\t', '=', '#', '\r', '>'];
    let mut after = rest.trim_start_matches(['*', '_', '`', ' ', '\t', '"', ')']);
    if let Some(content) = after.strip_prefix([':', '：', '=']) {
        let content = listed(content, content.trim_start_matches(blank));
        let is = content.strip_prefix("is").filter(|rest| rest.starts_with([' ', ':']));
        return Some((is.map_or(content, |rest| rest.trim_start_matches(blank)), true));
    }
    if after.starts_with(['\n', '\r']) {
        return is_heading(&text[..at]).then(|| (listed(after, after.trim_start_matches(blank)), true));
    }
    after = after.strip_prefix(", which ").unwrap_or(after);
    for verb in ["is", "was", "equals", "comes to", "would be", "will be", "should be", "must be"] {
        let content =
            after.strip_prefix(verb).filter(|rest| rest.starts_with([' ', ':', '\n', '$', '*', '\\']));
        if let Some(content) = content {
            let content = content.trim_start_matches(blank);
            let sure = matches!(verb, "is" | "equals") || starts_with_value(content);
            return sure.then_some((content, false));
        }
    }
    if let Some(denied) =
        ["isn't ", "is n't ", "isn’t ", "wasn't "].iter().find_map(|verb| after.strip_prefix(verb))
    {
        return Some((denied_then_said(denied)?, false));
    }
    // "The answer to the question is 5", "the answer, in metres, is 5".
    let sentence = sentence(after);
    let verb = sentence.find(" is ").filter(|verb| *verb <= 48)?;
    let content = sentence[verb + 4..].trim_start_matches(blank);
    (rest.starts_with([' ', ',']) && starts_with_value(content)).then_some((content, false))
}

/// Without the bullet of a list: on a line of its own, a dash before a space is no minus.
fn listed<'a>(content: &str, trimmed: &'a str) -> &'a str {
    let own_line = content[..content.len() - trimmed.len()].contains('\n');
    trimmed.strip_prefix("- ").filter(|_| own_line).unwrap_or(trimmed)
}

/// "16 is the final answer": what the sentence says before it.
fn before_answer(text: &str, at: usize) -> Option<&str> {
    if text[at + "answer".len()..].starts_with(|next: char| next.is_alphanumeric() || next == '\'') {
        return None;
    }
    let mut before = text[..at].trim_end();
    for word in ["final", "correct", "right"] {
        before = before.strip_suffix(word).unwrap_or(before).trim_end();
    }
    let before = ["is the", "is our", "is my"].iter().find_map(|verb| before.strip_suffix(verb))?;
    let sentence = before.rsplit(['\n', ',']).next()?;
    let sentence = sentence.rsplit(". ").next()?.trim();
    let subject =
        ["So ", "Hence ", "Thus ", "Therefore "].iter().find_map(|word| sentence.strip_prefix(word));
    let subject = subject.unwrap_or(sentence).trim();
    (starts_with_value(subject) && subject.split_whitespace().count() <= 3).then_some(subject)
}

/// Whether "answer" ends a line that says nothing else: `### Final Answer`.
fn is_heading(before: &str) -> bool {
    let line = before.rsplit('\n').next().unwrap_or("");
    let words = line.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty());
    let known = ["the", "final", "my", "our", "correct", "Final", "The", "My", "FINAL", "Correct", "Short"];
    line.len() <= 32 && words.clone().all(|word| known.contains(&word))
}

fn starts_with_value(content: &str) -> bool {
    let content = content.trim_start_matches(['*', '(', '-', '−', '"', '`']);
    content.starts_with(|c: char| c.is_ascii_digit() || c == '$' || c == '\\')
}

/// The formula at the start, or else the sentence up to its end, or what it says something "is".
fn announced(rest: &str) -> Option<&str> {
    if rest.starts_with("\\[") || rest.starts_with("$$") {
        return segments(rest).iter().find(|segment| segment.mathematics).map(|segment| segment.text.trim());
    }
    let rest = affirmed(rest)?;
    let sentence = sentence(rest);
    let sentence = without_reason(sentence);
    let tail = match sentence.rfind(" is ").filter(|_| !starts_with_value(sentence)) {
        Some(at) => &sentence[at + 4..],
        None => sentence,
    };
    let tail = tail.trim().trim_start_matches(':').trim_matches('*').trim();
    let tail = without_kind(tail);
    if is_idle(tail) {
        return None;
    }
    // A whole sentence without an "is": the answer is its number. A list of numbers is no sentence.
    if tail.split_whitespace().count() > 4
        && tail.contains(char::is_alphabetic)
        && !tail.contains(['$', '\\'])
        && !is_assignment(tail)
    {
        if let Some(number) = leading_number(tail) {
            return Some(number);
        }
        if !is_choice(tail)
            && let Some(number) = last_number(tail)
        {
            return Some(number);
        }
    }
    (!tail.is_empty()).then_some(tail)
}

/// `x = 2 and y = 3`: many words, and yet no sentence.
fn is_assignment(tail: &str) -> bool {
    tail.contains('=') && tail.len() <= 200 && crate::Answer::parse(tail).is_mathematics()
}

/// Behind a negation: "not 12 but 14" says 14, "not 12" nothing.
fn affirmed(rest: &str) -> Option<&str> {
    let Some(denied) = rest.strip_prefix("not ") else {
        let adverbs = ["therefore ", "thus ", "hence ", "then ", "simply ", "just ", "clearly ", "indeed "];
        return Some(adverbs.iter().find_map(|adverb| rest.strip_prefix(adverb)).unwrap_or(rest));
    };
    denied_then_said(denied)
}

/// What is said in place of what is denied.
fn denied_then_said(denied: &str) -> Option<&str> {
    let sentence = sentence(denied);
    let turn = [" but rather ", " but instead ", " but ", ", it is ", ", it's ", "; it is ", ", rather "];
    turn.iter().find_map(|turn| sentence.find(turn).map(|at| sentence[at + turn.len()..].trim()))
}

/// Up to the reason, the aside or the contrast behind an answer.
fn without_reason(sentence: &str) -> &str {
    const TURNS: [&str; 16] = [
        " because ",
        ", because",
        " since ",
        ", since",
        ", as ",
        ", not ",
        " not ",
        " rather than ",
        " instead of ",
        ", which ",
        ", where ",
        ", but ",
        " — ",
        ", so ",
        ", and not ",
        ", I ",
    ];
    let end = TURNS.iter().filter_map(|turn| sentence.find(turn).filter(|at| *at > 0)).min();
    // A negation before any value is part of what is said.
    end.map_or(sentence, |end| sentence[..end].trim_end())
}

/// Without "option" or "choice" before a letter.
fn without_kind(tail: &str) -> &str {
    let kinds = [
        "option ",
        "Option ",
        "choice ",
        "Choice ",
        "letter ",
        "answer choice ",
        "the option ",
        "statement ",
    ];
    let rest = kinds.iter().find_map(|kind| tail.strip_prefix(kind)).unwrap_or(tail);
    if is_choice(rest) { rest } else { tail }
}

/// `D`, `(D)`, `**D**`, `D. because ...`: a letter and then no word of its own.
fn is_choice(text: &str) -> bool {
    let mut rest = text.trim_start_matches(['(', '*', '[', '`']).chars();
    rest.next().is_some_and(|letter| letter.is_ascii_uppercase())
        && rest.next().is_none_or(|next| matches!(next, ')' | '.' | ':' | '*' | ']' | ',' | '`' | ' '))
}

/// Words about an answer in place of one.
fn is_idle(tail: &str) -> bool {
    const NEVER: [&str; 16] = [
        "correct",
        "right",
        "wrong",
        "incorrect",
        "verified",
        "confirmed",
        "consistent",
        "reasonable",
        "valid",
        "plausible",
        "clear",
        "obvious",
        "unique",
        "checked",
        "sound",
        "fine",
    ];
    const ALONE: [&str; 14] = [
        "as", "given", "shown", "above", "below", "found", "obtained", "boxed", "in", "marked", "written",
        "what", "expected", "there",
    ];
    let first = tail.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or("").to_ascii_lowercase();
    let says_nothing = !tail.contains(|c: char| c.is_ascii_digit() || c == '$' || c == '\\');
    NEVER.contains(&&*first) || says_nothing && ALONE.contains(&&*first)
}

/// The number that a sentence begins with, if words follow it: "42 rows of 7 seats".
fn leading_number(tail: &str) -> Option<&str> {
    const JOINS: [&str; 14] = [
        "", "and", "or", "to", "x", "times", "plus", "minus", "over", "of", "out", "more", "less", "divided",
    ];
    let end = tail.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | ',' | '-' | '$' | '/' | '%')))?;
    let number = tail[..end].trim_end_matches(['.', ',', '/']);
    let word = tail[end..].trim_start().split(|c: char| !c.is_alphabetic()).next()?;
    (number.contains(|c: char| c.is_ascii_digit()) && !JOINS.contains(&word)).then_some(number)
}

/// Up to the end of the first sentence or line.
pub(crate) fn sentence(text: &str) -> &str {
    let line = text.lines().next().unwrap_or("").trim_end();
    // Marks of step rewards, left in by the trainer.
    let line = line.strip_suffix("ки").or_else(|| line.strip_suffix("<extra_0>")).unwrap_or(line).trim_end();
    let end = line.match_indices(". ").map(|(at, _)| at).find(|at| !abbreviated(&line[..*at]));
    let line = end.map_or(line, |end| &line[..end]);
    line.strip_suffix('.').unwrap_or(line)
}

fn abbreviated(before: &str) -> bool {
    let last = before.rsplit([' ', '(', '*']).next().unwrap_or("");
    let option = last.len() == 1 && last.starts_with(|c: char| c.is_ascii_uppercase());
    option || ["sq", "a.m", "p.m", "approx", "cu", "ca"].contains(&last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(announcement(text).map(|found| found.text), Some(expected), "{text}");
    }

    #[test]
    fn phrases_and_headings_announce_answers() {
        check("The answer is 42.", "42");
        check("**Final Answer**\n\n42", "42");
        check("### Final Answer:\n\n**42**", "42");
        check("The answer to the question is 42.", "42");
        check("The final answer, in metres, is 42.", "42");
        check("Answer: \\[ 9 \\]", "9");
        check("The answer is therefore 6.", "6");
        check("The answer is: 12 ки", "12");
        check("所以答案是：12。", "12");
        check("to get the answer, which is $15$.", "$15$");
        check("Hence, 16 is the final answer. I used 3 steps.", "16");
        check("Answer:\n- 12", "12");
        check("Answer: -12", "-12");
        check("Final answer: x = 2 and y = 3", "x = 2 and y = 3");
        check("The answer is 5, 37, 40, 23, 14.", "5, 37, 40, 23, 14");
    }

    #[test]
    fn words_about_an_answer_announce_nothing() {
        for tail in [
            "I checked the final answer twice.",
            "I am sure that the answer is correct.",
            "The answer is as given above.",
            "Hence the answer is verified in 2 ways.",
            "The answers agree.",
            "This final answer was obtained in 3 steps by hand.",
            "The answer is right.",
            "My answer is consistent with 7.",
            "The answer must be an integer.",
        ] {
            check(&format!("The answer is 42.\n\n{tail}"), "42");
        }
    }

    #[test]
    fn a_denied_number_is_no_answer() {
        check("The answer is not 12 but 14.", "14");
        check("The answer is not 12, it is 14.", "14");
        check("The answer isn't 12, it's 14.", "14");
        check("The answer is 42, not 48.", "42");
        check("The answer is 42 rather than 48.", "42");
        assert!(announcement("The answer is not 12.").is_none());
    }

    #[test]
    fn reasons_and_asides_behind_an_answer_fall_away() {
        check("The answer is 42 because 6 rows of 7 fill the board.", "42");
        check("The answer is 42, which is even.", "42");
        check("The answer is 42 rows of 7 seats each.", "42");
        check("The answer is 42, since 6 times 7 is 42.", "42");
    }

    #[test]
    fn choices_keep_their_letter() {
        check("**Answer: D**", "D");
        check("Answer: (B) because 7 is odd.", "(B)");
        check("The correct answer is option C.", "C");
        check("The correct option is C because 3 of them vanish.", "C");
        check("Answer: D. The gas expands to 3 litres at last", "D. The gas expands to 3 litres at last");
    }
}
