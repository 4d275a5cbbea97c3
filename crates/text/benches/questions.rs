//! Many questions in flight on one simulated model: throughput (tokens drawn a second, the engine's scheduling, sampling and
//! prefix cache included) and memory (what divan counts as allocated at the highest, the model's own store included).

use deliberate_engine::simulated::SimulatedRuntime;
use deliberate_engine::{Capacity, Engine, Serving};
use deliberate_lm::Sampling;
use deliberate_search::{Budget, Settings, Silent, StrategySpec, question_seed, search};
use deliberate_text::{CertaintyVerifier, Confidence, Domain, DomainSettings};
use divan::counter::ItemsCount;
use futures::executor::block_on;
use futures::stream::{self, StreamExt};
use std::convert::Infallible;

#[global_allocator]
static ALLOCATOR: divan::AllocProfiler = divan::AllocProfiler::system();

fn main() {
    divan::main();
}

/// A model with 64 sequences at a time, whoever waits.
fn domain() -> Domain<Engine> {
    let (slots, slot_tokens) = (64, 1024);
    let total_tokens = slots as usize * slot_tokens;
    let capacity = Capacity { slots, slot_tokens, total_tokens, batch_tokens: 512, kv_bytes_per_token: 1 };
    let make = move || Ok::<_, Infallible>(SimulatedRuntime::new(capacity).with_end_bias(1.0));
    let engine = Engine::start(Serving::default(), make).expect("a simulated model always starts");
    let settings = DomainSettings {
        prompt: "lab".to_owned(),
        sampling: Sampling::at(1.0),
        step_tokens: 32,
        answer_tokens: 64,
        ..DomainSettings::default()
    };
    let verifier = Box::new(CertaintyVerifier::new(Confidence::Logprob));
    Domain::new(engine, &settings).expect("the prompt is built in").with_verifier(Some(verifier))
}

/// Searches all questions at once; returns the tokens that were drawn.
fn all_at_once(domain: &Domain<Engine>, strategy: &StrategySpec, questions: usize) -> u64 {
    let searches = (0..questions).map(|id| async move {
        let question = format!("Question number {id}: how much is {id} and {id}?");
        let root = domain.root(&question).await.expect("a question of letters");
        let settings = Settings::new(Budget::default(), question_seed(0, &question));
        let mut strategy = strategy.build().expect("the bench gives it a size");
        let outcome = search(root, &mut *strategy, &domain.roles(), settings, &mut Silent).await;
        outcome.expect("all roles are there").ledger.charged.units
    });
    block_on(
        stream::iter(searches).buffer_unordered(questions).fold(0, |sum, drawn| async move { sum + drawn }),
    )
}

fn bench(bencher: divan::Bencher<'_, '_>, strategy: &str, questions: usize) {
    let spec: StrategySpec = strategy.parse().expect("the bench names strategies that exist");
    let domain = domain();
    let tokens = all_at_once(&domain, &spec, questions);
    bencher.counter(ItemsCount::new(tokens)).bench_local(|| all_at_once(&domain, &spec, questions));
}

#[divan::bench(args = [1, 100, 1000], sample_count = 5)]
fn majority_of_4(bencher: divan::Bencher<'_, '_>, questions: usize) {
    bench(bencher, "majority:generations=4", questions);
}

#[divan::bench(args = [1, 100, 1000], sample_count = 5)]
fn beam_of_4(bencher: divan::Bencher<'_, '_>, questions: usize) {
    bench(bencher, "beam:generations=4,branching=2,distinct=true", questions);
}
