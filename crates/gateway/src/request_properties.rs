//! Whatever a client sends is understood or refused by the name of its field.

use crate::Refusal;
use crate::request::{AnswerRequest, Kind};
use axum::http::HeaderMap;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// Names that mean something at the top of a request.
const FIELDS: [&str; 14] = [
    "model",
    "messages",
    "n",
    "stream",
    "stream_options",
    "seed",
    "temperature",
    "top_p",
    "max_tokens",
    "max_completion_tokens",
    "stop",
    "tools",
    "response_format",
    "deliberate",
];
/// Names that mean something further in.
const INNER: [&str; 9] =
    ["role", "content", "type", "text", "tool_calls", "include_usage", "budget", "seconds", "progress"];
/// Texts that mean something.
const WORDS: [&str; 7] = ["user", "assistant", "system", "tool", "text", "4tokens", "m"];

fn read(body: &Value) -> Result<AnswerRequest, Refusal> {
    AnswerRequest::read(Kind::Chat, body.to_string().as_bytes(), &HeaderMap::new())
}

fn one_of(names: &'static [&'static str]) -> impl Strategy<Value = String> {
    prop::sample::select(names).prop_map(str::to_owned)
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        one_of(&WORDS).prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 5, |inner| {
        let name = prop_oneof![one_of(&FIELDS), one_of(&INNER), any::<String>()];
        let fields = prop::collection::vec((name, inner.clone()), 0..5);
        prop_oneof![
            prop::collection::vec(inner, 0..5).prop_map(Value::from),
            fields.prop_map(|fields| Value::Object(fields.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// A request that is understood, but for what is put in.
fn with(name: &str, value: Value) -> Value {
    let mut body = json!({"model": "m", "messages": [{"role": "user", "content": "2 + 2?"}]});
    body[name] = value;
    body
}

proptest! {
    #[test]
    fn bytes_are_no_request(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(AnswerRequest::read(Kind::Chat, &bytes, &HeaderMap::new()).is_err());
    }

    #[test]
    fn any_json_is_understood_or_refused_by_the_name_of_a_field(body in any_json()) {
        if let Err(refusal) = read(&body) {
            prop_assert_eq!(refusal.param.is_some(), body.is_object(), "{:?}", refusal);
        }
    }

    #[test]
    fn a_field_that_is_odd_is_the_one_that_is_named((name, value) in (one_of(&FIELDS), any_json())) {
        if let Err(Refusal { param, .. }) = read(&with(&name, value)) {
            let param = param.unwrap_or_default();
            let rest = param.strip_prefix(&name);
            prop_assert!(rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '['])), "{}", param);
        }
    }

    #[test]
    fn a_field_that_nobody_knows_is_refused(name in "x_[a-z]{1,9}", value in any_json()) {
        let refused = read(&with(&name, value.clone())).err().and_then(|refusal| refusal.param);
        prop_assert_eq!(refused, (!value.is_null()).then_some(name));
    }
}
