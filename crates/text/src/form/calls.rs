//! Calls of tools in a text: found by the marks that models put around them, checked, compared.

use super::json::{fault, found, same, validator};
use super::{FormError, Misfit};
use deliberate_lm::{Call, Chat, ToolChoice};
use jsonschema::Validator;
use serde_json::{Map, Value};

/// Tools that may be called.
#[derive(Debug)]
pub(super) struct Toolbox {
    tools: Vec<(String, Option<Validator>)>,
    choice: ToolChoice,
    one_call: bool,
    /// Names of arguments that do not count where calls are compared.
    ignored: Vec<String>,
}

/// Marks around one call, as Qwen, Hermes and many others write them.
const OPEN: &str = "<tool_call>";
const CLOSE: &str = "</tool_call>";
/// The mark before a list of calls, as Mistral's models write it.
const LIST: &str = "[TOOL_CALLS]";

impl Toolbox {
    pub(super) fn new(chat: &Chat, ignored: &[String]) -> Result<Self, FormError> {
        let tool = |(index, tool): (usize, &deliberate_lm::Tool)| {
            let broken = |reason| FormError::Parameters { tool: tool.name.clone(), index, reason };
            let validator = tool.parameters.as_ref().map(validator).transpose().map_err(broken)?;
            Ok((tool.name.clone(), validator))
        };
        let tools = chat.tools.iter().enumerate().map(tool).collect::<Result<_, FormError>>()?;
        Ok(Self { tools, choice: chat.choice.clone(), one_call: chat.one_call, ignored: ignored.to_vec() })
    }

    /// What is said before the calls, and the calls.
    pub(super) fn read(&self, solution: &str) -> Result<(String, Vec<Call>), Misfit> {
        let (before, written) = self.written(solution)?;
        if written.is_empty() && self.choice != ToolChoice::Free {
            return Err(Misfit::NoCall);
        }
        if self.one_call && written.len() > 1 {
            return Err(Misfit::SeveralCalls { calls: written.len() });
        }
        let calls = written.into_iter().map(|(name, arguments)| self.checked(name, &arguments));
        Ok((before.trim().to_owned(), calls.collect::<Result<_, _>>()?))
    }

    /// What is said before them, and calls as they are written.
    fn written<'t>(&self, solution: &'t str) -> Result<(&'t str, Vec<Written>), Misfit> {
        if let Some((before, rest)) = solution.split_once(OPEN) {
            let blocks = rest.split(OPEN).map(|block| block.split(CLOSE).next().unwrap_or(block));
            let call = |block| found(block).and_then(|(_, value)| call(value).ok_or(Misfit::NoCall));
            return Ok((before, blocks.map(call).collect::<Result<_, _>>()?));
        }
        if let Some((before, rest)) = solution.split_once(LIST) {
            let (_, list) = found(rest)?;
            return Ok((before, all(list).ok_or(Misfit::NoCall)?));
        }
        // Without marks it is a call if the whole is one, of a tool that there is.
        let whole = found(solution).ok().and_then(|(_, value)| all(value));
        let ours = |calls: &Vec<Written>| calls.iter().all(|(name, _)| self.knows(name));
        Ok(whole.filter(ours).map_or((solution, Vec::new()), |calls| ("", calls)))
    }

    fn knows(&self, name: &str) -> bool {
        self.tools.iter().any(|(known, _)| known == name)
    }

    fn checked(&self, name: String, arguments: &Value) -> Result<Call, Misfit> {
        let tool = self.tools.iter().find(|(known, _)| *known == name);
        let wanted = |tool: &&(String, Option<Validator>)| match &self.choice {
            ToolChoice::Named(only) => tool.0 == *only,
            ToolChoice::Free | ToolChoice::Required => true,
        };
        let Some((_, validator)) = tool.filter(wanted) else { return Err(Misfit::OtherTool { name }) };
        let wrong = validator.as_ref().and_then(|validator| fault(validator, arguments));
        if let Some((path, reason)) = wrong {
            return Err(Misfit::Arguments { name, path, reason });
        }
        Ok(Call { id: String::new(), name, arguments: arguments.to_string() })
    }

    /// Whether the same is called, in the same order, arguments that do not count left out.
    pub(super) fn same(&self, one: &[Call], other: &[Call]) -> bool {
        let counted = |call: &Call| {
            let mut arguments: Map<String, Value> = serde_json::from_str(&call.arguments).unwrap_or_default();
            arguments.retain(|name, _| !self.ignored.contains(name));
            Value::Object(arguments)
        };
        let equal =
            |(one, other): (&Call, &Call)| one.name == other.name && same(&counted(one), &counted(other));
        one.len() == other.len() && one.iter().zip(other).all(equal)
    }
}

/// A call as it is written: a name and arguments.
type Written = (String, Value);

/// One call or a list of them.
fn all(value: Value) -> Option<Vec<Written>> {
    let calls: Vec<Value> = match value {
        Value::Array(calls) if !calls.is_empty() => calls,
        one => vec![one],
    };
    calls.into_iter().map(call).collect()
}

