//! Requests as clients write them, and what is made of them. What is not understood is refused by the name of its field:
//! a setting that is passed over in silence is a wrong answer.

use crate::Refusal;
use axum::http::HeaderMap;
use deliberate_lm::{Message, Role};
use serde_json::{Map, Value};

/// What a client wants otherwise than the virtual model says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Overrides {
    /// As `--budget` reads it.
    pub budget: Option<String>,
    /// The seed of all draws.
    pub seed: Option<u64>,
    /// Tokens of one solution, at most.
    pub max_tokens: Option<u32>,
    /// Sampling temperature.
    pub temperature: Option<f32>,
    /// Nucleus.
    pub top_p: Option<f32>,
}

/// A request for a chat completion.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ChatRequest {
    pub(crate) model: String,
    pub(crate) messages: Vec<Message>,
    pub(crate) choices: u32,
    pub(crate) stream: bool,
    /// Whether a stream ends with the bill.
    pub(crate) include_usage: bool,
    pub(crate) overrides: Overrides,
    /// Seconds that it may take, at most.
    pub(crate) seconds: Option<f64>,
    /// Whether a stream tells how far the search is.
    pub(crate) progress: bool,
}

/// Header that says what [`OWN`] says, for proxies that cannot change bodies. It wins over the body.
pub(crate) const BUDGET: &str = "x-deliberate-budget";
/// The same for seconds.
pub(crate) const SECONDS: &str = "x-deliberate-seconds";
/// The field of a body that holds what is this gateway's own.
const OWN: &str = "deliberate";

/// Answers that one request may want.
const MOST_CHOICES: u64 = 128;
/// Messages of one conversation.
const MOST_MESSAGES: usize = 4096;

/// Fields that say nothing about the answer.
const IDLE: [&str; 9] = [
    "user",
    "store",
    "metadata",
    "service_tier",
    "safety_identifier",
    "prompt_cache_key",
    "parallel_tool_calls",
    "verbosity",
    "prediction",
];
/// Fields that may stand there with the value that means nothing.
const NEUTRAL: [(&str, &[&str]); 8] = [
    ("frequency_penalty", &["0", "0.0"]),
    ("presence_penalty", &["0", "0.0"]),
    ("logit_bias", &["{}"]),
    ("logprobs", &["false"]),
    ("tools", &["[]"]),
    ("tool_choice", &["\"none\"", "\"auto\""]),
    ("response_format", &["{\"type\":\"text\"}"]),
    ("stop", &["[]", "\"\""]),
];

