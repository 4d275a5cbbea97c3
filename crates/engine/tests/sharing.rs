//! Every token is evaluated once, whoever asks for it and when.

mod common;

use common::{capacity, draw, engine, flops, request, start, texts, tokens};
use deliberate_engine::simulated::SimulatedRuntime;
use deliberate_engine::{Engine, Serving};
use deliberate_lm::{LanguageModel, Mark, ScoreRequest};
use futures::future::join_all;
use std::convert::Infallible;

const PROMPT: &str = "what is seven times eight? ";

#[tokio::test]
async fn samples_of_a_request_prefill_once() {
    let engine = engine(capacity(8, 200, 64));
    let generation = draw(&engine, request(PROMPT, &[1, 2, 3, 4, 5], 10)).await;
    let prompt = PROMPT.len() as u64;
    assert_eq!(generation.usage.prefilled, prompt);
    assert_eq!(generation.usage.cached, 4 * prompt);
    let drawn: Vec<u64> = generation.samples.iter().map(|sample| sample.tokens.len() as u64).collect();
    assert_eq!(generation.usage.decoded, drawn.iter().sum::<u64>());
    // The last drawn token is not evaluated, unless an end of sequence came after it.
    let ranges: Vec<_> = std::iter::once(0..prompt)
        .chain(generation.samples.iter().zip(&drawn).map(|(sample, &drawn)| {
            let ended = u64::from(sample.finish == deliberate_lm::Finish::EndOfSequence);
            prompt..(prompt + drawn + ended).saturating_sub(1).max(prompt)
        }))
        .collect();
    assert!((generation.usage.flops - flops(&engine, &ranges)).abs() < 1e-3);
}

#[tokio::test]
async fn simultaneous_identical_prompts_prefill_once() {
    let engine = engine(capacity(8, 400, 16));
    let prompt = PROMPT.repeat(4);
    let all = join_all((0..6).map(|seed| draw(&engine, request(&prompt, &[seed], 5)))).await;
    let prefilled: u64 = all.iter().map(|generation| generation.usage.prefilled).sum();
    // The five others evaluate the last token again, for its logits.
    assert_eq!(prefilled, prompt.len() as u64 + 5);
}

#[tokio::test]
async fn a_shared_prefix_is_waited_for_and_the_rest_is_not() {
    let engine = engine(capacity(8, 400, 16));
    let prompts: Vec<String> = (0..5).map(|i| format!("{}question {i}", PROMPT.repeat(3))).collect();
    let all = join_all(prompts.iter().map(|prompt| draw(&engine, request(prompt, &[7], 3)))).await;
    let prefilled: u64 = all.iter().map(|generation| generation.usage.prefilled).sum();
    assert_eq!(prefilled, prompts[0].len() as u64 + 4);
}

#[tokio::test]
async fn a_tree_search_evaluates_every_token_once() {
    let engine = start(|| SimulatedRuntime::new(capacity(48, 300, 64)).with_end_bias(-50.0));
    let (mut frontier, mut given, mut evaluated) = (vec![tokens(PROMPT)], 0, 0);
    for level in 0..4u64 {
        let asks = frontier.iter().zip(0u64..).map(|(prompt, node)| {
            let mut ask = request("", &[level * 100 + node * 10, level * 100 + node * 10 + 1], 12);
            ask.prompt = prompt.clone();
            draw(&engine, ask)
        });
        let answers = join_all(asks).await;
        let mut next = Vec::new();
        for (prompt, answer) in frontier.iter().zip(&answers) {
            assert_eq!(answer.usage.prefilled + answer.usage.cached, 2 * prompt.len() as u64);
            evaluated += answer.usage.prefilled;
            // All of the prompt at the root; of a child, the one token that its parent drew last.
            given += if level == 0 { prompt.len() as u64 } else { 1 };
            next.extend(
                answer.samples.iter().map(|sample| {
                    prompt.iter().chain(&sample.tokens).copied().collect::<std::sync::Arc<[_]>>()
                }),
            );
        }
        frontier = next;
    }
    assert_eq!(evaluated, given);
    let metrics = engine.metrics();
    assert_eq!((metrics.preemptions, metrics.repeated), (0, 0));
}

