//! REBASE: reward-balanced search.

use super::levels::{Allotment, Candidate, Level, Levels, ROUNDS, Shape, resolve_width};
use super::options::{Needs, Options, Plan, Positive, options};
use crate::{NodeId, Strategy};
use std::num::NonZeroU32;

options! {
    "rebase"
    /// Reward-balanced search (REBASE, Wu et al. 2024): the places of the next level are spread over all open
    /// prefixes in proportion to softmax(score / temperature).
    ///
    /// Between best-of-N (high temperature) and keeping the single best (low). Shares are rounded by largest
    /// remainder, ties to the earlier prefix. Costs N generations.
    pub struct Rebase {
        /// Width (N).
        generations: Option<NonZeroU32> = None,
        /// Balance between the best prefixes and all prefixes, in units of score.
        temperature: Positive = Positive::TENTH,
        /// Whether copies (equal prefixes, equal finished solutions) count once: the places go to different ones.
        distinct: bool = false,
        /// Steps of a solution, at most.
        rounds: NonZeroU32 = ROUNDS,
    }
}

impl Plan for Rebase {
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
        let (distinct, voting) = (self.distinct, self.voting());
        let shape = Shape { width, lookahead: 0, rounds: self.rounds.get(), distinct, voting };
        Some(Box::new(Levels::new(shape, Balance { temperature: self.temperature.get() })))
    }
}

struct Balance {
    temperature: f64,
}

impl Allotment for Balance {
    fn allot(&mut self, level: &Level<'_>) -> Vec<(NodeId, u32)> {
        let directions = level.directions();
        let draws = apportion(&softmax(&directions, self.temperature), level.places);
        directions.iter().map(|direction| direction.node).zip(draws).collect()
    }
}

/// Softmax of scores; prefixes without one weigh nothing, unless none has one.
fn softmax(open: &[Candidate], temperature: f64) -> Vec<f64> {
    let highest = open.iter().filter_map(|candidate| candidate.score).fold(f64::NEG_INFINITY, f64::max);
    if highest == f64::NEG_INFINITY {
        return vec![1.0; open.len()];
    }
    open.iter()
        .map(|candidate| candidate.score.map_or(0.0, |score| ((score - highest) / temperature).exp()))
        .collect()
}

/// Whole numbers that sum to `places`, in proportion to weights (at least one above 0), by largest remainder.
fn apportion(weights: &[f64], places: u32) -> Vec<u32> {
    let sum: f64 = weights.iter().sum();
    let quotas: Vec<f64> = weights.iter().map(|weight| f64::from(places) * weight / sum).collect();
    let mut shares: Vec<u32> = quotas.iter().map(|quota| (quota.floor() as u32).min(places)).collect();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by(|&a, &b| quotas[b].fract().total_cmp(&quotas[a].fract()));
    let left = places.saturating_sub(shares.iter().sum());
    for &index in order.iter().cycle().take(left as usize) {
        shares[index] += 1;
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(scores: &[f64], temperature: f64, places: u32, expected: &[u32]) {
        let open: Vec<Candidate> =
            scores.iter().map(|&score| Candidate { node: NodeId(1), score: Some(score) }).collect();
        assert_eq!(apportion(&softmax(&open, temperature), places), expected);
    }

    #[test]
    fn places_follow_the_softmax() {
        check(&[0.5, 0.5], 0.1, 8, &[4, 4]);
        check(&[0.5, 0.5, 0.5], 0.1, 8, &[3, 3, 2]);
        check(&[0.9, 0.1], 0.01, 8, &[8, 0]);
        check(&[0.9, 0.1], 1000.0, 8, &[4, 4]);
        check(&[0.6, 0.5], 0.1, 8, &[6, 2]);
    }

    #[test]
    fn prefixes_without_a_score_get_nothing_unless_none_has_one() {
        let open = |scores: [Option<f64>; 2]| scores.map(|score| Candidate { node: NodeId(1), score });
        assert_eq!(apportion(&softmax(&open([None, Some(0.0)]), 0.1), 4), [0, 4]);
        assert_eq!(apportion(&softmax(&open([None, None]), 0.1), 4), [2, 2]);
    }
}
