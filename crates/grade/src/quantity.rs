//! Single quantities: a number or expression with its unit, a numeral in a base, or words.

use crate::counting;
use crate::expression::Expression;
use crate::fingerprint::Fingerprint;
use crate::parser;
use crate::token::{Bracket, Literal, Token};
use crate::units::{self, Dimension};
use crate::value::{Decimal, Lettered, Measure, Scalar, Value};
use num_rational::BigRational;

/// A scalar without unit or spelling.
pub(crate) fn plain(value: Fingerprint) -> Value {
    let scalar = Scalar { value, measure: None, lettered: None, spelled: false, decimal: None, letter: None };
    Value::Scalar(Box::new(scalar))
}

/// The value of tokens without structure.
pub(crate) fn value(tokens: &[Token]) -> Option<Value> {
    if let Some(value) = based(tokens) {
        return Some(value);
    }
    let (tokens, currency) = without_currency(tokens);
    let words = || tokens.iter().any(|token| matches!(token, Token::Word(_)));
    if currency.is_some() || words() {
        if let Some(value) = compound(&[tokens]) {
            return Some(value);
        }
        let tokens = without_lead(tokens);
        if let Some(digits) = counting::in_digits(tokens) {
            let tokens = counting::scaled(&digits, false).unwrap_or(digits);
            return scalar(&tokens, currency, true);
        }
        if let Some(scaled) = counting::scaled(tokens, currency.is_some()) {
            return scalar(&scaled, currency, false);
        }
        return scalar(tokens, currency, false);
    }
    scalar(tokens, currency, false)
}

fn scalar(tokens: &[Token], currency: Option<Dimension>, in_words: bool) -> Option<Value> {
    let (tokens, measure) = without_unit(without_remark(tokens));
    let expression = parser::expression(tokens)?;
    let value = Fingerprint::of(&expression)?;
    let letter = match &expression {
        Expression::Variable(name) if name.len() == 1 => Some(name.to_lowercase()),
        Expression::ImaginaryUnit => Some("i".to_owned()),
        Expression::Euler => Some("e".to_owned()),
        _ => None,
    };
    let spelled = in_words && measure.as_ref().is_some_and(|measure| measure.unit.is_none());
    let measure = measure.or_else(|| currency.map(|unit| Measure { unit: Some(unit), noun: None }));
    let lettered = if measure.is_none() { lettered(tokens) } else { None };
    Some(Value::Scalar(Box::new(Scalar {
        value,
        measure,
        lettered,
        spelled,
        decimal: decimal(tokens),
        letter,
    })))
}

/// `1000 m`, `9.8 m/s^2`: a number and letters that all name units.
fn lettered(tokens: &[Token]) -> Option<Box<Lettered>> {
    let [Token::Number(literal), suffix @ ..] = tokens else { return None };
    let fits = |token: &Token| match token {
        Token::Symbol(letter) => matches!(&**letter, "m" | "g" | "s" | "h" | "l" | "L"),
        Token::Over
        | Token::Power
        | Token::Number(_)
        | Token::Open(Bracket::Group)
        | Token::Close(Bracket::Group) => true,
        _ => false,
    };
    if !matches!(suffix.first(), Some(Token::Symbol(_))) || suffix.len() > 8 || !suffix.iter().all(fits) {
        return None;
    }
    Some(Box::new(Lettered { value: literal.value()?, unit: units::dimension(suffix)? }))
}

/// `2 ft 6 in`, or the parts of "2 hours and 30 minutes": the sum, in the first unit.
pub(crate) fn compound(parts: &[&[Token]]) -> Option<Value> {
    let mut sum: Option<(BigRational, Dimension, BigRational)> = None;
    let mut count = 0;
    for mut rest in parts.iter().copied() {
        while !rest.is_empty() {
            let [Token::Number(literal), name, after @ ..] = rest else { return None };
            let (number, unit) = (literal.value()?, Dimension::of(units::named(name)?));
            if unit.is("percent") {
                return None;
            }
            sum = Some(match sum {
                None => (number, unit.clone(), unit.size),
                // Each unit is smaller than the one before, and there are fewer of it than would make one of those.
                Some((total, first, last)) if unit.kinds == first.kinds && unit.size < last => {
                    if &number * &unit.size >= last {
                        return None;
                    }
                    (total + number * &unit.size / &first.size, first, unit.size)
                }
                Some(_) => return None,
            });
            count += 1;
            rest = after;
        }
    }
    let (value, unit, _) = sum.filter(|_| count >= 2)?;
    let Value::Scalar(mut scalar) = plain(Fingerprint::Exact(value)) else { return None };
    scalar.measure = Some(Measure { unit: Some(unit), noun: None });
    Some(Value::Scalar(scalar))
}

