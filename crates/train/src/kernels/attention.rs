//! Causal attention of one sequence after another, and to the prompt that it shares with others, without stored
//! probabilities.
//!
//! Queries go in blocks of rows: scores of a block against all keys that it may see, softmax, weighted values. The
//! backward pass computes the scores again from the stored log-sum-exp (Dao et al. 2022, arXiv 2205.14135).

use super::matrix::{View, ViewMut};
use super::vector::{dot, exponentials, largest};
use crate::batch::Sequence;
use std::ops::Range;

/// Rows of queries computed at once.
const BLOCK: usize = 64;

/// Sizes of the heads.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Heads {
    /// Query heads.
    pub(crate) query: usize,
    /// Key and value heads; divides `query`.
    pub(crate) key_value: usize,
    /// Width of one.
    pub(crate) width: usize,
}

impl Heads {
    /// Width of a row of queries, keys and values.
    pub(crate) fn row(self) -> usize {
        (self.query + 2 * self.key_value) * self.width
    }

    /// Width of a row of queries, or of the output.
    pub(crate) fn hidden(self) -> usize {
        self.query * self.width
    }

    /// Columns at which query head `head`, its keys and its values begin in a row.
    fn columns(self, head: usize) -> [usize; 3] {
        let shared = head / (self.query / self.key_value);
        [head, self.query + shared, self.query + self.key_value + shared].map(|h| h * self.width)
    }

    fn scale(self) -> f32 {
        1.0 / (self.width as f32).sqrt()
    }
}

/// Room for the scores of a block of queries and their gradients.
#[derive(Debug, Default)]
pub(crate) struct Room {
    scores: Vec<f32>,
    gradients: Vec<f32>,
}

impl Room {
    fn grow(&mut self, tokens: usize) {
        let size = BLOCK.min(tokens) * tokens;
        for part in [&mut self.scores, &mut self.gradients] {
            if part.len() < size {
                part.resize(size, 0.0);
            }
        }
    }
}

/// Attends within each of `sequences`, and to the rows before it.
///
/// Shapes: `rows` `[tokens, row]` (queries, keys, values, already rotated), `out` `[tokens, hidden]`, `log_sums`
/// `[heads, tokens]`.
pub(crate) fn forward(
    heads: Heads,
    rows: &[f32],
    sequences: &[Sequence],
    out: &mut [f32],
    log_sums: &mut [f32],
    room: &mut Room,
) {
    let (row, hidden, width, tokens) = (heads.row(), heads.hidden(), heads.width, rows.len() / heads.row());
    for (sequence, head) in pairs(heads, sequences) {
        let [query_at, key_at, value_at] = heads.columns(head);
        room.grow(sequence.len());
        for block in blocks(sequence) {
            let (count, seen) = (block.rows.len(), block.seen);
            let columns = |row_at: usize, rows_seen: &Range<usize>| {
                View::strided(&rows[rows_seen.start * row + row_at..], rows_seen.len(), width, row)
            };
            let queries = columns(query_at, &block.rows);
            let scores = &mut room.scores[..count * seen];
            for (at, keys) in block.sides() {
                let keys = columns(key_at, &keys).transposed();
                ViewMut::strided(&mut scores[at..], count, keys.columns(), seen).assign(
                    queries,
                    keys,
                    heads.scale(),
                );
            }
            for (index, scores) in scores.chunks_exact_mut(seen).enumerate() {
                let (past, future) = scores.split_at_mut(block.past + index + 1);
                let top = largest(past);
                let sum = exponentials(past, top);
                let share = 1.0 / sum;
                for score in past {
                    *score *= share;
                }
                future.fill(0.0);
                log_sums[head * tokens + block.rows.start + index] = top + sum.ln();
            }
            for (side, (at, values)) in block.sides().enumerate() {
                let to = &mut out[block.rows.start * hidden + head * width..];
                let to = ViewMut::strided(to, count, width, hidden);
                let shares = View::strided(&scores[at..], count, values.len(), seen);
                let values = columns(value_at, &values);
                if side == 0 { to.assign(shares, values, 1.0) } else { to.add(shares, values) }
            }
        }
    }
}

/// What the forward pass took and left.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kept<'a> {
    /// `[tokens, row]`.
    pub(crate) rows: &'a [f32],
    /// `[tokens, hidden]`.
    pub(crate) out: &'a [f32],
    /// `[heads, tokens]`.
    pub(crate) log_sums: &'a [f32],
}

