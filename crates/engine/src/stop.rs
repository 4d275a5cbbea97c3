//! Finds stop texts in the bytes of a continuation as they arrive, token by token.

/// Watches one continuation for the texts that end it.
#[derive(Debug, Clone)]
pub(crate) struct StopWatch {
    /// Bytes that a match may still begin in: one less than the longest stop text.
    reach: usize,
    tail: Vec<u8>,
}

impl StopWatch {
    /// A watch over a continuation that is still empty.
    pub(crate) fn new(stops: &[String]) -> Self {
        let longest = stops.iter().map(String::len).max().unwrap_or(0);
        Self { reach: longest.saturating_sub(1), tail: Vec::new() }
    }

    /// Takes the bytes of the next token; gives the index of the stop text that they complete. Of several, the one
    /// completed first, and of those completed together the lowest index.
    pub(crate) fn push(&mut self, stops: &[String], piece: &[u8]) -> Option<usize> {
        if stops.is_empty() {
            return None;
        }
        let before = self.tail.len();
        self.tail.extend_from_slice(piece);
        let ends = stops.iter().enumerate().filter_map(|(index, stop)| {
            let from = (before + 1).saturating_sub(stop.len());
            let at = self.tail[from..].windows(stop.len()).position(|window| window == stop.as_bytes())?;
            Some((from + at + stop.len(), index))
        });
        let first = ends.min().map(|(_, index)| index);
        let surplus = self.tail.len().saturating_sub(self.reach);
        self.tail.drain(..surplus);
        first
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(stops: &[&str], pieces: &[&str], expected: Option<(usize, usize)>) {
        let stops: Vec<String> = stops.iter().map(ToString::to_string).collect();
        let mut watch = StopWatch::new(&stops);
        let found = pieces
            .iter()
            .enumerate()
            .find_map(|(i, piece)| watch.push(&stops, piece.as_bytes()).map(|s| (i, s)));
        assert_eq!(found, expected, "{stops:?} in {pieces:?}");
    }

    #[test]
    fn a_stop_text_is_found_wherever_tokens_cut_it() {
        check(&["\n\n"], &["a\n", "\n", "b"], Some((1, 0)));
        check(&["\n\n"], &["a\n", "b\n", "\n"], Some((2, 0)));
        check(&["\n\n"], &["x\n\ny"], Some((0, 0)));
        check(&["abcd"], &["a", "b", "c", "d"], Some((3, 0)));
        check(&["aab"], &["aa", "ab"], Some((1, 0)));
        check(&["é"], &["caf", "é"], Some((1, 0)));
        check(&["zz"], &["z", "", "y"], None);
        check(&[], &["anything"], None);
    }

    #[test]
    fn of_several_stop_texts_the_one_completed_first_counts() {
        check(&["d", "b"], &["abcd"], Some((0, 1)));
        check(&["xb", "b"], &["axb"], Some((0, 0)));
        check(&["b", "xb"], &["axb"], Some((0, 0)));
        check(&["bc", "abc"], &["ab", "c"], Some((1, 0)));
    }

    #[test]
    fn characters_cut_in_two_are_matched_by_their_bytes() {
        let stops = vec!["→".to_string()];
        let bytes = "→".as_bytes();
        let mut watch = StopWatch::new(&stops);
        assert_eq!(watch.push(&stops, &bytes[..1]), None);
        assert_eq!(watch.push(&stops, &bytes[1..2]), None);
        assert_eq!(watch.push(&stops, &bytes[2..]), Some(0));
    }
}
