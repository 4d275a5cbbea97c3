//! Numbers in words: "twelve", "twenty-five", "two thirds", "1.5 million".

use crate::token::{Literal, Token};

/// Powers of ten by name.
fn scale(word: &str) -> Option<i32> {
    Some(match word {
        "hundred" => 2,
        "thousand" => 3,
        "lakh" | "lakhs" => 5,
        "million" | "millions" | "mn" => 6,
        "crore" | "crores" => 7,
        "billion" | "billions" | "bn" => 9,
        "trillion" | "trillions" => 12,
        "quadrillion" => 15,
        _ => return None,
    })
}

fn cardinal(word: &str) -> Option<u64> {
    const WORDS: [&str; 20] = [
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
    ];
    const TENS: [&str; 8] = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
    let at = |words: &[&str]| words.iter().position(|known| *known == word).map(|at| at as u64);
    at(&WORDS).or_else(|| at(&TENS).map(|at| 10 * (at + 2)))
}

fn denominator(word: &str) -> Option<u64> {
    const WORDS: [&str; 8] = ["third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"];
    let word = word.strip_suffix('s').unwrap_or(word);
    match word {
        "half" | "halve" => Some(2),
        "quarter" => Some(4),
        _ => WORDS.iter().position(|known| *known == word).map(|at| at as u64 + 3),
    }
}

/// The tokens with scale words worked into the number before them, if there are any.
pub(crate) fn scaled(tokens: &[Token], currency: bool) -> Option<Vec<Token>> {
    let power = |token: &Token, last: bool| match token {
        Token::Word(word) => scale(&word.to_lowercase()),
        // `\$2.5M`; without a currency a letter is a variable.
        Token::Symbol(letter) if currency && last => match &**letter {
            "k" | "K" => Some(3),
            "M" => Some(6),
            "B" => Some(9),
            _ => None,
        },
        _ => None,
    };
    let at = tokens.iter().position(|token| matches!(token, Token::Number(_)))?;
    let run = tokens[at + 1..].iter().enumerate();
    let powers: Vec<i32> =
        run.map_while(|(next, token)| power(token, at + 2 + next == tokens.len())).take(3).collect();
    let Token::Number(literal) = &tokens[at] else { return None };
    if powers.is_empty() || !literal.repeating.is_empty() {
        return None;
    }
    let mut scaled = tokens[..at].to_vec();
    scaled.push(Token::Number(Literal {
        exponent: literal.exponent + powers.iter().sum::<i32>(),
        ..literal.clone()
    }));
    scaled.extend_from_slice(&tokens[at + 1 + powers.len()..]);
    Some(scaled)
}

/// The tokens with a number in words at their start written in digits, if there is one.
pub(crate) fn in_digits(tokens: &[Token]) -> Option<Vec<Token>> {
    let (mut total, mut group, mut read) = (0_u64, 0_u64, 0);
    for (at, token) in tokens.iter().enumerate() {
        match token {
            // "twenty-five"
            Token::Minus if read > 0 && read == at => read += 1,
            Token::Word(word) => {
                let word = word.to_lowercase();
                if let Some(number) = cardinal(&word) {
                    let fits =
                        group == 0 || group % 100 == 0 || group % 10 == 0 && number < 10 && group % 100 >= 20;
                    if !fits {
                        return None;
                    }
                    group += number;
                } else if let Some(power) = scale(&word).filter(|_| read > 0) {
                    let times = 10_u64.checked_pow(power.unsigned_abs())?;
                    if power == 2 {
                        group = group.max(1) * times;
                    } else {
                        total = total.checked_add(group.max(1).checked_mul(times)?)?;
                        group = 0;
                    }
                } else if let Some(below) = denominator(&word).filter(|_| read > 0 && at == read) {
                    return Some(fraction(total + group, below, &tokens[at + 1..]));
                } else {
                    break;
                }
                read = at + 1;
            }
            _ => break,
        }
    }
    if read == 0 || matches!(tokens.get(read - 1), Some(Token::Minus)) {
        return None;
    }
    let mut digits = vec![number(total + group)];
    digits.extend_from_slice(&tokens[read..]);
    Some(digits)
}

fn number(value: u64) -> Token {
    Token::Number(Literal { whole: value.to_string(), ..Literal::default() })
}

fn fraction(above: u64, below: u64, rest: &[Token]) -> Vec<Token> {
    let mut tokens = vec![number(above), Token::Over, number(below)];
    tokens.extend_from_slice(rest);
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lexer::tokens;

    fn written(tokens: Option<Vec<Token>>) -> String {
        tokens.into_iter().flatten().map(|token| token.to_string()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn numbers_in_words_become_digits() {
        let check = |text: &str, expected: &str| {
            assert_eq!(written(in_digits(&tokens(text).unwrap())), expected, "{text}");
        };
        check("twelve", "12");
        check(r"\text{Twenty-five}", "25");
        check("one hundred twenty three", "123");
        check("two thousand forty", "2040");
        check("three million", "3000000");
        check("two thirds", "2 Over 3");
        check("one-half", "1 Over 2");
        check("three apples", "3 apples");
        check("twelve twenty", "");
        check("apples", "");
        check("third", "");
    }

    #[test]
    fn scale_words_multiply() {
        let check = |text: &str, expected: &str| {
            assert_eq!(written(scaled(&tokens(text).unwrap(), false)), expected, "{text}");
        };
        check(r"1.5\text{ million}", "1.5()e6");
        check("3 thousand dollars", "3e3 dollars");
        check("2 hundred thousand", "2e5");
        check("5 M", "");
        assert_eq!(written(scaled(&tokens("2.5M").unwrap(), true)), "2.5()e6");
    }
}
