//! Requests as the official clients send them, and as they should not.

use super::*;
use deliberate_lm::{Call, Format, Role, Tool, ToolChoice};
use serde_json::json;

fn read(body: &Value) -> Result<AnswerRequest, Refusal> {
    AnswerRequest::read(Kind::Chat, body.to_string().as_bytes(), &HeaderMap::new())
}

/// The conversation of a request that is understood.
fn chat(fields: &Value) -> Chat {
    match read(&with(fields)).expect("it is understood").asked {
        Asked::Chat(chat) => chat,
        Asked::Text(text) => panic!("{text:?} is no conversation"),
    }
}

fn with(fields: &Value) -> Value {
    let mut body = json!({"model": "m", "messages": [{"role": "user", "content": "2 + 2?"}]});
    body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    body
}

#[test]
fn what_clients_send_is_understood() {
    let plain = read(&with(&json!({}))).unwrap();
    assert_eq!((plain.choices, plain.stream, &plain.overrides), (1, false, &Overrides::default()));
    let all = read(&with(&json!({
        "n": 3, "stream": true, "stream_options": {"include_usage": true}, "seed": 7, "temperature": 0.5,
        "top_p": 0.9, "max_completion_tokens": 99, "user": "me", "frequency_penalty": 0, "presence_penalty": 0.0,
        "logprobs": false, "tools": null, "response_format": {"type": "text"}, "stop": [], "logit_bias": {},
        "deliberate": {"budget": 8, "seconds": 2.5},
    })))
    .unwrap();
    assert_eq!((all.choices, all.stream, all.include_usage, all.seconds), (3, true, true, Some(2.5)));
    let expected = Overrides {
        budget: Some("8".to_owned()),
        seed: Some(7),
        max_tokens: Some(99),
        temperature: Some(0.5),
        top_p: Some(0.9),
        ..Overrides::default()
    };
    assert_eq!(all.overrides, expected);
    let parts = json!([{"type": "text", "text": "2 + "}, {"type": "text", "text": "2?"}]);
    let turns = json!([{"role": "developer", "content": "Be brief."}, {"role": "user", "content": "Hi"},
                       {"role": "assistant", "content": "Hello"}, {"role": "user", "content": parts}]);
    let chat = chat(&json!({"messages": turns})).messages;
    assert_eq!((chat[0].role, chat[3].content.as_str()), (Role::System, "2 + 2?"));
}

#[test]
fn what_is_not_understood_is_refused_by_its_name() {
    let refused = |fields: Value, param: &str| {
        let refusal = read(&with(&fields)).expect_err(&fields.to_string());
        assert_eq!(refusal.param.as_deref(), Some(param), "{}", refusal.message);
    };
    refused(json!({"model": 3}), "model");
    refused(json!({"messages": []}), "messages");
    refused(json!({"messages": "hi"}), "messages");
    refused(json!({"messages": [{"role": "user", "content": " "}]}), "messages");
    refused(json!({"messages": [{"role": "assistant", "content": "x"}]}), "messages");
    refused(json!({"messages": [{"role": "tool", "content": "x"}]}), "messages[0].tool_call_id");
    refused(json!({"messages": [{"role": "function", "content": "x"}]}), "messages[0].role");
    refused(
        json!({"messages": [{"role": "user", "content": "x", "tool_calls": [{}]}]}),
        "messages[0].tool_calls",
    );
    let calls = json!([{"id": "c", "type": "function", "function": {"name": "add", "arguments": {}}}]);
    refused(
        json!({"messages": [{"role": "assistant", "tool_calls": calls}, {"role": "user", "content": "x"}]}),
        "messages[0].tool_calls[0]",
    );
    refused(json!({"messages": [{"role": "user", "content": 3}]}), "messages[0].content");
    let picture = json!([{"type": "image_url", "image_url": {"url": "x"}}]);
    refused(json!({"messages": [{"role": "user", "content": picture}]}), "messages[0].content");
    refused(json!({"n": 0}), "n");
    refused(json!({"n": 1.5}), "n");
    refused(json!({"seed": -1}), "seed");
    refused(json!({"temperature": 3}), "temperature");
    refused(json!({"top_p": 0}), "top_p");
    refused(json!({"stream": "yes"}), "stream");
    refused(json!({"logprobs": 1}), "logprobs");
    refused(json!({"logprobs": true, "top_logprobs": 2}), "top_logprobs");
    refused(json!({"tools": [{"type": "function"}]}), "tools[0].function");
    refused(json!({"tools": [{"type": "retrieval"}]}), "tools[0].type");
    refused(json!({"tools": [{"type": "function", "function": {"name": "a b"}}]}), "tools[0].function.name");
    let add = json!({"type": "function", "function": {"name": "add", "parameters": {"type": "object"}}});
    refused(json!({"tools": [add, add]}), "tools[1].function.name");
    refused(json!({"tool_choice": "required"}), "tool_choice");
    refused(json!({"tools": [add], "tool_choice": "sometimes"}), "tool_choice");
    let other = json!({"type": "function", "function": {"name": "subtract"}});
    refused(json!({"tools": [add], "tool_choice": other}), "tool_choice");
    refused(json!({"response_format": {"type": "xml"}}), "response_format.type");
    refused(
        json!({"response_format": {"type": "json_schema", "json_schema": 3}}),
        "response_format.json_schema.schema",
    );
    refused(json!({"stop": 3}), "stop");
    refused(json!({"stop": ["a", 3]}), "stop");
    refused(json!({"stop": ["a", "b", "c", "d", "e"]}), "stop");
    refused(json!({"deliberate": {"exclude_arguments": "id"}}), "deliberate.exclude_arguments");
    refused(json!({"budgget": 3}), "budgget");
    refused(json!({"deliberate": {"budgget": 3}}), "deliberate.budgget");
    refused(json!({"deliberate": {"budget": []}}), "deliberate.budget");
    refused(json!({"deliberate": {"seconds": 0}}), "deliberate.seconds");
    refused(json!({"deliberate": 3}), "deliberate");
}

