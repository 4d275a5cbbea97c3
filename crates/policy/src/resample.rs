//! Bootstrap over questions, for means and for anything else that is computed from per-question outcomes.

pub use deliberate_run::Interval;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Resamples of statistics that are more than a mean.
const RESAMPLES: usize = 1_000;

/// Mean with a 95 % interval; `None` without values.
pub fn mean_interval(values: &[f64], seed: u64) -> Option<Interval> {
    let statistic = |drawn: &[usize]| drawn.iter().map(|&at| values[at]).sum::<f64>() / drawn.len() as f64;
    bootstrap(values.len(), seed, statistic)
}

/// 95 % percentile bootstrap of a statistic of question numbers; the value is that of all questions once. `None`
/// without questions, or if the statistic is not a number on all of them.
pub fn bootstrap(questions: usize, seed: u64, statistic: impl Fn(&[usize]) -> f64) -> Option<Interval> {
    if questions == 0 {
        return None;
    }
    let all: Vec<usize> = (0..questions).collect();
    let value = statistic(&all);
    if value.is_nan() {
        return None;
    }
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut drawn = all;
    let mut found: Vec<f64> = Vec::with_capacity(RESAMPLES);
    for _ in 0..RESAMPLES {
        drawn.fill_with(|| random.random_range(0..questions));
        let value = statistic(&drawn);
        if !value.is_nan() {
            found.push(value);
        }
    }
    found.sort_unstable_by(f64::total_cmp);
    let at = |fraction: f64| {
        let last = found.len().saturating_sub(1) as f64;
        found.get((last * fraction).round() as usize).copied().unwrap_or(value)
    };
    Some(Interval { value, low: at(0.025), high: at(0.975) })
}

/// Mean difference of two lists over the same questions, with a 95 % interval of the paired bootstrap.
pub fn paired_difference(ours: &[f64], theirs: &[f64], seed: u64) -> Option<Interval> {
    let differences: Vec<f64> = ours.iter().zip(theirs).map(|(one, other)| one - other).collect();
    mean_interval(&differences, seed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_of_a_mean_is_about_its_normal_approximation() {
        let values: Vec<f64> = (0..200).map(|at| f64::from(u8::from(at % 4 == 0))).collect();
        let found = mean_interval(&values, 1).unwrap();
        let half = 1.96 * (0.25_f64 * 0.75 / 200.0).sqrt();
        assert!((found.value - 0.25).abs() < 1e-12);
        assert!((found.low - 0.25 + half).abs() < 0.015 && (found.high - 0.25 - half).abs() < 0.015);
        assert_eq!(mean_interval(&[], 1), None);
    }

    #[test]
    fn pairing_removes_what_questions_share() {
        let ours: Vec<f64> = (0..100).map(|at| f64::from(at % 2)).collect();
        let theirs: Vec<f64> = ours.iter().map(|value| value - 0.1).collect();
        let found = paired_difference(&ours, &theirs, 1).unwrap();
        assert!((found.low - 0.1).abs() < 1e-9 && (found.high - 0.1).abs() < 1e-9);
    }
}
