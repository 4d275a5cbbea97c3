//! `#### 42`, the convention of GSM8K; four hashes are also a heading of markdown.

/// The answer behind the last marker that is no heading, and where it stands.
pub(crate) fn marked(text: &str) -> Option<(&str, usize)> {
    for (at, _) in text.rmatch_indices("####").take(64) {
        // `#####` is met twice; a marker begins a line or at least a word.
        if text[..at].ends_with('#') {
            continue;
        }
        let rest = text[at..].trim_start_matches('#');
        let (line, below) = rest.split_once('\n').unwrap_or((rest, ""));
        let content = line.trim().trim_end_matches('.').trim_end_matches("ки").trim();
        if !content.is_empty() && is_answer(content, below.trim()) {
            return Some((content, at));
        }
    }
    None
}

/// Whether what stands behind the marker is an answer, given the text below it.
fn is_answer(content: &str, below: &str) -> bool {
    if content.ends_with(':') {
        return false;
    }
    if below.is_empty() {
        let step = ["Step", "Part", "Case", "Conclusion", "Answer", "Solution", "Final", "Summary", "Result"];
        // "End of 3 parts" is a heading, "3 parts" and "Tuesday" are answers.
        let heading = content.starts_with(char::is_alphabetic)
            && content.contains(|c: char| c.is_ascii_digit())
            && content.contains(' ');
        return !heading && !step.iter().any(|word| content.starts_with(word))
            || content.contains(['=', '\\', '$']);
    }
    // With text below, words or a lone letter make a heading: `#### 2 Second shelf`, `#### (a)`.
    let plain = content.trim_matches(['*', '$', '\\', '(', ')', '[', ']', ' ', '`']);
    let words = plain.split(|c: char| !c.is_alphabetic()).filter(|word| word.chars().count() > 2).count();
    let prose = words > 0 && !content.contains('\\');
    let numbered = content.contains(". ") || content.contains(") ") || content.contains(": ");
    plain.contains(|c: char| c.is_ascii_digit() || c == '\\') && !prose && !numbered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_holds_an_answer() {
        let check =
            |text, expected| assert_eq!(marked(text).map(|(answer, _)| answer), Some(expected), "{text}");
        check("2+2\n#### 1,234", "1,234");
        check("2+2 = 4 #### 4\n\n(Checked in 3 ways.)", "4");
        check("#### Working\n5\n#### **$18.00**", "**$18.00**");
        check("#### -7\n#### Remarks\nnone", "-7");
        check("x\n#### Tuesday", "Tuesday");
        check("x\n#### 20 apples", "20 apples");
        check("#### 3.50.", "3.50");
    }

    #[test]
    fn a_heading_is_no_marker() {
        for text in [
            "#### Step 1: First shelf\nIt holds 20.",
            "#### 2. Second shelf\nIt holds 25.",
            "#### 2 Second shelf\nIt holds 25.",
            "#### (a)\nIt holds 25.",
            "#### Conclusion\nIt is 45.",
            "#### Part 2\nIt is 45.",
            "#### Conclusion",
            "#### End of 3 parts",
            "####\n5",
        ] {
            assert_eq!(marked(text), None, "{text}");
        }
    }
}
