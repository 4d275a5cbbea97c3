//! Answers: parsed once, compared often.

use std::fmt::Write;

use crate::choice::Choice;
use crate::clean::ascii;
use crate::delimiters::unwrapped;
use crate::equality;
use crate::escapes::{single_backslashes, with_backslashes};
use crate::extract::boxes::boxed;
use crate::fingerprint::Fingerprint;
use crate::limits::ANSWER_BYTES;
use crate::token::{Bracket, Relation, Token};
use crate::value::Value;
use crate::{brackets, choice, lexer, structure};

/// An answer, ready to be compared.
///
/// Parsing does all the work, numeric evaluation included; comparing two answers takes about a microsecond.
#[derive(Debug, Clone)]
pub struct Answer {
    value: Option<Value>,
    /// The reading with a decimal comma, where there is one: `1,22`.
    decimal_comma: Option<Value>,
    /// The rounding that stands behind an exact value: `5\sqrt2 \approx 7.07`.
    rounded: Option<Value>,
    /// The letter of a choice, and whether words of the choice follow it: `(B)`, `(B) 12`.
    choice: Option<Choice>,
    /// A spelling that ignores typography.
    spelling: String,
}

impl Answer {
    /// Reads an answer as mathematics, or failing that as text. Never fails: nonsense equals only itself.
    pub fn parse(text: &str) -> Self {
        if text.len() > ANSWER_BYTES {
            return Self::unread(text.trim());
        }
        // Before anything is trimmed: what looks like white space may be left of a command.
        let repaired = with_backslashes(text);
        let text = repaired.trim();
        let escaped = single_backslashes(text);
        let content = boxed(&escaped).map_or(escaped.as_ref().into(), |boxed| boxed.text);
        let inner = unwrapped(&content);
        let cleaned = ascii(inner.trim());
        let stripped = without_stop(&cleaned);
        let Some(mut tokens) = lexer::tokens(stripped) else { return Self::unread(text) };
        let choice = choice::of(&tokens, stripped);
        brackets::standard(&mut tokens);
        lone_variable_in_lower_case(&mut tokens);
        let spelling = spelling(&tokens);
        let value = structure::value(&tokens, 0);
        let separated = tokens.iter().filter(|token| **token == Token::Comma).count() == 1;
        let decimal_comma = if separated { decimal_comma(stripped) } else { None };
        let rounded = value.as_ref().and_then(|value| rounded(&tokens, value));
        Self { value, decimal_comma, rounded, choice, spelling }
    }

    fn unread(text: &str) -> Self {
        Self { value: None, decimal_comma: None, rounded: None, choice: None, spelling: text.to_owned() }
    }

    /// An answer that was never written, only computed.
    pub(crate) fn of(value: Value) -> Self {
        Self { value: Some(value), ..Self::unread("") }
    }

    pub(crate) fn value(&self) -> Option<&Value> {
        self.value.as_ref()
    }

    pub(crate) fn decimal_comma(&self) -> Option<&Value> {
        self.decimal_comma.as_ref()
    }

    pub(crate) fn choice(&self) -> Option<Choice> {
        self.choice
    }

    /// Whether the answer is empty.
    pub fn is_empty(&self) -> bool {
        self.spelling.is_empty()
    }

    /// Whether the answer was understood as mathematics rather than kept as text.
    pub fn is_mathematics(&self) -> bool {
        self.value.is_some()
    }
}

/// Whether two answers are the same; symmetric, so that it can sort samples into classes for a vote.
///
/// Not an equivalence: the bare list `1, 2` is the same as both `(1, 2)` and `\{1, 2\}`, which differ.
pub fn same(a: &Answer, b: &Answer) -> bool {
    if a.spelling == b.spelling {
        return !a.spelling.is_empty();
    }
    if let (Some(a_value), Some(b_value)) = (&a.value, &b.value) {
        if equality::same(a_value, b_value) {
            return true;
        }
        let scalar = |value: &Value| matches!(value, Value::Scalar(_));
        let comma = |alternative: &Option<Value>, value: &Value| {
            scalar(value)
                && alternative.as_ref().is_some_and(|alternative| equality::same(alternative, value))
        };
        return comma(&a.decimal_comma, b_value) || comma(&b.decimal_comma, a_value);
    }
    false
}

/// Whether a prediction is right given the gold answer.
///
/// As [`same`], and a prediction may say more than was asked for: `m+n = 36` when the gold answer is `36`. The
/// reverse does not hold: `0` is no answer where `a^2 + b = 0` was wanted.
pub fn correct(gold: &Answer, prediction: &Answer) -> bool {
    if same(gold, prediction) {
        return true;
    }
    let chosen = |one: &Answer, other: &Answer| match (one.choice, other.choice) {
        (Some(one), Some(other)) => one.letter == other.letter && (one.alone || other.alone),
        _ => false,
    };
    let rounding =
        |wanted: &Value| prediction.rounded.as_ref().is_some_and(|rounded| equality::same(wanted, rounded));
    if chosen(gold, prediction) || gold.value.as_ref().is_some_and(rounding) {
        return true;
    }
    let Some(Value::Relation { relation: Relation::Equal, right: Some(right), .. }) = &prediction.value
    else {
        return false;
    };
    let constant = |value: &Value| matches!(value, Value::Scalar(scalar) if scalar.value.is_constant() && !scalar.value.is_zero());
    gold.value.as_ref().is_some_and(|gold| constant(gold) && equality::same(gold, right))
}

