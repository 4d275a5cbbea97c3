//! Spelling before tokens: Unicode mathematics to ASCII or its TeX command.

use std::borrow::Cow;

/// The TeX spelling of a character, if it has one.
fn spelling(character: char) -> Option<&'static str> {
    Some(match character {
        '−' | '–' | '—' | '‐' | '‑' | '‒' | '﹣' | '－' | '➖' => "-",
        '＋' | '➕' => "+",
        '×' | '✕' | '⨯' | '✖' | '⋆' => r"\times ",
        '·' | '⋅' | '∙' | '•' => r"\cdot ",
        '÷' => r"\div ",
        '∕' | '⁄' | '／' => "/",
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
        '½' => r"\frac{1}{2}",
        '⅓' => r"\frac{1}{3}",
        '⅔' => r"\frac{2}{3}",
        '¼' => r"\frac{1}{4}",
        '¾' => r"\frac{3}{4}",
        '⅛' => r"\frac{1}{8}",
        '⅜' => r"\frac{3}{8}",
        '⅝' => r"\frac{5}{8}",
        '⅞' => r"\frac{7}{8}",
        '⅕' => r"\frac{1}{5}",
        '⅖' => r"\frac{2}{5}",
        '⅗' => r"\frac{3}{5}",
        '⅘' => r"\frac{4}{5}",
        '⅙' => r"\frac{1}{6}",
        '⅚' => r"\frac{5}{6}",
        '⅐' => r"\frac{1}{7}",
        '⅑' => r"\frac{1}{9}",
        '⅒' => r"\frac{1}{10}",
        '↉' => "0",
        '⅟' => "1/",
        '％' | '٪' => "%",
        '；' => "; ",
        '【' => "[",
        '】' => "]",
        '｛' => "{",
        '｝' => "}",
        '‰' => r"\cdot \frac{1}{1000}",
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
        '‘' | '’' | '′' => "'",
        '“' | '”' => "\"",
        '，' | '、' => ", ",
        '。' => ".",
        '（' => "(",
        '）' => ")",
        '\u{a0}' | '\u{2009}' | '\u{202f}' | '\u{2002}' | '\u{2003}' | '\u{200a}' | '\u{3000}'
        | '\u{2005}' => " ",
        '\u{200b}' | '\u{feff}' | '\u{2061}' | '\u{2062}' | '\u{200c}' | '\u{200d}' | '\u{200e}'
        | '\u{fe0f}' | '\u{ad}' => "",
        _ => return None,
    })
}

/// The ASCII character that a character is a wide, bold or foreign form of.
fn plain(character: char) -> Option<char> {
    let code = character as u32;
    let digit = |zero: u32| char::from_digit((code - zero) % 10, 10);
    let letter = |first: u32| {
        let at = ((code - first) % 52) as u8;
        Some(if at < 26 { b'A' + at } else { b'a' + at - 26 } as char)
    };
    match code {
        // Full width, as Chinese and Japanese input methods write it.
        0xff01..=0xff5e => char::from_u32(code - 0xfee0),
        // Arabic, Persian, Devanagari and Bengali digits.
        0x0660..=0x0669 => digit(0x0660),
        0x06f0..=0x06f9 => digit(0x06f0),
        0x0966..=0x096f => digit(0x0966),
        0x09e6..=0x09ef => digit(0x09e6),
        // Mathematical alphabets: bold, italic, sans-serif and the like.
        0x1d400..=0x1d6a3 => letter(0x1d400),
        0x1d7ce..=0x1d7ff => digit(0x1d7ce),
        0x210e => Some('h'),
        _ => None,
    }
}

/// The text with wide and foreign digits, letters and punctuation in ASCII; nothing else changes.
pub(crate) fn half_width(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || !text.chars().any(|character| plain(character).is_some()) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match plain(character) {
            Some(',') => out.push_str(", "),
            Some(plain) => out.push(plain),
            None => out.push(character),
        }
    }
    Cow::Owned(out)
}

/// The same text in ASCII where there is an ASCII spelling.
pub(crate) fn ascii(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        if let Some(read) = raised(rest, &mut out).or_else(|| barred(rest, &mut out)) {
            rest = &rest[read..];
            continue;
        }
        match (spelling(character), plain(character)) {
            (Some(spelling), _) => out.push_str(spelling),
            (None, Some(plain)) => out.push(plain),
            (None, None) => out.push(character),
        }
        rest = &rest[character.len_utf8()..];
    }
    Cow::Owned(out)
}

