//! Conversations as plain data, and what is asked of the turn that comes next. What is written down of them has the form of
//! `OpenAI`'s protocol, which all servers read.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// Who speaks in a chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Instructions that frame the conversation.
    System,
    /// The person asking.
    User,
    /// The model.
    Assistant,
    /// A tool that the model called.
    Tool,
}

impl Role {
    /// Its name, as templates and servers know it.
    pub fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
            Self::Tool => "tool",
        }
    }
}

/// One turn of a chat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub content: String,
    /// Tools that an assistant called.
    #[serde(rename = "tool_calls", skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<Call>,
    /// The call that a tool answers.
    #[serde(rename = "tool_call_id", skip_serializing_if = "Option::is_none")]
    pub answers: Option<String>,
}

impl Message {
    /// A turn in words.
    pub fn new(role: Role, content: impl Into<String>) -> Self {
        Self { role, content: content.into(), calls: Vec::new(), answers: None }
    }
}

/// A tool that was called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// What its answer refers to; empty where nobody has named it yet.
    pub id: String,
    /// The tool's name.
    pub name: String,
    /// JSON, as it was written.
    pub arguments: String,
}

impl Serialize for Call {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let Self { id, name, arguments } = self;
        let function = json!({"name": name, "arguments": arguments});
        json!({"id": id, "type": "function", "function": function}).serialize(to)
    }
}

/// A tool that may be called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tool {
    /// What calls name it by.
    pub name: String,
    /// What it does, for the model.
    pub description: Option<String>,
    /// The JSON schema of its arguments; without one it has none.
    pub parameters: Option<Value>,
}

impl Serialize for Tool {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let Self { name, description, parameters } = self;
        let mut function = Map::from_iter([("name".to_owned(), json!(name))]);
        function.extend(description.as_ref().map(|text| ("description".to_owned(), json!(text))));
        function.extend(parameters.as_ref().map(|schema| ("parameters".to_owned(), schema.clone())));
        json!({"type": "function", "function": function}).serialize(to)
    }
}

/// Whether tools are called.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ToolChoice {
    /// As the model likes.
    #[default]
    Free,
    /// One of them.
    Required,
    /// This one.
    Named(String),
}

/// What an answer in words has to be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Format {
    /// Any text.
    #[default]
    Text,
    /// A JSON object.
    Object,
    /// JSON that is valid against this schema.
    Schema(Value),
}

/// A conversation up to the model's turn, and what is asked of that turn.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Chat {
    /// What was said.
    pub messages: Vec<Message>,
    /// Tools that the model may call.
    pub tools: Vec<Tool>,
    /// Whether it has to.
    pub choice: ToolChoice,
    /// Whether it calls one tool at most.
    pub one_call: bool,
    /// What it answers where it calls none.
    pub format: Format,
}

impl From<Vec<Message>> for Chat {
    fn from(messages: Vec<Message>) -> Self {
        Self { messages, ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_are_written_as_servers_read_them() {
        let call = Call { id: "c1".to_owned(), name: "add".to_owned(), arguments: "{\"a\":1}".to_owned() };
        let asked = Message { calls: vec![call], ..Message::new(Role::Assistant, "") };
        let function = json!({"name": "add", "arguments": "{\"a\":1}"});
        let calls = json!([{"id": "c1", "type": "function", "function": function}]);
        assert_eq!(
            serde_json::to_value(asked).unwrap(),
            json!({"role": "assistant", "content": "", "tool_calls": calls})
        );
        let told = Message { answers: Some("c1".to_owned()), ..Message::new(Role::Tool, "1") };
        assert_eq!(
            serde_json::to_value(told).unwrap(),
            json!({"role": "tool", "content": "1", "tool_call_id": "c1"})
        );
        let tool = Tool { name: "now".to_owned(), description: None, parameters: None };
        assert_eq!(
            serde_json::to_value(tool).unwrap(),
            json!({"type": "function", "function": {"name": "now"}})
        );
    }
}
