//! Estimates over questions, with their uncertainty.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// A value with a 95 % confidence interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The estimate.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Resamples for a single mean; the ends of an interval move by about a hundredth of its width between seeds.
const RESAMPLES: usize = 10_000;

/// 95 % percentile bootstrap of a statistic of question numbers; the value is that of all questions once. Resamples
/// where the statistic is not a number are left out. `None` without questions, or if it is not a number on all of them.
pub fn bootstrap(
    questions: usize,
    resamples: usize,
    seed: u64,
    statistic: impl Fn(&[usize]) -> f64,
) -> Option<Interval> {
    let mut drawn: Vec<usize> = (0..questions).collect();
    let value = Some(statistic(&drawn)).filter(|value| questions > 0 && !value.is_nan())?;
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut found: Vec<f64> = Vec::with_capacity(resamples);
    for _ in 0..resamples {
        drawn.fill_with(|| random.random_range(0..questions));
        found.extend(Some(statistic(&drawn)).filter(|value| !value.is_nan()));
    }
    found.sort_unstable_by(f64::total_cmp);
    let at = |fraction: f64| {
        let last = found.len().saturating_sub(1) as f64;
        found.get((last * fraction).round() as usize).copied().unwrap_or(value)
    };
    Some(Interval { value, low: at(0.025), high: at(0.975) })
}

/// Mean of per-question values with a 95 % percentile bootstrap over the questions. `None` without questions.
pub fn bootstrap_mean(values: &[f64], seed: u64) -> Option<Interval> {
    let mean = |drawn: &[usize]| drawn.iter().map(|&at| values[at]).sum::<f64>() / drawn.len() as f64;
    bootstrap(values.len(), RESAMPLES, seed, mean)
}

/// Share of `true` with a 95 % percentile bootstrap and [`Interval::with_doubt`]. `None` without questions.
pub fn bootstrap_share(right: &[bool], seed: u64) -> Option<Interval> {
    let values: Vec<f64> = right.iter().map(|&right| if right { 1.0 } else { 0.0 }).collect();
    Some(bootstrap_mean(&values, seed)?.with_doubt(right.len()))
}

impl Interval {
    /// The interval of a share of `questions`. Where all are right or none is, resampling shows no doubt at all; the open
    /// end is then that of Clopper and Pearson (1934), `0.025^(1/n)` from certainty.
    #[must_use]
    pub fn with_doubt(self, questions: usize) -> Self {
        let doubt = 1.0 - 0.025_f64.powf(1.0 / questions as f64);
        match self.value {
            ..=0.0 => Self { high: doubt, ..self },
            1.0.. => Self { low: 1.0 - doubt, ..self },
            _ => self,
        }
    }
}

/// Unbiased estimate of the chance that at least one of `k` samples is right, from `n` samples of which `right` were
/// (Chen et al. 2021). `None` if `k` is 0 or above `n`.
pub fn pass_at_k(n: u64, right: u64, k: u64) -> Option<f64> {
    if k == 0 || k > n || right > n {
        return None;
    }
    // 1 − C(n − right, k) / C(n, k), as a product so that nothing overflows.
    let wrong = n - right;
    if k > wrong {
        return Some(1.0);
    }
    Some(1.0 - (0..k).map(|i| (wrong - i) as f64 / (n - i) as f64).product::<f64>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unanimous_answers_still_leave_doubt() {
        let none = bootstrap_share(&[false; 50], 0).unwrap();
        assert!(none.low.abs() < 1e-12 && (none.high - 0.0711).abs() < 1e-3, "{none:?}");
        let all = bootstrap_share(&[true; 50], 0).unwrap();
        assert!((all.high - 1.0).abs() < 1e-12 && (all.low - 0.9289).abs() < 1e-3, "{all:?}");
        let mixed = bootstrap_share(&[true, false, false, true], 0).unwrap();
        assert_eq!(Some(mixed), bootstrap_mean(&[1.0, 0.0, 0.0, 1.0], 0));
        assert_eq!(bootstrap_share(&[], 0), None);
    }

    #[test]
    fn pass_at_k_equals_the_mean_over_all_subsets() {
        for n in 1..=8_u64 {
            for right in 0..=n {
                for k in 1..=n {
                    let (mut hits, mut subsets) = (0_u64, 0_u64);
                    for subset in 0..1_u64 << n {
                        if subset.count_ones() == k as u32 {
                            subsets += 1;
                            hits += u64::from(subset & ((1 << right) - 1) != 0);
                        }
                    }
                    let exact = hits as f64 / subsets as f64;
                    assert!((pass_at_k(n, right, k).unwrap() - exact).abs() < 1e-12, "{n} {right} {k}");
                }
            }
        }
        assert_eq!((pass_at_k(4, 2, 0), pass_at_k(4, 2, 5)), (None, None));
    }

    #[test]
    fn the_interval_of_a_proportion_is_about_its_normal_approximation() {
        let values: Vec<f64> = (0..100).map(|i| f64::from(u8::from(i < 30))).collect();
        let interval = bootstrap_mean(&values, 1).unwrap();
        let half = 1.96 * (0.3_f64 * 0.7 / 100.0).sqrt();
        assert!((interval.value - 0.3).abs() < 1e-12);
        assert!((interval.low - (0.3 - half)).abs() < 0.02 && (interval.high - (0.3 + half)).abs() < 0.02);
        assert_eq!(bootstrap_mean(&values, 1), Some(interval));
        assert_eq!(bootstrap_mean(&[], 1), None);
    }
}
