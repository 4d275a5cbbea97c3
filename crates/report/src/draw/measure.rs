//! How much room text takes, without a font: widths of Helvetica by class of letter, and some more.

/// Some system fonts are wider than Helvetica.
const GENEROUS: f64 = 1.09;

/// Width in pixels of one line at a font size.
pub(super) fn width(text: &str, size: f64) -> f64 {
    text.chars().map(share).sum::<f64>() * size * GENEROUS
}

fn share(character: char) -> f64 {
    match character {
        'i' | 'j' | 'l' | '\'' | '|' | '.' | ',' | ':' | ';' | '!' => 0.27,
        'f' | 't' | 'r' | ' ' | '(' | ')' | '[' | ']' | '/' | 'I' | '-' => 0.34,
        'm' | 'M' | 'W' | '%' | '@' => 0.88,
        'w' | 'A'..='Z' | '−' | '+' | '=' | '<' | '>' | '×' => 0.7,
        character if character as u32 >= 0x2e80 => 1.0,
        _ => 0.56,
    }
}

/// Lines no wider than `room`; a word that is wider stands alone.
pub(super) fn wrap(text: &str, size: f64, room: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if width(line, size) + width(" ", size) + width(word, size) <= room => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// The text, cut with an ellipsis where it needs more room.
pub(super) fn fitted(text: &str, size: f64, room: f64) -> String {
    let mut count = text.chars().count();
    let mut short = text.to_owned();
    while count > 1 && width(&short, size) > room {
        count -= 1;
        short = crate::escape::shortened(text, count);
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_keep_within_their_room() {
        let text = "accuracy against budget for each method and the majority";
        let lines = wrap(text, 12.0, 120.0);
        assert!(lines.len() > 1 && lines.iter().all(|line| width(line, 12.0) <= 120.0));
        assert_eq!(lines.join(" "), text);
    }

    #[test]
    fn cut_text_fits() {
        let cut = fitted("a very long name of a strategy", 12.0, 60.0);
        assert!(cut.ends_with('…') && width(&cut, 12.0) <= 60.0);
        assert_eq!(fitted("short", 12.0, 60.0), "short");
    }
}