/// A run of raised or lowered characters as one exponent, index or fraction: `x¹⁰`, `10⁻³`, `³⁄₄`. Bytes read.
fn raised(text: &str, out: &mut String) -> Option<usize> {
    let (above, length) = run(text, superscript);
    if length == 0 {
        let (below, length) = run(text, subscript);
        out.push_str(&["_{", &below, "}"].concat());
        return (length > 0).then_some(length).or_else(|| {
            out.truncate(out.len() - 3);
            None
        });
    }
    let slash = text[length..].chars().next().filter(|slash| matches!(slash, '⁄' | '/' | '∕'));
    if let Some(slash) = slash {
        let from = length + slash.len_utf8();
        let (below, read) = run(&text[from..], subscript);
        if read > 0 {
            out.push_str(&["\\frac{", &above, "}{", &below, "}"].concat());
            return Some(from + read);
        }
    }
    out.push_str(&["^{", &above, "}"].concat());
    Some(length)
}

/// The characters that `read` knows at the start of `text`, and their length in bytes.
fn run(text: &str, read: impl Fn(char) -> Option<char>) -> (String, usize) {
    let known =
        text.chars().map_while(|character| read(character).map(|plain| (plain, character.len_utf8())));
    known.fold((String::new(), 0), |(mut out, length), (plain, bytes)| {
        out.push(plain);
        (out, length + bytes)
    })
}

/// Digits under combining bars or dots, which recur: `0.3̅`. Bytes read.
fn barred(text: &str, out: &mut String) -> Option<usize> {
    let mut characters = text.chars();
    let (digit, mark) = (characters.next()?, characters.next()?);
    let command = match mark {
        '\u{305}' | '\u{304}' => "\\overline{",
        '\u{307}' => "\\dot{",
        _ => return None,
    };
    if !digit.is_ascii_digit() {
        return None;
    }
    out.push_str(command);
    out.push(digit);
    let mut read = 1 + mark.len_utf8();
    if mark != '\u{307}' {
        let mut rest = text[read..].chars();
        while let (Some(next), Some(same)) = (rest.next(), rest.next()) {
            if !next.is_ascii_digit() || same != mark {
                break;
            }
            out.push(next);
            read += 1 + mark.len_utf8();
        }
    }
    out.push('}');
    Some(read)
}

fn superscript(character: char) -> Option<char> {
    Some(match character {
        '⁰' => '0',
        '¹' => '1',
        '²' => '2',
        '³' => '3',
        '⁴'..='⁹' => (b'4' + (character as u32 - '⁴' as u32) as u8) as char,
        '⁺' => '+',
        '⁻' => '-',
        '⁽' => '(',
        '⁾' => ')',
        'ⁿ' => 'n',
        'ⁱ' => 'i',
        'ˣ' => 'x',
        'ᵏ' => 'k',
        'ᵐ' => 'm',
        _ => return None,
    })
}

fn subscript(character: char) -> Option<char> {
    Some(match character {
        '₀'..='₉' => (b'0' + (character as u32 - '₀' as u32) as u8) as char,
        '₊' => '+',
        '₋' => '-',
        'ₙ' => 'n',
        'ₓ' => 'x',
        'ₖ' => 'k',
        'ᵢ' => 'i',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unicode_becomes_plain_tex() {
        assert_eq!(ascii("3√13 − x¹⁰"), r"3\sqrt 13 - x^{10}");
        assert_eq!(ascii("10⁻³"), "10^{-3}");
        assert_eq!(ascii("1³⁄₄ ¹/₂ a₁₀"), r"1\frac{3}{4} \frac{1}{2} a_{10}");
        assert_eq!(ascii("0.3\u{305} 0.1\u{305}4\u{305}"), r"0.\overline{3} 0.\overline{14}");
    }

    #[test]
    fn wide_and_foreign_digits_are_digits() {
        assert_eq!(ascii("－１２．５％"), "-12.5%");
        assert_eq!(ascii("𝟏𝟐𝑥 ٤٢ ४२"), "12x 42 42");
        assert_eq!(half_width("答案是１２。"), "答案是12。");
    }
}
