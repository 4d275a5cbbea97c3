//! How fast an adapter on a model learns to judge solutions, as medians over steps: one of all blocks and one of the last
//! blocks, with the prompt read for each solution and once for all.
//!
//! `cargo run --release -p deliberate-train --example adapter_speed -- MODEL.gguf [blocks steps]`

use deliberate_decoder::Model;
use deliberate_train::{AdamW, Batch, Decoder, Example, Stepper, fresh_adapter};
use std::error::Error;
use std::time::Instant;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// As with GSM8K: tokens of a question in its prompt, and of a solution.
const PROMPT: usize = 110;
const SOLUTION: usize = 160;
const QUESTIONS: usize = 4;
const SOLUTIONS: usize = 4;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().ok_or("name a GGUF file of a Llama or Qwen2 model")?;
    let mut number = |usual: usize| arguments.next().map_or(Ok(usual), |text| text.parse());
    let (last, steps) = (number(8)?, number(3)?);
    let model = Model::read_gguf(file)?;
    let shape = model.shape;
    println!(
        "{} parameters, {} examples of {} tokens a step",
        shape.parameters(),
        QUESTIONS * SOLUTIONS,
        PROMPT + SOLUTION
    );
    let mut slowest = None;
    for (name, blocks, shared) in [
        ("all blocks, prompts read each time", None, 0),
        ("all blocks, prompts read once", None, PROMPT),
        (&*format!("the last {last} blocks, prompts read once"), Some(last as u32), PROMPT),
    ] {
        let adapter = fresh_adapter(&shape, 16, 32.0, blocks, 1);
        let decoder = Decoder::from_weights(&shape, &model.weights)?.with_adapter(&adapter)?;
        let examples: Vec<Example> = (0..QUESTIONS)
            .flat_map(|question| (0..SOLUTIONS).map(move |solution| [question, solution]))
            .map(|place| example(place, shape.vocabulary).sharing(shared))
            .collect();
        let tokens: usize = examples.iter().map(Example::len).sum();
        let batch = Batch::pack(&examples, &shape)?;
        let mut stepper = Stepper::new(&decoder, AdamW::default())?;
        let mut seconds = Vec::new();
        for _ in 0..=steps {
            let start = Instant::now();
            stepper.step(&batch, 1e-4, None)?;
            seconds.push(start.elapsed().as_secs_f64());
        }
        seconds.remove(0);
        seconds.sort_by(f64::total_cmp);
        let rate = tokens as f64 / seconds[seconds.len() / 2];
        let slowest = *slowest.get_or_insert(rate);
        println!(
            "{name}: {rate:.0} tokens of examples/s, {:.2} times ({} tokens computed)",
            rate / slowest,
            batch.tokens()
        );
    }
    Ok(())
}

/// A solution of a question, judged at each of its tokens.
fn example([question, solution]: [usize; 2], vocabulary: u32) -> Example {
    let token = |at: usize| (at * at * 7 + at * 13) as u32 % vocabulary;
    let prompt = (0..PROMPT).map(|at| token(at + 1000 * question));
    let tokens = prompt.chain((0..SOLUTION).map(|at| token(at + 1000 * question + 100 * solution + 17)));
    let labels: Vec<(usize, f32)> =
        (PROMPT..PROMPT + SOLUTION).map(|at| (at, (solution % 2) as f32)).collect();
    Example::labelled(tokens.collect(), &labels, 10, 12)
}
