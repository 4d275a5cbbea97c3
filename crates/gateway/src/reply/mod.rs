//! Answers as clients read them: whole, or as a stream of events.

mod choice;

use crate::Refusal;
use crate::request::Kind;
use crate::solver::{Solved, Spent};
use axum::response::sse::Event;
use serde_json::{Value, json};

/// What all parts of one answer say of it.
#[derive(Debug, Clone)]
pub(crate) struct Head {
    kind: Kind,
    pub(crate) id: String,
    /// Seconds since 1970.
    pub(crate) created: u64,
    pub(crate) model: String,
}

impl Head {
    /// `number` tells one answer from all others.
    pub(crate) fn new(kind: Kind, number: impl std::fmt::Display, created: u64, model: String) -> Self {
        let before = match kind {
            Kind::Chat => "chatcmpl",
            Kind::Text => "cmpl",
        };
        Self { kind, id: format!("{before}-{number}"), created, model }
    }

    /// An object of the protocol: a whole answer, or a part of a stream.
    fn object(&self, part: bool, choices: &Value) -> Value {
        let object = match (self.kind, part) {
            (Kind::Chat, false) => "chat.completion",
            (Kind::Chat, true) => "chat.completion.chunk",
            (Kind::Text, _) => "text_completion",
        };
        json!({"id": self.id, "object": object, "created": self.created, "model": self.model, "choices": choices})
    }
}

/// Tokens, as clients count them: the sum over all calls, those of losers and of the verifier too.
fn usage(spent: &Spent) -> Value {
    json!({
        "prompt_tokens": spent.prompt_tokens,
        "completion_tokens": spent.completion_tokens,
        "total_tokens": spent.prompt_tokens + spent.completion_tokens,
        "prompt_tokens_details": {"cached_tokens": spent.cached_tokens},
    })
}

/// What is this gateway's own.
fn own(solved: &Solved, seconds: f64) -> Value {
    let Solved { votes, spent, way, degraded, .. } = solved;
    json!({"way": way, "votes": votes, "spent": spent, "seconds": seconds, "degraded": degraded})
}

/// The whole answer.
pub(crate) fn whole(head: &Head, solved: &Solved, seconds: f64) -> Value {
    let choices = solved.choices.iter().enumerate().map(|(index, choice)| choice::whole(head, index, choice));
    let mut whole = head.object(false, &choices.collect());
    whole["usage"] = usage(&solved.spent);
    whole["deliberate"] = own(solved, seconds);
    whole
}

/// An answer on its way to a client, as events.
pub(crate) struct Parts {
    head: Head,
    include_usage: bool,
    /// What was told of the first choice while it was drawn.
    said: String,
}

impl Parts {
    pub(crate) fn new(head: Head, include_usage: bool) -> Self {
        Self { head, include_usage, said: String::new() }
    }

    pub(crate) fn head(&self) -> &Head {
        &self.head
    }

    /// The next part of the first choice.
    pub(crate) fn part(&mut self, text: &str) -> Vec<Event> {
        let opening = choice::opening(&self.head, 0).filter(|_| self.said.is_empty());
        self.said.push_str(text);
        let parts = opening.into_iter().chain([choice::text(&self.head, 0, text)]);
        parts.map(|part| event(&self.chunk(&json!([part]), Value::Null))).collect()
    }

    /// What was not told yet, the last event the protocol's `[DONE]`.
    pub(crate) fn rest(&self, solved: &Solved, seconds: f64) -> Vec<Event> {
        let said = |index: usize| if index == 0 { self.said.as_str() } else { "" };
        let choices = solved.choices.iter().enumerate();
        let parts = choices.flat_map(|(index, choice)| choice::parts(&self.head, index, choice, said(index)));
        let mut chunks: Vec<Value> = parts.map(|part| self.chunk(&json!([part]), Value::Null)).collect();
        if let Some(last) = chunks.last_mut() {
            last["deliberate"] = own(solved, seconds);
        }
        if self.include_usage {
            chunks.push(self.chunk(&json!([]), usage(&solved.spent)));
        }
        chunks.iter().map(event).chain([Event::default().data("[DONE]")]).collect()
    }

    fn chunk(&self, choices: &Value, usage: Value) -> Value {
        let mut chunk = self.head.object(true, choices);
        if self.include_usage {
            chunk["usage"] = usage;
        }
        chunk
    }
}

/// A part of a stream that tells how far the search is, and has nothing of an answer.
pub(crate) fn progress(head: &Head, progress: &Value) -> Event {
    let mut chunk = head.object(true, &json!([]));
    chunk["deliberate"] = json!({"progress": progress});
    event(&chunk)
}

fn event(chunk: &Value) -> Event {
    Event::default().data(chunk.to_string())
}

/// An event that tells of a refusal after the answer has begun.
pub(crate) fn refused(refusal: &Refusal) -> Vec<Event> {
    vec![Event::default().data(refusal.json().to_string())]
}