impl ChatRequest {
    pub(crate) fn read(body: &[u8], headers: &HeaderMap) -> Result<Self, Refusal> {
        let body: Value = serde_json::from_slice(body)
            .map_err(|error| Refusal::body(format!("the body is no JSON: {error}")))?;
        let Value::Object(mut body) = body else { return Err(Refusal::body("the body is no JSON object")) };
        let mut own = match take(&mut body, OWN) {
            None => Map::new(),
            Some(Value::Object(own)) => own,
            Some(_) => return Err(Refusal::field(OWN, "it is no object")),
        };
        let progress = truth(&mut own, "progress").map_err(|refusal| refusal.within(OWN))?;
        let (mut budget, mut seconds) = own_fields(own)?;
        if let Some(text) = header(headers, BUDGET)? {
            budget = Some(text);
        }
        if let Some(text) = header(headers, SECONDS)? {
            seconds =
                Some(text.parse().map_err(|_| Refusal::field(SECONDS, format!("`{text}` is no number")))?);
        }
        if seconds.is_some_and(|seconds| !(seconds > 0.0 && seconds.is_finite())) {
            return Err(Refusal::field("deliberate.seconds", "it is not above 0"));
        }
        let Some(Value::String(model)) = take(&mut body, "model") else {
            return Err(Refusal::field("model", "it is the name of a model (GET /v1/models lists them)"));
        };
        let messages = messages(take(&mut body, "messages"))?;
        let choices = whole(&mut body, "n", 1..=MOST_CHOICES)?.unwrap_or(1) as u32;
        let stream = truth(&mut body, "stream")?;
        let include_usage = match take(&mut body, "stream_options") {
            None => false,
            Some(Value::Object(mut options)) => {
                truth(&mut options, "include_usage").map_err(|refusal| refusal.within("stream_options"))?
            }
            Some(_) => return Err(Refusal::field("stream_options", "it is no object")),
        };
        let length = 1..=u64::from(u32::MAX);
        let max_tokens = whole(&mut body, "max_tokens", length.clone())?;
        let max_tokens = whole(&mut body, "max_completion_tokens", length)?.or(max_tokens);
        let overrides = Overrides {
            budget,
            seed: whole(&mut body, "seed", 0..=u64::MAX)?,
            max_tokens: max_tokens.map(|tokens| tokens as u32),
            temperature: number(&mut body, "temperature", 0.0, 2.0)?,
            top_p: number(&mut body, "top_p", f32::MIN_POSITIVE, 1.0)?,
        };
        body.retain(|name, _| !IDLE.contains(&name.as_str()));
        for (name, values) in NEUTRAL {
            if let Some(value) = take(&mut body, name)
                && !values.contains(&value.to_string().as_str())
            {
                return Err(Refusal::field(name, format!("`{name}` is not supported")));
            }
        }
        if let Some((name, _)) = body.iter().find(|(_, value)| !value.is_null()) {
            return Err(Refusal::field(name.clone(), format!("`{name}` is not known here")));
        }
        if progress && !stream {
            return Err(Refusal::field(
                "deliberate.progress",
                "progress is told in streams alone (\"stream\": true)",
            ));
        }
        Ok(Self { model, messages, choices, stream, include_usage, overrides, seconds, progress })
    }
}

/// A field; one that is null is not there.
fn take(body: &mut Map<String, Value>, name: &str) -> Option<Value> {
    body.remove(name).filter(|value| !value.is_null())
}

fn header(headers: &HeaderMap, name: &'static str) -> Result<Option<String>, Refusal> {
    let text = |value: &axum::http::HeaderValue| {
        value.to_str().map(str::to_owned).map_err(|_| Refusal::field(name, "it is no text"))
    };
    headers.get(name).map(text).transpose()
}

fn own_fields(mut own: Map<String, Value>) -> Result<(Option<String>, Option<f64>), Refusal> {
    let budget = match take(&mut own, "budget") {
        None => None,
        Some(Value::String(text)) => Some(text),
        Some(Value::Number(number)) => Some(number.to_string()),
        Some(_) => {
            return Err(Refusal::field(
                "deliberate.budget",
                "it is a number of solutions, or a text such as 4000tokens",
            ));
        }
    };
    let seconds = match take(&mut own, "seconds") {
        None => None,
        Some(value) => {
            Some(value.as_f64().ok_or_else(|| Refusal::field("deliberate.seconds", "it is no number"))?)
        }
    };
    match own.keys().next() {
        Some(name) => Err(Refusal::field(
            format!("{OWN}.{name}"),
            format!("`{name}` is not known here (budget, seconds, progress)"),
        )),
        None => Ok((budget, seconds)),
    }
}

fn truth(body: &mut Map<String, Value>, name: &'static str) -> Result<bool, Refusal> {
    match take(body, name) {
        None => Ok(false),
        Some(Value::Bool(value)) => Ok(value),
        Some(_) => Err(Refusal::field(name, format!("`{name}` is true or false"))),
    }
}

fn whole(
    body: &mut Map<String, Value>,
    name: &'static str,
    range: std::ops::RangeInclusive<u64>,
) -> Result<Option<u64>, Refusal> {
    let Some(value) = take(body, name) else { return Ok(None) };
    let found = value.as_u64().filter(|value| range.contains(value));
    let refused = || {
        Refusal::field(name, format!("`{name}` is a whole number from {} to {}", range.start(), range.end()))
    };
    found.map(Some).ok_or_else(refused)
}

