//! The chat template of a model: a program in Jinja that its file holds.

mod json;

use crate::RuntimeError;
use deliberate_lm::{Call, Chat, Message, Tool};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, Error, ErrorKind, Value, context};
use minijinja_contrib::pycompat::unknown_method_callback;
use std::collections::BTreeMap;

/// A template made ready to run, as `transformers` runs it.
///
/// It sees `messages`, `tools`, `add_generation_prompt` and the texts of the beginning and ending tokens. What changes from day to
/// day (`strftime_now`) is not defined, so that equal chats give equal texts.
#[derive(Debug)]
pub struct ChatTemplate {
    environment: Environment<'static>,
    beginning: Option<String>,
    ending: Option<String>,
}

/// The template's name in the environment.
const NAME: &str = "chat";
/// Steps after which a template is taken for one that never ends.
const STEPS: u64 = 1 << 22;

impl ChatTemplate {
    /// Reads a template.
    ///
    /// # Errors
    /// If it is no program in Jinja, with the place.
    pub fn new(
        source: String,
        beginning: Option<String>,
        ending: Option<String>,
    ) -> Result<Self, RuntimeError> {
        let mut environment = Environment::new();
        let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
        environment.set_syntax(syntax.map_err(|error| fault("is broken", &error))?);
        environment.set_fuel(Some(STEPS));
        environment.set_unknown_method_callback(unknown_method_callback);
        environment.add_filter("tojson", json::written);
        environment.add_function("raise_exception", |reason: String| -> Result<String, Error> {
            Err(Error::new(ErrorKind::InvalidOperation, reason))
        });
        environment.add_template_owned(NAME, source).map_err(|error| fault("is broken", &error))?;
        Ok(Self { environment, beginning, ending })
    }

    /// A chat as the model reads it, up to the assistant's turn.
    ///
    /// # Errors
    /// If the template cannot be run, or refuses the chat, with the reason.
    pub fn render(&self, chat: &Chat) -> Result<String, RuntimeError> {
        let Chat { messages, tools, .. } = chat;
        let refused = |reason: &str| Err(RuntimeError { reason: reason.to_owned() });
        if messages.is_empty() {
            return refused("a chat has at least one message");
        }
        if messages.iter().any(|message| message.content.contains('\0')) {
            return refused("a message has a zero byte, which no model reads");
        }
        let messages: Vec<_> = messages.iter().map(spoken).collect();
        let tools = if tools.is_empty() { Value::from(()) } else { tools.iter().map(tool).collect() };
        let template = self.environment.get_template(NAME).map_err(|error| fault("is broken", &error))?;
        // What is not there is not defined; no documents (and no tools, where there are none) are said to be none.
        let mut known = BTreeMap::from([
            ("messages", Value::from(messages)),
            ("add_generation_prompt", Value::from(true)),
            ("tools", tools),
            ("documents", Value::from(())),
        ]);
        let tokens = [("bos_token", &self.beginning), ("eos_token", &self.ending)];
        known.extend(tokens.into_iter().filter_map(|(name, text)| Some((name, Value::from(text.as_ref()?)))));
        let text = template.render(known);
        text.map_err(|error| fault("cannot be run", &error))
    }
}

/// A turn, as templates know it: with the arguments of calls as objects, and without what it does not have.
fn spoken(message: &Message) -> Value {
    let Message { role, content, calls, answers } = message;
    let mut known = vec![("role", Value::from(role.name())), ("content", Value::from(content))];
    if !calls.is_empty() {
        known.push(("tool_calls", calls.iter().map(called).collect()));
    }
    known.extend(answers.as_ref().map(|id| ("tool_call_id", Value::from(id))));
    Value::from_pairs(known)
}

fn called(call: &Call) -> Value {
    let Call { id, name, arguments } = call;
    let read = serde_json::from_str::<serde_json::Value>(arguments);
    let arguments = read.map_or_else(|_| Value::from(arguments), |value| Serde(value).into());
    context! { id, type => "function", function => context! { name, arguments } }
}

fn tool(tool: &Tool) -> Value {
    let Tool { name, description, parameters } = tool;
    let mut function = vec![("name", Value::from(name))];
    function.extend(description.as_ref().map(|text| ("description", Value::from(text))));
    function.extend(parameters.as_ref().map(|schema| ("parameters", Value::from(Serde(schema)))));
    context! { type => "function", function => Value::from_pairs(function) }
}

