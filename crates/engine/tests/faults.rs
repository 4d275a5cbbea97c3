//! What goes wrong stays with whom it concerns, and nobody hangs.

mod common;

use common::{capacity, draw, engine, is_backend, request, start, texts, tokens};
use deliberate_engine::simulated::SimulatedRuntime;
use deliberate_engine::{
    Capacity, Engine, LogitSink, ModelRuntime, RuntimeError, Serving, Slot, Span, StartError, Tokenizer,
    Turns,
};
use deliberate_lm::{LanguageModel, LmError, Mark, ModelFacts, ScoreRequest, Token};
use futures::future::{join, join_all};
use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, mpsc};

const BAD: Token = b'!' as Token;

fn failing() -> SimulatedRuntime {
    SimulatedRuntime::new(capacity(4, 200, 64)).with_hook(|spans| {
        let bad = spans.iter().any(|span| span.tokens.contains(&BAD));
        if bad { Err(RuntimeError { reason: "out of luck".into() }) } else { Ok(()) }
    })
}

#[tokio::test]
async fn a_failed_batch_fails_its_requests_and_no_others() {
    let engine = start(failing);
    let warm = texts(&draw(&engine, request("good ", &[1], 30)).await);
    let failed = engine.generate(request("good! ", &[1], 5)).await;
    assert!(is_backend(&failed));
    assert_eq!(failed.unwrap_err().to_string(), "model `simulated` failed: out of luck");
    // The slots of the failed batch hold rubbish, which must not be found again.
    for _ in 0..6 {
        assert_eq!(texts(&draw(&engine, request("good ", &[1], 30)).await), warm);
        assert!(is_backend(&engine.generate(request("bad!", &[1, 2], 5)).await));
    }
    let more = join_all((0..8).map(|seed| draw(&engine, request("good ", &[seed], 30)))).await;
    let alone = common::engine(capacity(4, 200, 64));
    assert_eq!(texts(&more[3]), texts(&draw(&alone, request("good ", &[3], 30)).await));
}

#[tokio::test]
async fn a_panic_closes_the_model_for_everyone_and_says_why() {
    let (hold, gate) = mpsc::channel::<()>();
    let engine = start(move || {
        SimulatedRuntime::new(capacity(4, 200, 64)).with_end_bias(-50.0).with_hook(move |spans| {
            // Nothing is computed before everyone has asked.
            let _ = gate.recv();
            assert!(!spans.iter().any(|span| span.tokens.contains(&BAD)), "as intended by the test");
            Ok(())
        })
    });
    let mut asks =
        ["fine", "boom!", "also fine"].map(|prompt| engine.generate(request(prompt, &[1, 2, 3], 150)));
    for ask in &mut asks {
        assert!(futures::poll!(ask).is_pending());
    }
    drop(hold);
    for result in join_all(asks).await {
        assert!(closed_with_words(&result.map(drop)));
    }
    assert!(closed_with_words(&engine.generate(request("later", &[1], 5)).await.map(drop)));
    let later = engine.score(ScoreRequest { tokens: tokens("later"), marks: vec![] }).await;
    assert!(closed_with_words(&later.map(drop)));
}

/// Whether an answer says why the model is gone.
fn closed_with_words(answer: &Result<(), LmError>) -> bool {
    matches!(answer, Err(LmError::Closed { reason: Some(reason), .. }) if reason.contains("as intended by the test"))
}

/// Gives rows that are no numbers after a certain token.
struct Spoilt(SimulatedRuntime);

impl ModelRuntime for Spoilt {
    fn facts(&self) -> &ModelFacts {
        self.0.facts()
    }
    fn capacity(&self) -> Capacity {
        self.0.capacity()
    }
    fn tokenizer(&self) -> Arc<dyn Tokenizer> {
        self.0.tokenizer()
    }
    fn forward(&mut self, spans: &[Span], sink: &mut LogitSink<'_>) -> Result<(), RuntimeError> {
        self.0.forward(spans, &mut |span, token, logits| {
            let bad = spans[span].tokens[token] == BAD;
            if bad { sink(span, token, &vec![f32::NAN; logits.len()]) } else { sink(span, token, logits) }
        })
    }
    fn copy(&mut self, from: Slot, to: Slot, tokens: usize) {
        self.0.copy(from, to, tokens);
    }
    fn truncate(&mut self, slot: Slot, tokens: usize) {
        self.0.truncate(slot, tokens);
    }
}

#[tokio::test]
async fn logits_that_are_no_numbers_fail_only_their_request() {
    let make = || Ok::<_, Infallible>(Spoilt(SimulatedRuntime::new(capacity(8, 200, 64))));
    let engine = Engine::start(Serving::default(), make).unwrap();
    let asks = ["fine", "not!", "fine too"].map(|prompt| engine.generate(request(prompt, &[1, 2], 30)));
    let answers = join_all(asks).await;
    assert!(answers[0].is_ok() && answers[2].is_ok());
    let message = answers[1].as_ref().unwrap_err().to_string();
    assert_eq!(message, "model `simulated` failed: the logits contain NaN");
    let scoring = |text: &str| {
        let marks = vec![Mark { position: text.len() - 1, candidates: vec![97] }];
        engine.score(ScoreRequest { tokens: tokens(text), marks })
    };
    assert!(scoring("not!").await.is_err() && scoring("fine").await.is_ok());
}

