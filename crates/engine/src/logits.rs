//! One row of logits, summed up once: maximum, normaliser and the two statistics of a token.
//!
//! Written so that the compiler vectorises it: sixteen independent lanes, a polynomial exponential, no branches, no
//! fused multiply-add. The same operations run whatever the vector width, so the width never changes a result.
#![expect(
    clippy::inline_always,
    reason = "kernels must be inlined into functions compiled for wider vectors"
)]

use deliberate_lm::{Token, TokenStat};

/// Logits summed together; the unit in which [`Row::sums`] are kept.
pub const BLOCK: usize = 512;
const LANES: usize = 16;

/// A logit this far below the maximum (a masked token, minus infinity) counts as being just this far below, so that
/// logarithms stay finite.
const DEEPEST: f32 = 1000.0;

/// Why a row of logits cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LogitError {
    /// A logit is not a number, or plus infinity.
    #[error("the logits contain {0}")]
    NotFinite(&'static str),
    /// Every logit is minus infinity, or there are none.
    #[error("no token has a probability")]
    Empty,
}

/// A checked row of logits.
#[derive(Debug)]
pub struct Row<'a> {
    logits: &'a [f32],
    maximum: f32,
    /// The greatest logit of each block.
    maxima: Vec<f32>,
    sums: Vec<f64>,
    /// Logarithm of the sum of `exp(logit)`.
    normaliser: f64,
    mean: f64,
}

impl<'a> Row<'a> {
    /// Checks and sums up a row.
    ///
    /// # Errors
    /// [`LogitError`] if it has an entry that is NaN or plus infinity, or nothing but minus infinities.
    pub fn new(logits: &'a [f32]) -> Result<Self, LogitError> {
        let (maxima, valid) = dispatch(Extremes { logits });
        let maximum = maxima.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        if !valid {
            let nan = logits.iter().any(|logit| logit.is_nan());
            return Err(LogitError::NotFinite(if nan { "NaN" } else { "infinity" }));
        }
        if maximum == f32::NEG_INFINITY {
            return Err(LogitError::Empty);
        }
        let (sums, plain) = dispatch(Weigh { logits, maximum, sharpness: 1.0 });
        let normaliser = f64::from(maximum) + sums.iter().sum::<f64>().ln();
        Ok(Self { logits, maximum, maxima, sums, normaliser, mean: plain / logits.len() as f64 })
    }

    /// The logits.
    pub fn logits(&self) -> &[f32] {
        self.logits
    }

    /// The greatest logit.
    pub fn maximum(&self) -> f32 {
        self.maximum
    }

    /// `exp(logit − maximum)` summed over each block of [`BLOCK`] tokens.
    pub fn sums(&self) -> &[f64] {
        &self.sums
    }

    /// Tokens among which the `k` likeliest are, with their logits: all that reach a logit which so many blocks reach.
    pub(crate) fn likely(&self, k: usize) -> impl Iterator<Item = (Token, f32)> {
        let mut maxima = self.maxima.clone();
        let reached = if k == 0 || k > maxima.len() {
            f32::NEG_INFINITY
        } else {
            *maxima.select_nth_unstable_by(k - 1, |l, r| r.total_cmp(l)).1
        };
        let blocks = self.logits.chunks(BLOCK).zip(&self.maxima).enumerate();
        blocks.filter(move |(_, (_, maximum))| **maximum >= reached).flat_map(move |(block, (logits, _))| {
            let tokens = ((block * BLOCK) as Token..).zip(logits.iter().copied());
            tokens.filter(move |&(_, logit)| logit >= reached)
        })
    }

    /// `exp((logit − maximum) × sharpness)` summed over each block of [`BLOCK`] tokens.
    pub fn weigh(&self, sharpness: f32) -> Vec<f64> {
        dispatch(Weigh { logits: self.logits, maximum: self.maximum, sharpness }).0
    }

    /// `exp((logit − maximum) × sharpness)` of the tokens from `first` on; what is past the last stays as it is.
    pub(crate) fn weights(&self, first: usize, sharpness: f32, weights: &mut [f32; BLOCK]) {
        dispatch(Spread { logits: &self.logits[first..], maximum: self.maximum, sharpness, weights });
    }

    /// The likeliest token; of equals, the lowest.
    pub fn argmax(&self) -> Token {
        let index = self.logits.iter().position(|&logit| logit >= self.maximum);
        index.expect("the maximum is one of the logits") as Token
    }