/// Without a remark in brackets behind a value: `36 (since 6^2 = 36)`, `12 (cm)`.
fn without_remark(tokens: &[Token]) -> &[Token] {
    let [_, .., Token::Close(Bracket::Round)] = tokens else { return tokens };
    let opens = tokens
        .windows(2)
        .position(|pair| matches!(pair, [Token::Open(Bracket::Round), Token::Word(word)] if word.len() > 1));
    match opens {
        Some(at)
            if at > 0 && !matches!(tokens[at - 1], Token::Function(_) | Token::Logarithm | Token::Under) =>
        {
            &tokens[..at]
        }
        _ => tokens,
    }
}

fn decimal(tokens: &[Token]) -> Option<Decimal> {
    let (negative, literal) = match tokens {
        [Token::Number(literal)] => (false, literal),
        [Token::Minus, Token::Number(literal)] => (true, literal),
        _ => return None,
    };
    if literal.fraction.is_empty() || !literal.repeating.is_empty() || literal.exponent != 0 {
        return None;
    }
    let value = literal.value()?;
    Some(Decimal {
        value: if negative { -value } else { value },
        places: literal.fraction.len() as u32,
        significant: literal.significant() as u32,
    })
}

/// Words such as "about" or "approximately" before a number.
fn without_lead(tokens: &[Token]) -> &[Token] {
    let starts = tokens.iter().take_while(|token| matches!(token, Token::Word(_))).count();
    let about = |token: &Token| {
        matches!(token, Token::Word(word) if matches!(word.to_lowercase().as_str(),
            "about" | "approximately" | "answer" | "the" | "exactly" | "roughly" | "around"))
    };
    if tokens[..starts].iter().all(about) { &tokens[starts..] } else { tokens }
}

/// Without a currency sign at either end, and the currency.
fn without_currency(tokens: &[Token]) -> (&[Token], Option<Dimension>) {
    match tokens {
        [first, rest @ ..] if !rest.is_empty() && currency(first).is_some() => (rest, currency(first)),
        [rest @ .., last] if !rest.is_empty() && currency(last).is_some() => (rest, currency(last)),
        [Token::Minus, sign, Token::Number(_), ..] if currency(sign).is_some() => (tokens, currency(sign)),
        _ => (tokens, None),
    }
}

fn currency(token: &Token) -> Option<Dimension> {
    let name = match token {
        Token::Currency => "dollars",
        Token::Other(sign) if matches!(&**sign, "£" | "€" | "¥" | "₹") => sign,
        _ => return None,
    };
    units::unit(name).map(Dimension::of)
}

/// Without the words and signs of a unit behind: `cm^2`, `square feet`, `percent`, `^\circ`, `inches`.
fn without_unit(tokens: &[Token]) -> (&[Token], Option<Measure>) {
    let has_function = || tokens.iter().any(|token| matches!(token, Token::Function(_)));
    let measure = |name: &str| Some(Measure { unit: units::unit(name).map(Dimension::of), noun: None });
    match tokens {
        [rest @ .., Token::Percent] if !rest.is_empty() => return (rest, measure("percent")),
        // In `\sin 30^\circ` the degrees belong to the argument.
        [rest @ .., Token::Degree] if !rest.is_empty() && !has_function() => {
            return (rest, measure("degrees"));
        }
        [rest @ .., Token::Degree, Token::Symbol(scale)]
            if !rest.is_empty() && matches!(&**scale, "C" | "F") =>
        {
            return (rest, measure("degrees"));
        }
        _ => {}
    }
    let Some(start) = unit_start(tokens) else { return (tokens, None) };
    let (rest, suffix) = tokens.split_at(start);
    let noun = suffix.iter().find_map(|token| match token {
        Token::Word(word) => Some(word.to_lowercase()),
        _ => None,
    });
    (rest, Some(Measure { unit: units::dimension(suffix), noun }))
}

