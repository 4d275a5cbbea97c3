//! One transformer block on one tile, forward and backward, on one thread.

use super::gradients::Gradients;
use super::lanes::Tile;
use crate::kernels::attention::{self, Heads, Kept, Room};
use crate::kernels::dropout::Mask;
use crate::kernels::matrix::{View, ViewMut};
use crate::kernels::rotary::Rotary;
use crate::kernels::{gated, norm};
use crate::parts::{ATTENTION_OUTPUT, DOWN, GATE_UP, INPUT, Parts};
use std::sync::Arc;

/// What a block is besides its weights.
#[derive(Debug, Clone)]
pub(crate) struct BlockPlan {
    pub(crate) parts: Parts,
    pub(crate) heads: Heads,
    pub(crate) epsilon: f32,
    pub(crate) rotary: Arc<Rotary>,
    /// Dropped from what attention adds to the residual stream.
    pub(crate) attention_mask: Option<Mask>,
    /// Dropped from what the feed-forward layer adds.
    pub(crate) feed_forward_mask: Option<Mask>,
}

impl BlockPlan {
    /// Numbers for each token that the backward pass needs: rotated queries and keys with values; what attention gave
    /// and its log-sums; the residual stream in the middle; gate and up.
    fn saved_widths(&self) -> [usize; 5] {
        let Parts { hidden, feed_forward, .. } = self.parts;
        [self.parts.row(), hidden, self.heads.query, hidden, 2 * feed_forward]
    }

    /// Their sum.
    pub(super) fn saved_width(&self) -> usize {
        self.saved_widths().iter().sum()
    }

    /// Numbers for each token of room in the forward pass: normalised input, activation.
    fn forward_widths(&self) -> [usize; 2] {
        [self.parts.hidden, self.parts.feed_forward]
    }

    /// Their sum.
    pub(super) fn forward_width(&self) -> usize {
        self.forward_widths().iter().sum()
    }

    /// Numbers for each token of room in the backward pass: three of the stream's width, gradients of queries, keys
    /// and values, activation and its gradient, gradients of gate and up.
    fn backward_widths(&self) -> [usize; 7] {
        let Parts { hidden, feed_forward, .. } = self.parts;
        [hidden, hidden, hidden, self.parts.row(), feed_forward, feed_forward, 2 * feed_forward]
    }

    /// Their sum.
    pub(super) fn backward_width(&self) -> usize {
        self.backward_widths().iter().sum()
    }

    /// `out = x + attention(x) + feed_forward(…)`.
    ///
    /// Shapes: `x` and `out` `[tokens, hidden]` of the tile, `weights` as in [`Parts`]; in `work`, `saved` is
    /// `[tokens, saved_width]`, `scratch` at least `[tokens, forward_width]`.
    pub(super) fn forward(&self, tile: &Tile, x: &[f32], weights: &[f32], out: &mut [f32], work: Work<'_>) {
        let Work { saved, scratch, room } = work;
        let Parts { hidden, feed_forward, .. } = self.parts;
        let (tokens, row) = (tile.rows.len(), self.parts.row());
        let [rows, attended, log_sums, middle, gate_up] = split_mut(saved, tokens, self.saved_widths());
        let [normed, active] = split_mut(scratch, tokens, self.forward_widths());

        norm::forward(x, &weights[self.parts.attention_norm()], self.epsilon, normed);
        let input = View::new(&weights[self.parts.input()], row, hidden).transposed();
        ViewMut::new(rows, tokens, row).assign(View::new(normed, tokens, hidden), input, 1.0);
        if self.parts.biased {
            let bias = &weights[self.parts.bias()];
            rows.chunks_exact_mut(row).for_each(|row| add_to(row, bias));
        }
        self.turn(tile, rows, 1.0);
        attention::forward(self.heads, rows, &tile.sequences, attended, log_sums, room);
        let output = View::new(&weights[self.parts.attention_output()], hidden, hidden).transposed();
        let attended = View::new(attended, tokens, hidden);
        add_to_stream(x, attended, output, self.attention_mask, tile, middle);

        norm::forward(middle, &weights[self.parts.feed_forward_norm()], self.epsilon, normed);
        let gates = View::new(&weights[self.parts.gate_up()], 2 * feed_forward, hidden).transposed();
        ViewMut::new(gate_up, tokens, 2 * feed_forward).assign(View::new(normed, tokens, hidden), gates, 1.0);
        gated::forward(gate_up, feed_forward, active);
        let down = View::new(&weights[self.parts.down()], hidden, feed_forward).transposed();
        add_to_stream(
            middle,
            View::new(active, tokens, feed_forward),
            down,
            self.feed_forward_mask,
            tile,
            out,
        );
    }

