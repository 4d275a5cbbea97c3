//! The weights of a decoder, in 32-bit floats.

use crate::{Fault, Shape};

/// Every matrix is `[out, in]` in row-major order. Rotary positions turn neighbouring pairs (2i, 2i + 1) of a head,
/// as in GGUF files of the `llama` architecture.
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
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    /// `[hidden]`.
    pub attention_norm: Vec<f32>,
    /// `[hidden, hidden]`.
    pub query: Vec<f32>,
    /// `[kv_width, hidden]`.
    pub key: Vec<f32>,
    /// `[kv_width, hidden]`.
    pub value: Vec<f32>,
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
        let [hidden, kv, feed_forward, vocabulary] =
            [shape.hidden, shape.kv_width(), shape.feed_forward, shape.vocabulary].map(|n| n as usize);
        let zeros = |size: usize| vec![0.0; size];
        let block = Block {
            attention_norm: zeros(hidden),
            query: zeros(hidden * hidden),
            key: zeros(kv * hidden),
            value: zeros(kv * hidden),
            attention_output: zeros(hidden * hidden),
            feed_forward_norm: zeros(hidden),
            gate: zeros(feed_forward * hidden),
            up: zeros(feed_forward * hidden),
            down: zeros(hidden * feed_forward),
        };
        Self {
            embedding: zeros(vocabulary * hidden),
            blocks: vec![block; shape.layers as usize],
            final_norm: zeros(hidden),
            output: (!shape.tied).then(|| zeros(vocabulary * hidden)),
        }
    }

    /// Every matrix and vector with its name, as GGUF files of the `llama` architecture call it.
    pub fn named(&self) -> Vec<(String, &[f32])> {
        let mut all: Vec<(String, &[f32])> = vec![("token_embd.weight".to_owned(), &self.embedding)];
        for (index, block) in self.blocks.iter().enumerate() {
            all.extend(block.named().map(|(name, data)| (format!("blk.{index}.{name}.weight"), data)));
        }
        all.push(("output_norm.weight".to_owned(), &self.final_norm));
        all.extend(self.output.as_deref().map(|data| ("output.weight".to_owned(), data)));
        all
    }

    /// The names of [`Weights::named`], in its order, with the dimensions that a shape gives them: `[out, in]` or
    /// `[size]`.
    pub fn layout(shape: &Shape) -> Vec<(String, Vec<u64>)> {
        let [hidden, kv, feed_forward, vocabulary] =
            [shape.hidden, shape.kv_width(), shape.feed_forward, shape.vocabulary].map(u64::from);
        let block = [
            ("attn_norm", vec![hidden]),
            ("attn_q", vec![hidden, hidden]),
            ("attn_k", vec![kv, hidden]),
            ("attn_v", vec![kv, hidden]),
            ("attn_output", vec![hidden, hidden]),
            ("ffn_norm", vec![hidden]),
            ("ffn_gate", vec![feed_forward, hidden]),
            ("ffn_up", vec![feed_forward, hidden]),
            ("ffn_down", vec![hidden, feed_forward]),
        ];
        let mut all = vec![("token_embd.weight".to_owned(), vec![vocabulary, hidden])];
        for index in 0..shape.layers {
            all.extend(block.iter().map(|(name, size)| (format!("blk.{index}.{name}.weight"), size.clone())));
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
            all.extend(block.named_mut().map(|(name, data)| (format!("blk.{index}.{name}.weight"), data)));
        }
        all.push(("output_norm.weight".to_owned(), &mut self.final_norm));
        all.extend(self.output.as_mut().map(|data| ("output.weight".to_owned(), data)));
        all
    }
}

impl Block {
    fn named(&self) -> [(&'static str, &[f32]); 9] {
        [
            ("attn_norm", &self.attention_norm),
            ("attn_q", &self.query),
            ("attn_k", &self.key),
            ("attn_v", &self.value),
            ("attn_output", &self.attention_output),
            ("ffn_norm", &self.feed_forward_norm),
            ("ffn_gate", &self.gate),
            ("ffn_up", &self.up),
            ("ffn_down", &self.down),
        ]
    }

    fn named_mut(&mut self) -> [(&'static str, &mut Vec<f32>); 9] {
        [
            ("attn_norm", &mut self.attention_norm),
            ("attn_q", &mut self.query),
            ("attn_k", &mut self.key),
            ("attn_v", &mut self.value),
            ("attn_output", &mut self.attention_output),
            ("ffn_norm", &mut self.feed_forward_norm),
            ("ffn_gate", &mut self.gate),
            ("ffn_up", &mut self.up),
            ("ffn_down", &mut self.down),
        ]
    }
}