    /// Log-probability of a token, in nats.
    pub fn logprob(&self, token: Token) -> f32 {
        let logit = self.logits[token as usize].max(self.maximum - DEEPEST);
        (f64::from(logit) - self.normaliser) as f32
    }

    /// KL(uniform ‖ model) in nats: `Σ (1/V) ln((1/V) / p) = −ln V − mean(ln p)`, and as `ln p = logit − normaliser`,
    /// `normaliser − mean(logit) − ln V`.
    pub fn certainty(&self) -> f32 {
        (self.normaliser - self.mean - (self.logits.len() as f64).ln()).max(0.0) as f32
    }

    /// Both statistics of a token.
    pub fn stat(&self, token: Token) -> TokenStat {
        TokenStat { logprob: self.logprob(token), certainty: self.certainty() }
    }
}

/// `e^x` for `x ≤ 0` to about 2 units in the last place; 0 below −87.
#[inline(always)]
pub(crate) fn exp(x: f32) -> f32 {
    // Adding and subtracting 1.5 × 2²³ rounds to an integer, which then stands in the low bits.
    const ROUND: f32 = 12_582_912.0;
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    let clamped = x.max(-87.0);
    let rounded = clamped * std::f32::consts::LOG2_E + ROUND;
    let power = rounded - ROUND;
    let rest = clamped - power * LN_2_HIGH - power * LN_2_LOW;
    // Cephes' polynomial for e^rest on [−ln 2 / 2, ln 2 / 2].
    let mut poly = 1.987_569_1e-4;
    poly = poly * rest + 1.398_2e-3;
    poly = poly * rest + 8.333_452e-3;
    poly = poly * rest + 4.166_579_6e-2;
    poly = poly * rest + 1.666_666_5e-1;
    poly = poly * rest + 0.5;
    let value = poly * rest * rest + rest + 1.0;
    let scale = f32::from_bits(rounded.to_bits().wrapping_add(127).wrapping_shl(23));
    if x < -87.0 { 0.0 } else { value * scale }
}

/// A loop over logits, compiled once for every vector width.
trait Kernel {
    type Output;
    fn run(self) -> Self::Output;
}

/// The greatest of each block, and whether all are numbers that may be.
struct Extremes<'a> {
    logits: &'a [f32],
}

impl Kernel for Extremes<'_> {
    type Output = (Vec<f32>, bool);

    #[inline(always)]
    fn run(self) -> (Vec<f32>, bool) {
        let mut invalid = [0u32; LANES];
        let blocks = self.logits.chunks(BLOCK).map(|block| {
            let mut maxima = [f32::NEG_INFINITY; LANES];
            let mut chunks = block.chunks_exact(LANES);
            for chunk in &mut chunks {
                for lane in 0..LANES {
                    let logit = chunk[lane];
                    maxima[lane] = if logit > maxima[lane] { logit } else { maxima[lane] };
                    invalid[lane] |= u32::from(logit.is_nan()) | u32::from(logit > f32::MAX);
                }
            }
            for (lane, &logit) in chunks.remainder().iter().enumerate() {
                maxima[lane] = maxima[lane].max(logit);
                invalid[lane] |= u32::from(logit.is_nan()) | u32::from(logit > f32::MAX);
            }
            maxima.into_iter().fold(f32::NEG_INFINITY, f32::max)
        });
        let maxima = blocks.collect();
        (maxima, invalid.iter().all(|&lane| lane == 0))
    }
}

/// Sums of weights over blocks, and the plain sum of the logits.
struct Weigh<'a> {
    logits: &'a [f32],
    maximum: f32,
    sharpness: f32,
}

impl Kernel for Weigh<'_> {
    type Output = (Vec<f64>, f64);

    #[inline(always)]
    fn run(self) -> (Vec<f64>, f64) {
        let Self { logits, maximum, sharpness } = self;
        let floor = maximum - DEEPEST;
        let mut plain = 0.0;
        let blocks = logits.chunks(BLOCK).map(|block| {
            let mut weights = [0.0f32; LANES];
            let mut values = [0.0f32; LANES];
            let mut chunks = block.chunks_exact(LANES);
            for chunk in &mut chunks {
                for lane in 0..LANES {
                    let logit = chunk[lane];
                    weights[lane] += exp((logit - maximum) * sharpness);
                    values[lane] += if logit > floor { logit } else { floor };
                }
            }
            for (lane, &logit) in chunks.remainder().iter().enumerate() {
                weights[lane] += exp((logit - maximum) * sharpness);
                values[lane] += logit.max(floor);
            }
            plain += values.iter().map(|&value| f64::from(value)).sum::<f64>();
            weights.iter().map(|&weight| f64::from(weight)).sum()
        });
        let sums = blocks.collect();
        (sums, plain)
    }
}

