//! Requests as clients write them, and what is made of them. What is not understood is refused by the name of its field:
//! a setting that is passed over in silence is a wrong answer.

mod fields;
mod forms;
mod messages;
#[cfg(test)]
mod tests;

use crate::{Asked, Refusal};
use axum::http::HeaderMap;
use deliberate_lm::Chat;
use fields::{header, number, take, texts, truth, whole};
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
    /// Texts that end an answer and are no part of it.
    pub stop: Vec<String>,
    /// Arguments that do not count where calls of tools are compared.
    pub exclude_arguments: Vec<String>,
}

/// Which of the protocol's two kinds of answers is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The next turn of a conversation.
    Chat,
    /// The rest of a text.
    Text,
}

/// A request for an answer.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "they are the protocol's")]
pub(crate) struct AnswerRequest {
    pub(crate) model: String,
    pub(crate) asked: Asked,
    pub(crate) choices: u32,
    /// Whether the log-probabilities of what was drawn are wanted.
    pub(crate) logprobs: bool,
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

/// Fields that say nothing about the answer.
const IDLE: [&str; 8] = [
    "user",
    "store",
    "metadata",
    "service_tier",
    "safety_identifier",
    "prompt_cache_key",
    "verbosity",
    "prediction",
];
/// Fields that may stand there with the value that means nothing.
const NEUTRAL: [(&str, &[&str]); 6] = [
    ("frequency_penalty", &["0", "0.0"]),
    ("presence_penalty", &["0", "0.0"]),
    ("logit_bias", &["{}"]),
    ("echo", &["false"]),
    ("best_of", &["1"]),
    ("suffix", &["\"\""]),
];

/// What is this gateway's own in a body.
#[derive(Default)]
struct Own {
    budget: Option<String>,
    seconds: Option<f64>,
    exclude_arguments: Vec<String>,
    progress: bool,
}

impl AnswerRequest {
    pub(crate) fn read(kind: Kind, body: &[u8], headers: &HeaderMap) -> Result<Self, Refusal> {
        let body: Value = serde_json::from_slice(body)
            .map_err(|error| Refusal::body(format!("the body is no JSON: {error}")))?;
        let Value::Object(mut body) = body else { return Err(Refusal::body("the body is no JSON object")) };
        let Own { budget, seconds, exclude_arguments, progress } = Own::read(&mut body, headers)?;
        let Some(Value::String(model)) = take(&mut body, "model") else {
            return Err(Refusal::field("model", "it is the name of a model (GET /v1/models lists them)"));
        };
        let (asked, logprobs) = match kind {
            Kind::Chat => {
                let messages = messages::messages(take(&mut body, "messages"))?;
                let asked = Asked::Chat(Chat { messages, ..forms::asked(&mut body)? });
                (asked, logprobs(&mut body)?)
            }
            Kind::Text => (Asked::Text(prompt(take(&mut body, "prompt"))?), false),
        };
        let choices = whole(&mut body, "n", 1..=MOST_CHOICES)?.unwrap_or(1) as u32;
        let stream = truth(&mut body, "stream")?.unwrap_or(false);
        let include_usage = match take(&mut body, "stream_options") {
            None => false,
            Some(Value::Object(mut options)) => truth(&mut options, "include_usage")
                .map_err(|refusal| refusal.within("stream_options"))?
                .unwrap_or(false),
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
            stop: forms::stop(&mut body)?,
            exclude_arguments,
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
            let message = "progress is told in streams alone (\"stream\": true)";
            return Err(Refusal::field("deliberate.progress", message));
        }
        Ok(Self { model, asked, choices, logprobs, stream, include_usage, overrides, seconds, progress })
    }
}

impl Own {
    fn read(body: &mut Map<String, Value>, headers: &HeaderMap) -> Result<Self, Refusal> {
        let mut own = match take(body, OWN) {
            None => Self::default(),
            Some(Value::Object(own)) => Self::fields(own)?,
            Some(_) => return Err(Refusal::field(OWN, "it is no object")),
        };
        if let Some(text) = header(headers, BUDGET)? {
            own.budget = Some(text);
        }
        if let Some(text) = header(headers, SECONDS)? {
            own.seconds =
                Some(text.parse().map_err(|_| Refusal::field(SECONDS, format!("`{text}` is no number")))?);
        }
        if own.seconds.is_some_and(|seconds| !(seconds > 0.0 && seconds.is_finite())) {
            return Err(Refusal::field("deliberate.seconds", "it is not above 0"));
        }
        Ok(own)
    }

    fn fields(mut own: Map<String, Value>) -> Result<Self, Refusal> {
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
        let excluded = take(&mut own, "exclude_arguments");
        let excluded = excluded.map(|list| texts(list, "deliberate.exclude_arguments")).transpose()?;
        let progress = truth(&mut own, "progress").map_err(|refusal| refusal.within(OWN))?.unwrap_or(false);
        match own.keys().next() {
            Some(name) => Err(Refusal::field(
                format!("{OWN}.{name}"),
                format!("`{name}` is not known here (budget, seconds, exclude_arguments, progress)"),
            )),
            None => Ok(Self { budget, seconds, exclude_arguments: excluded.unwrap_or_default(), progress }),
        }
    }
}

/// Whether log-probabilities are wanted. Those of tokens that were not drawn, nobody keeps.
fn logprobs(body: &mut Map<String, Value>) -> Result<bool, Refusal> {
    let wanted = truth(body, "logprobs")?.unwrap_or(false);
    match whole(body, "top_logprobs", 0..=20)? {
        None | Some(0) => Ok(wanted),
        Some(_) => {
            let message =
                "only the log-probabilities of what was drawn are known (leave `top_logprobs` out, or 0)";
            Err(Refusal::field("top_logprobs", message))
        }
    }
}

/// The text to be continued.
fn prompt(value: Option<Value>) -> Result<String, Refusal> {
    let text = match value {
        Some(Value::String(text)) => Some(text),
        Some(Value::Array(mut all)) if all.len() == 1 => all.remove(0).as_str().map(str::to_owned),
        _ => None,
    };
    let text = text.filter(|text| !text.is_empty());
    text.ok_or_else(|| Refusal::field("prompt", "`prompt` is one text that is not empty"))
}
