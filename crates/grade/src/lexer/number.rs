//! Number literals: separators of thousands, decimals, recurring decimals, exponents.

use super::Lexer;
use crate::limits::LITERAL_DIGITS;
use crate::token::{Literal, Token};

/// Digits under a bar or between dots that are read as a period.
const PERIOD_DIGITS: usize = 64;

impl<'a> Lexer<'a> {
    fn digits(&mut self) -> &'a str {
        let rest = self.rest();
        let length = rest.bytes().take_while(u8::is_ascii_digit).count();
        self.at += length;
        &rest[..length]
    }

    fn digit_at(&self, at: usize) -> bool {
        self.rest().as_bytes().get(at).is_some_and(u8::is_ascii_digit)
    }

    pub(super) fn number(&mut self) {
        let mut literal = Literal::default();
        literal.whole.push_str(self.digits());
        let dotted = self.dotted_groups(&literal.whole);
        if let Some(groups) = dotted {
            literal.whole.push_str(&groups);
        } else {
            let mut first = true;
            while !literal.whole.is_empty() && self.thousands(first, &literal.whole) {
                let rest = self.rest();
                literal.whole.push_str(&rest[..3]);
                self.at += 3;
                first = false;
            }
        }
        let start = self.at;
        if self.rest().starts_with('.') && self.digit_at(1) {
            self.at += 1;
            literal.fraction.push_str(self.digits());
        } else if self.rest().starts_with("{,}") && self.digit_at(3) {
            // A braced comma that does not group is the decimal comma of continental typesetting.
            self.at += 3;
            literal.fraction.push_str(self.digits());
        } else if self.rest().starts_with('.') && !literal.whole.is_empty() {
            self.at += 1;
        }
        let point = self.at > start;
        if point {
            self.repeating(&mut literal);
        }
        if literal.fraction.is_empty() && literal.repeating.is_empty() {
            self.at = start;
        } else {
            self.going_on(&mut literal);
        }
        self.exponent(&mut literal);
        if literal.whole.is_empty() {
            literal.whole.push('0');
        }
        self.push(Token::Number(literal));
    }

    /// `1.234.567`: two points cannot both be decimal ones.
    fn dotted_groups(&mut self, whole: &str) -> Option<String> {
        let bytes = self.rest().as_bytes();
        let group = |at: usize| {
            bytes.get(at) == Some(&b'.')
                && (1..=3).all(|digit| bytes.get(at + digit).is_some_and(u8::is_ascii_digit))
        };
        let groups = (0..LITERAL_DIGITS / 3).take_while(|count| group(count * 4)).count();
        let ends = !bytes.get(groups * 4).is_some_and(u8::is_ascii_digit);
        if groups < 2 || !ends || !(1..=3).contains(&whole.len()) || whole.starts_with('0') {
            return None;
        }
        let digits = self.rest()[..groups * 4].replace('.', "");
        self.at += groups * 4;
        Some(digits)
    }

    /// Steps over a separator of thousands, if one stands here before exactly three digits.
    fn thousands(&mut self, first: bool, whole: &str) -> bool {
        let start = self.at;
        let rest = self.rest();
        // Typographic separators say what they are; a bare comma or space needs the right surroundings.
        let marked =
            [",\\!", "{,}", "{, }", "\\,", "{\\,}", "\\!"].iter().find(|mark| rest.starts_with(**mark));
        let (length, bare) = match marked {
            Some(mark) => (mark.len(), false),
            None if rest.starts_with([',', '\'']) => (1, true),
            None if rest.starts_with("\\ ") => (2, true),
            None if rest.starts_with([' ', '~']) => (1, true),
            None => return false,
        };
        self.at += length;
        if !bare {
            self.skip_spaces();
        }
        let digits = self.rest().bytes().take_while(u8::is_ascii_digit).count();
        let leading_zero = whole.starts_with('0');
        let inside = bare && self.brackets > 0 && !self.rest().starts_with('0');
        let group = digits == 3 && !(first && (whole.len() > 3 || leading_zero)) && !inside;
        // `1 000/3` groups, `1 234` groups, but `2 100\%` and mixed numbers such as `5 100/101` are left alone.
        let space = bare && !rest.starts_with([',', '\'']);
        let fraction = space && self.rest().as_bytes().get(3) == Some(&b'/');
        if group && !fraction {
            return true;
        }
        self.at = start;
        false
    }

    /// The period behind a decimal point: `\overline{3}`, `\bar3`, `\dot{1}4285\dot{7}`, `(3)`.
    fn repeating(&mut self, literal: &mut Literal) {
        let start = self.at;
        let period = if self.take("\\overline") || self.take("\\bar") {
            self.under_mark()
        } else if self.take("\\dot") {
            self.between_dots()
        } else if self.rest().starts_with('(') && !literal.whole.is_empty() {
            self.in_brackets(literal.fraction.is_empty())
        } else {
            return;
        };
        match period.filter(|period| !period.is_empty() && period.len() <= PERIOD_DIGITS) {
            Some(period) => literal.repeating.push_str(&period),
            None => self.at = start,
        }
    }

    /// The digits in the braces behind a mark, or the one digit that TeX would take.
    fn under_mark(&mut self) -> Option<String> {
        let digits = if let Some(digits) = self.braced() {
            digits.trim()
        } else {
            self.skip_spaces();
            let digit = self.rest().get(..1).unwrap_or("");
            self.at += digit.len();
            digit
        };
        digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.to_owned())
    }

    /// `\dot{3}`, or the stretch from one dotted digit to another.
    fn between_dots(&mut self) -> Option<String> {
        let mut period = self.under_mark()?;
        let start = self.at;
        let middle = self.digits().to_owned();
        if self.take("\\dot") {
            let last = self.under_mark()?;
            period.push_str(&middle);
            period.push_str(&last);
        } else {
            self.at = start;
        }
        Some(period)
    }

    /// `0.(3)`. Behind decimals brackets are a product as well, unless they end an answer of nothing else.
    fn in_brackets(&mut self, directly: bool) -> Option<String> {
        let end = self.rest().find(')')?;
        let digits = &self.rest()[1..end];
        let alone = self.tokens.is_empty() && self.rest()[end + 1..].trim().is_empty();
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) || !(directly || alone) {
            return None;
        }
        self.at += end + 1;
        Some(digits.to_owned())
    }

    /// The dots of `0.333...`: a period, where the digits show one twice or a single digit three times.
    fn going_on(&mut self, literal: &mut Literal) {
        let dots = ["...", "\\ldots", "\\dots", "\\cdots"];
        if !dots.iter().any(|dots| self.take(dots)) || !literal.repeating.is_empty() {
            return;
        }
        let digits = literal.fraction.as_bytes();
        let shown = |period: usize| {
            let times = if period == 1 { 3 } else { 2 };
            let tail = digits.len().checked_sub(period * times)?;
            let same = digits[tail..].chunks(period).all(|chunk| chunk == &digits[tail..tail + period]);
            same.then_some((tail, period))
        };
        if let Some((tail, period)) = (1..=digits.len() / 2).take(PERIOD_DIGITS).find_map(shown) {
            literal.repeating = literal.fraction[tail..tail + period].to_owned();
            literal.fraction.truncate(tail);
            while literal.fraction.ends_with(&literal.repeating) {
                literal.fraction.truncate(literal.fraction.len() - period);
            }
        }
    }

    /// `e-7` directly after digits, and no further letter.
    fn exponent(&mut self, literal: &mut Literal) {
        let rest = self.rest().as_bytes();
        if !matches!(rest.first(), Some(b'e' | b'E')) {
            return;
        }
        let sign = usize::from(matches!(rest.get(1), Some(b'+' | b'-')));
        let digits = rest.iter().skip(1 + sign).take_while(|byte| byte.is_ascii_digit()).count();
        let end = 1 + sign + digits;
        if digits == 0 || digits > 4 || rest.get(end).is_some_and(u8::is_ascii_alphabetic) {
            return;
        }
        literal.exponent = self.rest()[1..end].parse().unwrap_or(0);
        self.at += end;
    }
}

