//! Attention of one token over one sequence.
//!
//! Every score is one chain over the floats of a head, every output one chain over the positions, and the sum of the
//! weights is taken lane by lane: what comes out depends on the position and on what is stored, never on the batch.
//!
//! A chain waits for itself, so up to [`CHAINS`] are computed side by side; and what is stored comes from far away, so
//! that the part that the next token needs is asked for on the way.

use crate::lanes::{Halves, Lanes, WIDTH, fetch, flat, flat_mut};
use crate::sizes::Sizes;
use crate::store::Block;
use std::sync::Arc;

/// Sums computed side by side. No result depends on it.
const CHAINS: usize = 8;

/// What one token attends to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) layer: usize,
    /// Blocks of all positions up to the token's own.
    pub(crate) blocks: &'a [Arc<Block>],
    pub(crate) tokens: usize,
    /// What will be attended to next; may have fewer blocks, or none.
    pub(crate) next: &'a [Arc<Block>],
}

/// Calls a function with a constant number of chains.
macro_rules! chains {
    ($count:expr, $function:ident($($argument:expr),*)) => {
        match $count {
            1 => $function::<1>($($argument),*),
            2 => $function::<2>($($argument),*),
            3 => $function::<3>($($argument),*),
            4 => $function::<4>($($argument),*),
            5 => $function::<5>($($argument),*),
            6 => $function::<6>($($argument),*),
            7 => $function::<7>($($argument),*),
            _ => $function::<CHAINS>($($argument),*),
        }
    };
}

impl<'a> Context<'a> {
    /// A block, and the one in its place for the next token.
    fn block(self, index: usize) -> [&'a Block; 2] {
        let own = &self.blocks[index];
        [own, self.next.get(index).unwrap_or(own)]
    }
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
    let count = context.blocks.len();
    let group = sizes.heads / sizes.kv_heads;
    for (head, scores) in scores.chunks_exact_mut(count).take(sizes.heads).enumerate() {
        let query = &flat(&query[head * sizes.head_lanes..])[..sizes.head];
        let start = head / group * sizes.head;
        for (chunk, scores) in scores.chunks_mut(CHAINS).enumerate() {
            chains!(scores.len(), score(sizes, query, context, (chunk * CHAINS, start), scores));
        }
        soften(scores, context.tokens);
    }
    let scores = flat(&scores[..sizes.heads * count]);
    for member in 0..group {
        for first in (0..sizes.kv_lanes()).step_by(CHAINS) {
            let chains = CHAINS.min(sizes.kv_lanes() - first);
            chains!(chains, mix(sizes, scores, context, (member, first), result));
        }
    }
}

/// Scores of `N` blocks of positions from `first` on for one head, whose keys begin at `start` in each.
#[inline(never)]
fn score<const N: usize>(
    sizes: &Sizes,
    query: &[f32],
    context: Context<'_>,
    (first, start): (usize, usize),
    result: &mut [Lanes],
) {
    let mut keys: [&[Halves]; N] = [&[]; N];
    let mut next: [&[Halves]; N] = [&[]; N];
    for n in 0..N {
        let [block, later] = context.block(first + n);
        keys[n] = &block.keys(sizes, context.layer)[start..][..query.len()];
        next[n] = &later.keys(sizes, context.layer)[start..][..query.len()];
    }
    let mut scores = [Lanes::ZERO; N];
    for float in 0..query.len() {
        for n in 0..N {
            scores[n] = Lanes::splat(query[float]).times_plus(keys[n][float].widen(), scores[n]);
            if float % 2 == 0 {
                fetch(&next[n][float]);
            }
        }
    }
    result.copy_from_slice(&scores);
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
#[inline(never)]
fn mix<const N: usize>(
    sizes: &Sizes,
    scores: &[f32],
    context: Context<'_>,
    (member, first): (usize, usize),
    result: &mut [Lanes],
) {
    let group = sizes.heads / sizes.kv_heads;
    let kv_lanes = sizes.kv_lanes();
    let stored = scores.len() / sizes.heads;
    let head = |n: usize| (first + n) / sizes.head_lanes * group + member;
    let mut sums = [Lanes::ZERO; N];
    for index in 0..context.blocks.len() {
        let used = (context.tokens - index * WIDTH).min(WIDTH);
        let [block, later] = context.block(index);
        let values = block.values(sizes, context.layer).chunks_exact(kv_lanes);
        let next = later.values(sizes, context.layer).chunks_exact(kv_lanes);
        let mut weights: [&[f32]; N] = [&[]; N];
        for n in 0..N {
            weights[n] = &scores[head(n) * stored + index * WIDTH..][..used];
        }
        for (token, (values, next)) in values.zip(next).take(used).enumerate() {
            let (values, next) = (&values[first..][..N], &next[first..][..N]);
            for n in 0..N {
                sums[n] = Lanes::splat(weights[n][token]).times_plus(values[n].widen(), sums[n]);
                if n % 2 == 0 {
                    fetch(&next[n]);
                }
            }
        }
    }
    for n in 0..N {
        result[head(n) * sizes.head_lanes + (first + n) % sizes.head_lanes] = sums[n];
    }
}

const _: () = assert!(WIDTH == 16, "the layout of scores and keys is one lane a position");
