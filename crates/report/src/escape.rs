//! Text of any origin, made harmless in markup and in scripts.

/// Text for HTML or SVG, between tags or inside a quoted attribute.
///
/// Control characters, which XML forbids, become spaces.
pub(crate) fn text(raw: &str) -> String {
    let mut safe = String::with_capacity(raw.len());
    for character in raw.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            '\n' | '\t' => safe.push(character),
            '\u{fffe}' | '\u{ffff}' => safe.push('\u{fffd}'),
            other if other.is_control() => safe.push(' '),
            other => safe.push(other),
        }
    }
    safe
}

/// JSON for a `<script>` element: no character in it can end the element or open a comment.
pub(crate) fn json(raw: &str) -> String {
    let mut safe = String::with_capacity(raw.len());
    for character in raw.chars() {
        match character {
            '<' => safe.push_str("\\u003c"),
            '>' => safe.push_str("\\u003e"),
            '&' => safe.push_str("\\u0026"),
            '\u{2028}' => safe.push_str("\\u2028"),
            '\u{2029}' => safe.push_str("\\u2029"),
            other => safe.push(other),
        }
    }
    safe
}

/// A name for an `id` or a file: lower-case letters, digits and dashes, never empty.
pub(crate) fn slug(raw: &str) -> String {
    let mut slug = String::new();
    for character in raw.chars() {
        if character.is_ascii_alphanumeric() {
            slug.push(character.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() { "part".to_owned() } else { slug.to_owned() }
}

/// The text with an ellipsis where it is longer than `characters`.
pub(crate) fn shortened(raw: &str, characters: usize) -> String {
    if raw.chars().count() <= characters {
        return raw.to_owned();
    }
    let mut short: String = raw.chars().take(characters.saturating_sub(1)).collect();
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_text_stays_text() {
        assert_eq!(
            text("<img src=x onerror='a()'>&\"\u{0}"),
            "&lt;img src=x onerror=&#39;a()&#39;&gt;&amp;&quot; "
        );
    }

    #[test]
    fn json_cannot_end_its_script() {
        let safe = json("{\"a\":\"</script><!--&\u{2028}\"}");
        assert!(!safe.contains(['<', '>', '&', '\u{2028}']));
        let back: serde_json::Value = serde_json::from_str(&safe).expect("still JSON");
        assert_eq!(back["a"], "</script><!--&\u{2028}");
    }

    #[test]
    fn slugs_are_safe_names() {
        assert_eq!(slug("Figure 3 (left): <b>"), "figure-3-left-b");
        assert_eq!(slug("…"), "part");
    }

    #[test]
    fn long_text_ends_in_an_ellipsis() {
        assert_eq!(shortened("abcdef", 3), "ab…");
        assert_eq!(shortened("äöü", 3), "äöü");
    }
}
