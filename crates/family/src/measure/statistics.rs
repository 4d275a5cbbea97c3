//! The numbers of a measurement. All over questions, so that intervals are honest.

use deliberate_run::{Interval, bootstrap, bootstrap_mean};

/// Resamples for statistics that take a while.
const RESAMPLES: usize = 2_000;

/// Area under the curve: how often a right item scores above a wrong one, ties half (Mann and Whitney 1947). `None`
/// if there are not both.
pub fn area(items: &[(f64, bool)]) -> Option<f64> {
    let mut sorted: Vec<(f64, bool)> = items.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut ranks, mut right, mut at) = (0.0, 0.0, 0);
    while at < sorted.len() {
        let ties = sorted[at..].iter().take_while(|item| item.0.total_cmp(&sorted[at].0).is_eq()).count();
        let rank = at as f64 + f64::midpoint(ties as f64, 1.0);
        let rights = sorted[at..at + ties].iter().filter(|item| item.1).count() as f64;
        ranks += rank * rights;
        right += rights;
        at += ties;
    }
    let wrong = items.len() as f64 - right;
    (right > 0.0 && wrong > 0.0).then(|| (ranks - right * (right + 1.0) / 2.0) / (right * wrong))
}

/// A bin of a reliability plot.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Bin {
    /// Mean of what was predicted.
    pub predicted: f64,
    /// Mean of what came true.
    pub observed: f64,
    /// Items in it.
    pub count: usize,
}

/// Pairs of (predicted, observed) in bins of equal width over 0..=1; empty bins are left out.
pub(crate) fn reliability(pairs: &[(f64, f64)], bins: usize) -> Vec<Bin> {
    let mut sums = vec![(0.0, 0.0, 0); bins];
    for &(predicted, observed) in pairs {
        let bin = ((predicted * bins as f64) as usize).min(bins - 1);
        let (p, o, n) = &mut sums[bin];
        *p += predicted;
        *o += observed;
        *n += 1;
    }
    let filled = sums.into_iter().filter(|(.., count)| *count > 0);
    filled
        .map(|(p, o, count)| Bin { predicted: p / count as f64, observed: o / count as f64, count })
        .collect()
}

/// Mean over questions; all 0 without questions.
pub fn mean(values: &[f64], seed: u64) -> Interval {
    bootstrap_mean(values, seed).unwrap_or(Interval { value: 0.0, low: 0.0, high: 0.0 })
}

/// Mean difference of two numbers of the same questions.
pub fn difference(one: &[f64], other: &[f64], seed: u64) -> Interval {
    let differences: Vec<f64> = one.iter().zip(other).map(|(one, other)| one - other).collect();
    mean(&differences, seed)
}

/// Share over all items of all questions, from (how many, of how many) of each; all 0 without items.
pub(crate) fn ratio(counts: &[(f64, f64)], seed: u64) -> Interval {
    let share = |drawn: &[usize]| {
        let add = |(part, whole), &at: &usize| (part + counts[at].0, whole + counts[at].1);
        let (part, whole) = drawn.iter().fold((0.0, 0.0), add);
        part / whole
    };
    bootstrap(counts.len(), RESAMPLES, seed, share).unwrap_or(Interval { value: 0.0, low: 0.0, high: 0.0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_area_is_the_share_of_pairs_in_order() {
        let items = [(0.1, false), (0.4, true), (0.4, false), (0.8, true), (0.2, true)];
        let mut wins = 0.0;
        let mut pairs = 0.0;
        for (score, _) in items.iter().filter(|item| item.1) {
            for (other, _) in items.iter().filter(|item| !item.1) {
                pairs += 1.0;
                wins += if score > other {
                    1.0
                } else if score < other {
                    0.0
                } else {
                    0.5
                };
            }
        }
        assert!((area(&items).unwrap() - wins / pairs).abs() < 1e-12);
        assert_eq!(area(&[(0.3, true)]), None);
    }

    #[test]
    fn every_pair_is_in_one_bin() {
        let bins = reliability(&[(0.0, 0.0), (0.05, 1.0), (1.0, 1.0)], 10);
        assert_eq!(bins.iter().map(|bin| bin.count).collect::<Vec<_>>(), [2, 1]);
        assert!((bins[0].observed - 0.5).abs() < 1e-12);
    }
}
