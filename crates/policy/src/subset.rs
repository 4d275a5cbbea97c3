//! One question's samples, `k` of `n` drawn without replacement: what would each selection have answered?
//!
//! A subset keeps the recorded order, so ties go to the sample recorded first and `k = n` is the recorded outcome.

use crate::sheet::{Draw, place};
use crate::tally::Tally;
use deliberate_search::{Rule, Selection};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

/// How subsets that are too many to enumerate are sampled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subsets {
    /// Enumerate where there are at most this many.
    pub exact_up_to: u64,
    /// Random orders otherwise; the first `k` of each are one random subset.
    pub orders: u32,
    /// Of the random orders.
    pub seed: u64,
}

impl Default for Subsets {
    fn default() -> Self {
        Self { exact_up_to: 3_000, orders: 400, seed: 0 }
    }
}

/// Chance that each selection is right with `k` of the samples: `[selections][ks]`. Unbiased everywhere; exact for
/// best-of-`k` without ties between right and wrong samples, and for few subsets.
pub fn subset_accuracy(draws: &[Draw], selections: &[Selection], ks: &[u32], how: Subsets) -> Vec<Vec<f64>> {
    let mut accuracy = vec![vec![f64::NAN; ks.len()]; selections.len()];
    let mut open: Vec<(usize, usize)> = Vec::new();
    for (row, &selection) in selections.iter().enumerate() {
        let ranked = ranked(draws, selection);
        for (column, &k) in ks.iter().enumerate() {
            match &ranked {
                Some(ranked) => accuracy[row][column] = best_of(ranked, draws.len(), k as usize),
                None => open.push((row, column)),
            }
        }
    }
    for (column, &k) in ks.iter().enumerate() {
        let rows: Vec<usize> = open.iter().filter(|cell| cell.1 == column).map(|cell| cell.0).collect();
        if !rows.is_empty() && choose(draws.len() as u64, u64::from(k)) <= how.exact_up_to {
            let asked: Vec<Selection> = rows.iter().map(|&row| selections[row]).collect();
            for (&row, share) in rows.iter().zip(enumerate(draws, &asked, k as usize)) {
                accuracy[row][column] = share;
            }
        }
    }
    open.retain(|&(row, column)| accuracy[row][column].is_nan());
    sample(draws, selections, ks, how, &open, &mut accuracy);
    accuracy
}

/// Whether the right answer is presented by `selection` over what was counted.
fn right(draws: &[Draw], tally: &Tally, selection: Selection) -> bool {
    tally.presented(selection).is_some_and(|index| draws[index as usize].correct)
}

/// Correctness of the answered samples, best first; `None` unless the selection is `Best` and no tie between a right
/// and a wrong sample leaves the outcome to what else is in the subset.
fn ranked(draws: &[Draw], selection: Selection) -> Option<Vec<bool>> {
    if selection.rule != Rule::Best {
        return None;
    }
    let at = place(selection.aggregation);
    let mut order: Vec<&Draw> = draws.iter().filter(|draw| draw.seen.class.is_some()).collect();
    order.sort_by(|a, b| b.seen.scores[at].total_cmp(&a.seen.scores[at]));
    let tied = |pair: &[&Draw]| {
        pair[0].seen.scores[at].total_cmp(&pair[1].seen.scores[at]).is_eq()
            && pair[0].correct != pair[1].correct
    };
    (!order.windows(2).any(tied)).then(|| order.iter().map(|draw| draw.correct).collect())
}

/// Sum over samples of being right times the chance of being drawn while nothing better is.
fn best_of(ranked: &[bool], n: usize, k: usize) -> f64 {
    if k == 0 || k > n {
        return f64::NAN;
    }
    // C(n − 1 − rank, k − 1) / C(n, k), from one rank to the next.
    let mut chance = k as f64 / n as f64;
    let mut sum = 0.0;
    for (rank, &correct) in ranked.iter().enumerate() {
        if correct {
            sum += chance;
        }
        let left = n - 1 - rank;
        if left < k {
            break;
        }
        chance *= (left - (k - 1)) as f64 / left as f64;
    }
    // The chances add up to 1 but for rounding.
    sum.min(1.0)
}

/// Number of subsets, saturating.
fn choose(n: u64, k: u64) -> u64 {
    if k > n {
        return u64::MAX;
    }
    let k = k.min(n - k);
    (0..k).try_fold(1_u64, |count, i| Some(count.checked_mul(n - i)? / (i + 1))).unwrap_or(u64::MAX)
}

