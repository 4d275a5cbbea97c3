//! Backslashes that were doubled, or lost to a reader of escapes on the way here.

use std::borrow::Cow;

/// Undoes doubled escaping: `\\\\frac` is a command unless rows of a matrix are about.
pub(crate) fn single_backslashes(text: &str) -> Cow<'_, str> {
    let doubled = |at: usize| {
        text.as_bytes().get(at + 2).is_some_and(|next| next.is_ascii_alphabetic() || *next == b'%')
    };
    if text.contains("\\begin") || !text.match_indices("\\\\").any(|(at, _)| doubled(at)) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.replace("\\\\", "\\"))
}

/// What is left of commands whose backslash and first letter were read as a tab, a line feed or a return.
const REMNANTS: [(char, char, &[&str]); 3] = [
    (
        '\t',
        't',
        &[
            "ext{", "extbf{", "extit{", "extrm{", "imes", "heta", "frac", "binom", "an", "au", "riangle",
            "o", "ilde",
        ],
    ),
    ('\n', 'n', &["eq", "abla", "otin", "eg", "leq"]),
    ('\r', 'r', &["ight", "angle", "ho", "floor", "ceil", "m{", "brace"]),
];

/// Gives back the backslash to commands that lost it: a form feed before `rac{1}{2}` was `\\f`.
pub(crate) fn with_backslashes(text: &str) -> Cow<'_, str> {
    if !text.bytes().any(|byte| byte < b' ')
        || !text.char_indices().any(|(at, c)| lost(text, at, c).is_some())
    {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for (at, character) in text.char_indices() {
        let Some(letter) = lost(text, at, character) else {
            out.push(character);
            continue;
        };
        // Some keep the backslash beside the control character.
        let backslashes = out.bytes().rev().take_while(|byte| *byte == b'\\').count();
        if backslashes % 2 == 0 {
            out.push('\\');
        }
        out.push(letter);
    }
    Cow::Owned(out)
}

/// The letter that the control character at `at` was, if it was one.
fn lost(text: &str, at: usize, character: char) -> Option<char> {
    let letter = match character {
        '\u{7}' => 'a',
        '\u{8}' => 'b',
        '\u{b}' => 'v',
        '\u{c}' => 'f',
        '\t' | '\n' | '\r' => {
            let (_, letter, remnants) = REMNANTS.iter().find(|(control, ..)| *control == character)?;
            let rest = &text[at + 1..];
            let whole = |remnant: &&&str| {
                rest.strip_prefix(**remnant).is_some_and(|after| {
                    remnant.ends_with('{') || !after.starts_with(|next: char| next.is_alphabetic())
                })
            };
            let short = |remnant: &str| remnant.len() <= 2 && !remnant.ends_with('{');
            // "an" and "o" are words too: only before what such a command takes.
            let remnant = remnants.iter().find(whole)?;
            let after = &rest[remnant.len()..];
            let command = !short(remnant) || after.starts_with(['(', '{', '\\', '^', '_']);
            return (command || matches!(*remnant, "eq" | "au" | "ho")).then_some(*letter);
        }
        _ => return None,
    };
    text[at + 1..].starts_with(|next: char| next.is_ascii_alphabetic()).then_some(letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubled_backslashes_become_single() {
        assert_eq!(single_backslashes(r"\\frac{1}{2}"), r"\frac{1}{2}");
        assert_eq!(single_backslashes(r"\begin{matrix}1\\x\end{matrix}"), r"\begin{matrix}1\\x\end{matrix}");
    }

    #[test]
    fn lost_backslashes_come_back() {
        assert_eq!(with_backslashes("\u{c}rac{1}{2}"), r"\frac{1}{2}");
        assert_eq!(with_backslashes("\\\u{c}rac{1}{2}"), r"\frac{1}{2}");
        assert_eq!(with_backslashes("\u{8}oxed{3\times 4\text{ cm}}"), r"\boxed{3\times 4\text{ cm}}");
        assert_eq!(with_backslashes("x \neq 5, \u{7}lpha \right)"), r"x \neq 5, \alpha \right)");
    }

    #[test]
    fn white_space_stays_white_space() {
        for text in ["a\n\tb", "1\to 2", "x\nequals", "1\tan apple", "so\nright\rights"] {
            assert_eq!(with_backslashes(text), text);
        }
    }
}