#[cfg(test)]
mod tests {
    use crate::lexer::tokens;
    use crate::token::Token;

    fn numbers(text: &str) -> Vec<String> {
        let literal = |token: Token| match token {
            Token::Number(literal) => Some(Token::Number(literal).to_string()),
            _ => None,
        };
        tokens(text).unwrap().into_iter().filter_map(literal).collect()
    }

    #[test]
    fn separators_of_thousands_vanish_and_other_commas_stay() {
        for text in [r"32,\!348", "32{,}348", r"32\,348", "32,348", "32 348", "32'348"] {
            assert_eq!(numbers(text), ["32348"], "{text}");
        }
        assert_eq!(numbers("(12,102)"), ["12", "102"]);
        assert_eq!(numbers("(1,000, 2)"), ["1000", "2"]);
        assert_eq!(numbers("4,6,14"), ["4", "6", "14"]);
        assert_eq!(numbers("0,111"), ["0", "111"]);
        assert_eq!(numbers("1.234.567"), ["1234567"]);
        assert_eq!(numbers("1.234"), ["1.234()"]);
    }

    #[test]
    fn recurring_decimals_have_many_spellings() {
        for text in
            [r"0.\overline{3}", r"0.\bar3", r"0.\dot{3}", r"0.\dot 3", "0.(3)", "0.333...", r"0.3333\ldots"]
        {
            assert_eq!(numbers(text), ["0.(3)"], "{text}");
        }
        assert_eq!(numbers(r"0.\dot{1}4285\dot{7}"), ["0.(142857)"]);
        assert_eq!(numbers(r"0.1\dot6"), ["0.1(6)"]);
        assert_eq!(numbers("0.1(6)"), ["0.1(6)"]);
        assert_eq!(numbers("0.1666..."), ["0.1(6)"]);
        assert_eq!(numbers("2.5(4)x"), ["2.5()", "4"]);
        assert_eq!(numbers("3.14159..."), ["3.14159()"]);
        assert_eq!(numbers("0.33..."), ["0.33()"]);
    }
}
