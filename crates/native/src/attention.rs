//! Attention of one token over one sequence.
//!
//! Every score is one chain over the floats of a head, every output one chain over the positions, and the sum of the
//! weights is taken lane by lane: what comes out depends on the position and on what is stored, never on the batch.
#![expect(
    clippy::inline_always,
    clippy::needless_range_loop,
    reason = "sums stay in registers only where loops of constant length are unrolled in place"
)]

use crate::lanes::{Lanes, WIDTH, flat, flat_mut};
use crate::sizes::Sizes;
use crate::store::Block;
use std::sync::Arc;

/// What one token attends to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) layer: usize,
    /// Blocks of all positions up to the token's own.
    pub(crate) blocks: &'a [Arc<Block>],
    pub(crate) tokens: usize,
}

/// Attends to a context. `query` is `[heads, head_lanes]`, scaled; `scores` has room for `[heads, blocks]`; the result
/// is `[heads, head_lanes]`.
pub(crate) fn attend(
    sizes: &Sizes,
    query: &[Lanes],
    context: Context<'_>,
    scores: &mut [Lanes],
    result: &mut [Lanes],
) {
    let Context { layer, blocks, tokens } = context;
    let count = blocks.len();
    for (block, stored) in blocks.iter().enumerate() {
        let stored = stored.keys(sizes, layer);
        let mut head = 0;
        while sizes.heads - head >= 4 {
            score::<4>(sizes, query, stored, head, |head, score| scores[head * count + block] = score);
            head += 4;
        }
        while head < sizes.heads {
            score::<1>(sizes, query, stored, head, |head, score| scores[head * count + block] = score);
            head += 1;
        }
    }
    for scores in scores.chunks_exact_mut(count).take(sizes.heads) {
        soften(scores, tokens);
    }
    let scores = flat(&scores[..sizes.heads * count]);
    let values = blocks.iter().enumerate().map(|(block, stored)| {
        let used = (tokens - block * WIDTH).min(WIDTH) * sizes.kv_lanes();
        &stored.values(sizes, layer)[..used]
    });
    for member in 0..sizes.heads / sizes.kv_heads {
        let mut lane = 0;
        while sizes.kv_lanes() - lane >= 8 {
            mix::<8>(sizes, scores, values.clone(), (member, lane), result);
            lane += 8;
        }
        while sizes.kv_lanes() - lane >= 2 {
            mix::<2>(sizes, scores, values.clone(), (member, lane), result);
            lane += 2;
        }
        while lane < sizes.kv_lanes() {
            mix::<1>(sizes, scores, values.clone(), (member, lane), result);
            lane += 1;
        }
    }
}

/// Scores of a block of positions for `N` heads from `first` on.
#[inline(always)]
fn score<const N: usize>(
    sizes: &Sizes,
    query: &[Lanes],
    keys: &[Lanes],
    first: usize,
    mut give: impl FnMut(usize, Lanes),
) {
    let group = sizes.heads / sizes.kv_heads;
    let mut queries: [&[f32]; N] = [&[]; N];
    let mut stored: [&[Lanes]; N] = [&[]; N];
    for n in 0..N {
        let start = (first + n) / group * sizes.head;
        queries[n] = &flat(&query[(first + n) * sizes.head_lanes..])[..sizes.head];
        stored[n] = &keys[start..][..sizes.head];
    }
    let mut scores = [Lanes::ZERO; N];
    for float in 0..sizes.head {
        for n in 0..N {
            scores[n] = Lanes::splat(queries[n][float]).times_plus(stored[n][float], scores[n]);
        }
    }
    for n in 0..N {
        give(first + n, scores[n]);
    }
}

/// Turns the scores of one head into weights whose sum is 1; what is past `tokens` becomes 0.
fn soften(scores: &mut [Lanes], tokens: usize) {
    flat_mut(scores)[tokens..].fill(f32::MIN);
    let most = scores.iter().fold(Lanes::splat(f32::MIN), |most, &score| score.larger(most)).greatest();
    let shift = Lanes::splat(-most);
    let mut total = Lanes::ZERO;
    for score in &mut *scores {
        *score = score.plus(shift).exp();
        total = total.plus(*score);
    }
    let share = Lanes::splat(1.0 / total.sum());
    for score in scores {
        *score = score.times(share);
    }
}

/// Sums the values by weight in `N` lanes from `first` on, for one member of each group of heads that share values.
#[inline(always)]
fn mix<'a, const N: usize>(
    sizes: &Sizes,
    scores: &[f32],
    values: impl Iterator<Item = &'a [Lanes]>,
    (member, first): (usize, usize),
    result: &mut [Lanes],
) {
    let group = sizes.heads / sizes.kv_heads;
    let kv_lanes = sizes.kv_lanes();
    let stored = scores.len() / sizes.heads;
    let head = |n: usize| (first + n) / sizes.head_lanes * group + member;
    let mut weights: [&[f32]; N] = [&[]; N];
    for n in 0..N {
        weights[n] = &scores[head(n) * stored..][..stored];
    }
    let mut sums = [Lanes::ZERO; N];
    let mut token = 0;
    for block in values {
        for values in block.chunks_exact(kv_lanes) {
            let values = &values[first..][..N];
            for n in 0..N {
                sums[n] = Lanes::splat(weights[n][token]).times_plus(values[n], sums[n]);
            }
            token += 1;
        }
    }
    for n in 0..N {
        result[head(n) * sizes.head_lanes + (first + n) % sizes.head_lanes] = sums[n];
    }
}

const _: () = assert!(WIDTH == 16, "the layout of scores and keys is one lane a position");
