//! Conversations as clients write them.

use super::fields::take;
use super::forms::is_name;
use crate::Refusal;
use deliberate_lm::{Call, Message, Role};
use serde_json::{Map, Value};

/// Messages of one conversation.
const MOST: usize = 4096;

pub(super) fn messages(value: Option<Value>) -> Result<Vec<Message>, Refusal> {
    let Some(Value::Array(all)) = value else {
        return Err(Refusal::field("messages", "`messages` is a list of messages"));
    };
    if all.len() > MOST {
        return Err(Refusal::field("messages", format!("more than {MOST} messages")));
    }
    let all = all.into_iter().enumerate().map(|(index, value)| message(index, value));
    let all = all.collect::<Result<Vec<Message>, Refusal>>()?;
    match all.last() {
        Some(Message { role: Role::User, content, .. }) if content.trim().is_empty() => {
            Err(Refusal::question("the last message is empty"))
        }
        Some(Message { role: Role::User | Role::Tool, .. }) => Ok(all),
        _ => Err(Refusal::field("messages", "the last message is neither a user's nor a tool's")),
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
        "tool" => Role::Tool,
        other => return at(".role", format!("messages of the role `{other}` are not supported")),
    };
    let calls = match take(&mut fields, "tool_calls") {
        None => Vec::new(),
        Some(Value::Array(calls)) if calls.is_empty() || role == Role::Assistant => {
            let read = |(place, value)| {
                let name = || format!("messages[{index}].tool_calls[{place}]");
                call(value).ok_or_else(|| {
                    Refusal::field(
                        name(),
                        "it is no call of a function, with a name and with arguments as a text",
                    )
                })
            };
            calls.into_iter().enumerate().map(read).collect::<Result<_, _>>()?
        }
        Some(_) => return at(".tool_calls", "it is no list of calls that an assistant made".to_owned()),
    };
    let answers = match take(&mut fields, "tool_call_id") {
        Some(Value::String(id)) if role == Role::Tool => Some(id),
        None if role != Role::Tool => None,
        _ => {
            return at(
                ".tool_call_id",
                "a tool's message, and no other, names the call that it answers".to_owned(),
            );
        }
    };
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
    Ok(Message { role, content, calls, answers })
}

fn call(value: Value) -> Option<Call> {
    let Value::Object(mut fields) = value else { return None };
    let text = |fields: &mut Map<String, Value>, name: &str| match take(fields, name) {
        Some(Value::String(text)) => Some(text),
        _ => None,
    };
    let Some(Value::Object(mut function)) = take(&mut fields, "function") else { return None };
    let (name, arguments) = (text(&mut function, "name")?, text(&mut function, "arguments")?);
    // Templates write it between marks of their own.
    is_name(&name).then_some(Call { id: text(&mut fields, "id")?, name, arguments })
}
