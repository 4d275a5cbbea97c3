//! The weights of a decoder, in 32-bit floats.

use crate::tensors::PARTS;
use crate::{Fault, Shape};

/// Every matrix is `[out, in]` in row-major order. Rotary positions turn neighbouring pairs (2i, 2i + 1) of a head,
/// whatever the order of the file that they came from.
#[derive(Debug, Clone, PartialEq)]
pub struct Weights {
    /// `[vocabulary, hidden]`.
    pub embedding: Vec<f32>,
    /// One for each layer.
    pub blocks: Vec<Block>,
    /// `[hidden]`.
    pub final_norm: Vec<f32>,
    /// `[vocabulary, hidden]`; none where the embedding serves.
    pub output: Option<Vec<f32>>,
}

/// The weights of one transformer block.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Block {
    /// `[hidden]`.
    pub attention_norm: Vec<f32>,
    /// `[hidden, hidden]`.
    pub query: Vec<f32>,
    /// `[hidden]`; like the other biases empty where the shape has none.
    pub query_bias: Vec<f32>,
    /// `[kv_width, hidden]`.
    pub key: Vec<f32>,
    /// `[kv_width]`.
    pub key_bias: Vec<f32>,
    /// `[kv_width, hidden]`.
    pub value: Vec<f32>,
    /// `[kv_width]`.
    pub value_bias: Vec<f32>,
    /// `[hidden, hidden]`.
    pub attention_output: Vec<f32>,
    /// `[hidden]`.
    pub feed_forward_norm: Vec<f32>,
    /// `[feed_forward, hidden]`.
    pub gate: Vec<f32>,
    /// `[feed_forward, hidden]`.
    pub up: Vec<f32>,
    /// `[hidden, feed_forward]`.
    pub down: Vec<f32>,
}

impl Weights {
    /// Weights of this shape, all 0.
    pub fn zeros(shape: &Shape) -> Self {
        let [hidden, vocabulary] = [shape.hidden, shape.vocabulary].map(|n| n as usize);
        let mut block = Block::default();
        for (part, values) in PARTS.iter().zip(block.tensors_mut()) {
            *values = vec![0.0; part.length(shape)];
        }
        Self {
            embedding: vec![0.0; vocabulary * hidden],
            blocks: vec![block; shape.layers as usize],
            final_norm: vec![0.0; hidden],
            output: (!shape.tied).then(|| vec![0.0; vocabulary * hidden]),
        }
    }

    /// Every matrix and vector with its name, as GGUF files call it.
    pub fn named(&self) -> Vec<(String, &[f32])> {
        let mut all: Vec<(String, &[f32])> = vec![("token_embd.weight".to_owned(), &self.embedding)];
        for (index, block) in self.blocks.iter().enumerate() {
            let parts = PARTS.iter().zip(block.tensors());
            let there = parts.filter(|(part, data)| !(part.optional && data.is_empty()));
            all.extend(there.map(|(part, data)| (format!("blk.{index}.{}", part.name), data.as_slice())));
        }
        all.push(("output_norm.weight".to_owned(), &self.final_norm));
        all.extend(self.output.as_deref().map(|data| ("output.weight".to_owned(), data)));
        all
    }

    /// The names of [`Weights::named`], in its order, with the dimensions that a shape gives them: `[out, in]` or
    /// `[size]`.
    pub fn layout(shape: &Shape) -> Vec<(String, Vec<u64>)> {
        let [hidden, vocabulary] = [shape.hidden, shape.vocabulary].map(u64::from);
        let wide = |sizes: Vec<u32>| sizes.into_iter().map(u64::from).collect();
        let mut all = vec![("token_embd.weight".to_owned(), vec![vocabulary, hidden])];
        for index in 0..shape.layers {
            let parts = PARTS.iter().filter(|part| part.is_of(shape));
            all.extend(parts.map(|part| (format!("blk.{index}.{}", part.name), wide((part.size)(shape)))));
        }
        all.push(("output_norm.weight".to_owned(), vec![hidden]));
        all.extend((!shape.tied).then(|| ("output.weight".to_owned(), vec![vocabulary, hidden])));
        all
    }

    /// Checks that they have the sizes that a shape gives them.
    ///
    /// # Errors
    /// [`Fault::WeightSize`] names the first matrix or vector of another size.
    pub fn check(&self, shape: &Shape) -> Result<(), Fault> {
        let mut layout = Weights::layout(shape).into_iter();
        for (name, values) in self.named() {
            let found = values.len() as u64;
            match layout.next() {
                Some((expected, size)) if expected == name => {
                    let expected = size.iter().product();
                    if found != expected {
                        return Err(Fault::WeightSize { name, found, expected });
                    }
                }
                _ => return Err(Fault::WeightSize { name, found, expected: 0 }),
            }
        }
        match layout.next() {
            Some((name, size)) => Err(Fault::WeightSize { name, found: 0, expected: size.iter().product() }),
            None => Ok(()),
        }
    }

    /// What [`Weights::named`] gives, to write to.
    pub fn named_mut(&mut self) -> Vec<(String, &mut Vec<f32>)> {
        let mut all: Vec<(String, &mut Vec<f32>)> =
            vec![("token_embd.weight".to_owned(), &mut self.embedding)];
        for (index, block) in self.blocks.iter_mut().enumerate() {
            let parts = PARTS.iter().zip(block.tensors_mut());
            let there = parts.filter(|(part, data)| !(part.optional && data.is_empty()));
            all.extend(there.map(|(part, data)| (format!("blk.{index}.{}", part.name), data)));
        }
        all.push(("output_norm.weight".to_owned(), &mut self.final_norm));
        all.extend(self.output.as_mut().map(|data| ("output.weight".to_owned(), data)));
        all
    }
}

impl Block {
    /// Its tensors, in the order of [`PARTS`].
    pub(crate) fn tensors(&self) -> [&Vec<f32>; PARTS.len()] {
        [
            &self.attention_norm,
            &self.query,
            &self.query_bias,
            &self.key,
            &self.key_bias,
            &self.value,
            &self.value_bias,
            &self.attention_output,
            &self.feed_forward_norm,
            &self.gate,
            &self.up,
            &self.down,
        ]
    }

    /// The same to write to.
    pub(crate) fn tensors_mut(&mut self) -> [&mut Vec<f32>; PARTS.len()] {
        [
            &mut self.attention_norm,
            &mut self.query,
            &mut self.query_bias,
            &mut self.key,
            &mut self.key_bias,
            &mut self.value,
            &mut self.value_bias,
            &mut self.attention_output,
            &mut self.feed_forward_norm,
            &mut self.gate,
            &mut self.up,
            &mut self.down,
        ]
    }
}
