//! One question's samples, `k` of `n` drawn without replacement: what would each selection have answered?
//!
//! A subset might have been drawn in any order, and a tie goes to the answer that was drawn first: the chance of being
//! right is the mean over the orders too. So it does not matter in which order samples were recorded.

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

/// Chance that each selection is right with `k` of the samples, over all subsets and orders: `[selections][ks]`.
/// Unbiased everywhere; exact for best-of-`k` without ties between right and wrong samples, and for few subsets.
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

/// Chance that what `selection` presents of the samples `chosen`, all counted in `tally`, is right, over all orders in
/// which they may have been drawn. Of answers that tie the first one drawn is presented, which is each in proportion to
/// its samples; of an answer's samples with its highest score it is each of them alike.
fn right(draws: &[Draw], chosen: &[usize], tally: &Tally, selection: Selection) -> f64 {
    let at = place(selection.aggregation);
    let (mut right, mut all) = (0.0, 0.0);
    for answer in tally.leading(selection) {
        let highest =
            |draw: &&Draw| draw.seen.class == Some(answer.class) && draw.seen.scores[at] >= answer.best[at];
        let (mut correct, mut presented) = (0_u32, 0_u32);
        for draw in chosen.iter().map(|&index| &draws[index]).filter(highest) {
            correct += u32::from(draw.correct);
            presented += 1;
        }
        right += f64::from(answer.count) * f64::from(correct) / f64::from(presented.max(1));
        all += f64::from(answer.count);
    }
    if all > 0.0 { right / all } else { 0.0 }
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

/// Mean over all subsets of `k` of the chance that each selection is right.
fn enumerate(draws: &[Draw], selections: &[Selection], k: usize) -> Vec<f64> {
    let mut hits = vec![0.0; selections.len()];
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
            *hit += right(draws, &chosen, &tally, selection);
        }
        // The next combination: move the last index that can move, and pack the rest behind it.
        let Some(at) = (0..k).rev().find(|&at| chosen[at] < draws.len() - k + at) else { break };
        chosen[at] += 1;
        for next in at + 1..k {
            chosen[next] = chosen[next - 1] + 1;
        }
    }
    // Sums of shares may pass the number of subsets by a rounding.
    hits.iter().map(|&hit| f64::min(hit / subsets as f64, 1.0)).collect()
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
            // Numbered as drawn, so ties go to the first drawn.
            tally.push(drawn as u32, &draws[index as usize].seen);
            for (hit, &(row, column)) in hits.iter_mut().zip(&cells) {
                if ks[column] as usize == drawn + 1 {
                    let presented = tally.presented(selections[row]);
                    let right = presented.is_some_and(|at| draws[front[at as usize] as usize].correct);
                    *hit += u32::from(right);
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

    /// Share of all ordered draws of `k` samples in which the selection is right, ties going to the first drawn.
    fn exhaustive(draws: &[Draw], selection: Selection, k: usize) -> f64 {
        let (mut hits, mut orders) = (0.0, 0.0);
        let mut open: Vec<Vec<usize>> = vec![Vec::new()];
        while let Some(order) = open.pop() {
            if order.len() < k {
                let rest = (0..draws.len()).filter(|at| !order.contains(at));
                open.extend(rest.map(|at| [order.as_slice(), &[at]].concat()));
                continue;
            }
            let mut tally = Tally::default();
            for (drawn, &at) in order.iter().enumerate() {
                tally.push(drawn as u32, &draws[at].seen);
            }
            orders += 1.0;
            let right = tally.presented(selection).is_some_and(|drawn| draws[order[drawn as usize]].correct);
            hits += f64::from(u8::from(right));
        }
        hits / orders
    }

    proptest! {
        #[test]
        fn exact_subsets_equal_exhaustive_enumeration(samples in prop::collection::vec((0_u32..4, 0_u8..5), 1..7)) {
            let draws = draws(&samples);
            let ks: Vec<u32> = (1..=draws.len() as u32).collect();
            let selections = every_selection();
            let found = subset_accuracy(&draws, &selections, &ks, Subsets::default());
            for (row, &selection) in selections.iter().enumerate() {
                for (column, &k) in ks.iter().enumerate() {
                    prop_assert!((found[row][column] - exhaustive(&draws, selection, k as usize)).abs() < 1e-9);
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
        let exact = subset_accuracy(&draws, &selections, &ks, Subsets::default());
        for (estimates, exact) in estimates.iter().flatten().zip(exact.iter().flatten()) {
            assert!((estimates - exact).abs() < 0.012, "{estimates} {exact}");
        }
    }

    /// Eight samples of equal scores, half of them right: of two that disagree either may have been drawn first.
    #[test]
    fn a_pool_sorted_by_correctness_gives_what_a_mixed_one_gives() {
        let sorted: Vec<(u32, u8)> = (0..8).map(|at| (u32::from(at >= 4), 4)).collect();
        let reversed: Vec<(u32, u8)> = sorted.iter().rev().copied().collect();
        for samples in [sorted, reversed] {
            let found = subset_accuracy(&draws(&samples), &every_selection(), &[1, 2, 3], Subsets::default());
            assert!(found.iter().flatten().all(|share| (share - 0.5).abs() < 1e-12), "{found:?}");
        }
    }

    #[test]
    fn more_samples_than_there_are_have_no_accuracy() {
        let found = subset_accuracy(&draws(&[(0, 1), (1, 2)]), &every_selection(), &[3], Subsets::default());
        assert!(found.iter().all(|row| row[0].is_nan()));
    }
}