/// An engine that computes one batch for every message.
fn stepped(slots: u32) -> (Engine, mpsc::Sender<()>) {
    let (step, steps) = mpsc::channel::<()>();
    let make = move || {
        Ok::<_, Infallible>(SimulatedRuntime::new(capacity(slots, 200, 64)).with_end_bias(-50.0).with_hook(
            move |_| {
                // Without a sender left it runs freely.
                let _ = steps.recv();
                Ok(())
            },
        ))
    };
    (Engine::start(Serving::default(), make).unwrap(), step)
}

#[tokio::test]
async fn a_dropped_future_frees_its_slots() {
    let (engine, step) = stepped(2);
    let mut long = engine.generate(request("endless ", &[1, 2], 190));
    // Poll it once, so that it is in the queue, and let it work.
    assert!(futures::poll!(&mut long).is_pending());
    for _ in 0..5 {
        step.send(()).unwrap();
    }
    while engine.metrics().active < 2 {
        tokio::task::yield_now().await;
    }
    drop(long);
    drop(step);
    let next = draw(&engine, request("endless x", &[1, 2], 10)).await;
    assert_eq!(next.samples.len(), 2);
    let drawn = engine.metrics().drawn;
    assert!(drawn < 60, "the dropped request went on for {drawn} tokens");
    // What it had evaluated is still of use.
    assert_eq!(next.usage.prefilled, 1);
}

#[tokio::test]
async fn a_full_queue_holds_callers_back() {
    let (engine, step) = stepped(1);
    let mut all: Vec<_> = (0..600u64).map(|seed| engine.generate(request("wait ", &[seed], 2))).collect();
    for ask in &mut all {
        assert!(futures::poll!(ask).is_pending());
    }
    // One in the hands of the thread, or at most its window; 256 in the queue; the rest not even sent.
    assert!(engine.metrics().queued <= 256);
    drop(step);
    let done = join_all(all).await;
    assert!(done.into_iter().all(|generation| generation.is_ok()));
    assert_eq!(engine.metrics().answered, 600);
}

#[tokio::test]
async fn models_that_share_turns_never_compute_at_once() {
    let (turns, inside) = (Turns::default(), Arc::new(AtomicBool::new(false)));
    let engines: Vec<Engine> = (0..2)
        .map(|_| {
            let inside = Arc::clone(&inside);
            let make = move || {
                Ok::<_, Infallible>(SimulatedRuntime::new(capacity(4, 200, 64)).with_hook(move |_| {
                    assert!(!inside.swap(true, SeqCst), "two passes at once");
                    std::thread::yield_now();
                    inside.store(false, SeqCst);
                    Ok(())
                }))
            };
            Engine::start(Serving { turns: turns.clone(), ..Serving::default() }, make).unwrap()
        })
        .collect();
    let asks = (0..20).map(|seed| draw(&engines[seed as usize % 2], request("in turn ", &[seed], 50)));
    assert_eq!(join_all(asks).await.len(), 20);
}

#[tokio::test]
async fn no_request_starves() {
    let engine = start(|| SimulatedRuntime::new(capacity(4, 400, 8)).with_end_bias(-50.0));
    // Far more samples than slots, a long prompt, and short requests behind them.
    let crowd = draw(&engine, request("crowd ", &(0..40).collect::<Vec<_>>(), 60));
    let long = draw(&engine, request(&"long ".repeat(60), &[1], 60));
    let short = join_all((0..30).map(|seed| draw(&engine, request("short ", &[seed], 3))));
    let (crowd, (long, short)) = join(crowd, join(long, short)).await;
    assert_eq!((crowd.samples.len(), long.samples.len(), short.len()), (40, 1, 30));
}

#[tokio::test]
async fn invalid_requests_are_refused_before_the_queue() {
    let engine = engine(capacity(2, 50, 16));
    let refused = engine.generate(request("", &[1], 5)).await;
    assert!(matches!(refused, Err(LmError::InvalidRequest { .. })));
    let refused = engine.generate(request(&"x".repeat(50), &[1], 5)).await;
    assert!(matches!(refused, Err(LmError::PromptTooLong { prompt: 50, context: 50 })));
    assert_eq!(engine.metrics().batches, 0);
}

#[derive(Debug, thiserror::Error)]
#[error("no such file")]
struct Missing;

#[test]
fn an_engine_that_cannot_start_says_why() {
    let none = Engine::start(Serving::default(), || Err::<SimulatedRuntime, _>(Missing));
    assert!(matches!(none, Err(StartError::Load(Missing))));
    let panicked =
        Engine::start(Serving::default(), || -> Result<SimulatedRuntime, Missing> { panic!("oh") });
    assert!(matches!(panicked, Err(StartError::Panicked { reason }) if reason == "oh"));
}
