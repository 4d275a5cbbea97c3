//! Causal attention of one sequence after another, without stored probabilities.
//!
//! Queries go in blocks of rows: scores of a block against all keys that it may see, softmax, weighted values. The
//! backward pass computes the scores again from the stored log-sum-exp (Dao et al. 2022, arXiv 2205.14135).

use super::matrix::{View, ViewMut};
use super::vector::{dot, exponentials, largest};
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

/// Attends within each of `sequences`.
///
/// Shapes: `rows` `[tokens, row]` (queries, keys, values, already rotated), `out` `[tokens, hidden]`, `log_sums`
/// `[heads, tokens]`; `sequences` are ranges of tokens.
pub(crate) fn forward(
    heads: Heads,
    rows: &[f32],
    sequences: &[Range<usize>],
    out: &mut [f32],
    log_sums: &mut [f32],
    room: &mut Room,
) {
    let (row, hidden, tokens) = (heads.row(), heads.hidden(), rows.len() / heads.row());
    for (sequence, head) in pairs(heads, sequences) {
        let [query_at, key_at, value_at] = heads.columns(head);
        let from = &rows[sequence.start * row..];
        room.grow(sequence.len());
        for block in blocks(sequence.len()) {
            let (count, seen) = (block.len(), block.end);
            let queries = View::strided(&from[block.start * row + query_at..], count, heads.width, row);
            let keys = View::strided(&from[key_at..], seen, heads.width, row);
            let values = View::strided(&from[value_at..], seen, heads.width, row);
            let scores = &mut room.scores[..count * seen];
            ViewMut::new(scores, count, seen).assign(queries, keys.transposed(), heads.scale());
            for (position, scores) in block.clone().zip(scores.chunks_exact_mut(seen)) {
                let (past, future) = scores.split_at_mut(position + 1);
                let top = largest(past);
                let sum = exponentials(past, top);
                let share = 1.0 / sum;
                for score in past {
                    *score *= share;
                }
                future.fill(0.0);
                log_sums[head * tokens + sequence.start + position] = top + sum.ln();
            }
            let to = &mut out[(sequence.start + block.start) * hidden + head * heads.width..];
            ViewMut::strided(to, count, heads.width, hidden).assign(
                View::new(scores, count, seen),
                values,
                1.0,
            );
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
    sequences: &[Range<usize>],
    dout: &[f32],
    drows: &mut [f32],
    room: &mut Room,
) {
    let (row, hidden, width) = (heads.row(), heads.hidden(), heads.width);
    let tokens = kept.rows.len() / row;
    drows.chunks_exact_mut(row).for_each(|row| row[hidden..].fill(0.0));
    for (sequence, head) in pairs(heads, sequences) {
        let [query_at, key_at, value_at] = heads.columns(head);
        let from = &kept.rows[sequence.start * row..];
        let to = &mut drows[sequence.start * row..];
        room.grow(sequence.len());
        for block in blocks(sequence.len()) {
            let (count, seen) = (block.len(), block.end);
            let queries = View::strided(&from[block.start * row + query_at..], count, width, row);
            let keys = View::strided(&from[key_at..], seen, width, row);
            let values = View::strided(&from[value_at..], seen, width, row);
            let out_at = (sequence.start + block.start) * hidden + head * width;
            let incoming = View::strided(&dout[out_at..], count, width, hidden);
            let scores = &mut room.scores[..count * seen];
            let gradients = &mut room.gradients[..count * seen];
            ViewMut::new(scores, count, seen).assign(queries, keys.transposed(), heads.scale());
            ViewMut::new(gradients, count, seen).assign(incoming, values.transposed(), 1.0);
            for (index, position) in block.clone().enumerate() {
                let (past, future) = scores[index * seen..][..seen].split_at_mut(position + 1);
                let (dpast, dfuture) = gradients[index * seen..][..seen].split_at_mut(position + 1);
                exponentials(past, kept.log_sums[head * tokens + sequence.start + position]);
                future.fill(0.0);
                dfuture.fill(0.0);
                let at = out_at + index * hidden;
                let pull = dot(&dout[at..at + width], &kept.out[at..at + width]);
                for (dscore, share) in dpast.iter_mut().zip(past) {
                    *dscore = *share * (*dscore - pull) * heads.scale();
                }
            }
            let shares = View::new(scores, count, seen);
            let dscores = View::new(gradients, count, seen);
            ViewMut::strided(&mut to[block.start * row + query_at..], count, width, row)
                .assign(dscores, keys, 1.0);
            ViewMut::strided(&mut to[key_at..], seen, width, row).add(dscores.transposed(), queries);
            ViewMut::strided(&mut to[value_at..], seen, width, row).add(shares.transposed(), incoming);
        }
    }
}

fn pairs(heads: Heads, sequences: &[Range<usize>]) -> impl Iterator<Item = (&Range<usize>, usize)> {
    sequences.iter().flat_map(move |sequence| (0..heads.query).map(move |head| (sequence, head)))
}

fn blocks(length: usize) -> impl Iterator<Item = Range<usize>> {
    (0..length).step_by(BLOCK).map(move |start| start..(start + BLOCK).min(length))
}
