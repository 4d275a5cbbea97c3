//! What clients ask of the form of an answer: where it ends, JSON, calls of tools.

use super::fields::{take, texts, truth};
use crate::Refusal;
use deliberate_lm::{Chat, Format, Tool, ToolChoice};
use serde_json::{Map, Value, json};

/// Stop texts of one request.
const MOST_STOPS: usize = 4;
/// Tools of one request.
const MOST_TOOLS: usize = 128;
/// Characters of a tool's name.
const LONGEST_NAME: usize = 64;

/// Texts that end an answer: one, or a list.
pub(super) fn stop(body: &mut Map<String, Value>) -> Result<Vec<String>, Refusal> {
    let stops = match take(body, "stop") {
        None => Vec::new(),
        Some(Value::String(stop)) => vec![stop],
        Some(list @ Value::Array(_)) => texts(list, "stop")?,
        Some(_) => return Err(Refusal::field("stop", "`stop` is a text, or a list of texts")),
    };
    let stops: Vec<String> = stops.into_iter().filter(|stop| !stop.is_empty()).collect();
    if stops.len() > MOST_STOPS {
        return Err(Refusal::field("stop", format!("more than {MOST_STOPS} texts")));
    }
    Ok(stops)
}

/// What is asked of the turn after a conversation.
pub(super) fn asked(body: &mut Map<String, Value>) -> Result<Chat, Refusal> {
    let tools = tools(take(body, "tools"))?;
    let one_call = truth(body, "parallel_tool_calls")? == Some(false);
    let format = format(take(body, "response_format"))?;
    let chat = Chat { one_call, format, ..Chat::default() };
    let Some(choice) = choice(take(body, "tool_choice"), &tools)? else { return Ok(chat) };
    Ok(Chat { tools, choice, ..chat })
}

fn tools(value: Option<Value>) -> Result<Vec<Tool>, Refusal> {
    let all = match value {
        None => return Ok(Vec::new()),
        Some(Value::Array(all)) if all.len() <= MOST_TOOLS => all,
        Some(_) => {
            return Err(Refusal::field("tools", format!("`tools` is a list of at most {MOST_TOOLS} tools")));
        }
    };
    let tools = all.into_iter().enumerate().map(|(index, value)| tool(index, value));
    let tools = tools.collect::<Result<Vec<Tool>, Refusal>>()?;
    let twice = |(index, tool): &(usize, &Tool)| tools[..*index].iter().any(|other| other.name == tool.name);
    match tools.iter().enumerate().find(twice) {
        Some((index, tool)) => {
            let message = format!("there are two tools of the name `{}`", tool.name);
            Err(Refusal::field(format!("tools[{index}].function.name"), message))
        }
        None => Ok(tools),
    }
}

fn tool(index: usize, value: Value) -> Result<Tool, Refusal> {
    let at = |field: &str, message: &str| Refusal::field(format!("tools[{index}]{field}"), message);
    let Value::Object(mut fields) = value else { return Err(at("", "it is no object")) };
    if fields.get("type") != Some(&json!("function")) {
        return Err(at(".type", "only tools of the type `function` are supported"));
    }
    let Some(Value::Object(mut function)) = take(&mut fields, "function") else {
        return Err(at(".function", "it is no object"));
    };
    let name = match take(&mut function, "name") {
        Some(Value::String(name)) if is_name(&name) => name,
        _ => return Err(at(".function.name", "a name has 1 to 64 letters, digits, `_` and `-`")),
    };
    let description = match take(&mut function, "description") {
        None => None,
        Some(Value::String(text)) => Some(text),
        Some(_) => return Err(at(".function.description", "it is no text")),
    };
    let parameters = match take(&mut function, "parameters") {
        None => None,
        Some(schema @ Value::Object(_)) => Some(schema),
        Some(_) => return Err(at(".function.parameters", "it is no JSON schema")),
    };
    Ok(Tool { name, description, parameters })
}

/// Whether a function may have this name.
pub(super) fn is_name(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    (1..=LONGEST_NAME).contains(&name.len()) && name.chars().all(fits)
}

/// Whether tools are called; none where they must not be.
fn choice(value: Option<Value>, tools: &[Tool]) -> Result<Option<ToolChoice>, Refusal> {
    let refused = |message: String| Err(Refusal::field("tool_choice", message));
    let choice = match value {
        None => ToolChoice::Free,
        Some(Value::String(choice)) => match choice.as_str() {
            "none" => return Ok(None),
            "auto" => ToolChoice::Free,
            "required" => ToolChoice::Required,
            other => return refused(format!("`{other}` is no choice (none, auto, required, or a function)")),
        },
        Some(named) => match named["function"]["name"].as_str() {
            Some(name) if tools.iter().any(|tool| tool.name == name) => ToolChoice::Named(name.to_owned()),
            Some(name) => return refused(format!("there is no tool `{name}` in `tools`")),
            None => return refused("it names no function".to_owned()),
        },
    };
    if choice == ToolChoice::Required && tools.is_empty() {
        return refused("a tool has to be called, and `tools` has none".to_owned());
    }
    Ok(Some(choice))
}

fn format(value: Option<Value>) -> Result<Format, Refusal> {
    let Some(mut value) = value else { return Ok(Format::Text) };
    match value["type"].as_str() {
        Some("text") => Ok(Format::Text),
        Some("json_object") => Ok(Format::Object),
        Some("json_schema") => match value.pointer_mut("/json_schema/schema").map(Value::take) {
            Some(schema @ Value::Object(_)) => Ok(Format::Schema(schema)),
            _ => Err(Refusal::field("response_format.json_schema.schema", "it is no JSON schema")),
        },
        _ => Err(Refusal::field("response_format.type", "it is one of text, json_object and json_schema")),
    }
}
