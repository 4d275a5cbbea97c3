//! What the tests of the engine share.
#![allow(dead_code, reason = "each test file uses its part")]

use deliberate_engine::simulated::SimulatedRuntime;
use deliberate_engine::{Capacity, Engine, Serving};
use deliberate_lm::{GenerateRequest, Generation, LanguageModel, LmError, Sampling, Token};
use std::convert::Infallible;
use std::sync::Arc;

/// Separate slots, as many tokens in all as fit them.
pub(crate) fn capacity(slots: u32, slot_tokens: usize, batch_tokens: usize) -> Capacity {
    let total_tokens = slots as usize * slot_tokens;
    Capacity { slots, slot_tokens, total_tokens, batch_tokens, kv_bytes_per_token: 1 }
}

pub(crate) fn engine(capacity: Capacity) -> Engine {
    start(move || SimulatedRuntime::new(capacity))
}

pub(crate) fn start(make: impl FnOnce() -> SimulatedRuntime + Send + 'static) -> Engine {
    Engine::start(Serving::default(), move || Ok::<_, Infallible>(make())).expect("it starts")
}

pub(crate) fn tokens(text: &str) -> Arc<[Token]> {
    text.bytes().map(Token::from).collect()
}

pub(crate) fn request(prompt: &str, seeds: &[u64], max_tokens: u32) -> GenerateRequest {
    GenerateRequest {
        prompt: tokens(prompt),
        seeds: seeds.to_vec(),
        sampling: Sampling::at(1.0),
        stop: Vec::new(),
        max_tokens,
    }
}

pub(crate) async fn draw(engine: &Engine, request: GenerateRequest) -> Generation {
    engine.generate(request).await.expect("it is served")
}

pub(crate) fn texts(generation: &Generation) -> Vec<String> {
    generation.samples.iter().map(|sample| sample.text.clone()).collect()
}

/// What one request costs by the formula, token by token.
pub(crate) fn flops(engine: &Engine, ranges: &[std::ops::Range<u64>]) -> f64 {
    ranges.iter().cloned().map(|range| engine.facts().flops(range)).sum()
}

pub(crate) fn is_backend(result: &Result<Generation, LmError>) -> bool {
    matches!(result, Err(LmError::Backend { .. }))
}
