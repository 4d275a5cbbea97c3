//! Particle filtering: prefixes are resampled in proportion to their scores.

use super::levels::{Allotment, Candidate, Level, Levels, ROUNDS, Shape, resolve_width};
use super::options::{Needs, OptionValue, Options, Plan, Positive, name_of, one_of, options};
use crate::{NodeId, Strategy, mix};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use std::num::NonZeroU32;

/// How particles are drawn from weights.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Resampling {
    /// Evenly spaced from one random start: the number of copies differs from its expectation by less than one.
    #[default]
    Systematic,
    /// Each place by itself.
    Multinomial,
}

const RESAMPLINGS: [(&str, Resampling); 2] =
    [("systematic", Resampling::Systematic), ("multinomial", Resampling::Multinomial)];

impl OptionValue for Resampling {
    fn read(text: &str) -> Result<Self, String> {
        one_of(&RESAMPLINGS, text)
    }
    fn show(&self) -> Option<String> {
        name_of(&RESAMPLINGS, self)
    }
}

options! {
    "particle"
    /// Particle filtering (Puri et al. 2025): each round all N particles are resampled by the odds of their scores,
    /// (score / (1 − score))^(1/temperature), and each open copy goes one step on.
    ///
    /// Less greedy than beam search: a prefix that the verifier likes little survives with little probability
    /// instead of none. A finished solution is a particle that stands still: it is resampled with the others, so it
    /// can take up several places or give its own up; it stays an answer either way. Costs N generations.
    pub struct Particle {
        /// Particles (N).
        generations: Option<NonZeroU32> = None,
        /// Above 1 weights grow more even, below 1 more extreme.
        temperature: Positive = Positive::ONE,
        /// How copies are drawn: `systematic` or `multinomial`.
        resampling: Resampling = Resampling::Systematic,
        /// Steps of a solution, at most.
        rounds: NonZeroU32 = ROUNDS,
    }
}

impl Plan for Particle {
    fn cost(&self) -> Option<u32> {
        self.generations.map(NonZeroU32::get)
    }

    fn resolve(&mut self, budget: NonZeroU32) -> Result<(), u32> {
        resolve_width(&mut self.generations, 0, budget)
    }

    fn needs(&self) -> Needs {
        Needs { steps: true, verifier: true, reviser: false }
    }

    fn build(&self) -> Option<Box<dyn Strategy>> {
        let width = self.generations?.get();
        let (rounds, voting) = (self.rounds.get(), self.voting());
        let shape = Shape { width, lookahead: 0, rounds, distinct: false, voting };
        let filter = Filter {
            temperature: self.temperature.get(),
            resampling: self.resampling,
            stopped: Vec::new(),
            finished: 0,
        };
        Some(Box::new(Levels::new(shape, filter)))
    }
}

struct Filter {
    temperature: f64,
    resampling: Resampling,
    /// Finished particles, each as often as it was drawn.
    stopped: Vec<Candidate>,
    /// Finished solutions that have been resampled, or at least could have been.
    finished: usize,
}

/// Tells this generator's seeds from those of draws.
const STREAM: u64 = 0x0070_6172_7469_636c;

impl Allotment for Filter {
    fn allot(&mut self, level: &Level<'_>) -> Vec<(NodeId, u32)> {
        let seed = mix(mix(level.tree.node(NodeId::ROOT).seed, STREAM), u64::from(level.round));
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        self.stopped.extend(&level.finished[self.finished..]);
        self.finished = level.finished.len();
        let particles = [self.stopped.as_slice(), &level.open].concat();
        let weights = weights(&particles, self.temperature);
        let copies = resample(&weights, level.width, self.resampling, &mut generator);
        let (stopped, open) = copies.split_at(self.stopped.len());
        let stopped = self.stopped.iter().zip(stopped);
        self.stopped = stopped.flat_map(|(&one, &copies)| vec![one; copies as usize]).collect();
        level.open.iter().map(|candidate| candidate.node).zip(open.iter().copied()).collect()
    }
}

