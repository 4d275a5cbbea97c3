//! Small shapes and seeded numbers for tests.

use deliberate_decoder::Shape;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A tied shape with heads of width `hidden / heads` and a context of 64.
pub(crate) fn shape(vocabulary: u32, hidden: u32, layers: u32, heads: u32, kv_heads: u32) -> Shape {
    Shape {
        vocabulary,
        context: 64,
        hidden,
        layers,
        heads,
        kv_heads,
        feed_forward: hidden * 2 + 8,
        rope_base: 10_000.0,
        norm_epsilon: 1e-5,
        tied: true,
        bias: false,
    }
}

/// Numbers between -1 and 1.
pub(crate) fn numbers(count: usize, seed: u64) -> Vec<f32> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    (0..count).map(|_| random.random_range(-1.0..1.0)).collect()
}
