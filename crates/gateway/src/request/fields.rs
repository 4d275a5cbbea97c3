//! Fields of a body, taken out one by one: what is left over at the end is what nobody knows.

use crate::Refusal;
use axum::http::{HeaderMap, HeaderValue};
use serde_json::{Map, Value};
use std::ops::RangeInclusive;

/// A field; one that is null is not there.
pub(super) fn take(body: &mut Map<String, Value>, name: &str) -> Option<Value> {
    body.remove(name).filter(|value| !value.is_null())
}

/// A header that is a text.
pub(super) fn header(headers: &HeaderMap, name: &'static str) -> Result<Option<String>, Refusal> {
    let text = |value: &HeaderValue| {
        value.to_str().map(str::to_owned).map_err(|_| Refusal::field(name, "it is no text"))
    };
    headers.get(name).map(text).transpose()
}

pub(super) fn truth(body: &mut Map<String, Value>, name: &str) -> Result<Option<bool>, Refusal> {
    match take(body, name) {
        None => Ok(None),
        Some(Value::Bool(value)) => Ok(Some(value)),
        Some(_) => Err(Refusal::field(name, format!("`{name}` is true or false"))),
    }
}

pub(super) fn whole(
    body: &mut Map<String, Value>,
    name: &str,
    range: RangeInclusive<u64>,
) -> Result<Option<u64>, Refusal> {
    let Some(value) = take(body, name) else { return Ok(None) };
    let found = value.as_u64().filter(|value| range.contains(value));
    let refused = || {
        Refusal::field(name, format!("`{name}` is a whole number from {} to {}", range.start(), range.end()))
    };
    found.map(Some).ok_or_else(refused)
}

pub(super) fn number(
    body: &mut Map<String, Value>,
    name: &str,
    low: f32,
    high: f32,
) -> Result<Option<f32>, Refusal> {
    let Some(value) = take(body, name) else { return Ok(None) };
    let found = value.as_f64().map(|value| value as f32).filter(|value| (low..=high).contains(value));
    let least = if low > 0.0 { "above 0".to_owned() } else { format!("from {low}") };
    found.map(Some).ok_or_else(|| Refusal::field(name, format!("`{name}` is a number {least} to {high}")))
}

/// A list of texts; `at` names it in refusals.
pub(super) fn texts(value: Value, at: &str) -> Result<Vec<String>, Refusal> {
    let refused = || Refusal::field(at, format!("`{at}` is a list of texts"));
    let Value::Array(all) = value else { return Err(refused()) };
    let text = |value| if let Value::String(text) = value { Some(text) } else { None };
    all.into_iter().map(text).collect::<Option<_>>().ok_or_else(refused)
}
