//! Facts about what is sent and read, on answers in the servers' forms.

use super::llama::Llama;
use super::vllm::Vllm;
use super::*;
use deliberate_lm::{Finish, Sampling};
use serde_json::json;

fn request(seeds: &[u64], temperature: f32) -> GenerateRequest {
    GenerateRequest {
        prompt: vec![5, 6].into(),
        seeds: seeds.to_vec(),
        sampling: Sampling { temperature, top_k: Some(20), top_p: 0.9, min_p: 0.0 },
        stop: vec!["\n".to_owned(), "END".to_owned()],
        max_tokens: 8,
    }
}

fn vllm() -> Vllm {
    Vllm { model: "m".to_owned() }
}

#[test]
fn every_setting_of_sampling_is_sent() {
    let Ask { path, body } = Llama.generate(&request(&[7], 0.5));
    assert_eq!(path, "/completion");
    let sent = |name: &str| body[name].clone();
    assert_eq!(sent("prompt"), json!([5, 6]));
    assert_eq!((sent("top_k"), sent("min_p"), sent("n_predict")), (json!(20), json!(0.0), json!(8)));
    assert_eq!(sent("samplers"), json!(["temperature", "top_k", "top_p", "min_p"]));
    assert_eq!((sent("seed"), sent("n")), (json!(7), json!(1)));
    let all = Sampling { top_k: None, ..request(&[1], 0.5).sampling };
    let all = GenerateRequest { sampling: all, ..request(&[1], 0.5) };
    assert_eq!(Llama.generate(&all).body["top_k"], json!(0), "llama-server's word for all");
    assert_eq!(vllm().generate(&all).body["top_k"], json!(-1), "vLLM's word for all");
    let body = vllm().generate(&request(&[7, 8], 0.5)).body;
    for name in ["temperature", "top_p", "min_p", "repetition_penalty", "max_tokens", "return_token_ids"] {
        assert!(!body[name].is_null(), "{name}");
    }
    assert_eq!((&body["n"], &body["include_stop_str_in_output"]), (&json!(2), &json!(true)));
    assert_eq!(vllm().generate(&request(&[7, 8], 0.0)).body["n"], json!(1), "more greedy ones are refused");
}

#[test]
fn seeds_of_64_bits_become_seeds_of_32() {
    let sent = |seed: u64| seed_of(&[seed]);
    assert_eq!((sent(7), sent(7 << 32)), (7, 7));
    assert_ne!(sent(u64::from(u32::MAX)), u32::MAX, "which means by chance");
}

fn seed_of(seeds: &[u64]) -> u32 {
    seed(&request(seeds, 1.0))
}

fn llama_completion(fields: &Value) -> Value {
    let mut all = json!({
        "index": 0, "content": "So 4.", "tokens": [10, 11, 12], "stop_type": "limit", "stopping_word": "",
        "timings": {"cache_n": 1, "prompt_n": 1},
        "completion_probabilities": [
            {"id": 10, "token": "So", "bytes": [83, 111], "logprob": -0.5, "top_logprobs": []},
            {"id": 12, "token": ".", "bytes": [46], "logprob": -0.25, "top_logprobs": []},
        ],
    });
    all.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    all
}

#[test]
fn a_continuation_of_llama_server_is_read_as_it_ended() {
    let read = |fields| Llama.read_drawn(&request(&[1], 1.0), llama_completion(&fields));
    let one = |fields| read(fields).unwrap().samples.remove(0);
    let cut = one(json!({}));
    assert_eq!((cut.finish, cut.tokens, cut.text.as_str()), (Finish::Length, vec![10, 11, 12], "So 4."));
    let known: Vec<bool> = cut.stats.iter().map(|stat| stat.logprob.is_finite()).collect();
    assert_eq!(known, [true, false, true], "statistics belong to their tokens");
    let ended = one(json!({"stop_type": "eos"}));
    assert_eq!((ended.finish, ended.tokens.len()), (Finish::EndOfSequence, 2), "without the ending token");
    let stopped = one(json!({"stop_type": "word", "stopping_word": "END"}));
    assert_eq!((stopped.finish, stopped.text.as_str()), (Finish::Stop(1), "So 4.END"), "with the stop text");
    let strange = read(json!({"stop_type": "word", "stopping_word": "x"})).unwrap_err();
    assert!(strange.to_string().contains("no stop text of the request"), "{strange}");
    let long = one(json!({"tokens": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]}));
    assert_eq!(long.tokens.len(), 8, "a character may go past the limit");
    assert_eq!(read(json!({})).unwrap().prefilled, Some(1));
}