fn number(
    body: &mut Map<String, Value>,
    name: &'static str,
    low: f32,
    high: f32,
) -> Result<Option<f32>, Refusal> {
    let Some(value) = take(body, name) else { return Ok(None) };
    let found = value.as_f64().map(|value| value as f32).filter(|value| (low..=high).contains(value));
    let least = if low > 0.0 { "above 0".to_owned() } else { format!("from {low}") };
    found.map(Some).ok_or_else(|| Refusal::field(name, format!("`{name}` is a number {least} to {high}")))
}

fn messages(value: Option<Value>) -> Result<Vec<Message>, Refusal> {
    let Some(Value::Array(all)) = value else {
        return Err(Refusal::field("messages", "`messages` is a list of messages"));
    };
    if all.len() > MOST_MESSAGES {
        return Err(Refusal::field("messages", format!("more than {MOST_MESSAGES} messages")));
    }
    let all = all.into_iter().enumerate().map(|(index, value)| message(index, value));
    let all = all.collect::<Result<Vec<Message>, Refusal>>()?;
    match all.last() {
        Some(Message { role: Role::User, content }) if !content.trim().is_empty() => Ok(all),
        Some(Message { role: Role::User, .. }) => Err(Refusal::question("the last message is empty")),
        _ => Err(Refusal::field("messages", "the last message is not a user's")),
    }
}