/// Parses both and asks whether the prediction is [`correct`].
///
/// ```
/// use deliberate_grade::equal;
///
/// assert!(equal(r"\frac{1}{2}", "0.5"));
/// assert!(equal(r"3\sqrt{13}", r"\sqrt{117}"));
/// assert!(equal("(2,3)", r"\left( 2, 3 \right)"));
/// assert!(!equal("(2,3)", r"\{2, 3\}"));
/// assert!(!equal("52_8", "52_9"));
/// assert!(!equal(r"\frac{1}{3}", "0.333"));
/// ```
pub fn equal(gold: &str, prediction: &str) -> bool {
    correct(&Answer::parse(gold), &Answer::parse(prediction))
}

/// Without the full stop, comma or colon that ends a sentence and not an answer.
fn without_stop(text: &str) -> &str {
    let mut text = text.trim();
    loop {
        // Markdown emphasis may end after the answer without having begun in it.
        let stopped = text.trim_end_matches([',', ';', ':']);
        let stopped = stopped.strip_suffix("**").unwrap_or(stopped).trim_end();
        let without_dots = stopped.trim_end_matches('.');
        // The dots of `0.333...` say how a number goes on.
        let goes_on =
            stopped.len() - without_dots.len() >= 3 && without_dots.ends_with(|c: char| c.is_ascii_digit());
        let rest = if goes_on { stopped } else { without_dots.trim_end() };
        if rest.len() == text.len() {
            return text;
        }
        text = rest;
    }
}

/// `3R^2` and `3r^2`: where a single variable occurs there is nothing its case could tell apart. `I` and `E` keep
/// theirs, since `i` and `e` are numbers.
fn lone_variable_in_lower_case(tokens: &mut [Token]) {
    let mut names = tokens.iter().filter_map(|token| match token {
        Token::Symbol(name) if name != "i" && name != "e" => Some(name),
        _ => None,
    });
    let Some(name) = names.next().cloned() else { return };
    if name.len() != 1 || matches!(name.as_str(), "I" | "E") || names.any(|other| *other != name) {
        return;
    }
    for token in tokens {
        if let Token::Symbol(symbol) = token
            && *symbol == name
        {
            symbol.make_ascii_lowercase();
        }
    }
}

fn spelling(tokens: &[Token]) -> String {
    let letters = tokens.iter().all(|token| matches!(token, Token::Word(_) | Token::Symbol(_)));
    let mut spelling = String::new();
    for (at, token) in tokens.iter().enumerate() {
        if matches!(token, Token::Open(Bracket::Group) | Token::Close(Bracket::Group)) && grouping(tokens) {
            continue;
        }
        let number = |token: &Token| matches!(token, Token::Number(_));
        if at > 0 && number(token) && number(&tokens[at - 1]) {
            spelling.push(' ');
        }
        write!(spelling, "{token}").expect("writing to a string does not fail");
    }
    if letters { spelling.to_lowercase() } else { spelling }
}

/// Whether braces carry no meaning: they do behind `^`, `_` and commands.
fn grouping(tokens: &[Token]) -> bool {
    tokens
        .iter()
        .all(|token| matches!(token, Token::Word(_) | Token::Symbol(_) | Token::Open(_) | Token::Close(_)))
}

/// What follows `\approx`, if the value before it rounds to that.
fn rounded(tokens: &[Token], value: &Value) -> Option<Value> {
    let at = tokens.iter().rposition(|token| *token == Token::Relation(Relation::Approximate))?;
    let exact = match value {
        Value::Scalar(scalar) => scalar,
        Value::Named { value, .. } => match &**value {
            Value::Scalar(scalar) => scalar,
            _ => return None,
        },
        _ => return None,
    };
    let rounded = structure::value(&tokens[at + 1..], 0)?;
    let Value::Scalar(scalar) = &rounded else { return None };
    let decimal = scalar.decimal.as_ref()?;
    exact.value.rounds_to(&decimal.value, decimal.places).then_some(rounded)
}

/// `2,74` read as a continental decimal. One digit behind the comma is far more often a list of two.
fn decimal_comma(text: &str) -> Option<Value> {
    let (before, after) = text.split_once(',')?;
    let digits =
        before.ends_with(|c: char| c.is_ascii_digit()) && after.starts_with(|c: char| c.is_ascii_digit());
    let places = after.bytes().take_while(u8::is_ascii_digit).count();
    if !digits
        || places < 2
        || after.contains(',')
        || before.contains(['.', '(', '[', '{'])
        || after.contains('.')
    {
        return None;
    }
    let tokens = lexer::tokens(&format!("{before}.{after}"))?;
    let value = structure::value(&tokens, 0)?;
    matches!(&value, Value::Scalar(scalar) if matches!(scalar.value, Fingerprint::Exact(_))).then_some(value)
}
