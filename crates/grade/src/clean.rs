//! Spelling before tokens: Unicode mathematics to its TeX command, doubled backslashes, markdown emphasis.

use std::borrow::Cow;

/// The TeX spelling of a character, if it has one.
fn spelling(character: char) -> Option<&'static str> {
    Some(match character {
        '−' | '–' | '—' | '‐' | '‑' | '﹣' | '－' => "-",
        '＋' => "+",
        '×' | '✕' | '⨯' => r"\times ",
        '·' | '⋅' | '∙' | '•' => r"\cdot ",
        '÷' => r"\div ",
        '∕' | '⁄' => "/",
        'π' | '𝜋' | '𝝅' => r"\pi ",
        '√' => r"\sqrt ",
        '∛' => r"\sqrt[3]",
        '∞' => r"\infty ",
        '≤' | '⩽' | '≦' => r"\le ",
        '≥' | '⩾' | '≧' => r"\ge ",
        '≠' => r"\ne ",
        '≈' | '≃' => r"\approx ",
        '∪' | '⋃' => r"\cup ",
        '∩' | '⋂' => r"\cap ",
        '∈' => r"\in ",
        '∖' => r"\setminus ",
        '∅' | 'Ø' => r"\emptyset ",
        '°' | 'º' | '˚' => r"\degree ",
        '±' => r"\pm ",
        '∓' => r"\mp ",
        '⁰' => "^{0}",
        '¹' => "^{1}",
        '²' => "^{2}",
        '³' => "^{3}",
        '⁴' => "^{4}",
        '⁵' => "^{5}",
        '⁶' => "^{6}",
        '⁷' => "^{7}",
        '⁸' => "^{8}",
        '⁹' => "^{9}",
        '₀' => "_{0}",
        '₁' => "_{1}",
        '₂' => "_{2}",
        '₃' => "_{3}",
        '₄' => "_{4}",
        '₅' => "_{5}",
        '₆' => "_{6}",
        '₇' => "_{7}",
        '₈' => "_{8}",
        '₉' => "_{9}",
        '½' => r"\frac{1}{2}",
        '⅓' => r"\frac{1}{3}",
        '⅔' => r"\frac{2}{3}",
        '¼' => r"\frac{1}{4}",
        '¾' => r"\frac{3}{4}",
        '⅛' => r"\frac{1}{8}",
        'ℝ' => r"\mathbb{R}",
        'α' => r"\alpha ",
        'β' => r"\beta ",
        'γ' => r"\gamma ",
        'δ' => r"\delta ",
        'θ' => r"\theta ",
        'λ' => r"\lambda ",
        'μ' | 'µ' => r"\mu ",
        'φ' | 'ϕ' => r"\phi ",
        'ω' => r"\omega ",
        '⟨' | '〈' => r"\langle ",
        '⟩' | '〉' => r"\rangle ",
        '⌊' => r"\lfloor ",
        '⌋' => r"\rfloor ",
        '⌈' => r"\lceil ",
        '⌉' => r"\rceil ",
        '…' => r"\ldots ",
        '’' | '′' => "'",
        '“' | '”' => "\"",
        '，' => ", ",
        '。' => ".",
        '（' => "(",
        '）' => ")",
        '\u{a0}' | '\u{2009}' | '\u{202f}' | '\u{2002}' | '\u{2003}' | '\u{200a}' => " ",
        '\u{200b}' | '\u{feff}' | '\u{2061}' | '\u{2062}' => "",
        _ => return None,
    })
}

/// The same text in ASCII where there is an ASCII spelling.
pub(crate) fn ascii(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut previous = ' ';
    for character in text.chars() {
        // Adjacent superscripts are one exponent: x¹⁰.
        let joined = superscript(character).zip(superscript(previous));
        match (joined, spelling(character)) {
            (Some((digit, _)), _) if out.ends_with('}') => {
                out.pop();
                out.push(digit);
                out.push('}');
            }
            (_, Some(spelling)) => out.push_str(spelling),
            _ => out.push(character),
        }
        previous = character;
    }
    Cow::Owned(out)
}

fn superscript(character: char) -> Option<char> {
    "⁰¹²³⁴⁵⁶⁷⁸⁹".chars().position(|digit| digit == character).map(|value| (b'0' + value as u8) as char)
}

/// Undoes doubled escaping: `\\frac` is a command unless rows of a matrix are about.
pub(crate) fn single_backslashes(text: &str) -> Cow<'_, str> {
    let doubled = |at: usize| {
        text.as_bytes().get(at + 2).is_some_and(|next| next.is_ascii_alphabetic() || *next == b'%')
    };
    if text.contains("\\begin") || !text.match_indices("\\\\").any(|(at, _)| doubled(at)) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.replace("\\\\", "\\"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unicode_and_doubled_backslashes_become_plain_tex() {
        assert_eq!(ascii("3√13 − x¹⁰"), r"3\sqrt 13 - x^{10}");
        assert_eq!(single_backslashes(r"\\frac{1}{2}"), r"\frac{1}{2}");
        assert_eq!(single_backslashes(r"\begin{matrix}1\\x\end{matrix}"), r"\begin{matrix}1\\x\end{matrix}");
    }
}
