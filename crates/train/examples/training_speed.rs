//! Tokens a second in training, as medians over steps: fused against plain operations, and a GPU if there is one that
//! this was built for.
//!
//! `cargo run --release -p deliberate-train --example training_speed -- [hidden layers heads kv-heads feed-forward vocabulary
//! examples length steps plain-steps]`

use deliberate_decoder::Shape;
use deliberate_train::{AdamW, Batch, Decoder, Example, Kernels, Stepper, TrainError, gpu};
use std::time::Instant;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<(), TrainError> {
    let mut sizes = [128, 5, 4, 4, 384, 512, 32, 256, 9, 3];
    for (size, argument) in sizes.iter_mut().zip(std::env::args().skip(1)) {
        *size = argument.parse().unwrap_or(*size);
    }
    let [hidden, layers, heads, kv_heads, feed_forward, vocabulary, examples, length, steps, plain_steps] =
        sizes;
    let shape = Shape {
        vocabulary,
        context: length,
        hidden,
        layers,
        heads,
        kv_heads,
        feed_forward,
        rope_base: 10_000.0,
        norm_epsilon: 1e-5,
        tied: true,
        bias: false,
    };
    let example = |index: u32| {
        Example::language((0..length).map(|at| (index * 7 + at * at * 13) % vocabulary).collect())
    };
    let batch = Batch::pack(&(0..examples).map(example).collect::<Vec<_>>(), &shape)?;
    println!("{} parameters, {} tokens a batch", shape.parameters(), batch.tokens());
    let fresh = || Decoder::random(&shape, 1);
    if let Ok(device) = gpu() {
        median("GPU", &fresh()?.on(&device)?, &batch, 4 * steps)?;
    }
    let fused = median("fused", &fresh()?, &batch, steps)?;
    if plain_steps > 0 {
        let plain = median("plain", &fresh()?.with_kernels(Kernels::Plain), &batch, plain_steps)?;
        println!("fused / plain: {:.2}", fused / plain);
    }
    Ok(())
}

/// Tokens a second in the median step, after one to warm up.
fn median(name: &str, decoder: &Decoder, batch: &Batch, steps: u32) -> Result<f64, TrainError> {
    let mut stepper = Stepper::new(decoder, AdamW::default())?;
    let mut seconds = Vec::new();
    for _ in 0..=steps {
        let start = Instant::now();
        stepper.step(batch, 1e-3, None)?;
        seconds.push(start.elapsed().as_secs_f64());
    }
    seconds.remove(0);
    seconds.sort_by(f64::total_cmp);
    let rate = |seconds: f64| batch.tokens() as f64 / seconds;
    let (median, best) = (rate(seconds[seconds.len() / 2]), rate(seconds[0]));
    println!("{name}: {median:.0} tokens/s (best step {best:.0})");
    Ok(median)
}