/// Nearest that a score comes to 0 or 1 before its odds are taken, as in the authors' program.
const NEAREST: f64 = 1e-7;

/// Odds of the scores to the power of 1/temperature, relative to the highest (softmax of the log-odds / temperature). Those
/// without a score weigh nothing, unless none has one.
fn weights(particles: &[Candidate], temperature: f64) -> Vec<f64> {
    let log_odds = |score: f64| {
        let score = score.clamp(NEAREST, 1.0 - NEAREST);
        (score / (1.0 - score)).ln() / temperature
    };
    let known = || particles.iter().filter_map(|particle| particle.score).map(log_odds);
    let highest = known().fold(f64::NEG_INFINITY, f64::max);
    if highest == f64::NEG_INFINITY {
        return vec![1.0; particles.len()];
    }
    let weight = |score| (log_odds(score) - highest).exp();
    particles.iter().map(|particle| particle.score.map_or(0.0, weight)).collect()
}

/// Number of copies of each, `places` in all.
fn resample(weights: &[f64], places: u32, how: Resampling, generator: &mut ChaCha8Rng) -> Vec<u32> {
    let sum: f64 = weights.iter().sum();
    let mut copies = vec![0; weights.len()];
    let start: f64 = generator.random();
    for place in 0..places {
        let point = match how {
            Resampling::Systematic => (f64::from(place) + start) / f64::from(places),
            Resampling::Multinomial => generator.random(),
        };
        let mut left = point * sum;
        let hit = weights.iter().position(|weight| {
            left -= weight;
            left < 0.0
        });
        // Rounding can carry the last point past the end, which belongs to the last weight above 0.
        let last = weights.iter().rposition(|&weight| weight > 0.0).unwrap_or(0);
        copies[hit.unwrap_or(last)] += 1;
    }
    copies
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn particles_weigh_by_the_odds_of_their_scores() {
        let of = |scores: &[Option<f64>], temperature| {
            let particles: Vec<Candidate> =
                scores.iter().map(|&score| Candidate { node: NodeId(1), score }).collect();
            weights(&particles, temperature)
        };
        let nine_to_one = of(&[Some(0.9), Some(0.5)], 1.0);
        assert!((nine_to_one[0] / nine_to_one[1] - 9.0).abs() < 1e-9, "{nine_to_one:?}");
        let tempered = of(&[Some(0.9), Some(0.5)], 2.0);
        assert!((tempered[0] / tempered[1] - 3.0).abs() < 1e-9, "{tempered:?}");
        assert!(of(&[Some(1.0), Some(0.0)], 1.0).iter().all(|weight| weight.is_finite()));
        assert_eq!(of(&[Some(0.0), None], 1.0), [1.0, 0.0]);
        assert_eq!(of(&[None, None], 1.0), [1.0, 1.0]);
    }

    fn copies(weights: &[f64], places: u32, how: Resampling, seed: u64) -> Vec<u32> {
        resample(weights, places, how, &mut ChaCha8Rng::seed_from_u64(seed))
    }

    #[test]
    fn systematic_copies_stay_within_one_of_their_expectation() {
        for seed in 0..100 {
            let got = copies(&[0.5, 0.3, 0.2], 10, Resampling::Systematic, seed);
            for (copies, expected) in got.iter().zip([5.0, 3.0, 2.0]) {
                assert!((f64::from(*copies) - expected).abs() <= 1.0, "{got:?}");
            }
        }
    }

    #[test]
    fn weights_of_zero_get_no_copy_and_places_are_all_filled() {
        for seed in 0..100 {
            for how in [Resampling::Systematic, Resampling::Multinomial] {
                let got = copies(&[0.0, 0.7, 0.0, 0.3, 0.0], 16, how, seed);
                assert_eq!((got[0] + got[2] + got[4], got.iter().sum::<u32>()), (0, 16));
            }
        }
    }
}
