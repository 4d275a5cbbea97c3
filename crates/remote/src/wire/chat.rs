//! The part of `OpenAI`'s chat protocol that every endpoint of that kind has: whole answers to conversations.

mod form;

use super::{Ask, Fault, read};
use deliberate_lm::{Finish, GenerateRequest, TokenStat};
pub(crate) use form::Asked;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// What an endpoint takes besides the least.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "each is a yes or a no of its own")]
pub(crate) struct Takes {
    /// `max_completion_tokens` in the place of `max_tokens`.
    pub(crate) completion_limit: bool,
    pub(crate) seed: bool,
    /// Several answers in one call.
    pub(crate) several: bool,
    /// Log-probabilities of drawn tokens, and of others that could have been.
    pub(crate) logprobs: bool,
    /// Tools that may be called.
    pub(crate) tools: bool,
    /// Formats that it keeps to.
    pub(crate) formats: bool,
}

impl Takes {
    pub(crate) const LEAST: Self = Self {
        completion_limit: false,
        seed: false,
        several: false,
        logprobs: false,
        tools: false,
        formats: false,
    };

    /// What two endpoints take.
    pub(crate) fn both(self, other: Self) -> Self {
        Self {
            completion_limit: self.completion_limit || other.completion_limit,
            seed: self.seed && other.seed,
            several: self.several && other.several,
            logprobs: self.logprobs && other.logprobs,
            tools: self.tools && other.tools,
            formats: self.formats && other.formats,
        }
    }
}

/// An endpoint by what it calls the model and what it takes.
#[derive(Debug, Clone)]
pub(crate) struct Chat {
    pub(crate) model: String,
    pub(crate) takes: Takes,
}

/// Alternatives that are asked for where the next token is read.
const ALTERNATIVES: u32 = 20;

impl Chat {
    /// As many answers as there are seeds; one where the endpoint gives no more.
    pub(crate) fn draw(&self, asked: &Asked, request: &GenerateRequest) -> Ask {
        let sampling = &request.sampling;
        let mut body = self.body(asked, request.max_tokens, sampling.temperature);
        body.insert("top_p".to_owned(), json!(sampling.top_p));
        // These two are no part of the protocol: who sets them knows that the endpoint takes them.
        if let Some(top_k) = sampling.top_k {
            body.insert("top_k".to_owned(), json!(top_k));
        }
        if sampling.min_p > 0.0 {
            body.insert("min_p".to_owned(), json!(sampling.min_p));
        }
        if self.takes.several {
            body.insert("n".to_owned(), json!(request.seeds.len()));
        }
        if self.takes.seed {
            body.insert("seed".to_owned(), json!(super::seed(request)));
        }
        if self.takes.logprobs {
            body.insert("logprobs".to_owned(), json!(true));
        }
        if !request.stop.is_empty() {
            body.insert("stop".to_owned(), json!(request.stop));
        }
        ask(body)
    }

    /// The likeliest first tokens of an answer.
    pub(crate) fn next(&self, asked: &Asked) -> Ask {
        let mut body = self.body(asked, 1, 0.0);
        body.insert("logprobs".to_owned(), json!(true));
        body.insert("top_logprobs".to_owned(), json!(ALTERNATIVES));
        ask(body)
    }

    fn body(&self, asked: &Asked, tokens: u32, temperature: f32) -> Map<String, Value> {
        let limit = if self.takes.completion_limit { "max_completion_tokens" } else { "max_tokens" };
        let mut body = asked.form.clone();
        body.insert("model".to_owned(), json!(self.model));
        body.insert("messages".to_owned(), json!(asked.messages));
        body.insert(limit.to_owned(), json!(tokens));
        body.insert("temperature".to_owned(), json!(temperature));
        body
    }
}

fn ask(body: Map<String, Value>) -> Ask {
    Ask { path: "/v1/chat/completions", body: Value::Object(body) }
}

#[derive(Deserialize)]
struct Completion {
    choices: Vec<Choice>,
    usage: Option<Usage>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    index: usize,
    message: Message,
    logprobs: Option<Logprobs>,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Message {
    content: Option<String>,
    /// Thought, as vLLM and `DeepSeek` call it.
    #[serde(alias = "reasoning")]
    reasoning_content: Option<String>,
    tool_calls: Option<Vec<Call>>,
}

#[derive(Deserialize)]
struct Call {
    function: Function,
}

#[derive(Deserialize)]
struct Function {
    name: String,
    arguments: String,
}

#[derive(Deserialize)]
struct Logprobs {
    content: Option<Vec<Likely>>,
}

#[derive(Deserialize)]
struct Likely {
    token: String,
    logprob: f32,
    bytes: Option<Vec<u8>>,
    #[serde(default)]
    top_logprobs: Vec<Likely>,
}

#[derive(Deserialize)]
struct Usage {
    prompt_tokens: u64,
    completion_tokens: u64,
    prompt_tokens_details: Option<Details>,
}

#[derive(Deserialize)]
struct Details {
    cached_tokens: Option<u64>,
}

/// One answer, cut into as many pieces as tokens were drawn for it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Said {
    pub(crate) pieces: Vec<Vec<u8>>,
    pub(crate) stats: Vec<TokenStat>,
    pub(crate) finish: Finish,
}

/// Answers, and what they cost.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Told {
    pub(crate) said: Vec<Said>,
    /// Tokens that were paid for them, thought included.
    pub(crate) drawn: u64,
    /// Tokens of the conversation, and those of them that were cached, by the endpoint's word.
    pub(crate) prompt: Option<(u64, u64)>,
}

