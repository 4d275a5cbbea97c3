//! Tokens to [`Value`]: lists, brackets, unions; relations and single quantities are read by their own modules.

use crate::fingerprint::Fingerprint;
use crate::limits::{PARTS, STRUCTURE_DEPTH};
use crate::token::{Bracket, Token};
use crate::value::{Clock, End, Value};
use crate::{line, parser, quantity, relation};

/// The value of an answer, or `None` if it is not mathematics.
pub(crate) fn value(tokens: &[Token], depth: usize) -> Option<Value> {
    if depth > STRUCTURE_DEPTH {
        return None;
    }
    let tokens = unqualified(trimmed(tokens));
    if tokens.is_empty() {
        return None;
    }
    if tokens.iter().any(|token| matches!(token, Token::PlusMinus | Token::MinusPlus)) {
        return both_signs(tokens, depth);
    }
    let separators =
        |token: &Token| matches!(token, Token::Comma | Token::Semicolon | Token::And | Token::Or);
    let parts = split(tokens, separators);
    if parts.len() > 1 {
        return list(&parts, tokens.contains(&Token::Or), depth);
    }
    for (sign, combine) in [
        (Token::Cup, Value::Union as fn(Vec<Value>) -> Value),
        (Token::Cap, Value::Intersection),
        (Token::Without, Value::Difference),
    ] {
        let parts = split(tokens, |token| *token == sign);
        if parts.len() > 1 {
            if parts.len() > PARTS {
                return None;
            }
            // `x \in A \cup B`: the membership belongs to the whole union.
            let mut first = parts[0];
            if let Some(at) = first.iter().position(|token| *token == Token::In) {
                first = &first[at + 1..];
            }
            let values: Option<Vec<_>> =
                [first].iter().chain(&parts[1..]).map(|part| value(part, depth + 1)).collect();
            return values.map(combine);
        }
    }
    if let Some(value) = relation::value(tokens, depth) {
        return Some(value);
    }
    if let Some(value) = enclosed(tokens, depth) {
        return Some(value);
    }
    match tokens {
        [Token::Infinity] | [Token::Plus, Token::Infinity] => {
            return Some(Value::Text("infinity".to_owned()));
        }
        [Token::Minus, Token::Infinity] => return Some(Value::Text("-infinity".to_owned())),
        [Token::EmptySet] => return Some(Value::Set(Vec::new())),
        [Token::Reals] => {
            let infinite = || End { value: None, closed: false };
            return Some(Value::Interval { low: infinite(), high: infinite(), variable: None });
        }
        _ => {}
    }
    if let Some(value) = ratio(tokens, depth) {
        return Some(value);
    }
    if tokens.iter().any(|token| matches!(token, Token::Begin(_)))
        && let Some(value) = matrix(tokens)
    {
        return Some(value);
    }
    quantity::value(tokens)
}

/// Without a qualifier that restricts nothing: `f(x) = cx + 1 \text{ for any } c \in \mathbb{R}`.
fn unqualified(tokens: &[Token]) -> &[Token] {
    let word = |token: &Token, names: &[&str]| matches!(token, Token::Word(word) if names.contains(&&*word.to_lowercase()));
    let at = tokens.windows(2).position(|pair| {
        word(&pair[0], &["for"]) && word(&pair[1], &["any", "all", "every", "each", "some"])
    });
    match at {
        Some(at) if at > 0 && tokens[at..].contains(&Token::In) => &tokens[..at],
        _ => tokens,
    }
}

/// Without separators at either end.
fn trimmed(mut tokens: &[Token]) -> &[Token] {
    let idle = |token: &Token| {
        matches!(token, Token::Comma | Token::Semicolon | Token::And | Token::Or | Token::NewRow)
    };
    while let [first, rest @ ..] = tokens
        && idle(first)
    {
        tokens = rest;
    }
    while let [rest @ .., last] = tokens
        && idle(last)
    {
        tokens = rest;
    }
    tokens
}

