//! Equations, inequalities and memberships.

use crate::expression::Expression;
use crate::fingerprint::Fingerprint;
use crate::limits::PARTS;
use crate::structure::{self, split};
use crate::token::{Bracket, Relation, Token};
use crate::value::{End, Value};
use crate::{line, linear, parser};

/// The value of tokens with a relation sign outside all brackets; `None` without one or if a side is unreadable.
pub(crate) fn value(tokens: &[Token], depth: usize) -> Option<Value> {
    if let Some(at) = tokens.iter().position(|token| *token == Token::In)
        && name_of(&tokens[..at]).is_some()
    {
        return structure::value(&tokens[at + 1..], depth + 1);
    }
    if tokens.contains(&Token::Relation(Relation::Approximate)) {
        return approximated(tokens, depth);
    }
    let is_relation = |token: &Token| matches!(token, Token::Relation(_));
    let sides = split(tokens, is_relation);
    let signs = signs(tokens);
    if signs.is_empty() || signs.len() > PARTS {
        return None;
    }
    // A sign at the start, as in `= 5`.
    if sides.len() == 1 && signs == [Relation::Equal] {
        return structure::value(sides[0], depth + 1);
    }
    if sides.len() != signs.len() + 1 {
        return None;
    }
    if signs.iter().all(|sign| *sign == Relation::Equal) {
        return equation(&sides, depth);
    }
    inequality(&sides, &signs, depth)
}

/// `5\sqrt2 \approx 7.07` is `5\sqrt2`; where no number stands before the sign, it only introduces one.
fn approximated(tokens: &[Token], depth: usize) -> Option<Value> {
    let sign = Token::Relation(Relation::Approximate);
    let parts = split(tokens, |token| *token == sign);
    let number = |value: &Value| match value {
        Value::Named { value, .. } => matches!(&**value, Value::Scalar(scalar) if scalar.value.is_constant()),
        Value::Scalar(scalar) => scalar.value.is_constant(),
        _ => false,
    };
    if parts.len() > 1
        && let Some(value) = structure::value(parts[0], depth + 1).filter(number)
    {
        return Some(value);
    }
    let equal = |token: &Token| if *token == sign { Token::Relation(Relation::Equal) } else { token.clone() };
    value(&tokens.iter().map(equal).collect::<Vec<_>>(), depth + 1)
}

/// The relation signs outside all brackets.
fn signs(tokens: &[Token]) -> Vec<Relation> {
    let (mut signs, mut depth) = (Vec::new(), 0_usize);
    for token in tokens {
        match token {
            Token::Open(_) | Token::Begin(_) => depth += 1,
            Token::Close(_) | Token::End(_) => depth = depth.saturating_sub(1),
            Token::Relation(sign) if depth == 0 => signs.push(*sign),
            _ => {}
        }
    }
    signs
}

/// The name on one side of an equation: `x`, `y_1`, `f(2)`, `(p,q)`, `A:B`, `\text{Area}`, the segment `AB`.
///
/// Capital letters side by side name a figure and may stand in a ratio; small ones are a product.
fn name_of(tokens: &[Token]) -> Option<String> {
    let figure = tokens.iter().all(|token| match token {
        Token::Symbol(name) => name.starts_with(|first: char| first.is_ascii_uppercase()),
        _ => true,
    });
    let readable = |at: usize| match &tokens[at] {
        Token::Symbol(_) => figure || at == 0 || !matches!(tokens[at - 1], Token::Symbol(_)),
        Token::Word(_) | Token::Under | Token::Prime | Token::Comma | Token::Colon => true,
        Token::Open(bracket) | Token::Close(bracket) => matches!(bracket, Bracket::Round | Bracket::Group),
        Token::Over | Token::Fraction | Token::Degree => figure,
        Token::Number(_) if at == 0 => false,
        Token::Number(_) => {
            matches!(tokens[at - 1], Token::Under)
                || matches!(tokens[at - 1], Token::Open(Bracket::Group | Bracket::Round)) && at >= 2
        }
        _ => false,
    };
    let named = tokens.iter().any(|token| matches!(token, Token::Symbol(_) | Token::Word(_)));
    (named && tokens.len() <= 24 && (0..tokens.len()).all(readable))
        .then(|| tokens.iter().filter(|token| !is_group(token)).map(ToString::to_string).collect())
}

fn is_group(token: &Token) -> bool {
    matches!(token, Token::Open(Bracket::Group) | Token::Close(Bracket::Group))
}

fn difference(left: &[Token], right: &[Token]) -> Option<Fingerprint> {
    let difference = parser::expression(left)?.minus(parser::expression(right)?);
    Fingerprint::of(&difference)
}