/// Weights one by one.
struct Spread<'a> {
    logits: &'a [f32],
    maximum: f32,
    sharpness: f32,
    weights: &'a mut [f32; BLOCK],
}

impl Kernel for Spread<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (weight, &logit) in self.weights.iter_mut().zip(self.logits) {
            *weight = exp((logit - self.maximum) * self.sharpness);
        }
    }
}

/// Runs a kernel with the widest vectors that this machine has.
fn dispatch<K: Kernel>(kernel: K) -> K::Output {
    #[cfg(target_arch = "x86_64")]
    {
        #[target_feature(enable = "avx2")]
        fn wide<K: Kernel>(kernel: K) -> K::Output {
            kernel.run()
        }
        if std::arch::is_x86_feature_detected!("avx2") {
            // SAFETY: the machine has AVX2.
            return unsafe { wide(kernel) };
        }
    }
    kernel.run()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng, SeedableRng};

    fn random(vocabulary: usize, spread: f32) -> Vec<f32> {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(vocabulary as u64);
        (0..vocabulary).map(|_| rng.random_range(-spread..spread)).collect()
    }

    #[test]
    fn the_exponential_is_accurate_to_single_precision() {
        for step in 0..870_000 {
            let x = -(step as f32) * 1e-4;
            let exact = f64::from(x).exp();
            assert!((f64::from(exp(x)) - exact).abs() <= 3e-7 * exact, "exp({x})");
        }
        let bits = |x| exp(x).to_bits();
        assert_eq!([bits(-87.5), bits(f32::NEG_INFINITY), bits(0.0)], [0, 0, 1.0f32.to_bits()]);
    }

    #[test]
    fn statistics_agree_with_their_definitions() {
        for (vocabulary, spread) in [(1, 3.0), (2, 0.1), (100, 5.0), (512, 1.0), (513, 30.0), (49_152, 10.0)]
        {
            let logits = random(vocabulary, spread);
            let row = Row::new(&logits).unwrap();
            let total: f64 = logits.iter().map(|&logit| f64::from(logit).exp()).sum();
            let logprob = |token: usize| f64::from(logits[token]) - total.ln();
            let uniform = 1.0 / vocabulary as f64;
            let divergence: f64 =
                (0..vocabulary).map(|token| uniform * (uniform.ln() - logprob(token))).sum();
            let token = vocabulary / 2;
            assert!((f64::from(row.logprob(token as Token)) - logprob(token)).abs() < 1e-4);
            assert!(
                (f64::from(row.certainty()) - divergence).abs() < 1e-4 * (1.0 + divergence),
                "{vocabulary}"
            );
        }
    }

    #[test]
    fn a_uniform_distribution_has_no_certainty() {
        assert!(Row::new(&[2.5; 1000]).unwrap().certainty() < 1e-5);
    }

    #[test]
    fn rows_that_are_no_distribution_are_refused() {
        let mut logits = random(100, 1.0);
        for (index, bad) in [(3, f32::NAN), (99, f32::NAN), (50, f32::INFINITY)] {
            let kept = std::mem::replace(&mut logits[index], bad);
            assert!(matches!(Row::new(&logits), Err(LogitError::NotFinite(_))));
            logits[index] = kept;
        }
        assert!(Row::new(&logits).is_ok());
        assert_eq!(Row::new(&[f32::NEG_INFINITY; 40]).unwrap_err(), LogitError::Empty);
        assert_eq!(Row::new(&[]).unwrap_err(), LogitError::Empty);
    }

    #[test]
    fn masked_tokens_are_finite_and_never_the_likeliest() {
        let logits = [f32::NEG_INFINITY, 1.0, 1.0, f32::NEG_INFINITY];
        let row = Row::new(&logits).unwrap();
        assert_eq!(row.argmax(), 1);
        assert!(row.logprob(0).is_finite() && row.logprob(0) < -900.0 && row.certainty().is_finite());
        assert!((row.logprob(1) + std::f32::consts::LN_2).abs() < 1e-6);
    }

    #[test]
    fn wide_vectors_give_the_same_bits() {
        let logits = random(5000, 9.0);
        let row = Row::new(&logits).unwrap();
        let narrow = Weigh { logits: &logits, maximum: row.maximum(), sharpness: 1.7 }.run();
        assert_eq!(row.weigh(1.7), narrow.0);
    }
}
