//! Answers as clients read them: whole, or as a stream of events.

use crate::Refusal;
use crate::solver::{Solved, Spent};
use axum::response::sse::Event;
use serde_json::{Value, json};

/// What all parts of one answer say of it.
#[derive(Debug, Clone)]
pub(crate) struct Head {
    pub(crate) id: String,
    /// Seconds since 1970.
    pub(crate) created: u64,
    pub(crate) model: String,
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
    let choices = solved.choices.iter().enumerate().map(|(index, choice)| {
        let message = json!({"role": "assistant", "content": choice.content, "refusal": null});
        json!({"index": index, "message": message, "finish_reason": choice.finish, "logprobs": null})
    });
    json!({
        "id": head.id, "object": "chat.completion", "created": head.created, "model": head.model,
        "choices": choices.collect::<Vec<_>>(), "usage": usage(&solved.spent), "deliberate": own(solved, seconds),
    })
}

/// The same as events, the last one the protocol's `[DONE]`.
pub(crate) fn stream(head: &Head, solved: &Solved, seconds: f64, include_usage: bool) -> Vec<Event> {
    let chunk = |choices: Value, usage: Option<Value>| {
        let mut chunk = json!({"id": head.id, "object": "chat.completion.chunk", "created": head.created,
                               "model": head.model, "choices": choices});
        if include_usage {
            chunk["usage"] = usage.unwrap_or(Value::Null);
        }
        chunk
    };
    let delta = |index: usize, delta: Value, finish: Value| {
        chunk(json!([{"index": index, "delta": delta, "finish_reason": finish, "logprobs": null}]), None)
    };
    let mut chunks = Vec::new();
    for (index, choice) in solved.choices.iter().enumerate() {
        chunks.push(delta(index, json!({"role": "assistant", "content": ""}), Value::Null));
        chunks
            .extend(pieces(&choice.content).map(|text| delta(index, json!({"content": text}), Value::Null)));
        chunks.push(delta(index, json!({}), json!(choice.finish)));
    }
    if let Some(last) = chunks.last_mut() {
        last["deliberate"] = own(solved, seconds);
    }
    if include_usage {
        chunks.push(chunk(json!([]), Some(usage(&solved.spent))));
    }
    let events = chunks.into_iter().map(|chunk| Event::default().data(chunk.to_string()));
    events.chain(std::iter::once(Event::default().data("[DONE]"))).collect()
}

/// A part of a stream that tells how far the search is, and has nothing of an answer.
pub(crate) fn progress(head: &Head, progress: &Value) -> Event {
    let Head { id, created, model } = head;
    let chunk = json!({"id": id, "object": "chat.completion.chunk", "created": created, "model": model,
                       "choices": [], "deliberate": {"progress": progress}});
    Event::default().data(chunk.to_string())
}

/// A text in lines.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive('\n')
}

/// An event that tells of a refusal after the answer has begun.
pub(crate) fn refused(refusal: &Refusal) -> Vec<Event> {
    vec![Event::default().data(refusal.json().to_string())]
}
