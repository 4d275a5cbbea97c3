//! The weights in the order in which they are used.

use crate::lanes::{Lanes, WIDTH, lanes};
use crate::panels::{COLUMNS, Panels};
use crate::rotary::Rotary;
use crate::sizes::{Sizes, stride};
use deliberate_decoder::{Block, Shape, Weights};

/// A decoder ready to run; shared by all threads.
#[derive(Debug)]
pub(crate) struct Network {
    pub(crate) sizes: Sizes,
    pub(crate) epsilon: f32,
    pub(crate) rotary: Rotary,
    /// Rows of [`Network::hidden_stride`] lanes.
    pub(crate) embedding: Vec<Lanes>,
    pub(crate) blocks: Vec<Layer>,
    pub(crate) final_norm: Vec<Lanes>,
    pub(crate) output: Panels,
}

/// One transformer block.
#[derive(Debug)]
pub(crate) struct Layer {
    pub(crate) attention_norm: Vec<Lanes>,
    /// Queries, keys and values side by side, every head filled up to whole lanes.
    pub(crate) query_key_value: Panels,
    pub(crate) attention_output: Panels,
    pub(crate) feed_forward_norm: Vec<Lanes>,
    /// Each panel has the gates of sixteen units and then their other factors.
    pub(crate) gate_up: Panels,
    pub(crate) down: Panels,
}

impl Network {
    /// Packs weights whose sizes have been checked.
    pub(crate) fn new(shape: &Shape, context: u32, weights: &Weights) -> Self {
        let sizes = Sizes::new(shape, context);
        let hidden = sizes.hidden;
        let table = weights.output.as_ref().unwrap_or(&weights.embedding);
        let width = hidden_stride(&sizes);
        Self {
            sizes,
            epsilon: shape.norm_epsilon,
            rotary: Rotary::new(&sizes, shape.rope_base),
            embedding: weights.embedding.chunks_exact(hidden).flat_map(|row| padded(row, width)).collect(),
            blocks: weights.blocks.iter().map(|block| Layer::new(&sizes, block)).collect(),
            final_norm: padded(&weights.final_norm, width),
            output: Panels::pack(sizes.vocabulary, hidden, |token, input| table[token * hidden + input]),
        }
    }

    /// Lanes from one row of the residual stream to the next; what is past the true width is 0.
    pub(crate) fn hidden_stride(&self) -> usize {
        hidden_stride(&self.sizes)
    }

    /// Lanes of one row of logits.
    pub(crate) fn logit_lanes(&self) -> usize {
        self.output.output_lanes()
    }
}

fn hidden_stride(sizes: &Sizes) -> usize {
    stride(lanes(sizes.hidden.next_multiple_of(COLUMNS)))
}

impl Layer {
    fn new(sizes: &Sizes, block: &Block) -> Self {
        let Sizes { hidden, heads, kv_heads, feed_forward, head, head_lanes, .. } = *sizes;
        let width = hidden_stride(sizes);
        let stored = head_lanes * WIDTH;
        // A head's floats: its pairs (2i, 2i + 1) are stored apart, the first of all pairs and then the second, so
        // that turning them needs no shuffling. Queries and keys are stored alike, so their products stay.
        let apart = |at: usize| if at < head / 2 { 2 * at } else { 2 * (at - head / 2) + 1 };
        let query_key_value = Panels::pack((heads + 2 * kv_heads) * stored, hidden, |output, input| {
            let (index, at) = (output / stored, output % stored);
            let row = |index: usize, at: usize| (index * head + at) * hidden + input;
            match index {
                _ if at >= head => 0.0,
                index if index < heads => block.query[row(index, apart(at))],
                index if index < heads + kv_heads => block.key[row(index - heads, apart(at))],
                index => block.value[row(index - heads - kv_heads, at)],
            }
        });
        let attention_output = Panels::pack(hidden, heads * stored, |output, input| {
            let (index, at) = (input / stored, input % stored);
            if at < head { block.attention_output[output * hidden + index * head + at] } else { 0.0 }
        });
        let gate_up = Panels::pack(feed_forward.div_ceil(WIDTH) * COLUMNS, hidden, |output, input| {
            let unit = output / COLUMNS * WIDTH + output % WIDTH;
            let matrix = if output % COLUMNS < WIDTH { &block.gate } else { &block.up };
            if unit < feed_forward { matrix[unit * hidden + input] } else { 0.0 }
        });
        let down =
            Panels::pack(hidden, feed_forward, |output, input| block.down[output * feed_forward + input]);
        Self {
            attention_norm: padded(&block.attention_norm, width),
            query_key_value,
            attention_output,
            feed_forward_norm: padded(&block.feed_forward_norm, width),
            gate_up,
            down,
        }
    }
}

/// Floats in lanes, filled up with zeros.
fn padded(floats: &[f32], lanes: usize) -> Vec<Lanes> {
    let at = |index: usize| floats.get(index).copied().unwrap_or(0.0);
    (0..lanes).map(|lane| Lanes::from_array(std::array::from_fn(|float| at(lane * WIDTH + float)))).collect()
}
