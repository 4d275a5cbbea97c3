//! The decoder in candle's own operations: for devices without fused ones, and as what those are compared with.
//!
//! Works in any float type. Attention gathers examples of similar length into padded groups; all else is flat.

use crate::batch::Sequence;
use crate::kernels::attention::Heads;
use crate::kernels::dropout::Mask;
use crate::kernels::rotary::Rotary;
use crate::parts::Parts;
use crate::{Batch, Goal};
use candle_core::{D, DType, Device, Result, Tensor};
use std::collections::BTreeMap;
use std::ops::Range;

/// Root-mean-square normalisation: `x` `[rows, width]`, `weight` `[width]`.
pub(crate) fn norm(x: &Tensor, weight: &Tensor, epsilon: f32) -> Result<Tensor> {
    let mean = x.sqr()?.mean_keepdim(D::Minus1)?;
    let root = (mean + f64::from(epsilon))?.sqrt()?;
    x.broadcast_div(&root)?.broadcast_mul(weight)
}

/// The gated activation: `[rows, 2 · width]` → `[rows, width]`.
pub(crate) fn gated(gate_up: &Tensor) -> Result<Tensor> {
    let width = gate_up.dim(1)? / 2;
    let (gate, up) = (gate_up.narrow(1, 0, width)?, gate_up.narrow(1, width, width)?);
    let silu = (&gate / ((gate.neg()?.exp()? + 1.0)?))?;
    silu * up
}

/// Angles of every token of a batch: `[tokens, 1, head_width / 2, 1]` each.
#[derive(Debug, Clone)]
pub(crate) struct Angles {
    cosine: Tensor,
    sine: Tensor,
}

impl Angles {
    pub(crate) fn new(
        rotary: &Rotary,
        sequences: &[Sequence],
        dtype: DType,
        device: &Device,
    ) -> Result<Self> {
        let rows: Vec<&[f32]> =
            sequences.iter().flat_map(Sequence::positions).map(|at| rotary.at(at)).collect();
        let tensor = |offset: usize| {
            let values: Vec<f32> =
                rows.iter().flat_map(|row| row.iter().skip(offset).step_by(2)).copied().collect();
            let pairs = values.len() / rows.len();
            Tensor::from_vec(values, (rows.len(), 1, pairs, 1), device)?.to_dtype(dtype)
        };
        Ok(Self { cosine: tensor(0)?, sine: tensor(1)? })
    }

    /// Turns `[tokens, heads, width]`.
    pub(crate) fn turn(&self, x: &Tensor) -> Result<Tensor> {
        let (tokens, heads, width) = x.dims3()?;
        let pairs = x.reshape((tokens, heads, width / 2, 2))?;
        let (first, second) = (pairs.narrow(3, 0, 1)?, pairs.narrow(3, 1, 1)?);
        let turned_first = (first.broadcast_mul(&self.cosine)? - second.broadcast_mul(&self.sine)?)?;
        let turned_second = (first.broadcast_mul(&self.sine)? + second.broadcast_mul(&self.cosine)?)?;
        Tensor::cat(&[turned_first, turned_second], 3)?.reshape((tokens, heads, width))
    }
}

/// Which rows of a batch make which padded groups.
#[derive(Debug, Clone)]
pub(crate) struct Groups {
    /// Examples, longest, and rows `[examples · longest]` with padding pointing at row 0.
    groups: Vec<(usize, usize, Tensor)>,
    /// Where each row of the batch lies in the groups laid end to end: `[tokens]`.
    back: Tensor,
}

impl Groups {
    pub(crate) fn new(sequences: &[Sequence], device: &Device) -> Result<Self> {
        let mut similar: BTreeMap<usize, Vec<&Sequence>> = BTreeMap::new();
        for sequence in sequences {
            similar.entry(sequence.len().next_power_of_two()).or_default().push(sequence);
        }
        let tokens = sequences.last().map_or(0, |last| last.own.end);
        let (mut groups, mut back, mut laid) = (Vec::new(), vec![0u32; tokens], 0);
        for members in similar.values() {
            let longest = members.iter().map(|s| s.len()).max().unwrap_or(0);
            let mut rows = vec![0u32; members.len() * longest];
            for (index, member) in members.iter().enumerate() {
                for (offset, row) in member.before.clone().chain(member.own.clone()).enumerate() {
                    rows[index * longest + offset] = row as u32;
                    if member.own.contains(&row) {
                        back[row] = (laid + index * longest + offset) as u32;
                    }
                }
            }
            laid += rows.len();
            let rows = Tensor::from_vec(rows, members.len() * longest, device)?;
            groups.push((members.len(), longest, rows));
        }
        Ok(Self { groups, back: Tensor::from_vec(back, tokens, device)? })
    }
}