    /// The gradient with respect to `x` from that of the output; adds those of the weights to `gradients`.
    ///
    /// Shapes: `x`, `dout` and `dx` `[tokens, hidden]` of the tile, `saved` as left by the forward pass, `scratch` at least
    /// `[tokens, backward_width]`.
    pub(super) fn backward(
        &self,
        tile: &Tile,
        input: BackwardInput<'_>,
        dx: &mut [f32],
        gradients: &mut Gradients<'_>,
        scratch: &mut [f32],
        room: &mut Room,
    ) {
        let BackwardInput { x, weights, saved, dout } = input;
        let parts = self.parts;
        let Parts { hidden, feed_forward, .. } = parts;
        let (tokens, row) = (tile.rows.len(), parts.row());
        let [rows, attended, log_sums, middle, gate_up] = split(saved, tokens, self.saved_widths());
        let [stream, normed, dnormed, drows, active, dactive, dgate_up] =
            split_mut(scratch, tokens, self.backward_widths());

        // The feed-forward layer.
        let incoming = behind(dout, self.feed_forward_mask, tile, dnormed);
        let down = View::new(&weights[parts.down()], hidden, feed_forward);
        ViewMut::new(dactive, tokens, feed_forward).assign(whole(incoming, tokens), down, 1.0);
        gated::backward(gate_up, feed_forward, dactive, dgate_up, active);
        gradients.add(parts, DOWN, whole(incoming, tokens), View::new(active, tokens, feed_forward));
        norm::forward(middle, &weights[parts.feed_forward_norm()], self.epsilon, normed);
        let dgates = View::new(dgate_up, tokens, 2 * feed_forward);
        gradients.add(parts, GATE_UP, dgates, whole(normed, tokens));
        let gates = View::new(&weights[parts.gate_up()], 2 * feed_forward, hidden);
        ViewMut::new(dnormed, tokens, hidden).assign(dgates, gates, 1.0);
        stream.copy_from_slice(dout);
        let norm_weight = &weights[parts.feed_forward_norm()];
        let dnorm = gradients.vector(parts.feed_forward_norm());
        norm::backward(middle, norm_weight, self.epsilon, dnormed, stream, dnorm);

        // Attention.
        let incoming = behind(stream, self.attention_mask, tile, dnormed);
        gradients.add(parts, ATTENTION_OUTPUT, whole(incoming, tokens), whole(attended, tokens));
        let output = View::new(&weights[parts.attention_output()], hidden, hidden);
        ViewMut::new(normed, tokens, hidden).assign(whole(incoming, tokens), output, 1.0);
        let kept = Kept { rows, out: attended, log_sums };
        attention::backward(self.heads, kept, &tile.sequences, normed, drows, room);
        self.turn(tile, drows, -1.0);
        if parts.biased {
            let dbias = gradients.vector(parts.bias());
            drows.chunks_exact(row).for_each(|drow| add_to(dbias, drow));
        }
        norm::forward(x, &weights[parts.attention_norm()], self.epsilon, normed);
        let drows = View::new(drows, tokens, row);
        gradients.add(parts, INPUT, drows, whole(normed, tokens));
        let input = View::new(&weights[parts.input()], row, hidden);
        ViewMut::new(dnormed, tokens, hidden).assign(drows, input, 1.0);
        dx.copy_from_slice(stream);
        let norm_weight = &weights[parts.attention_norm()];
        norm::backward(x, norm_weight, self.epsilon, dnormed, dx, gradients.vector(parts.attention_norm()));
    }

    /// Turns queries and keys of every token by its place in its example.
    fn turn(&self, tile: &Tile, rows: &mut [f32], direction: f32) {
        let (row, turned) = (self.parts.row(), self.parts.hidden + self.parts.kv_width);
        for sequence in &tile.sequences {
            let rows = rows[sequence.own.start * row..sequence.own.end * row].chunks_exact_mut(row);
            for (position, row) in sequence.positions().zip(rows) {
                self.rotary.turn(&mut row[..turned], position, direction);
            }
        }
    }
}

/// What the forward pass of a tile writes besides its output.
#[derive(Debug)]
pub(super) struct Work<'a> {
    pub(super) saved: &'a mut [f32],
    pub(super) scratch: &'a mut [f32],
    pub(super) room: &'a mut Room,
}

/// What the backward pass of a tile reads.
#[derive(Debug, Clone, Copy)]
pub(super) struct BackwardInput<'a> {
    pub(super) x: &'a [f32],
    pub(super) weights: &'a [f32],
    pub(super) saved: &'a [f32],
    pub(super) dout: &'a [f32],
}

/// Adds one vector to another.
fn add_to(sum: &mut [f32], other: &[f32]) {
    sum.iter_mut().zip(other).for_each(|(sum, other)| *sum += other);
}

/// `out = stream + mask · (left · right)`.
fn add_to_stream(
    stream: &[f32],
    left: View<'_>,
    right: View<'_>,
    mask: Option<Mask>,
    tile: &Tile,
    out: &mut [f32],
) {
    let tokens = tile.rows.len();
    let hidden = stream.len() / tokens;
    match mask {
        None => {
            out.copy_from_slice(stream);
            ViewMut::new(out, tokens, hidden).add(left, right);
        }
        Some(mask) => {
            ViewMut::new(out, tokens, hidden).assign(left, right, 1.0);
            mask.apply(out, tile.rows.start * hidden);
            out.iter_mut().zip(stream).for_each(|(out, stream)| *out += stream);
        }
    }
}

/// The gradient behind a mask: itself without one, else written to `room`.
fn behind<'a>(gradient: &'a [f32], mask: Option<Mask>, tile: &Tile, room: &'a mut [f32]) -> &'a [f32] {
    let Some(mask) = mask else { return gradient };
    room.copy_from_slice(gradient);
    mask.apply(room, tile.rows.start * (gradient.len() / tile.rows.len()));
    room
}

/// A slice as a matrix of `tokens` rows.
fn whole(data: &[f32], tokens: usize) -> View<'_> {
    View::new(data, tokens, data.len() / tokens)
}

/// Cuts a slice into matrices of `tokens` rows and these widths.
fn split_mut<const N: usize>(mut slice: &mut [f32], tokens: usize, widths: [usize; N]) -> [&mut [f32]; N] {
    widths.map(|width| {
        let (own, rest) = std::mem::take(&mut slice).split_at_mut(tokens * width);
        slice = rest;
        own
    })
}

/// The same to read from.
fn split<const N: usize>(mut slice: &[f32], tokens: usize, widths: [usize; N]) -> [&[f32]; N] {
    widths.map(|width| {
        let (own, rest) = slice.split_at(tokens * width);
        slice = rest;
        own
    })
}
