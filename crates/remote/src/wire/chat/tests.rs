//! What is sent to endpoints for chats, and what is made of their answers.

use super::*;
use deliberate_lm::{self as lm, Format, ToolChoice};

fn text(said: &Said) -> String {
    String::from_utf8(said.pieces.concat()).unwrap()
}

#[test]
fn answers_have_as_many_pieces_as_tokens_were_paid() {
    let told = read_told(json!({
        "choices": [
            {"index": 1, "message": {"content": "Two cows."}, "finish_reason": "length"},
            {"index": 0, "message": {"role": "assistant", "content": "Zoë has 3."}, "finish_reason": "stop"},
        ],
        "usage": {"prompt_tokens": 20, "completion_tokens": 9, "prompt_tokens_details": {"cached_tokens": 16}},
    }));
    let Told { said, drawn, prompt } = told.unwrap();
    assert_eq!(drawn, 9);
    assert_eq!(prompt, Some((20, 16)));
    assert_eq!(said.iter().map(|one| one.pieces.len()).sum::<usize>(), 9);
    assert_eq!(said.iter().map(text).collect::<Vec<_>>(), ["Zoë has 3.", "Two cows."]);
    assert_eq!(
        said.iter().map(|one| one.finish).collect::<Vec<_>>(),
        [Finish::EndOfSequence, Finish::Length]
    );
}

#[test]
fn tokens_that_are_told_are_the_pieces() {
    let told = read_told(json!({
        "choices": [{"message": {"content": " 4."}, "finish_reason": "stop", "logprobs": {"content": [
            {"token": " 4", "logprob": -0.5, "bytes": [32, 52]}, {"token": ".", "logprob": -0.25}]}}],
        "usage": {"prompt_tokens": 5, "completion_tokens": 3},
    }));
    let told = told.unwrap();
    assert_eq!(told.drawn, 3, "one is told nowhere: thought, or what ended it");
    let said = &told.said[0];
    assert_eq!(said.pieces, [Vec::new(), b" 4".to_vec(), b".".to_vec()]);
    let known = said.stats.iter().map(|stat| stat.logprob).filter(|logprob| !logprob.is_nan());
    assert_eq!((said.stats.len(), known.collect::<Vec<_>>()), (3, vec![-0.5, -0.25]));
}

#[test]
fn thought_is_paid_and_not_said() {
    let apart = json!({"choices": [{"message": {"content": "7", "reasoning": "3 + 4 is 7, is it not?"}}],
                       "usage": {"prompt_tokens": 5, "completion_tokens": 12}});
    let within = json!({"choices": [{"message": {"content": "<think>3 + 4\n</think>7"}}],
                        "usage": {"prompt_tokens": 5, "completion_tokens": 12}});
    for answer in [apart, within] {
        let said = &read_told(answer).unwrap().said[0];
        assert_eq!((text(said).as_str(), said.pieces.len()), ("7", 12));
    }
}

#[test]
fn calls_are_told_as_models_write_them() {
    let function = json!({"name": "add", "arguments": "{\"a\": 1}"});
    let call = json!({"id": "c1", "type": "function", "function": function});
    let told = read_told(json!({
        "choices": [{"message": {"content": null, "tool_calls": [call]}, "finish_reason": "tool_calls"}],
        "usage": {"prompt_tokens": 5, "completion_tokens": 7},
    }));
    let said = &told.unwrap().said[0];
    let written = "<tool_call>\n{\"arguments\":{\"a\":1},\"name\":\"add\"}\n</tool_call>";
    assert_eq!((text(said).trim(), said.pieces.len(), said.finish), (written, 7, Finish::EndOfSequence));
}

#[test]
fn only_what_an_endpoint_takes_is_sent() {
    let request = GenerateRequest {
        prompt: vec![1].into(),
        seeds: vec![5, 6],
        sampling: deliberate_lm::Sampling::at(0.5),
        stop: Vec::new(),
        max_tokens: 9,
    };
    let messages = vec![json!({"role": "user", "content": "hi"})];
    let tool = lm::Tool { name: "now".to_owned(), description: None, parameters: None };
    let chat = lm::Chat {
        tools: vec![tool],
        choice: ToolChoice::Required,
        format: Format::Object,
        ..lm::Chat::default()
    };
    let body = |takes: Takes| {
        let asked = Asked { messages: messages.clone(), form: takes.form(&chat) };
        Chat { model: "m".to_owned(), takes }.draw(&asked, &request).body
    };
    let least =
        json!({"model": "m", "messages": messages, "max_tokens": 9, "temperature": 0.5, "top_p": 1.0});
    assert_eq!(body(Takes::LEAST), least);
    let all = Takes {
        seed: true,
        several: true,
        logprobs: true,
        tools: true,
        formats: true,
        completion_limit: true,
    };
    let all = body(all);
    assert_eq!(
        (&all["tools"][0]["function"]["name"], &all["tool_choice"], &all["response_format"]["type"]),
        (&json!("now"), &json!("required"), &json!("json_object"))
    );
    assert_eq!(
        (&all["n"], &all["logprobs"], &all["max_completion_tokens"]),
        (&json!(2), &json!(true), &json!(9))
    );
    assert!(all.get("max_tokens").is_none() && all["seed"].is_u64());
}
