//! The engine on llama.cpp: what is promised of both together.

mod support;

use deliberate_engine::{Engine, Serving};
use deliberate_llama::{Settings, open};
use deliberate_lm::{
    Finish, GenerateRequest, Generation, LanguageModel, Mark, Sampling, ScoreRequest, Scoring, Token, Usage,
};
use futures::FutureExt;
use futures::executor::block_on;
use futures::future::join_all;
use std::path::Path;
use support::models;

fn start(path: &Path, slots: u32) -> Engine {
    // One thread, because tests run side by side; the number of threads does not change a bit of the results.
    let settings = Settings {
        slots: Some(slots),
        context: Some(384),
        batch_tokens: Some(128),
        threads: Some(1),
        ..Settings::default()
    };
    open(path, None, settings, Serving::default()).expect("a sound model")
}

fn encode(engine: &Engine, text: &str) -> Vec<Token> {
    block_on(engine.encode(text, false)).expect("a short text")
}

fn request(prompt: &[Token], seeds: impl IntoIterator<Item = u64>, max_tokens: u32) -> GenerateRequest {
    GenerateRequest {
        prompt: prompt.into(),
        seeds: seeds.into_iter().collect(),
        sampling: Sampling::at(0.8),
        stop: vec!["\n".to_owned()],
        max_tokens,
    }
}

fn generate(engine: &Engine, request: GenerateRequest) -> Generation {
    block_on(engine.generate(request)).expect("a sound request")
}

fn score(engine: &Engine, tokens: &[Token], from: usize) -> Scoring {
    let marks = (from..tokens.len() - 1)
        .map(|position| Mark { position, candidates: vec![tokens[position + 1]] })
        .collect();
    block_on(engine.score(ScoreRequest { tokens: tokens.into(), marks })).expect("a sound request")
}

const PROMPTS: [&str; 4] = [
    "Question: Natalia sold 48 clips in April and half as many in May. How many in both months?\nAnswer:",
    "The capital of France is",
    "Once upon a time there was a",
    "Let me think step by step. First, we add 12 and 30 to get",
];

#[test]
fn the_same_seed_gives_the_same_text_in_any_company() {
    for path in models() {
        let alone: Vec<_> = (0..)
            .zip(PROMPTS)
            .map(|(seed, prompt)| {
                let engine = start(&path, 2);
                generate(&engine, request(&encode(&engine, prompt), [seed], 24)).samples
            })
            .collect();
        let engine = start(&path, 12);
        let requests: Vec<_> = (0..)
            .zip(PROMPTS)
            .map(|(seed, prompt)| request(&encode(&engine, prompt), [seed, seed + 100, seed + 200], 24))
            .collect();
        let together = block_on(join_all(requests.into_iter().map(|request| engine.generate(request))));
        for (alone, together) in alone.iter().zip(together) {
            // The statistics, too, so every logit was the same.
            assert_eq!(alone[0], together.expect("a sound request").samples[0]);
        }
    }
}

#[test]
fn cached_equals_uncached_bit_for_bit() {
    for path in models() {
        let engine = start(&path, 4);
        let prompt = encode(&engine, PROMPTS[0]);
        let first = generate(&engine, request(&prompt, [7], 24));
        assert_eq!(first.usage.prefilled, prompt.len() as u64);
        let again = generate(&engine, request(&prompt, [7], 24));
        assert_eq!(again.usage.prefilled, 1, "the rest is cached");
        assert_eq!(first.samples, again.samples);
        // A prefix that was decoded token by token, against one that is evaluated in one piece.
        let whole = [prompt.as_slice(), &first.samples[0].tokens].concat();
        let decoded = score(&engine, &whole, whole.len() - 2);
        assert!(decoded.usage.cached > prompt.len() as u64);
        let fresh = score(&start(&path, 1), &whole, whole.len() - 2);
        assert_eq!(fresh.usage.cached, 0);
        assert_eq!(decoded.readings, fresh.readings);
    }
}

