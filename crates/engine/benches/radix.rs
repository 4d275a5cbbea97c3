//! The prefix cache: what a batch costs beside the model. Items are tokens.
#![allow(missing_docs, reason = "a bench has no interface")]

use deliberate_engine::radix::RadixTree;
use divan::Bencher;
use divan::counter::ItemsCount;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

fn main() {
    divan::main();
}

/// Slots that share a prompt and then differ.
fn searched(slots: u32, prompt: usize, drawn: usize) -> (RadixTree, Vec<u32>) {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut tokens = |count: usize| (0..count).map(|_| rng.random_range(0..50_000)).collect::<Vec<u32>>();
    let mut tree = RadixTree::new(slots, 1);
    let prompt = tokens(prompt);
    tree.extend(0, 0, &prompt);
    for slot in 1..slots {
        tree.copy(0, slot, prompt.len());
    }
    for slot in 0..slots {
        tree.extend(slot, 0, &tokens(drawn));
    }
    (tree, prompt)
}

#[divan::bench(args = [16, 64, 256])]
fn decode_one_token_in_every_slot(bencher: Bencher, slots: u32) {
    let (mut tree, _) = searched(slots, 500, 200);
    bencher.counter(ItemsCount::new(slots)).bench_local(|| {
        for slot in 0..slots {
            tree.extend(slot, 0, &[7]);
        }
    });
}

#[divan::bench(args = [16, 64, 256])]
fn find_a_prompt_of_500(bencher: Bencher, slots: u32) {
    let (tree, prompt) = searched(slots, 500, 200);
    bencher.counter(ItemsCount::new(prompt.len())).bench_local(|| tree.find(0, &prompt));
}

#[divan::bench(args = [16, 64, 256])]
fn copy_a_prompt_and_diverge(bencher: Bencher, slots: u32) {
    let (mut tree, prompt) = searched(slots, 500, 200);
    bencher.counter(ItemsCount::new(prompt.len())).bench_local(|| {
        tree.copy(0, 1, prompt.len());
        tree.extend(1, 0, &[1, 2, 3]);
    });
}