#[test]
fn the_form_of_an_answer_is_understood() {
    let one = read(&with(&json!({"stop": "\n\n", "logprobs": true, "top_logprobs": 0}))).unwrap();
    assert_eq!((one.overrides.stop, one.logprobs), (vec!["\n\n".to_owned()], true));
    let schema = json!({"type": "object"});
    let format =
        json!({"type": "json_schema", "json_schema": {"name": "x", "schema": schema, "strict": true}});
    assert_eq!(chat(&json!({"response_format": format})).format, Format::Schema(schema.clone()));
    assert_eq!(chat(&json!({"response_format": {"type": "json_object"}})).format, Format::Object);
    let function = json!({"name": "add", "description": "A sum.", "parameters": schema, "strict": false});
    let tools = json!([{"type": "function", "function": function}]);
    let free = chat(&json!({"tools": tools, "parallel_tool_calls": false}));
    let tool =
        Tool { name: "add".to_owned(), description: Some("A sum.".to_owned()), parameters: Some(schema) };
    assert_eq!((free.tools, free.choice, free.one_call), (vec![tool], ToolChoice::Free, true));
    let named = json!({"type": "function", "function": {"name": "add"}});
    assert_eq!(
        chat(&json!({"tools": tools, "tool_choice": named})).choice,
        ToolChoice::Named("add".to_owned())
    );
    assert!(chat(&json!({"tools": tools, "tool_choice": "none"})).tools.is_empty());
    let own = read(&with(&json!({"tools": tools, "deliberate": {"exclude_arguments": ["id"]}}))).unwrap();
    assert_eq!(own.overrides.exclude_arguments, ["id"]);
}

#[test]
fn calls_and_what_tools_answered_are_turns() {
    let call =
        json!({"id": "c1", "type": "function", "function": {"name": "add", "arguments": "{\"a\": 1}"}});
    let turns = json!([{"role": "user", "content": "1 + 1?"},
                       {"role": "assistant", "content": null, "tool_calls": [call]},
                       {"role": "tool", "tool_call_id": "c1", "content": "2"}]);
    let turns = chat(&json!({"messages": turns})).messages;
    let call = Call { id: "c1".to_owned(), name: "add".to_owned(), arguments: "{\"a\": 1}".to_owned() };
    assert_eq!((turns[1].calls.as_slice(), turns[1].content.as_str()), ([call].as_slice(), ""));
    assert_eq!((turns[2].role, turns[2].answers.as_deref()), (Role::Tool, Some("c1")));
}

#[test]
fn a_text_goes_on_by_the_same_settings() {
    let read = |fields: Value| {
        let mut body = json!({"model": "m"});
        body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        AnswerRequest::read(Kind::Text, body.to_string().as_bytes(), &HeaderMap::new())
    };
    let request =
        read(json!({"prompt": ["2 + 2 ="], "n": 2, "stop": ["\n"], "echo": false, "best_of": 1})).unwrap();
    assert_eq!((request.asked, request.choices), (Asked::Text("2 + 2 =".to_owned()), 2));
    for (fields, param) in [
        (json!({}), "prompt"),
        (json!({"prompt": ""}), "prompt"),
        (json!({"prompt": ["a", "b"]}), "prompt"),
        (json!({"prompt": [1, 2]}), "prompt"),
        (json!({"prompt": "a", "echo": true}), "echo"),
        (json!({"prompt": "a", "best_of": 4}), "best_of"),
        (json!({"prompt": "a", "logprobs": 1}), "logprobs"),
        (json!({"prompt": "a", "messages": []}), "messages"),
        (json!({"prompt": "a", "tools": []}), "tools"),
    ] {
        let refusal = read(fields).unwrap_err();
        assert_eq!(refusal.param.as_deref(), Some(param), "{}", refusal.message);
    }
}

#[test]
fn a_header_wins_over_the_body() {
    let mut headers = HeaderMap::new();
    headers.insert(BUDGET, "16".parse().unwrap());
    headers.insert(SECONDS, "3".parse().unwrap());
    let body = with(&json!({"deliberate": {"budget": 4, "seconds": 9}})).to_string();
    let read = AnswerRequest::read(Kind::Chat, body.as_bytes(), &headers).unwrap();
    assert_eq!((read.overrides.budget.as_deref(), read.seconds), (Some("16"), Some(3.0)));
    headers.insert(SECONDS, "soon".parse().unwrap());
    let refusal = AnswerRequest::read(Kind::Chat, body.as_bytes(), &headers).unwrap_err();
    assert_eq!(refusal.param.as_deref(), Some(SECONDS));
}

#[test]
fn bodies_that_are_no_requests_are_refused() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    for body in ["", "x", "[]", "3", "{\"model\":", &deep] {
        assert!(AnswerRequest::read(Kind::Chat, body.as_bytes(), &HeaderMap::new()).is_err());
    }
}