/// The gradient with respect to `rows`, from that of the output.
///
/// Shapes: `dout` `[tokens, hidden]`, `drows` `[tokens, row]`.
pub(crate) fn backward(
    heads: Heads,
    kept: Kept<'_>,
    sequences: &[Sequence],
    dout: &[f32],
    drows: &mut [f32],
    room: &mut Room,
) {
    let (row, hidden, width) = (heads.row(), heads.hidden(), heads.width);
    let tokens = kept.rows.len() / row;
    drows.chunks_exact_mut(row).for_each(|row| row[hidden..].fill(0.0));
    for (sequence, head) in pairs(heads, sequences) {
        let [query_at, key_at, value_at] = heads.columns(head);
        room.grow(sequence.len());
        for block in blocks(sequence) {
            let (count, seen) = (block.rows.len(), block.seen);
            let columns = |row_at: usize, rows_seen: &Range<usize>| {
                View::strided(&kept.rows[rows_seen.start * row + row_at..], rows_seen.len(), width, row)
            };
            let queries = columns(query_at, &block.rows);
            let out_at = block.rows.start * hidden + head * width;
            let incoming = View::strided(&dout[out_at..], count, width, hidden);
            let scores = &mut room.scores[..count * seen];
            let gradients = &mut room.gradients[..count * seen];
            for (at, side) in block.sides() {
                let (keys, values) =
                    (columns(key_at, &side).transposed(), columns(value_at, &side).transposed());
                let to = ViewMut::strided(&mut scores[at..], count, side.len(), seen);
                to.assign(queries, keys, heads.scale());
                let to = ViewMut::strided(&mut gradients[at..], count, side.len(), seen);
                to.assign(incoming, values, 1.0);
            }
            for index in 0..count {
                let known = block.past + index + 1;
                let (past, future) = scores[index * seen..][..seen].split_at_mut(known);
                let (dpast, dfuture) = gradients[index * seen..][..seen].split_at_mut(known);
                exponentials(past, kept.log_sums[head * tokens + block.rows.start + index]);
                future.fill(0.0);
                dfuture.fill(0.0);
                let at = out_at + index * hidden;
                let pull = dot(&dout[at..at + width], &kept.out[at..at + width]);
                for (dscore, share) in dpast.iter_mut().zip(past) {
                    *dscore = *share * (*dscore - pull) * heads.scale();
                }
            }
            for (place, (at, side)) in block.sides().enumerate() {
                let shares = View::strided(&scores[at..], count, side.len(), seen);
                let dscores = View::strided(&gradients[at..], count, side.len(), seen);
                let keys = columns(key_at, &side);
                let to = ViewMut::strided(&mut drows[block.rows.start * row + query_at..], count, width, row);
                if place == 0 {
                    to.assign(dscores, keys, 1.0);
                } else {
                    to.add(dscores, keys);
                }
                let to = &mut drows[side.start * row..];
                ViewMut::strided(&mut to[key_at..], side.len(), width, row)
                    .add(dscores.transposed(), queries);
                ViewMut::strided(&mut to[value_at..], side.len(), width, row)
                    .add(shares.transposed(), incoming);
            }
        }
    }
}

fn pairs(heads: Heads, sequences: &[Sequence]) -> impl Iterator<Item = (&Sequence, usize)> {
    sequences.iter().flat_map(move |sequence| (0..heads.query).map(move |head| (sequence, head)))
}

/// Queries that are computed at once, and what they may see.
struct Block {
    /// Their rows.
    rows: Range<usize>,
    /// Rows of the prompt before the sequence.
    before: Range<usize>,
    /// Rows of the sequence up to the last query.
    own: Range<usize>,
    /// Rows that come before the first query.
    past: usize,
    /// Rows that the last query sees.
    seen: usize,
}

impl Block {
    /// The rows that are seen, and the columns of the scores at which each part of them begins.
    fn sides(&self) -> impl Iterator<Item = (usize, Range<usize>)> {
        let before = (0, self.before.clone());
        let own = (self.before.len(), self.own.clone());
        [own, before].into_iter().filter(|(_, rows)| !rows.is_empty())
    }
}

fn blocks(sequence: &Sequence) -> impl Iterator<Item = Block> {
    let Sequence { before, own } = sequence;
    own.clone().step_by(BLOCK).map(move |start| {
        let rows = start..(start + BLOCK).min(own.end);
        let past = before.len() + start - own.start;
        Block { before: before.clone(), own: own.start..rows.end, past, seen: past + rows.len(), rows }
    })
}