#[test]
fn scores_equal_the_statistics_of_generating() {
    for path in models() {
        let engine = start(&path, 2);
        let prompt = encode(&engine, PROMPTS[2]);
        let sample = generate(&engine, request(&prompt, [3], 16)).samples.remove(0);
        let whole = [prompt.as_slice(), &sample.tokens].concat();
        let scoring = score(&start(&path, 1), &whole, prompt.len() - 1);
        assert_eq!(scoring.readings.len(), sample.stats.len());
        for (reading, stat) in scoring.readings.iter().zip(&sample.stats) {
            assert_eq!((reading.logprobs[0], reading.certainty), (stat.logprob, stat.certainty));
        }
        // Nothing is read after the last token, but it is given and so evaluated.
        assert_eq!(scoring.usage.prefilled, whole.len() as u64);
    }
}

fn ends(answer: &Generation) -> u64 {
    answer.samples.iter().filter(|sample| sample.finish == Finish::EndOfSequence).count() as u64
}

/// Samples 16 steps, continues 4 of them with 4 each, and those once more.
#[test]
fn a_tree_search_evaluates_every_token_once() {
    for path in models() {
        let engine = start(&path, 40);
        let prompt = encode(&engine, PROMPTS[0]);
        let mut total = Usage::default();
        let mut ended = 0;
        let root = generate(&engine, request(&prompt, 0..16, 12));
        assert_eq!(root.usage.prefilled, prompt.len() as u64);
        assert_eq!(root.usage.cached, 15 * prompt.len() as u64);
        total += root.usage;
        ended += ends(&root);
        let mut level: Vec<Vec<Token>> = root
            .samples
            .iter()
            .filter(|sample| sample.finish != Finish::EndOfSequence && !sample.tokens.is_empty())
            .step_by(3)
            .take(4)
            .map(|sample| [prompt.as_slice(), &sample.tokens].concat())
            .collect();
        for depth in 1..3 {
            let requests =
                level.iter().map(|trace| engine.generate(request(trace, depth * 10..depth * 10 + 4, 12)));
            let answers: Vec<_> =
                block_on(join_all(requests)).into_iter().map(|answer| answer.expect("sound")).collect();
            for (trace, answer) in level.iter().zip(&answers) {
                // Only the last drawn token was never evaluated.
                assert_eq!(answer.usage.prefilled, 1, "of {} at depth {depth}", trace.len());
                assert_eq!(answer.usage.cached, 4 * trace.len() as u64 - 1);
                total += answer.usage;
                ended += ends(answer);
            }
            level = level
                .iter()
                .zip(&answers)
                .filter_map(|(trace, answer)| {
                    let usable = |sample: &&deliberate_lm::Sample| !sample.tokens.is_empty();
                    let sample = answer.samples.iter().find(usable)?;
                    Some([trace.as_slice(), &sample.tokens].concat())
                })
                .collect();
        }
        let metrics = engine.metrics();
        let done = (metrics.prefilled, metrics.cached, metrics.drawn);
        // The tokens that end a sequence are drawn, too, but belong to no sample.
        assert_eq!(done, (total.prefilled, total.cached, total.decoded + ended));
        assert_eq!(metrics.repeated, 0);
        // Every token was in one forward pass: the given ones, and each drawn one that another followed.
        assert!(metrics.batch_tokens <= total.prefilled + total.decoded);
    }
}

#[test]
fn a_dropped_request_frees_its_slot() {
    for path in models() {
        let engine = start(&path, 2);
        let prompt = encode(&engine, PROMPTS[1]);
        let long = || GenerateRequest { stop: Vec::new(), ..request(&prompt, 0..2, 300) };
        for _ in 0..5 {
            // Polled once, so it reaches the engine; then dropped.
            assert!(engine.generate(long()).now_or_never().is_none());
        }
        let answer = generate(&engine, request(&prompt, 5..7, 4));
        assert_eq!(answer.samples.len(), 2);
        let metrics = engine.metrics();
        assert_eq!((metrics.active, metrics.pending, metrics.queued), (0, 0, 0));
        assert!(metrics.drawn < 5 * 2 * 300, "the dropped requests ran to their end");
    }
}