fn message(index: usize, value: Value) -> Result<Message, Refusal> {
    let at = |field: &str, message: String| Err(Refusal::field(format!("messages[{index}]{field}"), message));
    let Value::Object(mut fields) = value else { return at("", "it is no object".to_owned()) };
    let Some(Value::String(role)) = take(&mut fields, "role") else {
        return at(".role", "it has no role".to_owned());
    };
    let role = match role.as_str() {
        "system" | "developer" => Role::System,
        "user" => Role::User,
        "assistant" => Role::Assistant,
        other => return at(".role", format!("messages of the role `{other}` are not supported")),
    };
    if fields.get("tool_calls").is_some_and(|calls| !calls.is_null() && *calls != Value::Array(Vec::new())) {
        return at(".tool_calls", "calls of tools are not supported".to_owned());
    }
    let content = match take(&mut fields, "content") {
        Some(Value::String(text)) => text,
        None if role == Role::Assistant => String::new(),
        Some(Value::Array(parts)) => {
            let text =
                |part: &Value| (part["type"] == "text").then(|| part["text"].as_str().map(str::to_owned));
            let texts: Option<Vec<String>> = parts.iter().map(|part| text(part).flatten()).collect();
            match texts {
                Some(texts) => texts.concat(),
                None => return at(".content", "only parts of the type `text` are supported".to_owned()),
            }
        }
        _ => return at(".content", "it is neither a text nor a list of parts".to_owned()),
    };
    Ok(Message { role, content })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(body: &Value) -> Result<ChatRequest, Refusal> {
        ChatRequest::read(body.to_string().as_bytes(), &HeaderMap::new())
    }

    fn with(fields: &Value) -> Value {
        let mut body = json!({"model": "m", "messages": [{"role": "user", "content": "2 + 2?"}]});
        body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        body
    }

    #[test]
    fn what_clients_send_is_understood() {
        let plain = read(&with(&json!({}))).unwrap();
        assert_eq!((plain.choices, plain.stream, &plain.overrides), (1, false, &Overrides::default()));
        let all = read(&with(&json!({
            "n": 3, "stream": true, "stream_options": {"include_usage": true}, "seed": 7, "temperature": 0.5,
            "top_p": 0.9, "max_completion_tokens": 99, "user": "me", "frequency_penalty": 0, "presence_penalty": 0.0,
            "logprobs": false, "tools": null, "response_format": {"type": "text"}, "stop": [], "logit_bias": {},
            "deliberate": {"budget": 8, "seconds": 2.5},
        })))
        .unwrap();
        assert_eq!((all.choices, all.stream, all.include_usage, all.seconds), (3, true, true, Some(2.5)));
        let expected = Overrides {
            budget: Some("8".to_owned()),
            seed: Some(7),
            max_tokens: Some(99),
            temperature: Some(0.5),
            top_p: Some(0.9),
        };
        assert_eq!(all.overrides, expected);
        let parts = json!([{"type": "text", "text": "2 + "}, {"type": "text", "text": "2?"}]);
        let turns = json!([{"role": "developer", "content": "Be brief."}, {"role": "user", "content": "Hi"},
                           {"role": "assistant", "content": "Hello"}, {"role": "user", "content": parts}]);
        let chat = read(&with(&json!({"messages": turns}))).unwrap().messages;
        assert_eq!((chat[0].role, chat[3].content.as_str()), (Role::System, "2 + 2?"));
    }

    #[test]
    fn what_is_not_understood_is_refused_by_its_name() {
        let refused = |fields: Value, param: &str| {
            let refusal = read(&with(&fields)).expect_err(&fields.to_string());
            assert_eq!(refusal.param.as_deref(), Some(param), "{}", refusal.message);
        };
        refused(json!({"model": 3}), "model");
        refused(json!({"messages": []}), "messages");
        refused(json!({"messages": "hi"}), "messages");
        refused(json!({"messages": [{"role": "user", "content": " "}]}), "messages");
        refused(json!({"messages": [{"role": "assistant", "content": "x"}]}), "messages");
        refused(json!({"messages": [{"role": "tool", "content": "x"}]}), "messages[0].role");
        refused(json!({"messages": [{"role": "user", "content": 3}]}), "messages[0].content");
        let picture = json!([{"type": "image_url", "image_url": {"url": "x"}}]);
        refused(json!({"messages": [{"role": "user", "content": picture}]}), "messages[0].content");
        refused(json!({"n": 0}), "n");
        refused(json!({"n": 1.5}), "n");
        refused(json!({"seed": -1}), "seed");
        refused(json!({"temperature": 3}), "temperature");
        refused(json!({"top_p": 0}), "top_p");
        refused(json!({"stream": "yes"}), "stream");
        refused(json!({"logprobs": true}), "logprobs");
        refused(json!({"tools": [{"type": "function"}]}), "tools");
        refused(json!({"response_format": {"type": "json_object"}}), "response_format");
        refused(json!({"stop": ["x"]}), "stop");
        refused(json!({"budgget": 3}), "budgget");
        refused(json!({"deliberate": {"budgget": 3}}), "deliberate.budgget");
        refused(json!({"deliberate": {"budget": []}}), "deliberate.budget");
        refused(json!({"deliberate": {"seconds": 0}}), "deliberate.seconds");
        refused(json!({"deliberate": 3}), "deliberate");
        refused(json!({"deliberate": {"progress": true}}), "deliberate.progress");
        refused(json!({"stream": true, "deliberate": {"progress": 1}}), "deliberate.progress");
    }

    #[test]
    fn a_header_wins_over_the_body() {
        let mut headers = HeaderMap::new();
        headers.insert(BUDGET, "16".parse().unwrap());
        headers.insert(SECONDS, "3".parse().unwrap());
        let body = with(&json!({"deliberate": {"budget": 4, "seconds": 9}})).to_string();
        let read = ChatRequest::read(body.as_bytes(), &headers).unwrap();
        assert_eq!((read.overrides.budget.as_deref(), read.seconds), (Some("16"), Some(3.0)));
        headers.insert(SECONDS, "soon".parse().unwrap());
        let refusal = ChatRequest::read(body.as_bytes(), &headers).unwrap_err();
        assert_eq!(refusal.param.as_deref(), Some(SECONDS));
    }

    #[test]
    fn bodies_that_are_no_requests_are_refused() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        for body in ["", "x", "[]", "3", "{\"model\":", &deep] {
            assert!(ChatRequest::read(body.as_bytes(), &HeaderMap::new()).is_err());
        }
    }
}
