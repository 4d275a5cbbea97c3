//! One answer among several: whole, or in the parts of a stream.

use super::Head;
use crate::request::Kind;
use crate::solver::{Choice, DrawnToken};
use deliberate_lm::Call;
use serde_json::{Value, json};

/// What the protocol says where nobody knows a log-probability, or where it is too small to be told.
const UNKNOWN: f32 = -9999.0;

/// The whole answer.
pub(super) fn whole(head: &Head, index: usize, choice: &Choice) -> Value {
    let Choice { content, calls, finish, .. } = choice;
    let body = match head.kind {
        Kind::Text => json!(content),
        Kind::Chat => {
            let said = if content.is_empty() && !calls.is_empty() { Value::Null } else { json!(content) };
            let mut message = json!({"role": "assistant", "content": said, "refusal": null});
            if !calls.is_empty() {
                message["tool_calls"] = named(head, index, calls).map(|call| json!(call)).collect();
            }
            message
        }
    };
    let field = if head.kind == Kind::Chat { "message" } else { "text" };
    json!({"index": index, field: body, "finish_reason": finish, "logprobs": logprobs(choice)})
}

/// What opens an answer, where something does.
pub(super) fn opening(head: &Head, index: usize) -> Option<Value> {
    (head.kind == Kind::Chat).then(|| part(head, index, &json!({"role": "assistant", "content": ""})))
}

/// A part of the text.
pub(super) fn text(head: &Head, index: usize, text: &str) -> Value {
    let delta = if head.kind == Kind::Chat { json!({"content": text}) } else { json!(text) };
    part(head, index, &delta)
}

/// What follows when `said` of it was told already: the text line by line, calls one by one, and the end with what is known of
/// the whole.
pub(super) fn parts(head: &Head, index: usize, choice: &Choice, said: &str) -> Vec<Value> {
    let left = choice.content.strip_prefix(said).unwrap_or_default();
    let mut parts: Vec<Value> = opening(head, index).filter(|_| said.is_empty()).into_iter().collect();
    parts.extend(left.split_inclusive('\n').map(|line| text(head, index, line)));
    parts.extend(named(head, index, &choice.calls).enumerate().map(|(place, call)| {
        let mut call = json!(call);
        call["index"] = json!(place);
        part(head, index, &json!({"tool_calls": [call]}))
    }));
    let end = if head.kind == Kind::Chat { json!({}) } else { json!("") };
    let mut last = part(head, index, &end);
    last["finish_reason"] = json!(choice.finish);
    last["logprobs"] = logprobs(choice);
    parts.push(last);
    parts
}

fn part(head: &Head, index: usize, delta: &Value) -> Value {
    let field = if head.kind == Kind::Chat { "delta" } else { "text" };
    json!({"index": index, field: delta, "finish_reason": null, "logprobs": null})
}

/// Calls with names that no other answer's calls have.
fn named<'c>(head: &Head, index: usize, calls: &'c [Call]) -> impl Iterator<Item = Call> + use<'c> {
    let answer = head.id.rsplit_once("cmpl-").map_or(head.id.as_str(), |(_, number)| number).to_owned();
    let name = move |place: usize| format!("call-{answer}-{index}-{place}");
    calls.iter().enumerate().map(move |(place, call)| Call { id: name(place), ..call.clone() })
}

fn logprobs(choice: &Choice) -> Value {
    let token = |DrawnToken { piece, logprob }: &DrawnToken| {
        json!({"token": String::from_utf8_lossy(piece), "bytes": piece, "top_logprobs": [],
               "logprob": logprob.unwrap_or(UNKNOWN).max(UNKNOWN)})
    };
    let all = |drawn: &Vec<DrawnToken>| json!({"content": drawn.iter().map(token).collect::<Vec<_>>(), "refusal": null});
    choice.logprobs.as_ref().map_or(Value::Null, all)
}
