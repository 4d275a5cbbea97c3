//! Simulators with a known optimum, for tests only.

use crate::sheet::{Draw, Seen, Sheet};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A sheet from (chance of a right sample, score of a right one, score of a wrong one) per question. Wrong answers
/// are spread over `wrong_classes` classes.
pub(crate) fn simulate(
    chances: &[f64],
    samples: usize,
    wrong_classes: u32,
    seed: u64,
    mut score: impl FnMut(&mut ChaCha8Rng, bool) -> f64,
) -> Sheet {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut question = |chance: &f64| -> Vec<Draw> {
        (0..samples)
            .map(|_| {
                let correct = random.random_bool(*chance);
                let class = if correct { 0 } else { 1 + random.random_range(0..wrong_classes) };
                let steps = [score(&mut random, correct)];
                Draw { seen: Seen::new(Some(class), &steps).expect("there is a step"), correct, tokens: 100 }
            })
            .collect()
    };
    let questions: Vec<Vec<Draw>> = chances.iter().map(&mut question).collect();
    Sheet {
        verifier: "simulated".to_owned(),
        ids: (0..chances.len()).map(|at| at.to_string()).collect(),
        questions,
        steps: Vec::new(),
    }
}

/// Questions whose ease is even over 0..1, with a noisy verifier.
pub(crate) fn questions_of_known_ease(count: usize, samples: usize, seed: u64) -> Sheet {
    let chances: Vec<f64> = (0..count).map(|at| (at as f64 + 0.5) / count as f64).collect();
    simulate(&chances, samples, 4, seed, |random, correct| {
        (if correct { 0.65 } else { 0.35_f64 } + random.random_range(-0.3..0.3)).clamp(0.01, 0.99)
    })
}

/// Scores that know the truth: the optimum draws until a right sample appears, and is right as often as pass@n.
pub(crate) fn a_perfect_verifier(count: usize, samples: usize, seed: u64) -> Sheet {
    let chances: Vec<f64> = (0..count).map(|at| [1.0, 0.5, 0.2, 0.0][at % 4]).collect();
    simulate(&chances, samples, 3, seed, |_, correct| if correct { 0.95 } else { 0.05 })
}

/// Nothing can be learned: every wrong answer is as likely as the right one, and scores are noise.
pub(crate) fn pure_noise(count: usize, samples: usize, seed: u64) -> Sheet {
    simulate(&vec![0.5; count], samples, 1, seed, |random, _| random.random_range(0.05..0.95))
}
