//! The tensors of a model: the one list from which weights are named, sized, read, written and trained.

use crate::Shape;
use std::borrow::Cow;
use std::fmt::Display;

/// One tensor of a block.
pub(crate) struct Part {
    /// Its name behind `blk.0.` in GGUF files.
    pub(crate) name: &'static str,
    /// Its name behind `model.layers.0.` in folders of `transformers`.
    pub(crate) foreign: &'static str,
    /// `[out, in]`, or `[size]`.
    pub(crate) size: fn(&Shape) -> Vec<u32>,
    /// For rows that rotary positions turn: the heads that they belong to.
    pub(crate) turned: Option<fn(&Shape) -> u32>,
    /// Whether only some shapes have it: the biases.
    pub(crate) optional: bool,
}

const fn part(name: &'static str, foreign: &'static str, size: fn(&Shape) -> Vec<u32>) -> Part {
    Part { name, foreign, size, turned: None, optional: false }
}

/// Those of queries.
const HEADS: Option<fn(&Shape) -> u32> = Some(|shape| shape.heads);
/// Those of keys.
const KV_HEADS: Option<fn(&Shape) -> u32> = Some(|shape| shape.kv_heads);

/// The tensors of a block, in the order of files and of [`Block::tensors`](crate::Block::tensors).
pub(crate) const PARTS: [Part; 12] = [
    part("attn_norm.weight", "input_layernorm.weight", |shape| vec![shape.hidden]),
    Part {
        turned: HEADS,
        ..part("attn_q.weight", "self_attn.q_proj.weight", |shape| vec![shape.hidden, shape.hidden])
    },
    Part {
        turned: HEADS,
        optional: true,
        ..part("attn_q.bias", "self_attn.q_proj.bias", |shape| vec![shape.hidden])
    },
    Part {
        turned: KV_HEADS,
        ..part("attn_k.weight", "self_attn.k_proj.weight", |shape| vec![shape.kv_width(), shape.hidden])
    },
    Part {
        turned: KV_HEADS,
        optional: true,
        ..part("attn_k.bias", "self_attn.k_proj.bias", |shape| vec![shape.kv_width()])
    },
    part("attn_v.weight", "self_attn.v_proj.weight", |shape| vec![shape.kv_width(), shape.hidden]),
    Part { optional: true, ..part("attn_v.bias", "self_attn.v_proj.bias", |shape| vec![shape.kv_width()]) },
    part("attn_output.weight", "self_attn.o_proj.weight", |shape| vec![shape.hidden, shape.hidden]),
    part("ffn_norm.weight", "post_attention_layernorm.weight", |shape| vec![shape.hidden]),
    part("ffn_gate.weight", "mlp.gate_proj.weight", |shape| vec![shape.feed_forward, shape.hidden]),
    part("ffn_up.weight", "mlp.up_proj.weight", |shape| vec![shape.feed_forward, shape.hidden]),
    part("ffn_down.weight", "mlp.down_proj.weight", |shape| vec![shape.hidden, shape.feed_forward]),
];

impl Part {
    /// Its name in folders of `transformers`, in a block.
    pub(crate) fn foreign_name(&self, block: impl Display) -> String {
        format!("model.layers.{block}.{}", self.foreign)
    }

    /// Whether models of a shape have it.
    pub(crate) fn is_of(&self, shape: &Shape) -> bool {
        shape.bias || !self.optional
    }

    /// Values that models of a shape have in it.
    pub(crate) fn length(&self, shape: &Shape) -> usize {
        if self.is_of(shape) { (self.size)(shape).into_iter().map(|size| size as usize).product() } else { 0 }
    }
}

/// The tensor of a block that a name in a GGUF file stands for, and the block's number.
pub(crate) fn of_name(name: &str) -> Option<(&str, &'static Part)> {
    let (index, rest) = name.strip_prefix("blk.")?.split_once('.')?;
    Some((index, PARTS.iter().find(|part| part.name == rest)?))
}

/// How the rows of queries and keys lie in a file.
///
/// Rotary positions turn two rows of a head against each other. Here and in GGUF files of the `llama` architecture these
/// are neighbours; in folders of `transformers` and GGUF files of `qwen2` they are the same place of its two halves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// As here.
    Pairs,
    /// First halves of pairs, then second halves.
    Halves,
}

impl Order {
    /// The rows of a tensor that comes from a file; `tensor` is its name in GGUF files.
    pub(crate) fn read<T: Copy>(self, tensor: &str, shape: &Shape, mut values: Vec<T>) -> Vec<T> {
        let half = shape.head_width() as usize / 2;
        if let Some(heads) = self.heads(tensor, shape) {
            values = reordered(&values, heads, shape, |row| row % 2 * half + row / 2);
        }
        values
    }

    /// The rows of a tensor as they go into a file.
    pub(crate) fn written<'a>(self, tensor: &str, shape: &Shape, values: &'a [f32]) -> Cow<'a, [f32]> {
        let half = shape.head_width() as usize / 2;
        match self.heads(tensor, shape) {
            Some(heads) => reordered(values, heads, shape, |row| row % half * 2 + row / half).into(),
            None => values.into(),
        }
    }

    fn heads(self, tensor: &str, shape: &Shape) -> Option<u32> {
        if self == Self::Pairs {
            return None;
        }
        // The second factor of an adapter's change has the rows of the matrix.
        let (_, part) = of_name(tensor.strip_suffix(".lora_b").unwrap_or(tensor))?;
        part.turned.map(|heads| heads(shape))
    }
}

/// Takes each row of a head from another row of it.
fn reordered<T: Copy>(values: &[T], heads: u32, shape: &Shape, from: impl Fn(usize) -> usize) -> Vec<T> {
    let width = shape.head_width() as usize;
    let columns = values.len() / (heads as usize * width);
    let mut out = Vec::with_capacity(values.len());
    for head in 0..heads as usize {
        for row in 0..width {
            let start = (head * width + from(row)) * columns;
            out.extend_from_slice(&values[start..start + columns]);
        }
    }
    out
}
