//! Reading the pieces of a line that a model wrote. Nothing here panics, whatever the line.

use crate::Operation;

/// Two operands and what is between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Expression<T> {
    pub(crate) left: T,
    pub(crate) operation: Operation,
    pub(crate) right: T,
}

impl<'a> Expression<&'a str> {
    /// Reads `b*7` or `12 + 40`: exactly one sign, something on both sides of it.
    pub(crate) fn read(text: &'a str) -> Option<Self> {
        let (at, operation) = text.char_indices().find_map(|(at, sign)| {
            Operation::ALL
                .into_iter()
                .find(|operation| operation.sign() == sign)
                .map(|operation| (at, operation))
        })?;
        let (left, right) = (text[..at].trim(), text[at + 1..].trim());
        let word = |text: &str| !text.is_empty() && text.chars().all(char::is_alphanumeric);
        (word(left) && word(right)).then_some(Self { left, operation, right })
    }

    /// The same with its operands as numbers.
    pub(crate) fn numbers(self) -> Option<Expression<u64>> {
        Some(Expression { left: number(self.left)?, operation: self.operation, right: number(self.right)? })
    }
}

/// A number as solutions write it: up to twelve digits, no sign, no leading zero.
pub(crate) fn number(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = (1..=12).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    (digits && (text == "0" || !text.starts_with('0'))).then(|| text.parse().ok()).flatten()
}

/// Numbers separated by commas, by spaces, or by both; `None` if there is anything else.
pub(crate) fn numbers(text: &str) -> Option<Vec<u64>> {
    text.split([',', ' ']).filter(|part| !part.is_empty()).map(number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_digits_and_nothing_else() {
        for (text, expected) in [("0", Some(0)), (" 17 ", Some(17)), ("017", None), ("-1", None), ("", None)]
        {
            assert_eq!(number(text), expected, "{text}");
        }
        assert_eq!(number("1234567890123"), None);
        assert_eq!(numbers("24, 10"), Some(vec![24, 10]));
        assert_eq!(numbers("24, ten"), None);
    }

    #[test]
    fn expressions_have_one_sign() {
        assert!(Expression::read("b*7").is_some());
        for text in ["", "+", "b+", "+7", "b+7+1", "b", "b*-7", "é×7"] {
            assert_eq!(Expression::read(text), None, "{text}");
        }
    }
}