/// Causal attention within examples: rotated `query` `[tokens, heads, width]`, `key` and `value`
/// `[tokens, kv_heads, width]` → `[tokens, heads · width]`.
pub(crate) fn attention(heads: Heads, groups: &Groups, q: &Tensor, k: &Tensor, v: &Tensor) -> Result<Tensor> {
    let mut outs = Vec::new();
    for (examples, longest, rows) in &groups.groups {
        let (examples, longest) = (*examples, *longest);
        let gather = |x: &Tensor, count: usize| {
            let x = x.index_select(rows, 0)?.reshape((examples, longest, count, heads.width))?;
            x.transpose(1, 2)?.contiguous()
        };
        let shared = heads.query / heads.key_value;
        let repeated = |x: Tensor| {
            let x = x.unsqueeze(2)?.repeat((1, 1, shared, 1, 1))?;
            x.reshape((examples, heads.query, longest, heads.width))
        };
        let query = gather(q, heads.query)?;
        let key = repeated(gather(k, heads.key_value)?)?;
        let value = repeated(gather(v, heads.key_value)?)?;
        let scores = (query.matmul(&key.t()?)? * (1.0 / (heads.width as f64).sqrt()))?;
        let scores = scores.broadcast_add(&future(longest, q.dtype(), q.device())?)?;
        let probabilities = softmax(&scores)?;
        let out = probabilities.matmul(&value)?.transpose(1, 2)?.contiguous()?;
        outs.push(out.reshape((examples * longest, heads.query * heads.width))?);
    }
    Tensor::cat(&outs, 0)?.index_select(&groups.back, 0)
}

/// `[longest, longest]`: 0 up to the diagonal, far below any score after it.
fn future(longest: usize, dtype: DType, device: &Device) -> Result<Tensor> {
    let entry = |at: usize| if at % longest > at / longest { -1e9f32 } else { 0.0 };
    Tensor::from_iter((0..longest * longest).map(entry), device)?.reshape((longest, longest))?.to_dtype(dtype)
}

fn softmax(scores: &Tensor) -> Result<Tensor> {
    let top = scores.detach().max_keepdim(D::Minus1)?;
    let powers = scores.broadcast_sub(&top)?.exp()?;
    powers.broadcast_div(&powers.sum_keepdim(D::Minus1)?)
}

/// What a block is besides its weights.
#[derive(Debug)]
pub(crate) struct PlainBlock<'a> {
    pub(crate) parts: Parts,
    pub(crate) heads: Heads,
    pub(crate) epsilon: f32,
    pub(crate) angles: &'a Angles,
    pub(crate) groups: &'a Groups,
    pub(crate) attention_mask: Option<Mask>,
    pub(crate) feed_forward_mask: Option<Mask>,
}

