//! The three ways in which a continuation ends are kept apart.

mod common;

use common::{capacity, draw, engine, request, start};
use deliberate_engine::simulated::SimulatedRuntime;
use deliberate_lm::{Finish, GenerateRequest, LanguageModel};

#[tokio::test]
async fn a_stop_text_ends_with_the_token_that_completes_it() {
    let engine = start(|| SimulatedRuntime::new(capacity(8, 400, 64)).with_end_bias(-50.0));
    let free = draw(&engine, request("write: ", &[5], 200)).await;
    let text = &free.samples[0].text;
    // Any three letters of it, where they first occur.
    let stop = text[100..103].to_string();
    let end = text.find(&stop).unwrap() + 3;
    let mut asked = request("write: ", &[5], 200);
    asked.stop = vec!["NEVER".into(), stop.clone()];
    let stopped = draw(&engine, asked).await;
    assert_eq!(stopped.samples[0].finish, Finish::Stop(1));
    assert_eq!(stopped.samples[0].text, text[..end]);
    assert_eq!(stopped.samples[0].tokens.len(), end);
    assert_eq!(stopped.samples[0].stats.len(), end);
}

#[tokio::test]
async fn a_stop_text_in_the_prompt_does_not_count() {
    let engine = start(|| SimulatedRuntime::new(capacity(8, 400, 64)).with_end_bias(-50.0));
    let asked = GenerateRequest { stop: vec!["E: ".into()], ..request("WRITE: ", &[5], 20) };
    assert_eq!(draw(&engine, asked).await.samples[0].finish, Finish::Length);
}

#[tokio::test]
async fn the_end_of_sequence_is_not_part_of_the_continuation() {
    let engine = start(|| SimulatedRuntime::new(capacity(8, 400, 64)).with_end_bias(3.0));
    let seeds: Vec<u64> = (0..20).collect();
    let generation = draw(&engine, request("short ", &seeds, 300)).await;
    for sample in &generation.samples {
        assert_eq!(sample.finish, Finish::EndOfSequence);
        assert!(!sample.tokens.contains(&deliberate_engine::simulated::END));
        assert_eq!(sample.text.len(), sample.tokens.len());
        assert!(sample.stats.iter().all(|stat| stat.logprob <= 0.0 && stat.certainty >= 0.0));
    }
    assert!(generation.samples.iter().any(|sample| sample.tokens.len() > 3));
}

#[tokio::test]
async fn a_model_that_ends_at_once_gives_an_empty_sample() {
    let engine = start(|| SimulatedRuntime::new(capacity(2, 400, 64)).with_end_bias(90.0));
    let generation = draw(&engine, request("nothing ", &[1, 2, 3, 4, 5], 300)).await;
    assert!(generation.samples.iter().all(|s| s.tokens.is_empty() && s.finish == Finish::EndOfSequence));
    assert_eq!((generation.usage.prefilled, generation.usage.cached, generation.usage.decoded), (8, 32, 0));
}

#[tokio::test]
async fn a_full_slot_ends_with_length() {
    let engine = start(|| SimulatedRuntime::new(capacity(4, 20, 64)).with_end_bias(-50.0));
    let generation = draw(&engine, request("0123456789", &[1, 2], 300)).await;
    assert!(generation.samples.iter().all(|s| s.tokens.len() == 10 && s.finish == Finish::Length));
    let one = draw(&engine, request("0123456789012345678", &[1], 300)).await;
    assert_eq!(one.samples[0].tokens.len(), 1);
}

#[tokio::test]
async fn the_handle_speaks_for_the_tokenizer() {
    let engine = engine(capacity(4, 20, 64));
    assert_eq!(engine.encode("ab", false).await.unwrap(), [97, 98]);
    let message = deliberate_lm::Message::new(deliberate_lm::Role::User, "hi");
    assert_eq!(engine.render(&vec![message].into()).await.unwrap(), "user: hi\nassistant: ");
    assert_eq!(engine.facts().context, 20);
}