#[tokio::test]
async fn scoring_a_trace_that_grew_costs_what_grew() {
    let engine = engine(capacity(4, 300, 32));
    let mut trace = PROMPT.to_string();
    let mut known = 0;
    for step in ["first step. ", "second one. ", "third and last. "] {
        trace += step;
        let mark = Mark { position: trace.len() - 1, candidates: vec![43, 45] };
        let scoring = engine.score(ScoreRequest { tokens: tokens(&trace), marks: vec![mark] }).await.unwrap();
        assert_eq!(scoring.usage.cached, known);
        assert_eq!(scoring.usage.prefilled, trace.len() as u64 - known);
        assert_eq!(scoring.readings.len(), 1);
        known = trace.len() as u64;
    }
}

#[tokio::test]
async fn readings_do_not_depend_on_what_is_cached() {
    let marks = [5, 6, 20, 40].map(|position| Mark { position, candidates: vec![97, 98, 256] });
    let text = PROMPT.repeat(2);
    let ask = || ScoreRequest { tokens: tokens(&text), marks: marks.to_vec() };
    let cold = engine(capacity(4, 300, 7)).score(ask()).await.unwrap();
    let engine = engine(capacity(4, 300, 512));
    draw(&engine, request(PROMPT, &[1, 2], 20)).await;
    let warm = engine.score(ask()).await.unwrap();
    assert_eq!(cold.readings, warm.readings);
    assert_eq!((warm.usage.cached, warm.usage.prefilled), (5, text.len() as u64 - 5));
}

#[tokio::test]
async fn a_continuation_goes_on_from_what_was_drawn() {
    let engine = engine(capacity(4, 300, 32));
    let long = draw(&engine, request(PROMPT, &[3], 1)).await;
    let grown = format!("{PROMPT}{}", long.samples[0].text);
    let next = draw(&engine, request(&grown, &[3], 4)).await;
    assert_eq!(next.usage.cached, PROMPT.len() as u64);
    assert_eq!(next.usage.prefilled, grown.len() as u64 - PROMPT.len() as u64);
    assert_eq!(
        texts(&next),
        texts(&draw(&common::engine(capacity(1, 300, 3)), request(&grown, &[3], 4)).await)
    );
}

#[tokio::test]
async fn without_the_prefix_cache_the_text_is_the_same_and_everything_is_evaluated_again() {
    let config = Serving { prefix_cache: false, ..Serving::default() };
    let make = || Ok::<_, Infallible>(SimulatedRuntime::new(capacity(8, 200, 64)).with_end_bias(-50.0));
    let forgetful = Engine::start(config, make).expect("it starts");
    let remembering = Engine::start(Serving::default(), make).expect("it starts");
    for _ in 0..2 {
        let ask = || request(PROMPT, &[1, 2, 3], 10);
        assert_eq!(texts(&draw(&forgetful, ask()).await), texts(&draw(&remembering, ask()).await));
    }
    let prompt = PROMPT.len() as u64;
    // Nine tokens of each sample are evaluated to draw the tenth.
    assert_eq!(remembering.metrics().batch_tokens, prompt + 1 + 2 * 3 * 9);
    assert_eq!(forgetful.metrics().batch_tokens, 2 * (3 * prompt + 3 * 9));
}

#[tokio::test]
async fn variants_of_a_model_share_batches_and_never_a_prefix() {
    let adapted = || start(|| SimulatedRuntime::new(capacity(8, 200, 64)).with_adapters(&["prm", "reviser"]));
    let all =
        |engine: &Engine| [engine.clone(), engine.with_adapter(0).unwrap(), engine.with_adapter(1).unwrap()];
    let together = all(&adapted());
    let names = together.iter().map(|engine| engine.facts().name.as_str()).collect::<Vec<_>>();
    assert_eq!(names, ["simulated", "simulated+prm", "simulated+reviser"]);
    assert!(together[1].with_adapter(2).is_none());
    let asks = together.iter().map(|engine| draw(engine, request(PROMPT, &[1, 2], 20)));
    let answers = join_all(asks).await;
    for (index, answer) in answers.iter().enumerate() {
        assert_eq!(answer.usage.prefilled, PROMPT.len() as u64);
        let alone = draw(&all(&adapted())[index], request(PROMPT, &[1, 2], 20)).await;
        assert_eq!(texts(answer), texts(&alone));
    }
    assert_ne!(texts(&answers[0]), texts(&answers[1]));
    assert_ne!(texts(&answers[1]), texts(&answers[2]));
    let metrics = together[0].metrics();
    let tokens: u64 = answers.iter().map(|answer| answer.usage.prefilled + answer.usage.decoded).sum();
    assert!(metrics.batches < tokens / 3, "{} batches for {tokens} tokens", metrics.batches);
}
