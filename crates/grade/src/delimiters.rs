//! What TeX and markdown put around an answer: `$...$`, `\(...\)`, `\[...\]`, `**...**`, and prose.

use std::borrow::Cow;

/// A stretch of text, inside or outside of math delimiters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Segment<'a> {
    pub(crate) text: &'a str,
    pub(crate) mathematics: bool,
    /// Where the segment starts, in bytes.
    pub(crate) start: usize,
}

/// Splits at math delimiters. A dollar sign without a partner is currency and splits nothing.
pub(crate) fn segments(text: &str) -> Vec<Segment<'_>> {
    let bytes = text.as_bytes();
    let (mut segments, mut start, mut at) = (Vec::new(), 0, 0);
    // A delimiter once found without a partner has none later either; do not search to the end again.
    let mut hopeless = [false; 4];
    while at < bytes.len() {
        let (index, open, close) = match &bytes[at..] {
            [b'$', b'$', ..] => (0, "$$", "$$"),
            [b'$', ..] => (1, "$", "$"),
            [b'\\', b'(', ..] => (2, "\\(", "\\)"),
            [b'\\', b'[', ..] => (3, "\\[", "\\]"),
            [b'\\', _, ..] => {
                at += 2;
                continue;
            }
            _ => {
                at += 1;
                continue;
            }
        };
        let inside = at + open.len();
        let end = if hopeless[index] { None } else { find_close(text, inside, close) };
        let Some(end) = end else {
            hopeless[index] = true;
            at += open.len();
            continue;
        };
        if start < at {
            segments.push(Segment { text: &text[start..at], mathematics: false, start });
        }
        segments.push(Segment { text: &text[inside..end], mathematics: true, start: inside });
        at = end + close.len();
        start = at;
    }
    if start < text.len() {
        segments.push(Segment { text: &text[start..], mathematics: false, start });
    }
    segments
}

fn find_close(text: &str, from: usize, close: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = from;
    while at < bytes.len() {
        if bytes[at..].starts_with(close.as_bytes()) {
            return Some(at);
        }
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    None
}

/// The mathematics of an answer without what is wrapped around it.
pub(crate) fn unwrapped(text: &str) -> Cow<'_, str> {
    let text = emphasis(text.trim());
    if !text.contains(['$', '\\']) {
        return Cow::Borrowed(text);
    }
    let segments = segments(text);
    let formulas: Vec<_> = segments.iter().filter(|segment| segment.mathematics).collect();
    let Some(last) = formulas.last() else { return Cow::Borrowed(text) };
    if segments.len() == 1 {
        return Cow::Borrowed(last.text.trim());
    }
    // Connectives join the formulas to one list; a word or two behind a single formula is its unit.
    let light = |outside: &str| {
        outside.split(|c: char| !c.is_alphanumeric()).all(|word| matches!(word, "" | "and" | "or" | "U"))
    };
    let outside = || segments.iter().filter(|segment| !segment.mathematics);
    let unit = segments.len() == 2
        && segments[0].mathematics
        && segments[1].text.split_whitespace().count() <= 2
        && !segments[1].text.trim_start().starts_with(['.', ',', ';', ':']);
    if unit || outside().all(|segment| light(segment.text)) {
        let joined: Vec<&str> = segments.iter().map(|segment| segment.text).collect();
        return Cow::Owned(joined.join(" "));
    }
    Cow::Borrowed(last.text.trim())
}

/// Without markdown emphasis or quotation marks around the whole.
fn emphasis(text: &str) -> &str {
    const MARKS: [(&str, &str); 10] = [
        ("**", "**"),
        ("__", "__"),
        ("`", "`"),
        ("\"", "\""),
        ("'", "'"),
        ("``", "''"),
        ("“", "”"),
        ("‘", "’"),
        ("«", "»"),
        ("「", "」"),
    ];
    let mut text = text;
    for _ in 0..3 {
        let inner = MARKS.iter().find_map(|(open, close)| {
            let inner = text.strip_prefix(open)?.trim_end_matches('.').strip_suffix(close)?;
            (!inner.is_empty() && !inner.contains(open)).then_some(inner.trim())
        });
        match inner {
            Some(inner) => text = inner,
            None => break,
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(unwrapped(text), expected);
    }

    #[test]
    fn delimiters_and_prose_fall_away() {
        check("$9$", "9");
        check(r"Answer \[ 9 \]", "9");
        check(r"Therefore $x \geq 5$ is the solution.", r"x \geq 5");
        check("$21,16$ or $11$", "21,16  or  11");
        check("$12.50", "$12.50");
        check(r"$\$750$", r"\$750");
        check("**8**", "8");
        check("'42'", "42");
        check("“**42**”", "42");
        check("``yes''", "yes");
        check("'a' or 'b'", "'a' or 'b'");
    }
}
