//! What a model wrote, made fit for a terminal.

/// Characters of a step or an answer that are shown.
const WIDTH: usize = 64;

/// One line of at most [`WIDTH`] characters; control characters never reach the terminal.
pub(crate) fn one_line(text: &str) -> String {
    let line = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    let line = line.collect::<Vec<_>>().join(" ");
    if line.chars().count() <= WIDTH {
        return line;
    }
    let head: String = line.chars().take(WIDTH - 1).collect();
    format!("{head}…")
}

/// The text without control characters other than line breaks and tabs.
pub(crate) fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_step_is_cut_at_a_character_and_escapes_are_dropped() {
        assert_eq!(one_line("a\n\u{1b}[31mb\tc"), "a [31mb c");
        assert_eq!(one_line(&"é".repeat(100)).chars().count(), WIDTH);
        assert_eq!(printable("a\n\u{1b}[31mb\u{7}\tc"), "a\n[31mb\tc");
    }
}
