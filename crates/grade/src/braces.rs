//! Balanced braces, in one pass and without recursion.

/// The inside of the brace that opens at the first byte of `text`; `None` if it never closes.
pub(crate) fn balanced(text: &str) -> Option<&str> {
    let bytes = text.as_bytes();
    let mut depth = 0_usize;
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 1,
            b'{' => depth += 1,
            b'}' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return text.get(1..at);
                }
            }
            _ => {}
        }
        at += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escaped_braces_do_not_count() {
        assert_eq!(balanced(r"{a{b}\}c}d"), Some(r"a{b}\}c"));
        assert_eq!(balanced("{a{b}"), None);
        assert_eq!(balanced("}"), None);
    }
}
