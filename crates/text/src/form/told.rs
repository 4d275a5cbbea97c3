//! What a model is told of the form that its answer should have.

use deliberate_lm::{Chat, Format, Message, Role, ToolChoice};

/// The conversation, with the form of the answer at the end of what the person asked: whoever revises or judges an answer
/// reads it there too.
pub(crate) fn told(chat: &Chat) -> Chat {
    let mut told = chat.clone();
    let words = words(chat);
    if let (false, Some(asked)) = (words.is_empty(), asked(&mut told.messages)) {
        asked.content = format!("{}\n\n{words}", asked.content.trim_end());
    }
    told
}

/// What the person asked last; the last turn where no person speaks.
fn asked(messages: &mut [Message]) -> Option<&mut Message> {
    let place = messages.iter().rposition(|message| message.role == Role::User);
    messages.get_mut(place.unwrap_or(messages.len().saturating_sub(1)))
}

fn words(chat: &Chat) -> String {
    let Chat { tools, choice, format, .. } = chat;
    match (tools.is_empty(), choice) {
        (false, ToolChoice::Required) => return "Call a tool.".to_owned(),
        (false, ToolChoice::Named(name)) => return format!("Call the tool `{name}`."),
        _ => {}
    }
    let how = match format {
        Format::Text => return String::new(),
        Format::Object => "a JSON object and nothing else.".to_owned(),
        Format::Schema(schema) => {
            format!("JSON that is valid against this schema, and nothing else:\n{schema}")
        }
    };
    format!("{} {how}", if tools.is_empty() { "Answer with" } else { "Unless you call a tool, answer with" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use deliberate_lm::Tool;
    use serde_json::json;

    fn check(chat: Chat, expected: &str) {
        let messages = vec![Message::new(Role::User, "2 + 2?\n"), Message::new(Role::Assistant, "Wait.")];
        let chat = Chat { messages, ..chat };
        assert_eq!(told(&chat).messages[0].content, expected);
    }

    #[test]
    fn the_form_stands_at_the_end_of_the_question() {
        let tools = vec![Tool { name: "add".to_owned(), description: None, parameters: None }];
        check(Chat::default(), "2 + 2?\n");
        check(Chat { tools: tools.clone(), ..Chat::default() }, "2 + 2?\n");
        let format = Format::Schema(json!({"type": "number"}));
        let asks = "JSON that is valid against this schema, and nothing else:\n{\"type\":\"number\"}";
        check(Chat { format: format.clone(), ..Chat::default() }, &format!("2 + 2?\n\nAnswer with {asks}"));
        let both = Chat { tools: tools.clone(), format, ..Chat::default() };
        check(both, &format!("2 + 2?\n\nUnless you call a tool, answer with {asks}"));
        let choice = ToolChoice::Named("add".to_owned());
        check(Chat { tools, choice, ..Chat::default() }, "2 + 2?\n\nCall the tool `add`.");
    }
}