/// Where a trailing run of unit words begins: a word that directly follows a complete number.
fn unit_start(tokens: &[Token]) -> Option<usize> {
    let start = tokens.iter().position(|token| matches!(token, Token::Word(_)))?;
    // A raised ordinal: `12^{\text{th}}`.
    let start = match &tokens[..start] {
        [.., Token::Power, Token::Open(Bracket::Group)] => start - 2,
        [.., Token::Power] => start - 1,
        _ => start,
    };
    if start == 0 {
        return None;
    }
    let counts =
        tokens[..start].iter().any(|token| matches!(token, Token::Number(_) | Token::Pi | Token::Root));
    let complete = counts
        && matches!(
            tokens[start - 1],
            Token::Number(_)
                | Token::Close(_)
                | Token::Symbol(_)
                | Token::Pi
                | Token::Bang
                | Token::Percent
                | Token::Degree
        );
    let belongs = |token: &Token| {
        matches!(
            token,
            Token::Word(_)
                | Token::Symbol(_)
                | Token::Power
                | Token::Number(_)
                | Token::Over
                | Token::Minus
                | Token::Open(Bracket::Group | Bracket::Round)
                | Token::Close(Bracket::Group | Bracket::Round)
        )
    };
    // Numbers in a unit are exponents only.
    let exponents = tokens[start..].windows(2).all(|pair| {
        !matches!(pair[1], Token::Number(_))
            || matches!(pair[0], Token::Power | Token::Open(Bracket::Group) | Token::Minus)
    });
    (complete && exponents && tokens[start..].iter().all(belongs)).then_some(start)
}

/// A numeral with a subscript base: `2516_8`, `4A_{16}`, `101_{\text{two}}`.
fn based(tokens: &[Token]) -> Option<Value> {
    let under = tokens.iter().position(|token| *token == Token::Under)?;
    let base = match &tokens[under + 1..] {
        [one] | [Token::Open(Bracket::Group), one, Token::Close(Bracket::Group)] => base(one)?,
        _ => return None,
    };
    let numeral = match &tokens[..under] {
        [Token::Open(Bracket::Round), inside @ .., Token::Close(Bracket::Round)] => inside,
        numeral => numeral,
    };
    let mut digits = String::new();
    for token in numeral {
        match token {
            Token::Number(literal) if literal.is_whole() => digits.push_str(&literal.whole),
            Token::Symbol(letter) | Token::Word(letter) => digits.push_str(&letter.to_uppercase()),
            _ => return None,
        }
    }
    let starts_as_numeral = matches!(numeral.first(), Some(Token::Number(_)));
    let fits = digits.chars().all(|digit| digit.to_digit(36).is_some_and(|digit| digit < base));
    let trimmed = digits.trim_start_matches('0');
    (starts_as_numeral && (fits || digits.bytes().all(|digit| digit.is_ascii_digit()))).then(|| {
        Value::Based { digits: if trimmed.is_empty() { "0".to_owned() } else { trimmed.to_owned() }, base }
    })
}

fn base(token: &Token) -> Option<u32> {
    match token {
        Token::Number(Literal { whole, .. }) => whole.parse().ok().filter(|base| (2..=36).contains(base)),
        Token::Word(word) => match word.to_lowercase().as_str() {
            "two" => Some(2),
            "three" => Some(3),
            "four" => Some(4),
            "five" => Some(5),
            "six" => Some(6),
            "seven" => Some(7),
            "eight" => Some(8),
            "nine" => Some(9),
            "ten" => Some(10),
            "twelve" => Some(12),
            "sixteen" => Some(16),
            _ => None,
        },
        _ => None,
    }
}
