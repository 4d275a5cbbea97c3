//! Prints questions with their solutions, from easy to hard, how long they are and how far a guess gets:
//! `cargo run --release --example show`. With a seed as its argument, other questions.

use deliberate_lab::{Family, Question, Recipe, Span, Split, generate};
use std::collections::HashMap;
use std::time::Instant;

fn main() {
    let seed = std::env::args().nth(1).and_then(|seed| seed.parse().ok()).unwrap_or(1);
    for family in Family::ALL {
        let usual = Recipe::of(family);
        let steps = usual.parts[0].steps;
        for steps in steps.0..=steps.1 {
            let mut recipe = usual.clone();
            recipe.parts[0].steps = Span(steps, steps);
            show(&recipe, seed);
        }
    }
}

fn show(recipe: &Recipe, seed: u64) {
    const COUNT: usize = 1_000;
    let start = Instant::now();
    let questions = generate(recipe, Split::Train, seed).expect("a narrower span is as good");
    let questions: Vec<Question> = questions.take(COUNT).collect();
    let rate = COUNT as f64 / start.elapsed().as_secs_f64();
    let (family, steps) = (recipe.parts[0].family, recipe.parts[0].steps.0);
    eprintln!("{family}, {steps} steps: {rate:.0} questions/s");

    let mean = |length: fn(&Question) -> usize| questions.iter().map(length).sum::<usize>() / COUNT;
    let mut answers: HashMap<&str, usize> = HashMap::new();
    for question in &questions {
        *answers.entry(&question.answer).or_default() += 1;
    }
    let common = answers.values().max().copied().unwrap_or(0) as f64 * 100.0 / COUNT as f64;
    println!(
        "== {family}, {steps} steps: {} + {} characters, {common:.1} % have the most common answer",
        mean(|question| question.problem.len()),
        mean(|question| question.solution.len()),
    );
    for question in questions.iter().take(2) {
        println!("{}", question.text());
    }
}
