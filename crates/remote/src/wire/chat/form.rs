//! What a conversation asks of the answer, as far as an endpoint takes it.

use super::Takes;
use deliberate_lm::{Chat, Format, ToolChoice};
use serde_json::{Map, Value, json};

/// A conversation as it is sent.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Asked {
    pub(crate) messages: Vec<Value>,
    /// Other fields that belong to it: tools, and the form of the answer.
    pub(crate) form: Map<String, Value>,
}

impl Takes {
    /// What a conversation asks of the answer, as far as it is taken.
    pub(crate) fn form(self, chat: &Chat) -> Map<String, Value> {
        let Chat { tools, choice, one_call, format, .. } = chat;
        let mut form = Map::new();
        if self.tools && !tools.is_empty() {
            form.insert("tools".to_owned(), json!(tools));
            let choice = match choice {
                ToolChoice::Free => None,
                ToolChoice::Required => Some(json!("required")),
                ToolChoice::Named(name) => Some(json!({"type": "function", "function": {"name": name}})),
            };
            form.extend(choice.map(|choice| ("tool_choice".to_owned(), choice)));
            form.extend(one_call.then(|| ("parallel_tool_calls".to_owned(), json!(false))));
        }
        let format = match format {
            Format::Text => None,
            Format::Object => Some(json!({"type": "json_object"})),
            Format::Schema(schema) => {
                Some(json!({"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}))
            }
        };
        form.extend(format.filter(|_| self.formats).map(|format| ("response_format".to_owned(), format)));
        form
    }
}
