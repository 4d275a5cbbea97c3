//! Drawing one token from a vocabulary of 49,152 (and of 152,064). Items are tokens drawn.
#![allow(missing_docs, reason = "a bench has no interface")]

use deliberate_engine::logits::Row;
use deliberate_engine::sampler::{Distribution, Draws};
use deliberate_lm::Sampling;
use divan::Bencher;
use divan::counter::ItemsCount;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

fn main() {
    divan::main();
}

const ALL: Sampling = Sampling::at(1.0);

fn bench(bencher: Bencher, vocabulary: usize, sampling: Sampling) {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    // Sum of uniforms: roughly the bell of real logits.
    let logits: Vec<f32> =
        (0..vocabulary).map(|_| (0..6).map(|_| rng.random_range(-2.5..2.5f32)).sum()).collect();
    let mut draws = Draws::new(1);
    let mut index = 0;
    bencher.counter(ItemsCount::new(1usize)).bench_local(|| {
        index += 1;
        let row = Row::new(&logits).expect("finite");
        let token = Distribution::new(&row, &sampling).draw(&row, draws.at(index));
        row.stat(token)
    });
}

#[divan::bench(args = [49_152, 152_064])]
fn greedy(bencher: Bencher, vocabulary: usize) {
    bench(bencher, vocabulary, Sampling::GREEDY);
}

#[divan::bench(args = [49_152, 152_064])]
fn temperature_one(bencher: Bencher, vocabulary: usize) {
    bench(bencher, vocabulary, ALL);
}

#[divan::bench(args = [49_152, 152_064])]
fn temperature(bencher: Bencher, vocabulary: usize) {
    bench(bencher, vocabulary, Sampling::at(0.8));
}

#[divan::bench(args = [49_152, 152_064])]
fn top_k(bencher: Bencher, vocabulary: usize) {
    bench(bencher, vocabulary, Sampling { top_k: Some(40), ..ALL });
}

#[divan::bench(args = [49_152, 152_064])]
fn top_p(bencher: Bencher, vocabulary: usize) {
    bench(bencher, vocabulary, Sampling { top_p: 0.95, ..ALL });
}

#[divan::bench(args = [49_152, 152_064])]
fn min_p(bencher: Bencher, vocabulary: usize) {
    bench(bencher, vocabulary, Sampling { min_p: 0.05, ..ALL });
}
