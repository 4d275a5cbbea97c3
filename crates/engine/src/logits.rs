//! One row of logits, summed up once: maximum, normaliser and the two statistics of a token.
//!
//! Written so that the compiler vectorises it: sixteen independent lanes, a polynomial exponential, no branches, no
//! fused multiply-add. The same operations run whatever the vector width, so the width never changes a result.

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
        let (maximum, valid) = dispatch(Extremes { logits });
        if !valid {
            let nan = logits.iter().any(|logit| logit.is_nan());
            return Err(LogitError::NotFinite(if nan { "NaN" } else { "infinity" }));
        }
        if maximum == f32::NEG_INFINITY {
            return Err(LogitError::Empty);
        }
        let (sums, plain) = dispatch(Weigh { logits, maximum, sharpness: 1.0 });
        let normaliser = f64::from(maximum) + sums.iter().sum::<f64>().ln();
        Ok(Self { logits, maximum, sums, normaliser, mean: plain / logits.len() as f64 })
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

    /// `exp((logit − maximum) × sharpness)` summed over each block of [`BLOCK`] tokens.
    pub fn weigh(&self, sharpness: f32) -> Vec<f64> {
        dispatch(Weigh { logits: self.logits, maximum: self.maximum, sharpness }).0
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
#[expect(clippy::inline_always, reason = "it must be inlined into functions compiled for wider vectors")]
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
    poly = poly * rest + 5.000_000_1e-1;
    let value = poly * rest * rest + rest + 1.0;
    let scale = f32::from_bits(rounded.to_bits().wrapping_add(127).wrapping_shl(23));
    if x < -87.0 { 0.0 } else { value * scale }
}

/// A loop over logits, compiled once for every vector width.
trait Kernel {
    type Output;
    fn run(self) -> Self::Output;
}

struct Extremes<'a> {
    logits: &'a [f32],
}

impl Kernel for Extremes<'_> {
    type Output = (f32, bool);

    #[inline(always)]
    fn run(self) -> (f32, bool) {
        let mut maxima = [f32::NEG_INFINITY; LANES];
        let mut invalid = [0u32; LANES];
        let mut chunks = self.logits.chunks_exact(LANES);
        for chunk in &mut chunks {
            for lane in 0..LANES {
                let logit = chunk[lane];
                maxima[lane] = if logit > maxima[lane] { logit } else { maxima[lane] };
                invalid[lane] |= u32::from(!(logit <= f32::MAX));
            }
        }
        let mut maximum = maxima.into_iter().fold(f32::NEG_INFINITY, f32::max);
        let mut valid = invalid.iter().all(|&lane| lane == 0);
        for &logit in chunks.remainder() {
            maximum = maximum.max(logit);
            valid &= logit <= f32::MAX;
        }
        (maximum, valid)
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
