//! Random orders of each question's samples. Every way is replayed along the same ones, so that differences between ways
//! are not differences between draws.

use deliberate_search::mix;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

/// Places of a question's samples in the order `order` of those that follow from `seed`.
pub(crate) fn shuffled(samples: usize, question: usize, order: u32, seed: u64) -> Vec<usize> {
    let mut random = ChaCha8Rng::seed_from_u64(mix(mix(seed, question as u64), u64::from(order)));
    let mut drawn: Vec<usize> = (0..samples).collect();
    drawn.shuffle(&mut random);
    drawn
}
