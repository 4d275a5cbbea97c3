//! Draws tokens from logits, exactly.
//!
//! The chain is temperature, then top-k, then top-p, then min-p; what survives is renormalised and one token is drawn
//! by inverting its cumulative distribution. Which number is drawn for the token at index `i` depends on the
//! sample's seed and on `i` alone, so a sample that lost its slot continues as if nothing had happened.

use crate::logits::{BLOCK, Row, exp};
use deliberate_lm::{Sampling, Token};
use rand::RngCore;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// The random numbers of one sample.
#[derive(Debug, Clone)]
pub struct Draws(ChaCha8Rng);

impl Draws {
    /// The stream of a seed.
    pub fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// The number in `[0, 1)` for the token at an index, whatever was asked before.
    pub fn at(&mut self, index: usize) -> f64 {
        let position = 2 * index as u128;
        // One after the other is the rule, and placing anew computes a whole block.
        if self.0.get_word_pos() != position {
            self.0.set_word_pos(position);
        }
        (self.0.next_u64() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }
}

/// A distribution ready to be drawn from any number of times.
#[derive(Debug)]
pub enum Distribution {
    /// Always this token.
    Certain(Token),
    /// All tokens, as sums over blocks of the vocabulary; `weights` are recomputed in the block that is hit.
    Blocks {
        /// `exp((logit − maximum) / temperature)` summed over each block.
        sums: Vec<f64>,
        /// Sum of the sums.
        total: f64,
        /// 1 / temperature.
        sharpness: f32,
    },
    /// Few tokens with their weights, in the order in which they are accumulated.
    List {
        /// Tokens and weights.
        entries: Vec<(Token, f32)>,
        /// Sum of the weights.
        total: f64,
    },
}

impl Distribution {
    /// Applies the settings to a row of logits.
    pub fn new(row: &Row<'_>, sampling: &Sampling) -> Self {
        let sharpness = 1.0 / sampling.temperature;
        if !sharpness.is_finite() {
            return Self::Certain(row.argmax());
        }
        let top_k = sampling.top_k.map_or(usize::MAX, |k| k as usize);
        let vocabulary = row.logits().len();
        if top_k >= vocabulary && sampling.top_p >= 1.0 && sampling.min_p <= 0.0 {
            let sums = if sampling.temperature.to_bits() == 1.0f32.to_bits() {
                row.sums().to_vec()
            } else {
                row.weigh(sharpness)
            };
            let total = sums.iter().sum();
            return Self::Blocks { sums, total, sharpness };
        }
        let weight = |token: Token| exp((row.logits()[token as usize] - row.maximum()) * sharpness);
        let sum = |keys: &[u64]| keys.iter().map(|&key| f64::from(weight(token(key)))).sum::<f64>();
        // Each step keeps a head of the order of likelihood, so min-p may drop tokens early; but the shares of top-p
        // are of all that top-k keeps.
        let limited = top_k < vocabulary;
        let mut ranked = if limited {
            let kept = top_k.max(1);
            let mut likely: Vec<u64> = row.likely(kept).map(|(token, logit)| key(token, logit)).collect();
            likely.select_nth_unstable_by(kept - 1, |l, r| r.cmp(l));
            likely.truncate(kept);
            likely
        } else {
            rank(row, sampling.min_p, sharpness)
        };
        if sampling.top_p < 1.0 {
            let total = if limited { sum(&ranked) } else { row.weigh(sharpness).iter().sum() };
            keep_nucleus(&mut ranked, weight, f64::from(sampling.top_p) * total);
        }
        let weighed = ranked.into_iter().map(|key| (token(key), weight(token(key))));
        // The likeliest token survives all of the chain and has weight 1.
        let mut entries: Vec<(Token, f32)> =
            weighed.filter(|&(_, weight)| weight >= sampling.min_p).collect();
        // Partial selection leaves an arbitrary order; the drawn token must not depend on it.
        entries.sort_unstable_by_key(|&(token, _)| token);
        let total = entries.iter().map(|&(_, weight)| f64::from(weight)).sum();
        Self::List { entries, total }
    }

