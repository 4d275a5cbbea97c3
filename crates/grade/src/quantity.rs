//! Single quantities: a number or expression with its unit, a numeral in a base, or words.

use crate::expression::Expression;
use crate::fingerprint::Fingerprint;
use crate::parser;
use crate::token::{Bracket, Literal, Token};
use crate::value::{Decimal, Measure, Scalar, Value};
use crate::words::unit;

/// A scalar without unit or spelling.
pub(crate) fn plain(value: Fingerprint) -> Value {
    Value::Scalar(Box::new(Scalar { value, measure: None, decimal: None, letter: None }))
}

/// The value of tokens without structure.
pub(crate) fn value(tokens: &[Token]) -> Option<Value> {
    if let Some(value) = based(tokens) {
        return Some(value);
    }
    let (tokens, currency) = without_currency(tokens);
    let (tokens, measure) = without_unit(tokens);
    let tokens = without_lead(tokens);
    let expression = parser::expression(tokens)?;
    let value = Fingerprint::of(&expression)?;
    let letter = match &expression {
        Expression::Variable(name) if name.len() == 1 => Some(name.to_lowercase()),
        Expression::ImaginaryUnit => Some("i".to_owned()),
        Expression::Euler => Some("e".to_owned()),
        _ => None,
    };
    let measure = measure.or_else(|| currency.then(|| Measure { unit: unit("dollars"), power: 1 }));
    Some(Value::Scalar(Box::new(Scalar { value, measure, decimal: decimal(tokens), letter })))
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

/// Without a currency sign in front.
fn without_currency(tokens: &[Token]) -> (&[Token], bool) {
    match tokens {
        [Token::Currency, rest @ ..] => (rest, true),
        [rest @ .., Token::Currency] if !rest.is_empty() => (rest, true),
        [Token::Minus, Token::Currency, Token::Number(_)] => (tokens, true),
        _ => (tokens, false),
    }
}

/// Without the words and signs of a unit behind: `cm^2`, `square feet`, `percent`, `^\circ`, `inches`.
fn without_unit(tokens: &[Token]) -> (&[Token], Option<Measure>) {
    let has_function = || tokens.iter().any(|token| matches!(token, Token::Function(_)));
    match tokens {
        [rest @ .., Token::Percent] if !rest.is_empty() => {
            return (rest, Some(Measure { unit: unit("percent"), power: 1 }));
        }
        // In `\sin 30^\circ` the degrees belong to the argument.
        [rest @ .., Token::Degree] if !rest.is_empty() && !has_function() => {
            return (rest, Some(Measure { unit: unit("degrees"), power: 1 }));
        }
        [rest @ .., Token::Degree, Token::Symbol(scale)]
            if !rest.is_empty() && matches!(&**scale, "C" | "F") =>
        {
            return (rest, Some(Measure { unit: unit("degrees"), power: 1 }));
        }
        _ => {}
    }
    let Some(start) = unit_start(tokens) else { return (tokens, None) };
    let (rest, suffix) = tokens.split_at(start);
    let word = |token: &Token| match token {
        Token::Word(word) => Some(word.to_lowercase()),
        Token::Symbol(letter) => Some(letter.clone()),
        _ => None,
    };
    let words: Vec<String> = suffix.iter().filter_map(word).collect();
    let mut power = match words[0].as_str() {
        "square" | "sq" => 2,
        "cubic" | "cu" => 3,
        _ => 1,
    };
    let name = if power > 1 { words.get(1) } else { words.first() };
    for pair in suffix.windows(3) {
        power = match pair {
            [Token::Power, Token::Number(literal), _] | [_, Token::Power, Token::Number(literal)] => {
                literal.whole.parse().unwrap_or(power)
            }
            [Token::Power, Token::Open(_), Token::Number(literal)] => literal.whole.parse().unwrap_or(power),
            _ => power,
        };
    }
    let plain = !suffix.contains(&Token::Over);
    let measure = Measure { unit: name.and_then(|name| unit(name)).filter(|_| plain), power };
    (rest, Some(measure))
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