/// Share of all subsets of `k` in which each selection is right.
fn enumerate(draws: &[Draw], selections: &[Selection], k: usize) -> Vec<f64> {
    let mut hits = vec![0_u64; selections.len()];
    let mut subsets = 0_u64;
    let mut chosen: Vec<usize> = (0..k).collect();
    let mut tally = Tally::default();
    loop {
        tally.clear();
        for &index in &chosen {
            tally.push(index as u32, &draws[index].seen);
        }
        subsets += 1;
        for (hit, &selection) in hits.iter_mut().zip(selections) {
            *hit += u64::from(right(draws, &tally, selection));
        }
        // The next combination: move the last index that can move, and pack the rest behind it.
        let Some(at) = (0..k).rev().find(|&at| chosen[at] < draws.len() - k + at) else { break };
        chosen[at] += 1;
        for next in at + 1..k {
            chosen[next] = chosen[next - 1] + 1;
        }
    }
    hits.iter().map(|&hit| hit as f64 / subsets as f64).collect()
}

/// Fills the `open` cells from random orders, each of which gives one subset for every `k`.
fn sample(
    draws: &[Draw],
    selections: &[Selection],
    ks: &[u32],
    how: Subsets,
    open: &[(usize, usize)],
    accuracy: &mut [Vec<f64>],
) {
    let possible = |&&(_, column): &&(usize, usize)| (1..=draws.len()).contains(&(ks[column] as usize));
    let cells: Vec<(usize, usize)> = open.iter().filter(possible).copied().collect();
    let Some(most) = cells.iter().map(|&(_, column)| ks[column]).max() else { return };
    let mut random = ChaCha8Rng::seed_from_u64(how.seed);
    let mut order: Vec<u32> = (0..draws.len() as u32).collect();
    let mut hits = vec![0_u32; cells.len()];
    let mut tally = Tally::default();
    for _ in 0..how.orders.max(1) {
        let (front, _) = order.partial_shuffle(&mut random, most as usize);
        tally.clear();
        for (drawn, &index) in front.iter().enumerate() {
            tally.push(index, &draws[index as usize].seen);
            for (hit, &(row, column)) in hits.iter_mut().zip(&cells) {
                if ks[column] as usize == drawn + 1 {
                    *hit += u32::from(right(draws, &tally, selections[row]));
                }
            }
        }
    }
    for (hit, (row, column)) in hits.into_iter().zip(cells) {
        accuracy[row][column] = f64::from(hit) / f64::from(how.orders.max(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::every_selection;
    use crate::sheet::Seen;
    use proptest::prelude::*;

    /// Samples whose correctness follows their class, with few distinct scores.
    fn draws(samples: &[(u32, u8)]) -> Vec<Draw> {
        let draw = |&(class, score): &(u32, u8)| Draw {
            seen: Seen::new((class < 3).then_some(class), &[f64::from(score) / 8.0, 0.5]).unwrap(),
            correct: class == 0,
            tokens: 1,
        };
        samples.iter().map(draw).collect()
    }

    /// All subsets, as bit masks.
    fn exhaustive(draws: &[Draw], selection: Selection, k: u32) -> f64 {
        let (mut hits, mut subsets) = (0.0, 0.0);
        for mask in (0_u32..1 << draws.len()).filter(|mask| mask.count_ones() == k) {
            let mut tally = Tally::default();
            for index in (0..draws.len() as u32).filter(|index| mask >> index & 1 == 1) {
                tally.push(index, &draws[index as usize].seen);
            }
            subsets += 1.0;
            hits += f64::from(u8::from(right(draws, &tally, selection)));
        }
        hits / subsets
    }

    proptest! {
        #[test]
        fn exact_subsets_equal_exhaustive_enumeration(samples in prop::collection::vec((0_u32..4, 0_u8..9), 1..8)) {
            let draws = draws(&samples);
            let ks: Vec<u32> = (1..=draws.len() as u32).collect();
            let selections = every_selection();
            let found = subset_accuracy(&draws, &selections, &ks, Subsets::default());
            for (row, &selection) in selections.iter().enumerate() {
                for (column, &k) in ks.iter().enumerate() {
                    prop_assert!((found[row][column] - exhaustive(&draws, selection, k)).abs() < 1e-12);
                }
            }
        }
    }

    #[test]
    fn sampled_subsets_agree_with_enumeration_within_their_noise() {
        let samples: Vec<(u32, u8)> = (0..12).map(|at| (at * at % 4, (at * 5 % 9) as u8)).collect();
        let draws = draws(&samples);
        let how = Subsets { exact_up_to: 0, orders: 40_000, seed: 3 };
        let (selections, ks) = (every_selection(), [1, 2, 5, 8, 12]);
        let estimates = subset_accuracy(&draws, &selections, &ks, how);
        for (row, &selection) in selections.iter().enumerate() {
            for (column, &k) in ks.iter().enumerate() {
                let exact = exhaustive(&draws, selection, k);
                assert!((estimates[row][column] - exact).abs() < 0.012, "{selection:?} {k}");
            }
        }
    }

    #[test]
    fn more_samples_than_there_are_have_no_accuracy() {
        let found = subset_accuracy(&draws(&[(0, 1), (1, 2)]), &every_selection(), &[3], Subsets::default());
        assert!(found.iter().all(|row| row[0].is_nan()));
    }
}