fn fault(what: &str, error: &Error) -> RuntimeError {
    let place = error.line().map(|line| format!(" in line {line}")).unwrap_or_default();
    let reason = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
    RuntimeError { reason: format!("it {what}{place}: {reason}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use deliberate_lm::Role;

    fn chat(messages: &[(Role, &str)]) -> Chat {
        messages.iter().map(|&(role, content)| Message::new(role, content)).collect::<Vec<_>>().into()
    }

    fn render(source: &str, messages: &[(Role, &str)]) -> Result<String, String> {
        let template = ChatTemplate::new(source.to_owned(), Some("<s>".to_owned()), Some("</s>".to_owned()));
        template.and_then(|template| template.render(&chat(messages))).map_err(|error| error.reason)
    }

    #[test]
    fn blocks_leave_no_lines_and_methods_are_those_of_python() {
        let source = "{{ bos_token }}\n{%- for message in messages %}\n    {%- if message['role'] != 'system' %}\n\
                      [{{ message.role.upper() }}] {{ message['content'].strip() }}{{ eos_token }}\n    {%- endif %}\n\
                      {%- endfor %}\n{%- if add_generation_prompt %}\n    {{- '[ASSISTANT]' }}\n{%- endif %}\n";
        let found = render(source, &[(Role::System, "Be brief."), (Role::User, " Two + two?\n")]);
        assert_eq!(found.as_deref(), Ok("<s>[USER] Two + two?</s>[ASSISTANT]"));
    }

    #[test]
    fn a_template_may_refuse_and_says_why() {
        let source =
            "{% if messages[0].role == 'system' %}{{ raise_exception('no system here') }}{% endif %}";
        assert_eq!(render(source, &[(Role::User, "a")]).as_deref(), Ok(""));
        let refused = render(source, &[(Role::System, "a")]).expect_err("it refuses");
        assert_eq!(refused, "it cannot be run in line 1: no system here");
    }

    #[test]
    fn what_a_model_does_not_have_is_not_spelt() {
        let source = "{% for m in messages %}{% if m.role == 'user' %}{{ bos_token }}{{ m.content }}{% break %}{% endif %}\
                      {% endfor %}{% if tools is not none or documents %}tools{% endif %}";
        let template = ChatTemplate::new(source.to_owned(), None, None).expect("a sound template");
        let text = template.render(&chat(&[(Role::User, "a"), (Role::User, "b")]));
        assert_eq!(text.expect("a chat"), "a");
    }

    #[test]
    fn tools_and_calls_are_shown_as_the_template_writes_them() {
        let source = "{% for tool in tools %}{{ tool | tojson }};{% endfor %}{% for m in messages %}\
                      {% for call in m.tool_calls %}{{ call.function.name }}{{ call.function.arguments | tojson }}\
                      {% else %}{{ m.role }} {{ m.content }}{% endfor %};{% endfor %}";
        let template = ChatTemplate::new(source.to_owned(), None, None).expect("a sound template");
        let mut chat = chat(&[(Role::User, "2 + 3?"), (Role::Assistant, ""), (Role::Tool, "5")]);
        let call =
            Call { id: String::new(), name: "add".to_owned(), arguments: "{\"b\":3,\"a\":[2]}".to_owned() };
        chat.messages[1].calls = vec![call];
        let parameters = serde_json::json!({"type": "object"});
        let description = Some("It's <b>a sum</b>.".to_owned());
        chat.tools = vec![Tool { name: "add".to_owned(), description, parameters: Some(parameters) }];
        let tool = "{\"type\": \"function\", \"function\": {\"name\": \"add\", \"description\": \
                    \"It's \\u003cb>a sum\\u003c/b>.\", \"parameters\": {\"type\": \"object\"}}}";
        let expected = format!("{tool};user 2 + 3?;add{{\"a\": [2], \"b\": 3}};tool 5;");
        assert_eq!(template.render(&chat).expect("a chat"), expected);
    }

    #[test]
    fn broken_and_endless_templates_are_told() {
        let broken = render("a\n{% for m in messages %}{{ m.content }", &[(Role::User, "a")]);
        assert!(broken.expect_err("never closed").starts_with("it is broken in line 2: "));
        let endless = "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}";
        let endless = render(endless, &[(Role::User, "a")]).expect_err("too long");
        assert!(endless.starts_with("it cannot be run"), "{endless}");
        let empty = render("{{ messages }}", &[]).expect_err("nothing to say");
        assert_eq!(empty, "a chat has at least one message");
    }
}
