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
        self.0.set_word_pos(2 * index as u128);
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
        let weight = |logit: f32| exp((logit - row.maximum()) * sharpness);
        let mut entries: Vec<(Token, f32)> =
            (0..).zip(row.logits().iter().map(|&logit| weight(logit))).collect();
        if top_k < vocabulary {
            if top_k > 0 {
                // By logit, because weights far below the maximum are all 0.
                entries.select_nth_unstable_by(top_k - 1, |l, r| by_weight(row, *l, *r));
            }
            entries.truncate(top_k.max(1));
        }
        if sampling.top_p < 1.0 {
            keep_nucleus(row, &mut entries, sampling.top_p);
        }
        if sampling.min_p > 0.0 {
            // The likeliest token survives all of the chain and has weight 1.
            entries.retain(|&(_, weight)| weight >= sampling.min_p);
        }
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
                let logits = &row.logits()[start..row.logits().len().min(start + BLOCK)];
                let weights = logits.iter().map(|&logit| exp((logit - row.maximum()) * sharpness));
                let index = invert(weights, target);
                if index < logits.len() { (start + index) as Token } else { row.argmax() }
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

fn by_weight(row: &Row<'_>, left: (Token, f32), right: (Token, f32)) -> std::cmp::Ordering {
    let logit = |token: Token| row.logits()[token as usize];
    logit(right.0).total_cmp(&logit(left.0)).then(left.0.cmp(&right.0))
}

/// Keeps the smallest set of the likeliest entries whose share of the weight reaches `top_p`.
fn keep_nucleus(row: &Row<'_>, entries: &mut Vec<(Token, f32)>, top_p: f32) {
    let total: f64 = entries.iter().map(|&(_, weight)| f64::from(weight)).sum();
    let wanted = f64::from(top_p) * total;
    // The nucleus is mostly small: sort a growing head instead of the whole vocabulary.
    let mut head = 64;
    loop {
        let whole = head >= entries.len();
        if !whole {
            entries.select_nth_unstable_by(head - 1, |l, r| by_weight(row, *l, *r));
        }
        let end = head.min(entries.len());
        entries[..end].sort_unstable_by(|l, r| by_weight(row, *l, *r));
        let mut sum = 0.0;
        for index in 0..end {
            sum += f64::from(entries[index].1);
            if sum >= wanted {
                entries.truncate(index + 1);
                return;
            }
        }
        if whole {
            return;
        }
        head *= 8;
    }
}
