//! What a model says to its reader: without its thoughts, and without turns that it invents for others.

/// Opening and closing marks of thoughts, as various models write them.
const THOUGHTS: [(&str, &str); 13] = [
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("<thoughts>", "</thoughts>"),
    ("<reasoning>", "</reasoning>"),
    ("<reflection>", "</reflection>"),
    ("<scratchpad>", "</scratchpad>"),
    ("<seed:think>", "</seed:think>"),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
    ("<|channel|>analysis", "<|channel|>final<|message|>"),
    ("<|thinking|>", "<|/thinking|>"),
    ("[think]", "[/think]"),
    ("◁think▷", "◁/think▷"),
];

/// Tokens that end a turn.
const ENDS: [&str; 11] = [
    "<|im_end|>",
    "<|im_start|>",
    "<|endoftext|>",
    "<|end_of_text|>",
    "<|eot_id|>",
    "<|end|>",
    "<|return|>",
    "<end_of_turn>",
    "<｜end▁of▁sentence｜>",
    "</s>",
    "<eos>",
];

/// Words that open a turn of somebody else, or the next example, at the start of a line and before a colon.
const SPEAKERS: [&str; 11] = [
    "q",
    "question",
    "next question",
    "new question",
    "human",
    "user",
    "student",
    "instruction",
    "problem",
    "next problem",
    "example",
];

/// The last stretch of text that is not thought, up to the end of the turn.
///
/// A closing mark without an opening one means that the opening one belonged to the prompt; thoughts that never
/// close hide all that follows.
pub(crate) fn reply(text: &str) -> &str {
    if !text.contains(['<', '[', '◁']) {
        return text;
    }
    until_end(without_thoughts(text))
}

fn without_thoughts(text: &str) -> &str {
    let (mut start, mut open, mut last) = (0, None, "");
    let mut see = |visible: &'_ str, range: std::ops::Range<usize>| {
        if !visible.trim().is_empty() {
            last = &text[range];
        }
    };
    for (at, _) in text.match_indices(['<', '[', '◁']) {
        let rest = &text[at..];
        let begins = |mark: &str| rest.get(..mark.len()).is_some_and(|head| head.eq_ignore_ascii_case(mark));
        if at < start {
            continue;
        }
        if let Some((_, close)) = THOUGHTS.iter().find(|(_, close)| begins(close)) {
            start = at + close.len();
            open = None;
        } else if open.is_none() && THOUGHTS.iter().any(|(mark, _)| begins(mark)) {
            see(&text[start..at], start..at);
            open = Some(at);
        }
    }
    match open {
        None => see(&text[start..], start..text.len()),
        // Thoughts that run into the answer without a mark.
        Some(open) => {
            if let Some(at) = text[open..].rfind("<answer>") {
                see(&text[open + at..], open + at..text.len());
            }
        }
    }
    last
}

fn until_end(text: &str) -> &str {
    let end = text
        .match_indices('<')
        .map(|(at, _)| at)
        .find(|at| !text[..*at].trim().is_empty() && ENDS.iter().any(|mark| text[*at..].starts_with(mark)));
    end.map_or(text, |end| &text[..end])
}

/// The parts before each line that opens somebody else's turn, shortest first.
pub(crate) fn turns(text: &str) -> impl Iterator<Item = &str> {
    let starts = text.match_indices('\n').map(|(at, _)| at);
    starts
        .filter(|at| opens_turn(&text[at + 1..]))
        .map(|at| &text[..at])
        .filter(|head| !head.trim().is_empty())
}

fn opens_turn(line: &str) -> bool {
    let line = line.trim_start_matches([' ', '*', '#', '>', '_', '<', '[', '|']);
    if line.starts_with("INST]") {
        return true;
    }
    let Some(colon) = line.bytes().take(24).position(|byte| byte == b':') else { return false };
    let Some(name) = line.get(..colon) else { return false };
    let name = name.trim_end_matches(|c: char| c.is_ascii_digit() || " *_.|>".contains(c));
    SPEAKERS.iter().any(|speaker| name.eq_ignore_ascii_case(speaker))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thoughts_are_no_reply() {
        assert_eq!(reply("<think>\\boxed{1}</think> It is 2."), " It is 2.");
        assert_eq!(reply("the prompt opened it </think>3"), "3");
        assert_eq!(reply("<THINKING>a</THINKING>b<thinking>c</thinking>d"), "d");
        assert_eq!(reply("[THINK]\\boxed{1}[/THINK]2"), "2");
        assert_eq!(reply("◁think▷1◁/think▷2"), "2");
        assert_eq!(reply("It is 4.<think>or 5?</think>\n"), "It is 4.");
    }

    #[test]
    fn thoughts_that_are_cut_off_hide_everything_behind_them() {
        assert_eq!(reply("<think>so \\boxed{12}"), "");
        assert_eq!(reply("<think>a</think>\n<think>\\boxed{12}").trim(), "");
        assert_eq!(reply("<think>no end <answer>5</answer>"), "<answer>5</answer>");
    }

    #[test]
    fn a_turn_ends_where_its_token_says() {
        assert_eq!(reply("It is 5.<|im_end|>\n<|im_start|>user 7"), "It is 5.");
        assert_eq!(reply("x < 3 and y <= 4"), "x < 3 and y <= 4");
    }

    #[test]
    fn other_speakers_open_turns() {
        let turns = |text| turns(text).map(str::len).collect::<Vec<_>>();
        assert_eq!(turns("a\nQ: b\n**Question 2:** c\nHuman: d"), [1, 6, 24]);
        assert_eq!(turns("Q: a\nA: b\nThe quotient: 5"), Vec::<usize>::new());
    }
}