#[test]
fn a_server_that_lies_about_their_number_is_found_out() {
    let two = request(&[1, 2], 1.0);
    let error = Llama.read_drawn(&two, llama_completion(&json!({}))).unwrap_err();
    assert_eq!(error.to_string(), "1 continuations where 2 were asked for");
    let both = json!([
        llama_completion(&json!({"index": 1, "content": "b"})),
        llama_completion(&json!({"content": "a"}))
    ]);
    let samples = Llama.read_drawn(&two, both).unwrap().samples;
    assert_eq!(samples.iter().map(|sample| sample.text.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    assert!(vllm().read_drawn(&two, vllm_completions(&json!({}))).is_err());
}

fn vllm_completions(fields: &Value) -> Value {
    let mut choice = json!({
        "index": 0, "text": "So 4.", "token_ids": [10, 11, 2], "finish_reason": "stop", "stop_reason": null,
        "logprobs": {"token_logprobs": [-0.5, -0.25, -0.1], "tokens": ["So", " 4.", ""],
                     "top_logprobs": [{"token_id:10": -0.5, "token_id:9": -1.5}, null, null], "text_offset": [0, 2, 5]},
    });
    choice.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    let details = json!({"cached_tokens": 32, "created_cache_tokens": null});
    json!({"choices": [choice], "usage": {"prompt_tokens": 36, "completion_tokens": 3, "prompt_tokens_details": details}})
}

#[test]
fn a_continuation_of_vllm_is_read_as_it_ended() {
    let read = |fields| vllm().read_drawn(&request(&[1], 1.0), vllm_completions(&fields));
    let one = |fields| read(fields).unwrap().samples.remove(0);
    let ended = one(json!({}));
    assert_eq!(
        (ended.finish, ended.tokens),
        (Finish::EndOfSequence, vec![10, 11]),
        "without the ending token"
    );
    assert_eq!(ended.stats.len(), 2);
    let stopped = one(json!({"stop_reason": "\n"}));
    assert_eq!((stopped.finish, stopped.tokens.len()), (Finish::Stop(0), 3));
    assert_eq!(one(json!({"finish_reason": "length"})).finish, Finish::Length);
    assert!(read(json!({"finish_reason": "error"})).is_err());
    assert!(read(json!({"token_ids": null})).unwrap_err().to_string().contains("no token ids"));
    assert_eq!(read(json!({})).unwrap().prefilled, Some(4), "what was not cached");
    let greedy = vllm().read_drawn(&request(&[1, 2, 3], 0.0), vllm_completions(&json!({}))).unwrap();
    assert_eq!(greedy.samples.len(), 3, "greedy ones are all alike");
}

#[test]
fn next_tokens_are_told_by_their_ids() {
    let next = vllm().read_next(vllm_completions(&json!({}))).unwrap();
    assert_eq!(next.known, [(10, -0.5), (10, -0.5), (9, -1.5)]);
    let probabilities = json!([{"id": 3, "logprob": -0.1, "top_logprobs": [
        {"id": 3, "token": "+", "bytes": [43], "logprob": -0.1}, {"id": 4, "token": "-", "bytes": [45], "logprob": -2.5},
    ]}]);
    let next =
        Llama.read_next(llama_completion(&json!({"completion_probabilities": probabilities}))).unwrap();
    assert_eq!(next.known, [(3, -0.1), (4, -2.5)]);
    assert!(Llama.read_next(llama_completion(&json!({"completion_probabilities": []}))).is_err());
    let each = vllm().unlikely(&[1], &[9, 8]);
    let allowed: Vec<_> = each.iter().map(|ask| ask.body["allowed_token_ids"].clone()).collect();
    assert_eq!(allowed, [json!([9]), json!([8])]);
    assert_eq!(Llama.unlikely(&[1], &[9, 8]).len(), 1, "one question finds them all");
}

#[test]
fn answers_of_other_forms_are_faults_and_no_panics() {
    let sglang = sglang::Sglang { model: "m".to_owned() };
    for answer in
        [json!(null), json!([]), json!("x"), json!({}), json!({"choices": []}), json!({"tokens": "x"})]
    {
        for dialect in [&Llama as &dyn Dialect, &vllm(), &sglang] {
            assert!(dialect.read_drawn(&request(&[1], 1.0), answer.clone()).is_err(), "{answer}");
            assert!(dialect.read_next(answer.clone()).is_err(), "{answer}");
            assert!(dialect.read_tokens(answer.clone()).is_err(), "{answer}");
            assert!(dialect.read_text(answer.clone()).is_err(), "{answer}");
        }
    }
}