impl PlainBlock<'_> {
    /// Stream `[tokens, hidden]`, weights `[size]` → `[tokens, hidden]`.
    pub(crate) fn apply(&self, stream: &Tensor, weights: &Tensor) -> Result<Tensor> {
        let Parts { hidden, kv_width, feed_forward, biased } = self.parts;
        let part = |range: Range<usize>| weights.narrow(0, range.start, range.len());
        let matrix =
            |range: Range<usize>, rows: usize, columns: usize| part(range)?.reshape((rows, columns))?.t();
        let tokens = stream.dim(0)?;

        let normed = norm(stream, &part(self.parts.attention_norm())?, self.epsilon)?;
        let rows = normed.matmul(&matrix(self.parts.input(), self.parts.row(), hidden)?)?;
        let rows = if biased { rows.broadcast_add(&part(self.parts.bias())?)? } else { rows };
        let heads = |at: usize, width: usize| {
            rows.narrow(1, at, width)?.reshape((tokens, width / self.heads.width, self.heads.width))
        };
        let query = self.angles.turn(&heads(0, hidden)?)?;
        let key = self.angles.turn(&heads(hidden, kv_width)?)?;
        let attended =
            attention(self.heads, self.groups, &query, &key, &heads(hidden + kv_width, kv_width)?)?;
        let added = attended.matmul(&matrix(self.parts.attention_output(), hidden, hidden)?)?;
        let middle = (stream + dropped(added, self.attention_mask)?)?;

        let normed = norm(&middle, &part(self.parts.feed_forward_norm())?, self.epsilon)?;
        let gate_up = normed.matmul(&matrix(self.parts.gate_up(), 2 * feed_forward, hidden)?)?;
        let added = gated(&gate_up)?.matmul(&matrix(self.parts.down(), hidden, feed_forward)?)?;
        middle + dropped(added, self.feed_forward_mask)?
    }
}

fn dropped(x: Tensor, mask: Option<Mask>) -> Result<Tensor> {
    let Some(mask) = mask else { return Ok(x) };
    let factors = (0..x.elem_count() as u32).map(|index| mask.factor(index));
    let factors = Tensor::from_iter(factors, x.device())?.reshape(x.shape())?.to_dtype(x.dtype())?;
    x * factors
}

/// Logits at a batch's targets: `[targets, vocabulary]`.
pub(crate) fn logits(
    batch: &Batch,
    epsilon: f32,
    stream: &Tensor,
    norm_weight: &Tensor,
    output: &Tensor,
) -> Result<Tensor> {
    let rows = Tensor::from_slice(&batch.rows, batch.rows.len(), stream.device())?;
    norm(&stream.index_select(&rows, 0)?, norm_weight, epsilon)?.matmul(&output.t()?)
}

/// The mean loss of logits `[targets, vocabulary]`.
pub(crate) fn loss(batch: &Batch, logits: &Tensor) -> Result<Tensor> {
    let shares = batch.shares();
    let mut tokens = (vec![], vec![], vec![]);
    let mut labels = (vec![], vec![], vec![], vec![], vec![]);
    for (row, (goal, share_of_mean)) in batch.goals.iter().zip(shares).enumerate() {
        match *goal {
            Goal::Token(token) => {
                tokens.0.push(row as u32);
                tokens.1.push(token);
                tokens.2.push(share_of_mean);
            }
            Goal::Label { share, positive, negative } => {
                labels.0.push(row as u32);
                labels.1.push(positive);
                labels.2.push(negative);
                labels.3.push(share);
                labels.4.push(share_of_mean);
            }
        }
    }
    let device = logits.device();
    let ids = |values: Vec<u32>| {
        let count = values.len();
        Tensor::from_vec(values, count, device)
    };
    let floats = |values: Vec<f32>| {
        let count = values.len();
        Tensor::from_vec(values, count, device)?.to_dtype(logits.dtype())
    };
    let pick = |rows: &Tensor, column: Vec<u32>| rows.gather(&ids(column)?.unsqueeze(1)?, 1)?.squeeze(1);
    let mut sum = Tensor::zeros((), logits.dtype(), device)?;
    if !tokens.0.is_empty() {
        let rows = logits.index_select(&ids(tokens.0)?, 0)?;
        let top = rows.detach().max_keepdim(1)?;
        let spread = rows.broadcast_sub(&top)?.exp()?.sum(1)?.log()?;
        let losses = ((spread + top.squeeze(1)?)? - pick(&rows, tokens.1)?)?;
        sum = (sum + (losses * floats(tokens.2)?)?.sum_all()?)?;
    }
    if !labels.0.is_empty() {
        let rows = logits.index_select(&ids(labels.0)?, 0)?;
        let margin = (pick(&rows, labels.1)? - pick(&rows, labels.2)?)?;
        let soft = ((margin.abs()?.neg()?.exp()? + 1.0)?.log()? + margin.relu()?)?;
        let losses = (soft - (margin * floats(labels.3)?)?)?;
        sum = (sum + (losses * floats(labels.4)?)?.sum_all()?)?;
    }
    Ok(sum)
}