    /// The token at a point of the cumulative distribution, `uniform` in `[0, 1)`.
    pub fn draw(&self, row: &Row<'_>, uniform: f64) -> Token {
        match self {
            Self::Certain(token) => *token,
            Self::List { entries, total } => {
                let weights = entries.iter().map(|&(_, weight)| weight);
                let index = invert(weights, uniform * total);
                entries.get(index).map_or_else(|| row.argmax(), |&(token, _)| token)
            }
            Self::Blocks { sums, total, sharpness } => {
                let mut target = uniform * total;
                let mut block = sums.len() - 1;
                for (index, &sum) in sums.iter().enumerate() {
                    if target < sum {
                        block = index;
                        break;
                    }
                    target -= sum;
                }
                let start = block * BLOCK;
                let mut weights = [0.0; BLOCK];
                row.weights(start, *sharpness, &mut weights);
                let index = invert(weights.into_iter(), target);
                if index < BLOCK { (start + index) as Token } else { row.argmax() }
            }
        }
    }
}

/// Index of the weight in which `target` falls; rounding past the end falls in the last weight that is not 0, and
/// without any the index is past the end.
fn invert(weights: impl Iterator<Item = f32>, mut target: f64) -> usize {
    let mut last = usize::MAX;
    for (index, weight) in weights.enumerate() {
        if weight > 0.0 {
            last = index;
            target -= f64::from(weight);
            if target < 0.0 {
                break;
            }
        }
    }
    last
}

/// Tokens as numbers whose descending order is that of likelihood, the lower of equals first.
///
/// Top-k, top-p and min-p each keep a head of that order, so the one that is cheapest may go first: min-p drops on
/// the way.
fn rank(row: &Row<'_>, min_p: f32, sharpness: f32) -> Vec<u64> {
    let maximum = row.maximum();
    // The exponential is taken only near the threshold's good side, which the logarithm tells with room to spare.
    let near = if min_p > 0.0 { (min_p.ln() - 0.01) / sharpness } else { f32::NEG_INFINITY };
    let keep = |logit: f32| logit - maximum >= near && exp((logit - maximum) * sharpness) >= min_p;
    let all = (0u32..).zip(row.logits());
    if min_p > 0.0 {
        all.filter(|&(_, &logit)| keep(logit)).map(|(token, &logit)| key(token, logit)).collect()
    } else {
        all.map(|(token, &logit)| key(token, logit)).collect()
    }
}

/// The number of a token in the order of likelihood.
fn key(token: Token, logit: f32) -> u64 {
    let bits = (logit + 0.0).to_bits();
    // Negative numbers sort the other way round, and before all others.
    let ordered = if bits >> 31 == 1 { !bits } else { bits | 1 << 31 };
    u64::from(ordered) << 32 | u64::from(!token)
}

/// The token of a [`key`].
fn token(key: u64) -> Token {
    !(key as u32)
}

/// Keeps the smallest set of the likeliest whose weights reach `wanted`.
fn keep_nucleus(ranked: &mut Vec<u64>, weight: impl Fn(Token) -> f32, wanted: f64) {
    // The nucleus is mostly small: sort a growing head instead of the whole vocabulary.
    let (mut sorted, mut head, mut sum) = (0, 64, 0.0);
    while sorted < ranked.len() {
        let end = head.min(ranked.len());
        if end < ranked.len() {
            ranked[sorted..].select_nth_unstable_by(end - sorted - 1, |l, r| r.cmp(l));
        }
        ranked[sorted..end].sort_unstable_by(|l, r| r.cmp(l));
        for index in sorted..end {
            sum += f64::from(weight(token(ranked[index])));
            if sum >= wanted {
                ranked.truncate(index + 1);
                return;
            }
        }
        sorted = end;
        head *= 8;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng;

    fn random(vocabulary: usize, seed: u64) -> Vec<f32> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        (0..vocabulary).map(|_| rng.random_range(-6.0..6.0)).collect()
    }

    /// The chain as it is written down, in double precision.
    fn reference(logits: &[f32], sampling: &Sampling) -> Vec<f64> {
        let maximum = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let heat = f64::from(sampling.temperature);
        let mut weights: Vec<f64> = logits.iter().map(|&l| (f64::from(l - maximum) / heat).exp()).collect();
        let mut order: Vec<usize> = (0..logits.len()).collect();
        order.sort_by(|&l, &r| logits[r].total_cmp(&logits[l]).then(l.cmp(&r)));
        for &token in order.iter().skip(sampling.top_k.map_or(usize::MAX, |k| k as usize)) {
            weights[token] = 0.0;
        }
        let total: f64 = weights.iter().sum();
        let mut sum = 0.0;
        for &token in &order {
            if sum >= f64::from(sampling.top_p) * total {
                weights[token] = 0.0;
            }
            sum += weights[token];
        }
        for weight in &mut weights {
            if *weight < f64::from(sampling.min_p) {
                *weight = 0.0;
            }
        }
        let total: f64 = weights.iter().sum();
        weights.iter().map(|weight| weight / total).collect()
    }

    fn check(sampling: Sampling) {
        for (seed, vocabulary) in [(1, 1), (2, 7), (3, 511), (4, 512), (5, 1300)] {
            let logits = random(vocabulary, seed);
            let row = Row::new(&logits).unwrap();
            let distribution = Distribution::new(&row, &sampling);
            let expected = reference(&logits, &sampling);
            let mut below = 0.0;
            for (token, &probability) in expected.iter().enumerate() {
                // Just inside both ends of the token's part of the cumulative distribution.
                for share in [0.02, 0.5, 0.98] {
                    if probability > 1e-5 {
                        let drawn = distribution.draw(&row, below + share * probability);
                        assert_eq!(drawn as usize, token, "{sampling:?}, vocabulary {vocabulary}");
                    }
                }
                below += probability;
            }
        }
    }

    #[test]
    fn the_chain_agrees_with_its_definition() {
        let all = Sampling::at(1.0);
        check(all);
        check(Sampling::at(0.3));
        check(Sampling::at(2.5));
        check(Sampling { top_k: Some(5), ..all });
        check(Sampling { top_k: Some(1), ..all });
        check(Sampling { top_p: 0.7, ..all });
        check(Sampling { top_p: 0.99, temperature: 3.0, ..all });
        check(Sampling { min_p: 0.2, ..all });
        check(Sampling { top_k: Some(40), top_p: 0.8, min_p: 0.05, temperature: 0.8 });
        check(Sampling { top_p: 1e-6, ..all });
        check(Sampling { top_p: 0.9, min_p: 0.3, ..all });
        check(Sampling { top_k: Some(200), top_p: 0.5, min_p: 0.4, ..all });
        check(Sampling { min_p: 1.0, ..all });
    }

    #[test]
    fn top_k_keeps_the_likeliest_of_many_blocks_the_lower_of_equals_first() {
        for (seed, scale) in [(1, 1.0), (2, 0.25), (3, 20.0)] {
            // Whole numbers: few different logits, of both signs, so that many tokens are equally likely.
            let logits: Vec<f32> = random(9000, seed).iter().map(|logit| (logit * scale).round()).collect();
            let row = Row::new(&logits).unwrap();
            let mut order: Vec<usize> = (0..logits.len()).collect();
            order.sort_by(|&l, &r| (logits[r] + 0.0).total_cmp(&(logits[l] + 0.0)).then(l.cmp(&r)));
            for k in [1, 2, 17, 18, 19, 300] {
                let sampling = Sampling { top_k: Some(k), ..Sampling::at(1.0) };
                let Distribution::List { entries, .. } = Distribution::new(&row, &sampling) else { panic!() };
                let mut expected: Vec<usize> = order[..k as usize].to_vec();
                expected.sort_unstable();
                let kept: Vec<usize> = entries.iter().map(|&(token, _)| token as usize).collect();
                assert_eq!(kept, expected, "the {k} likeliest");
            }
        }
    }

    #[test]
    fn greedy_takes_the_lower_of_equals() {
        let logits = [0.0, 3.0, 3.0, 1.0];
        let row = Row::new(&logits).unwrap();
        for temperature in [0.0, 1e-45] {
            let distribution = Distribution::new(&row, &Sampling::at(temperature));
            assert_eq!(distribution.draw(&row, 0.99), 1);
        }
        let first = Distribution::new(&row, &Sampling { top_k: Some(1), ..Sampling::at(1.0) });
        assert_eq!(first.draw(&row, 0.99), 1);
    }

    #[test]
    fn masked_tokens_are_never_drawn() {
        let mut logits = vec![f32::NEG_INFINITY; 2000];
        logits[700] = -3.0;
        logits[1500] = -3.0;
        let row = Row::new(&logits).unwrap();
        for sampling in [Sampling::at(1.0), Sampling::at(0.5), Sampling { top_p: 0.9, ..Sampling::at(1.0) }] {
            let distribution = Distribution::new(&row, &sampling);
            assert_eq!(distribution.draw(&row, 0.0), 700);
            assert_eq!(distribution.draw(&row, 1.0 - f64::EPSILON), 1500);
        }
    }

    #[test]
    fn draws_follow_the_distribution() {
        let logits: Vec<f32> = [0.1f32, 0.2, 0.3, 0.4].iter().map(|p| p.ln()).collect();
        let row = Row::new(&logits).unwrap();
        let distribution = Distribution::new(&row, &Sampling::at(1.0));
        let mut counts = [0u32; 4];
        let mut draws = Draws::new(11);
        for index in 0..40_000 {
            counts[distribution.draw(&row, draws.at(index)) as usize] += 1;
        }
        for (count, expected) in counts.into_iter().zip([4000.0, 8000.0, 12_000.0, 16_000.0f64]) {
            assert!((f64::from(count) - expected).abs() < 5.0 * expected.sqrt(), "{counts:?}");
        }
    }

    #[test]
    fn a_draw_depends_on_seed_and_index_alone() {
        let forward: Vec<f64> = (0..50).map(|index| Draws::new(9).at(index)).collect();
        let mut draws = Draws::new(9);
        let backward: Vec<f64> = (0..50).rev().map(|index| draws.at(index)).collect();
        assert!(forward.iter().eq(backward.iter().rev()));
        assert!(forward.iter().all(|draw| (0.0..1.0).contains(draw)));
        assert!((Draws::new(10).at(0) - forward[0]).abs() > 0.0);
    }
}