/// A call as models write it: `name` with `arguments`, or with `parameters` as Llama's do.
fn call(mut value: Value) -> Option<Written> {
    let name = value.get("name")?.as_str()?.to_owned();
    let fields = value.as_object_mut()?;
    let arguments = fields.remove("arguments").or_else(|| fields.remove("parameters"))?;
    let arguments = match arguments {
        Value::Null => Value::Object(Map::new()),
        Value::String(text) => serde_json::from_str(&text).ok()?,
        arguments => arguments,
    };
    arguments.is_object().then_some((name, arguments))
}

#[cfg(test)]
mod tests {
    use super::*;
    use deliberate_lm::Tool;
    use serde_json::json;

    fn toolbox(choice: ToolChoice, ignored: &[&str]) -> Toolbox {
        let number = json!({"type": "object", "properties": {"a": {"type": "number"}}, "required": ["a"]});
        let tool = |name: &str, parameters| Tool { name: name.to_owned(), description: None, parameters };
        let tools = vec![tool("add", Some(number)), tool("now", None)];
        let ignored: Vec<String> = ignored.iter().map(ToString::to_string).collect();
        Toolbox::new(&Chat { tools, choice, ..Chat::default() }, &ignored).unwrap()
    }

    type Read<'t> = (&'t str, &'t [(&'t str, &'t str)]);

    fn check(text: &str, expected: Result<Read<'_>, &str>) {
        let found = toolbox(ToolChoice::Free, &[]).read(text).map_err(|misfit| misfit.to_string());
        match (found, expected) {
            (Ok((before, calls)), Ok((said, expected))) => {
                let calls: Vec<(&str, &str)> =
                    calls.iter().map(|call| (call.name.as_str(), call.arguments.as_str())).collect();
                assert_eq!((before.as_str(), calls.as_slice()), (said, expected), "{text}");
            }
            (Err(misfit), Err(words)) => assert!(misfit.contains(words), "{misfit}"),
            (found, _) => panic!("{found:?} of {text}"),
        }
    }

    #[test]
    fn calls_are_found_as_models_write_them() {
        let add: &[(&str, &str)] = &[("add", "{\"a\":2}")];
        let both: &[(&str, &str)] = &[("add", "{\"a\":2}"), ("now", "{}")];
        check("<tool_call>\n{\"name\": \"add\", \"arguments\": {\"a\": 2}}\n</tool_call>", Ok(("", add)));
        check(
            "So:\n<tool_call>{\"name\": \"add\", \"arguments\": {\"a\": 2}}</tool_call>\n\
             <tool_call>{\"name\": \"now\", \"arguments\": {}}",
            Ok(("So:", both)),
        );
        check("[TOOL_CALLS] [{\"name\": \"add\", \"arguments\": {\"a\": 2}}]", Ok(("", add)));
        check("{\"name\": \"add\", \"parameters\": {\"a\": 2}}", Ok(("", add)));
        check("```json\n{\"name\": \"add\", \"arguments\": \"{\\\"a\\\": 2}\"}\n```", Ok(("", add)));
        check(
            "[{\"name\": \"add\", \"arguments\": {\"a\": 2}}, {\"name\": \"now\", \"arguments\": null}]",
            Ok(("", both)),
        );
    }

    #[test]
    fn prose_is_no_call_and_a_broken_call_is_no_prose() {
        for prose in ["It is 4.", "{\"a\": 2}", "{\"name\": \"Ada\", \"arguments\": {}}", "[]"] {
            check(prose, Ok((prose, &[])));
        }
        check("<tool_call>\n{\"name\": \"add\", \"argu", Err("no JSON"));
        check(
            "<tool_call>{\"name\": \"drop\", \"arguments\": {}}</tool_call>",
            Err("`drop`, which it may not"),
        );
        check("<tool_call>{\"name\": \"add\", \"arguments\": {\"a\": \"2\"}}</tool_call>", Err("at /a"));
        check("<tool_call>{\"name\": \"add\"}</tool_call>", Err("calls no tool"));
    }

    #[test]
    fn what_has_to_be_called_is_called() {
        let now = "<tool_call>{\"name\": \"now\", \"arguments\": {}}</tool_call>";
        assert_eq!(toolbox(ToolChoice::Required, &[]).read("4"), Err(Misfit::NoCall));
        assert!(toolbox(ToolChoice::Named("now".to_owned()), &[]).read(now).is_ok());
        let other = toolbox(ToolChoice::Named("add".to_owned()), &[]).read(now);
        assert_eq!(other, Err(Misfit::OtherTool { name: "now".to_owned() }));
        let twice = format!("{now}{now}");
        let one = Toolbox { one_call: true, ..toolbox(ToolChoice::Free, &[]) };
        assert_eq!(one.read(&twice), Err(Misfit::SeveralCalls { calls: 2 }));
    }

    #[test]
    fn calls_are_the_same_by_name_and_by_the_arguments_that_count() {
        let call = |name: &str, arguments: &str| {
            vec![Call { id: String::new(), name: name.to_owned(), arguments: arguments.to_owned() }]
        };
        let (one, other) = (call("add", "{\"a\":2,\"id\":\"x\"}"), call("add", "{\"id\":\"y\",\"a\":2.0}"));
        assert!(!toolbox(ToolChoice::Free, &[]).same(&one, &other));
        let loose = toolbox(ToolChoice::Free, &["id"]);
        assert!(loose.same(&one, &other));
        assert!(!loose.same(&one, &call("now", "{\"a\":2}")));
        assert!(!loose.same(&one, &[one.clone(), other].concat()));
    }
}