/// The parts between separators outside all brackets; empty parts vanish.
pub(crate) fn split(tokens: &[Token], separates: impl Fn(&Token) -> bool) -> Vec<&[Token]> {
    let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0_usize);
    for (at, token) in tokens.iter().enumerate() {
        match token {
            Token::Open(_) | Token::Begin(_) => depth += 1,
            Token::Close(_) | Token::End(_) => depth = depth.saturating_sub(1),
            token if depth == 0 && separates(token) => {
                parts.push(&tokens[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&tokens[start..]);
    parts.retain(|part| !part.is_empty());
    parts
}

/// `a \pm b` is the list of its two readings.
fn both_signs(tokens: &[Token], depth: usize) -> Option<Value> {
    // Within a list or a set, each part has signs of its own: `\{1\pm\sqrt5, -2\}` has three members.
    let separators =
        |token: &Token| matches!(token, Token::Comma | Token::Semicolon | Token::And | Token::Or);
    let parts = split(tokens, separators);
    if parts.len() > 1 {
        return list(&parts, tokens.contains(&Token::Or), depth);
    }
    if let [Token::Open(Bracket::Set), inside @ .., Token::Close(Bracket::Set)] = tokens {
        let parts = split(inside, separators);
        return members(&parts, depth).map(Value::Set);
    }
    let read = |upper: bool| {
        let sign = |token: &Token| match token {
            Token::PlusMinus if upper => Token::Plus,
            Token::PlusMinus => Token::Minus,
            Token::MinusPlus if upper => Token::Minus,
            Token::MinusPlus => Token::Plus,
            other => other.clone(),
        };
        value(&tokens.iter().map(sign).collect::<Vec<_>>(), depth + 1)
    };
    // `x = 1 \pm 2` names both.
    let unnamed = |value| match value {
        Value::Named { value, .. } => *value,
        other => other,
    };
    Some(Value::List(vec![unnamed(read(true)?), unnamed(read(false)?)]))
}

/// The values of the parts, with `\pm` and nested bare lists spread out.
fn members(parts: &[&[Token]], depth: usize) -> Option<Vec<Value>> {
    if parts.len() > PARTS {
        return None;
    }
    let mut values = Vec::new();
    for part in parts {
        match value(part, depth + 1)? {
            Value::List(inner) => values.extend(inner),
            single => values.push(single),
        }
    }
    (values.len() <= 2 * PARTS).then_some(values)
}

fn list(parts: &[&[Token]], alternatives: bool, depth: usize) -> Option<Value> {
    if let Some(value) = quantity::compound(parts) {
        return Some(value);
    }
    let mut values = members(parts, depth)?;
    if let Some(value) = conditions(&values, alternatives) {
        return Some(value);
    }
    // `n = 1, 2, 3` names every part once.
    let later_unnamed =
        values.len() > 1 && !values[1..].iter().any(|value| matches!(value, Value::Named { .. }));
    if later_unnamed && let Value::Named { value, .. } = &values[0] {
        values[0] = (**value).clone();
    }
    Some(if values.len() == 1 { values.remove(0) } else { Value::List(values) })
}

/// Conditions on one variable: `x < 2 or x > 3` is a union, `1 < x < 3, x \ne 2` holds all at once. Where a comma
/// joins what cannot hold at once, alternatives are meant.
fn conditions(values: &[Value], alternatives: bool) -> Option<Value> {
    let name = condition_on(values.first()?)?;
    if !values.iter().all(|value| condition_on(value) == Some(name)) {
        return None;
    }
    let union = || Value::Union(values.to_vec());
    if alternatives {
        return Some(union());
    }
    let all = values[1..].iter().try_fold(values[0].clone(), |all, next| {
        let parts = line::intersection(&all, next)?;
        line::of(parts)
    });
    Some(all.unwrap_or_else(union))
}

/// The variable that an inequality restricts.
fn condition_on(value: &Value) -> Option<&str> {
    match value {
        Value::Interval { variable, .. } => variable.as_deref(),
        Value::Union(parts) => parts.first().and_then(condition_on),
        _ => None,
    }
}

/// Whether the first token opens a bracket that the last one closes.
fn is_enclosed(tokens: &[Token]) -> bool {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        match token {
            Token::Open(_) | Token::Begin(_) => depth += 1,
            Token::Close(_) | Token::End(_) => {
                let Some(rest) = depth.checked_sub(1) else { return false };
                depth = rest;
                if depth == 0 {
                    return at + 1 == tokens.len();
                }
            }
            _ => {}
        }
        if depth == 0 {
            return false;
        }
    }
    false
}

fn enclosed(tokens: &[Token], depth: usize) -> Option<Value> {
    let [Token::Open(open), inside @ .., Token::Close(close)] = tokens else { return None };
    if !is_enclosed(tokens) {
        return None;
    }
    let parts = split(inside, |token| matches!(token, Token::Comma | Token::Semicolon));
    let (open, close) = (*open, *close);
    match (open, close) {
        (Bracket::Group, Bracket::Group) => value(inside, depth + 1),
        (Bracket::Set, Bracket::Set) => {
            let condition = split(inside, |token| matches!(token, Token::Bar | Token::Colon));
            if let [_, condition] = condition.as_slice() {
                return value(condition, depth + 1);
            }
            members(&parts, depth).map(Value::Set)
        }
        (Bracket::Round | Bracket::Square, Bracket::Round | Bracket::Square) if parts.len() == 2 => {
            let infinite = |part: &[Token]| part.contains(&Token::Infinity);
            let interval = open == Bracket::Square || close == Bracket::Square;
            if interval || infinite(parts[0]) || infinite(parts[1]) {
                let low = end(parts[0], open == Bracket::Square, depth)?;
                let high = end(parts[1], close == Bracket::Square, depth)?;
                return Some(Value::Interval { low, high, variable: None });
            }
            tuple(&parts, depth)
        }
        (Bracket::Round, Bracket::Round)
        | (Bracket::Square, Bracket::Square)
        | (Bracket::Angle, Bracket::Angle) => {
            if parts.len() == 1 && open != Bracket::Angle {
                // Parentheses around one thing say nothing; around a matrix or a sum they may be arithmetic.
                return value(inside, depth + 1).filter(|value| !matches!(value, Value::Text(_)));
            }
            tuple(&parts, depth)
        }
        _ => None,
    }
}

fn tuple(parts: &[&[Token]], depth: usize) -> Option<Value> {
    if parts.len() > PARTS {
        return None;
    }
    parts.iter().map(|part| value(part, depth + 1)).collect::<Option<Vec<_>>>().map(Value::Tuple)
}

/// An end of an interval.
pub(crate) fn end(tokens: &[Token], closed: bool, depth: usize) -> Option<End> {
    match tokens {
        [Token::Infinity] | [Token::Plus | Token::Minus, Token::Infinity] => {
            Some(End { value: None, closed: false })
        }
        _ => match value(tokens, depth + 1)? {
            scalar @ Value::Scalar(_) => Some(End { value: Some(Box::new(scalar)), closed }),
            _ => None,
        },
    }
}

/// `3:4` and "3 to 4".
fn ratio(tokens: &[Token], depth: usize) -> Option<Value> {
    let mut parts = split(tokens, |token| *token == Token::Colon);
    if parts.len() == 1 {
        parts = split(tokens, |token| matches!(token, Token::Word(word) if word == "to"));
        let number =
            |part: &&[Token]| matches!(part, [Token::Number(_)] | [Token::Root | Token::Fraction, ..]);
        if !parts.iter().all(number) {
            return None;
        }
    }
    if !(2..=PARTS).contains(&parts.len()) {
        return None;
    }
    // Two digits behind the colon may be minutes: 12:00.
    let minutes = |part: &&[Token]| matches!(part, [Token::Number(literal)] if literal.whole.len() == 2);
    let padded = |part: &&[Token]| matches!(part, [Token::Number(literal)] if literal.whole.len() == 2 && literal.whole.starts_with('0'));
    let clock = match &parts[1..] {
        later if !later.iter().all(minutes) => Clock::No,
        later if later.iter().any(padded) => Clock::Yes,
        _ => Clock::Perhaps,
    };
    let parts = parts.iter().map(|part| value(part, depth + 1)).collect::<Option<Vec<_>>>()?;
    Some(Value::Ratio { parts, clock })
}

fn matrix(tokens: &[Token]) -> Option<Value> {
    let rows = parser::expression(tokens)?.as_matrix()?;
    let entry = |entry| Fingerprint::of(entry).map(quantity::plain);
    rows.iter()
        .map(|row| row.iter().map(entry).collect::<Option<Vec<_>>>())
        .collect::<Option<Vec<_>>>()
        .map(Value::Matrix)
}