/// Where thought ends that some models write before their answer.
const THOUGHT: &str = "</think>";

pub(crate) fn read_told(answer: Value) -> Result<Told, Fault> {
    let Completion { mut choices, usage } = read(answer)?;
    if choices.is_empty() {
        return Err(Fault("no answer in it".to_owned()));
    }
    choices.sort_by_key(|choice| choice.index);
    // All characters that were written; where nobody counts tokens, one is taken for four of them.
    let all: u64 = choices.iter().map(Choice::size).sum();
    let drawn = usage.as_ref().map_or(all.div_ceil(4), |usage| usage.completion_tokens);
    // What was paid and is told nowhere, thought and the ends of answers, belongs to those of whom least is told.
    let told = |choice: &Choice| choice.told().map_or(0, <[Likely]>::len) as u64;
    let rest = drawn.saturating_sub(choices.iter().map(told).sum());
    let untold = choices.iter().any(|choice| choice.told().is_none());
    let size = |choice: &Choice| if untold && choice.told().is_some() { 0 } else { choice.size() };
    let all: u64 = choices.iter().map(size).sum();
    let mut before = 0;
    let said = choices.into_iter().map(|choice| {
        // Shares that add up to the rest.
        let upto = |characters: u64| rest * characters / all.max(1);
        let size = size(&choice);
        let share = upto(before + size) - upto(before);
        before += size;
        choice.said(share as usize)
    });
    let said = said.collect();
    let prompt = usage.map(|usage| {
        let cached = usage.prompt_tokens_details.and_then(|details| details.cached_tokens).unwrap_or(0);
        (usage.prompt_tokens, cached.min(usage.prompt_tokens))
    });
    Ok(Told { said, drawn, prompt })
}

/// The likeliest first tokens with their log-probabilities, in nats.
pub(crate) fn read_next(answer: Value) -> Result<Vec<(String, f32)>, Fault> {
    let Completion { choices, .. } = read(answer)?;
    let logprobs = choices.into_iter().next().and_then(|choice| choice.logprobs?.content);
    let first = logprobs.and_then(|content| content.into_iter().next());
    let first = first.ok_or_else(|| Fault("no log-probabilities of the next token".to_owned()))?;
    let itself = (first.token, first.logprob);
    Ok(std::iter::once(itself)
        .chain(first.top_logprobs.into_iter().map(|one| (one.token, one.logprob)))
        .collect())
}

impl Message {
    /// What is said, and what is called as most models write it themselves.
    fn text(&self) -> String {
        let called = |Call { function: Function { name, arguments } }: &Call| {
            let arguments = serde_json::from_str(arguments).unwrap_or_else(|_| json!(arguments));
            format!("\n<tool_call>\n{}\n</tool_call>", json!({"name": name, "arguments": arguments}))
        };
        let calls = self.tool_calls.iter().flatten().map(called);
        self.content.iter().cloned().chain(calls).collect()
    }
}

impl Choice {
    fn size(&self) -> u64 {
        let thought = self.message.reasoning_content.as_ref().map_or(0, |text| text.chars().count());
        (self.message.text().chars().count() + thought).max(1) as u64
    }

    /// The tokens of its text, where they are told one by one.
    fn told(&self) -> Option<&[Likely]> {
        let told = self.logprobs.as_ref()?.content.as_deref()?;
        (spell(told) == self.message.text().as_bytes()).then_some(told)
    }

    /// What was said, thought left out, with so many tokens more than are told. They spell nothing where the others are
    /// known, and share the text where not.
    fn said(self, more: usize) -> Said {
        let content = self.message.text();
        let finish = match self.finish_reason.as_deref() {
            Some("length" | "content_filter") => Finish::Length,
            _ => Finish::EndOfSequence,
        };
        let (mut pieces, stats): (Vec<Vec<u8>>, Vec<TokenStat>) = if self.told().is_some() {
            let told = self.logprobs.and_then(|told| told.content).unwrap_or_default();
            let mute = TokenStat { logprob: f32::NAN, certainty: f32::NAN };
            std::iter::repeat_n((Vec::new(), mute), more).chain(told.into_iter().map(Likely::piece)).unzip()
        } else {
            (even(&content, more.max(usize::from(!content.is_empty()))), Vec::new())
        };
        if let Some((thought, _)) = content.rsplit_once(THOUGHT) {
            blank(&mut pieces, thought.len() + THOUGHT.len());
        }
        Said { pieces, stats, finish }
    }
}

impl Likely {
    fn piece(self) -> (Vec<u8>, TokenStat) {
        let piece = self.bytes.unwrap_or_else(|| self.token.into_bytes());
        (piece, TokenStat { logprob: self.logprob, certainty: f32::NAN })
    }
}

fn spell(told: &[Likely]) -> Vec<u8> {
    told.iter().flat_map(|one| one.bytes.as_deref().unwrap_or(one.token.as_bytes())).copied().collect()
}

/// A text in so many pieces: how much it is, not how it was written.
fn even(text: &str, count: usize) -> Vec<Vec<u8>> {
    let ends: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    let at = |piece: usize| ends[(ends.len() - 1) * piece / count];
    (0..count).map(|piece| text.as_bytes()[at(piece)..at(piece + 1)].to_vec()).collect()
}

/// Takes so many bytes out of the first pieces, which stay.
fn blank(pieces: &mut [Vec<u8>], bytes: usize) {
    let mut left = bytes;
    for piece in pieces {
        let taken = left.min(piece.len());
        piece.drain(..taken);
        left -= taken;
    }
}

#[cfg(test)]
mod tests;
