//! The same request gives the same text, whatever else goes on.

mod common;

use common::{capacity, draw, engine, request, start, texts};
use deliberate_engine::simulated::SimulatedRuntime;
use deliberate_engine::{Capacity, Engine};
use deliberate_lm::{GenerateRequest, Generation, LanguageModel};
use futures::future::join_all;

fn requests() -> Vec<GenerateRequest> {
    let prompts = ["a", "to be or not", "to be or not to be, that is", "once upon a time ", "zzz", "to be "];
    (0..18u64)
        .map(|index| {
            let prompt =
                format!("{}{}", prompts[index as usize % 6].repeat(1 + index as usize % 3), index / 9);
            let seeds: Vec<u64> = (0..=index % 4).map(|sample| index * 10 + sample).collect();
            request(&prompt, &seeds, 5 + index as u32)
        })
        .collect()
}

/// What each request gives on an engine of its own.
async fn alone() -> Vec<Generation> {
    let mut all = Vec::new();
    for request in requests() {
        let generation = draw(&engine(capacity(8, 200, 512)), request).await;
        all.push(generation);
    }
    all
}

async fn check(engine: Engine) {
    let expected = alone().await;
    // Twice: what the first round left in the cache must not show in the second.
    for _ in 0..2 {
        let together = join_all(requests().into_iter().map(|request| draw(&engine, request))).await;
        for (index, (found, expected)) in together.iter().zip(&expected).enumerate() {
            assert_eq!(texts(found), texts(expected), "request {index}");
            assert_eq!(found.samples, expected.samples, "request {index}");
            assert_eq!(found.usage.decoded, expected.usage.decoded);
            let given = requests()[index].prompt.len() * expected.samples.len();
            assert_eq!(found.usage.prefilled + found.usage.cached, given as u64);
        }
    }
}

#[tokio::test]
async fn in_large_and_small_batches() {
    check(engine(capacity(64, 200, 512))).await;
    check(engine(capacity(16, 200, 24))).await;
    check(engine(capacity(8, 200, 1))).await;
}

#[tokio::test]
async fn with_very_few_slots() {
    check(engine(capacity(1, 200, 64))).await;
    check(engine(capacity(2, 200, 5))).await;
    check(engine(capacity(3, 200, 64))).await;
}

#[tokio::test]
async fn when_sequences_give_way_to_others() {
    for total_tokens in [200, 230, 300, 500] {
        let pooled = Capacity { total_tokens, ..capacity(12, 200, 64) };
        let engine = engine(pooled);
        check(engine.clone()).await;
        let metrics = engine.metrics();
        if total_tokens == 300 {
            assert!(metrics.preemptions > 0 && metrics.repeated > 0, "{metrics:?}");
        }
    }
}

#[tokio::test]
async fn the_youngest_sequences_give_way_and_the_oldest_pay_nothing() {
    let pooled = Capacity { total_tokens: 220, ..capacity(4, 200, 64) };
    let engine = start(move || SimulatedRuntime::new(pooled).with_end_bias(-50.0));
    let prompt = "x".repeat(30);
    let asks = (0..4u64).map(|index| draw(&engine, request(&format!("{index}{prompt}"), &[index], 100)));
    let all = join_all(asks).await;
    let metrics = engine.metrics();
    assert!(metrics.preemptions > 0, "{metrics:?}");
    let whole = engine.facts().flops(0..130);
    assert!((all[0].usage.flops - whole).abs() < 1e-3, "the oldest never repeats a token");
    for generation in &all {
        assert_eq!(generation.usage.prefilled, 31);
        assert_eq!(generation.samples[0].tokens.len(), 100);
    }
}

#[tokio::test]
async fn seeds_and_not_their_order_decide() {
    let engine = engine(capacity(8, 200, 64));
    let forward = texts(&draw(&engine, request("order ", &[1, 2, 3], 20)).await);
    let mut backward = texts(&draw(&engine, request("order ", &[3, 2, 1], 20)).await);
    backward.reverse();
    assert_eq!(forward, backward);
}
