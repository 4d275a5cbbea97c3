//! What of an answer is certain while it is still being drawn.

use deliberate_gateway::Aloud;
use deliberate_lm::Listener;
use std::sync::{Arc, Mutex, PoisonError};

/// Tells a client what is heard as soon as it is certain to belong to the answer.
pub(super) fn telling(aloud: Aloud, stop: Vec<String>) -> Listener {
    let heard = Mutex::new(Heard { stop, kept: Vec::new(), over: false });
    Arc::new(move |piece| {
        let certain = heard.lock().unwrap_or_else(PoisonError::into_inner).hear(piece);
        if !certain.is_empty() {
            aloud.tell(certain);
        }
    })
}

/// What was heard and not told yet: it may be the beginning of a stop text, the white space at the end that no answer has, or
/// a part of a character.
struct Heard {
    stop: Vec<String>,
    kept: Vec<u8>,
    /// What follows is for the whole answer to tell.
    over: bool,
}

impl Heard {
    /// Takes the next token, and gives what is certain now.
    fn hear(&mut self, piece: &[u8]) -> String {
        if self.over {
            return String::new();
        }
        self.kept.extend_from_slice(piece);
        let text = match str::from_utf8(&self.kept) {
            Ok(text) => text,
            Err(error) => {
                self.over = error.error_len().is_some();
                str::from_utf8(&self.kept[..error.valid_up_to()]).expect("it is valid up to there")
            }
        };
        let end = if let Some(end) = self.stop.iter().filter_map(|stop| text.find(stop.as_str())).min() {
            self.over = true;
            end
        } else {
            let begun = self.stop.iter().map(|stop| begun(text, stop)).max().unwrap_or(0);
            text.len() - begun
        };
        let certain = text[..end].trim_end().to_owned();
        self.kept.drain(..certain.len());
        certain
    }
}

/// Bytes at the end of a text that a stop text begins with.
fn begun(text: &str, stop: &str) -> usize {
    let beginnings = stop.char_indices().map(|(at, _)| at).filter(|&at| text.ends_with(&stop[..at]));
    beginnings.max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(stop: &[&str], pieces: &[&[u8]], expected: &[&str]) {
        let stop = stop.iter().map(ToString::to_string).collect();
        let mut heard = Heard { stop, kept: Vec::new(), over: false };
        let told: Vec<String> = pieces.iter().map(|piece| heard.hear(piece)).collect();
        assert_eq!(told, expected);
    }

    #[test]
    fn only_what_is_certain_is_told() {
        check(&[], &[b"a", b" b \n", b"\nc"], &["a", " b", " \n\nc"]);
        check(&[], &["é".as_bytes().split_at(1).0, "é".as_bytes().split_at(1).1], &["", "é"]);
        check(&["END"], &[b"a E", b"N", b"Ob END c", b"d"], &["a", "", " ENOb", ""]);
        check(&["\n\n"], &[b"a\n", b"b\n", b"\n"], &["a", "\nb", ""]);
        check(&["bc", "abd"], &[b"xab", b"d"], &["x", ""]);
        check(&[], &[b"a", &[0xff], b"b"], &["a", "", ""]);
    }
}
