//! Many questions under one run's seed: each has dice of its own.

mod support;

use deliberate_search::simulated::{Sketch, World};
use deliberate_search::{Outcome, question_seed};
use support::Simulation;

const QUESTIONS: usize = 600;

/// The same world asked many times, as if each were another question of one run.
fn ask(strategy: &str, generations: u32, run: u64) -> Vec<Outcome<Sketch>> {
    let simulation = Simulation::new(World { length: 2, right: 0.7, ..World::default() });
    let seeds = (0..QUESTIONS).map(|id| question_seed(run, &format!("question-{id}")));
    seeds.map(|seed| simulation.run(strategy, generations, seed)).collect()
}

fn right(outcome: &Outcome<Sketch>) -> f64 {
    f64::from(u8::from(outcome.answer().is_some_and(Sketch::right)))
}

/// The dice of each question's first draw.
fn dice(outcomes: &[Outcome<Sketch>]) -> Vec<u64> {
    outcomes.iter().map(|outcome| outcome.states[1].steps[0].trail).collect()
}

#[test]
fn no_two_questions_of_a_run_share_their_dice() {
    let mut dice = [dice(&ask("majority", 1, 0)), dice(&ask("majority", 1, 1))].concat();
    dice.sort_unstable();
    dice.dedup();
    assert_eq!(dice.len(), 2 * QUESTIONS);
}

#[test]
fn every_strategy_with_one_generation_is_as_right_as_one_sample() {
    // Two steps of 0.7: 0.49, give or take 0.02 over so many questions if, and only if, they are independent.
    let error = (0.49 * 0.51 / QUESTIONS as f64).sqrt();
    for strategy in [
        "majority",
        "best-of-n",
        "beam",
        "dvts",
        "rebase",
        "particle",
        "mcts",
        "revisions",
        "ab-mcts",
        "early-stop(beam)",
    ] {
        let outcomes = ask(strategy, 1, 5);
        let accuracy = outcomes.iter().map(right).sum::<f64>() / QUESTIONS as f64;
        assert!((accuracy - 0.49).abs() < 3.5 * error, "{strategy}: {accuracy}");
    }
}

#[test]
fn the_success_of_one_question_says_nothing_of_the_next() {
    let outcomes: Vec<f64> = ask("majority", 1, 9).iter().map(|outcome| right(outcome) - 0.49).collect();
    let products: f64 = outcomes.windows(2).map(|pair| pair[0] * pair[1]).sum();
    let correlation = products / outcomes.iter().map(|one| one * one).sum::<f64>();
    assert!(correlation.abs() < 3.5 / (QUESTIONS as f64).sqrt(), "{correlation}");
}