fn equation(sides: &[&[Token]], depth: usize) -> Option<Value> {
    let (first, last) = (sides[0], sides[sides.len() - 1]);
    let right = structure::value(last, depth + 1);
    let named = |name: String, value: Value| {
        let equation = (sides.len() == 2).then(|| difference(first, last)).flatten();
        Value::Named { value: Box::new(value), equation, name }
    };
    // `k = 15` and `15 = k`.
    match (name_of(first), &right) {
        (Some(name), Some(value)) => return Some(named(name, value.clone())),
        _ if sides.len() > 2 => {}
        _ => {
            if let Some(name) = name_of(last)
                && let Some(value) = structure::value(first, depth + 1)
            {
                return Some(named(name, value));
            }
        }
    }
    let constant = |side: &[Token]| parser::expression(side).is_some_and(|side| !side.has_variable());
    if sides.len() > 2 || sides.iter().all(|side| constant(side)) {
        // A calculation: `3 + 4 = 7`, `\sqrt{242} = 11\sqrt{2}`. What it arrives at is the answer.
        return right;
    }
    Some(Value::Relation {
        difference: difference(first, last),
        relation: Relation::Equal,
        right: right.map(Box::new),
    })
}

fn is_variable(tokens: &[Token]) -> Option<String> {
    match parser::expression(tokens)? {
        Expression::Variable(name) => Some(name),
        _ => name_of(tokens),
    }
}

fn inequality(sides: &[&[Token]], signs: &[Relation], depth: usize) -> Option<Value> {
    let end = |side: &[Token], sign: Relation| {
        let infinite = side.contains(&Token::Infinity);
        let constant = infinite || parser::expression(side).is_some_and(|side| !side.has_variable());
        if constant { structure::end(side, !sign.is_strict(), depth) } else { None }
    };
    let infinite = End { value: None, closed: false };
    let rising = |sign: Relation| matches!(sign, Relation::Less | Relation::LessOrEqual);
    match (sides, signs) {
        ([left, right], [sign]) => {
            let (left, right, sign) = (*left, *right, *sign);
            let (name, bound, sign) = match (is_variable(left), is_variable(right)) {
                (Some(name), None) => (Some(name), right, sign),
                (None, Some(name)) => (Some(name), left, sign.mirrored()),
                _ => (None, right, sign),
            };
            if let Some(name) = name
                && let Some(bound) = end(bound, sign)
            {
                if sign == Relation::NotEqual {
                    let hole = End { closed: false, ..bound };
                    return Some(Value::Union(vec![
                        Value::Interval {
                            low: infinite.clone(),
                            high: hole.clone(),
                            variable: Some(name.clone()),
                        },
                        Value::Interval { low: hole, high: infinite, variable: Some(name) },
                    ]));
                }
                let (low, high) = if rising(sign) { (infinite, bound) } else { (bound, infinite) };
                return Some(Value::Interval { low, high, variable: Some(name) });
            }
            if let Some(solution) = parser::expression(left)
                .and_then(|left| linear::solution(&left, sign, &parser::expression(right)?))
            {
                return Some(solution);
            }
            // Greater-than is stored as less-than of the mirrored difference.
            let (left, right, relation) = if rising(sign) || sign == Relation::NotEqual {
                (left, right, sign)
            } else {
                (right, left, sign.mirrored())
            };
            Some(Value::Relation { difference: Some(difference(left, right)?), relation, right: None })
        }
        ([left, middle, right], [first, second]) => {
            if rising(*first) != rising(*second)
                || *first == Relation::NotEqual
                || *second == Relation::NotEqual
            {
                return None;
            }
            let Some(name) = is_variable(middle) else { return two_sided(sides, signs) };
            let (low, high) = (end(left, *first)?, end(right, *second)?);
            let (low, high) = if rising(*first) { (low, high) } else { (high, low) };
            Some(Value::Interval { low, high, variable: Some(name) })
        }
        _ => None,
    }
}

/// `-3 < 2x + 1 < 5`, `0 < |x| < 1`.
fn two_sided(sides: &[&[Token]], signs: &[Relation]) -> Option<Value> {
    let ([left, middle, right], [first, second]) = (sides, signs) else { return None };
    let read = |side: &[Token]| parser::expression(side);
    let (left, middle, right) = (read(left)?, read(middle)?, read(right)?);
    let (first, second) =
        (linear::solution(&left, *first, &middle)?, linear::solution(&middle, *second, &right)?);
    line::of(line::intersection(&first, &second)?)
}
