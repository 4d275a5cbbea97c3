//! The weights in the order in which they are used.

use crate::error::LoadError;
use crate::lanes::{Lanes, WIDTH, lanes};
use crate::linear::{Added, Linear};
use crate::matrix::{Layout, Matrix};
use crate::panels::COLUMNS;
use crate::rotary::Rotary;
use crate::sizes::{Sizes, stride};
use crate::tensors::{Tensors, Values};
use deliberate_decoder::{Adapter, Shape};

/// A decoder ready to run; shared by all threads.
#[derive(Debug)]
pub(crate) struct Network {
    pub(crate) sizes: Sizes,
    pub(crate) epsilon: f32,
    pub(crate) rotary: Rotary,
    /// One output for each token; none where the output layer serves.
    embedding: Option<Matrix>,
    pub(crate) blocks: Vec<Layer>,
    pub(crate) final_norm: Vec<Lanes>,
    pub(crate) output: Matrix,
}

/// One transformer block.
#[derive(Debug)]
pub(crate) struct Layer {
    pub(crate) attention_norm: Vec<Lanes>,
    /// Queries, keys and values side by side, every head filled up to whole lanes.
    pub(crate) query_key_value: Linear,
    /// What is added to them; empty where there is no bias.
    pub(crate) bias: Vec<Lanes>,
    pub(crate) attention_output: Linear,
    pub(crate) feed_forward_norm: Vec<Lanes>,
    /// Each panel has the gates of sixteen units and then their other factors.
    pub(crate) gate_up: Linear,
    pub(crate) down: Linear,
}

impl Network {
    /// Packs the tensors of a checked shape, and adapters that fit it.
    pub(crate) fn new(
        shape: &Shape,
        context: u32,
        tensors: &mut dyn Tensors,
        mut adapters: Vec<Adapter>,
    ) -> Result<Self, LoadError> {
        let sizes = Sizes::new(shape, context);
        let embedding = table(&sizes, tensors.take("token_embd.weight")?);
        let blocks = (0..shape.layers).map(|index| {
            let added = adapters.iter_mut().map(|adapter| Added::take(adapter, index as usize)).collect();
            Layer::new(shape, &sizes, (index, added), tensors)
        });
        let blocks = blocks.collect::<Result<_, _>>()?;
        let (embedding, output) = if shape.tied {
            (None, embedding)
        } else {
            (Some(embedding), table(&sizes, tensors.take("output.weight")?))
        };
        Ok(Self {
            epsilon: shape.norm_epsilon,
            rotary: Rotary::new(&sizes, shape.rope_base),
            embedding,
            blocks,
            final_norm: padded(&tensors.floats("output_norm.weight")?, hidden_stride(&sizes)),
            output,
            sizes,
        })
    }

    /// The embedding of a token, a row of the residual stream.
    pub(crate) fn embed(&self, token: usize, to: &mut [Lanes]) {
        self.embedding.as_ref().unwrap_or(&self.output).row(token, to);
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

/// The output layer, or the embedding: a row for each token.
fn table(sizes: &Sizes, values: Values) -> Matrix {
    let row = |output| Some((0, output));
    let Sizes { vocabulary: outputs, hidden: inputs, .. } = *sizes;
    Matrix::pack(&Layout { outputs, inputs, columns: inputs, row: &row, column: None }, vec![values])
}

impl Layer {
    fn new(
        shape: &Shape,
        sizes: &Sizes,
        (index, added): (u32, Vec<Added>),
        tensors: &mut dyn Tensors,
    ) -> Result<Self, LoadError> {
        let Sizes { hidden, heads, kv_heads, feed_forward, head, head_lanes, .. } = *sizes;
        let mut take = |name: &str| tensors.take(&format!("blk.{index}.{name}"));
        let width = hidden_stride(sizes);
        let stored = head_lanes * WIDTH;
        // A head's floats: its pairs (2i, 2i + 1) are stored apart, the first of all pairs and then the second, so
        // that turning them needs no shuffling. Queries and keys are stored alike, so their products stay.
        let apart = |at: usize| if at < head / 2 { 2 * at } else { 2 * (at - head / 2) + 1 };
        // Of queries, keys and values: which of them, and its row.
        let fused = |output: usize| {
            let (index, at) = (output / stored, output % stored);
            match index {
                _ if at >= head => None,
                index if index < heads => Some((0, index * head + apart(at))),
                index if index < heads + kv_heads => Some((1, (index - heads) * head + apart(at))),
                index => Some((2, (index - heads - kv_heads) * head + at)),
            }
        };
        let outputs = (heads + 2 * kv_heads) * stored;
        let layout = Layout { outputs, inputs: hidden, columns: hidden, row: &fused, column: None };
        let parts = vec![take("attn_q.weight")?, take("attn_k.weight")?, take("attn_v.weight")?];
        let query_key_value = Linear::pack(&layout, parts, (&added, 0..3));
        let mut bias = Vec::new();
        if shape.bias {
            let parts =
                [take("attn_q.bias")?, take("attn_k.bias")?, take("attn_v.bias")?].map(Values::floats);
            let place = |output: usize| (output < outputs).then(|| fused(output)).flatten();
            let value = |output: usize| place(output).map_or(0.0, |(part, row)| parts[part][row]);
            let values: Vec<f32> = (0..query_key_value.output_lanes() * WIDTH).map(value).collect();
            bias = padded(&values, query_key_value.output_lanes());
        }
        let filled = |input: usize| (input % stored < head).then(|| input / stored * head + input % stored);
        let layout = Layout {
            outputs: hidden,
            inputs: heads * stored,
            columns: hidden,
            row: &|output| Some((0, output)),
            column: if stored == head { None } else { Some(&filled) },
        };
        let attention_output = Linear::pack(&layout, vec![take("attn_output.weight")?], (&added, 3..4));
        let unit = |output: usize| {
            let unit = output / COLUMNS * WIDTH + output % WIDTH;
            (unit < feed_forward).then_some((usize::from(output % COLUMNS >= WIDTH), unit))
        };
        let outputs = feed_forward.div_ceil(WIDTH) * COLUMNS;
        let layout = Layout { outputs, inputs: hidden, columns: hidden, row: &unit, column: None };
        let parts = vec![take("ffn_gate.weight")?, take("ffn_up.weight")?];
        let gate_up = Linear::pack(&layout, parts, (&added, 4..6));
        let row = |output| Some((0, output));
        let layout =
            Layout { outputs: hidden, inputs: feed_forward, columns: feed_forward, row: &row, column: None };
        let down = Linear::pack(&layout, vec![take("ffn_down.weight")?], (&added, 6..7));
        let [attention_norm, feed_forward_norm] = [take("attn_norm.weight")?, take("ffn_norm.weight")?]
            .map(|values| padded(&values.floats(), width));
        Ok(Self { attention_norm, query_key_value, bias, attention_output, feed_forward_norm, gate_up, down })
    }
}

/// Floats in lanes, filled up with zeros.
fn padded(floats: &[f32], lanes: usize) -> Vec<Lanes> {
    let at = |index: usize| floats.get(index).copied().unwrap_or(0.0);
    (0..lanes).map(|lane| Lanes::from_array(std::array::from_fn(|float| at(lane * WIDTH + float)))).collect()
}
