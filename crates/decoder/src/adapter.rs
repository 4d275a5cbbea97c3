//! An adapter: what a fine-tuning adds to the matrices of a decoder's blocks, each change a product of two thin
//! matrices (`LoRA`, Hu et al. 2021, arXiv 2106.09685). Embedding, norms and output layer have none.

use crate::{AdapterError, Block, Fault, Precision, Shape, Weights, gguf};
use std::path::Path;

/// Low-rank changes of the matrices of every block.
#[derive(Debug, Clone, PartialEq)]
pub struct Adapter {
    /// Width of the thin side of every product.
    pub rank: u32,
    /// The products count `alpha / rank` times, so that another rank does not ask for another learning rate.
    pub alpha: f32,
    /// One for each layer: the changes of its matrices in the order of [`Adapter::MATRICES`].
    pub blocks: Vec<[LowRank; 7]>,
}

/// The change of one matrix `[out, in]`: `b · a`. Both are empty where the matrix stays as it is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LowRank {
    /// `[rank, in]`, row after row.
    pub a: Vec<f32>,
    /// `[out, rank]`, row after row; rows in the order of [`Weights`].
    pub b: Vec<f32>,
}

/// Most rows of a thin matrix: far above any adapter and far below any overflow.
const RANK: u32 = 1 << 16;

impl Adapter {
    /// The matrices of a block that have a change, as GGUF files call them.
    pub const MATRICES: [&'static str; 7] =
        ["attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"];

    /// An adapter with a change of every matrix, all 0.
    pub fn zeros(shape: &Shape, rank: u32, alpha: f32) -> Self {
        let zeros = |rows: u32, columns: u32| vec![0.0; rows as usize * columns as usize];
        let block = Self::sizes(shape)
            .map(|[outputs, inputs]| LowRank { a: zeros(rank, inputs), b: zeros(outputs, rank) });
        Self { rank, alpha, blocks: vec![block; shape.layers as usize] }
    }

    /// The sizes `[out, in]` of the matrices, in the order of [`Adapter::MATRICES`].
    pub fn sizes(shape: &Shape) -> [[u32; 2]; 7] {
        let (hidden, kv, feed_forward) = (shape.hidden, shape.kv_width(), shape.feed_forward);
        [
            [hidden, hidden],
            [kv, hidden],
            [kv, hidden],
            [hidden, hidden],
            [feed_forward, hidden],
            [feed_forward, hidden],
            [hidden, feed_forward],
        ]
    }

    /// What the products are multiplied with.
    pub fn scale(&self) -> f32 {
        self.alpha / self.rank as f32
    }

    /// Values in it.
    pub fn parameters(&self) -> u64 {
        self.named().iter().map(|(_, values)| values.len() as u64).sum()
    }

    /// Every thin matrix that is there with its name, as llama.cpp's adapter files call it.
    pub fn named(&self) -> Vec<(String, &[f32])> {
        let blocks = self.blocks.iter().enumerate();
        let changes = blocks.flat_map(|(layer, block)| {
            block.iter().zip(Self::MATRICES).map(move |(change, matrix)| (names(layer, matrix), change))
        });
        let halves =
            changes.flat_map(|([a, b], change)| [(a, change.a.as_slice()), (b, change.b.as_slice())]);
        halves.filter(|(_, values)| !values.is_empty()).collect()
    }

    /// The same to write to.
    pub fn named_mut(&mut self) -> Vec<(String, &mut Vec<f32>)> {
        let blocks = self.blocks.iter_mut().enumerate();
        let changes = blocks.flat_map(|(layer, block)| {
            block.iter_mut().zip(Self::MATRICES).map(move |(change, matrix)| (names(layer, matrix), change))
        });
        let halves = changes.flat_map(|([a, b], change)| [(a, &mut change.a), (b, &mut change.b)]);
        halves.filter(|(_, values)| !values.is_empty()).collect()
    }

    /// Checks that it fits a model of this shape.
    ///
    /// # Errors
    /// [`Fault::Setting`] for a rank or an alpha that means nothing, [`Fault::AdapterBlocks`] for another number of
    /// blocks, [`Fault::WeightSize`] names the first matrix of another size.
    pub fn check(&self, shape: &Shape) -> Result<(), Fault> {
        shape.check()?;
        check_settings(self.rank, self.alpha)?;
        let (found, expected) = (self.blocks.len(), shape.layers);
        if found != expected as usize {
            return Err(Fault::AdapterBlocks { found, expected });
        }
        let rank = u64::from(self.rank);
        for (layer, block) in self.blocks.iter().enumerate() {
            for ((change, [outputs, inputs]), matrix) in
                block.iter().zip(Self::sizes(shape)).zip(Self::MATRICES)
            {
                if *change == LowRank::default() {
                    continue;
                }
                let sizes = [(&change.a, inputs), (&change.b, outputs)];
                for (name, (values, other)) in names(layer, matrix).into_iter().zip(sizes) {
                    let (found, expected) = (values.len() as u64, rank * u64::from(other));
                    if found != expected {
                        return Err(Fault::WeightSize { name, found, expected });
                    }
                }
            }
        }
        Ok(())
    }

    /// Adds `alpha / rank · b · a` to the matrices of a model.
    ///
    /// # Errors
    /// As [`Adapter::check`], and [`Fault::WeightSize`] for weights of another shape; they are then as before.
    pub fn merge_into(&self, shape: &Shape, weights: &mut Weights) -> Result<(), Fault> {
        self.check(shape)?;
        weights.check(shape)?;
        let scale = self.scale();
        for (block, changes) in weights.blocks.iter_mut().zip(&self.blocks) {
            for ((matrix, change), [_, inputs]) in
                matrices(block).into_iter().zip(changes).zip(Self::sizes(shape))
            {
                add(matrix, change, self.rank as usize, inputs as usize, scale);
            }
        }
        Ok(())
    }

    /// Reads an adapter of a model of this shape from a file in llama.cpp's format. Matrices that the file does not
    /// name stay as they are.
    ///
    /// # Errors
    /// [`AdapterError`] names what is damaged, missing, not supported, or made for another model.
    pub fn read_gguf(path: impl AsRef<Path>, shape: &Shape) -> Result<Self, AdapterError> {
        let path = path.as_ref();
        gguf::read_adapter(path, shape).map_err(AdapterError::at(path))
    }

    /// Writes a file that [`Adapter::read_gguf`] and llama.cpp read: complete under this name, or not at all.
    ///
    /// # Errors
    /// [`AdapterError`] for an adapter that does not pass [`Adapter::check`] and for a file that cannot be written.
    pub fn write_gguf(
        &self,
        path: impl AsRef<Path>,
        shape: &Shape,
        precision: Precision,
    ) -> Result<(), AdapterError> {
        let path = path.as_ref();
        gguf::write_adapter(self, path, shape, precision).map_err(AdapterError::at(path))
    }
}

/// The names of the two halves of a change.
pub(crate) fn names(layer: usize, matrix: &str) -> [String; 2] {
    ["a", "b"].map(|half| format!("blk.{layer}.{matrix}.weight.lora_{half}"))
}

/// Checks what no size follows from.
pub(crate) fn check_settings(rank: u32, alpha: f32) -> Result<(), Fault> {
    let fault = |key: &str, value: String, expected| Fault::Setting { key: key.to_owned(), value, expected };
    if !(1..=RANK).contains(&rank) {
        return Err(fault("rank", rank.to_string(), "from 1 to 65536"));
    }
    // With 0 the adapter would do nothing here, and count in full for llama.cpp.
    if !alpha.is_finite() || alpha == 0.0 {
        return Err(fault("adapter.lora.alpha", alpha.to_string(), "a finite number other than 0"));
    }
    Ok(())
}

/// The matrices of a block, in the order of [`Adapter::MATRICES`].
fn matrices(block: &mut Block) -> [&mut Vec<f32>; 7] {
    let Block { query, key, value, attention_output, gate, up, down, .. } = block;
    [query, key, value, attention_output, gate, up, down]
}

/// Adds `scale · b · a` to a matrix with rows of `inputs` values.
fn add(matrix: &mut [f32], change: &LowRank, rank: usize, inputs: usize, scale: f32) {
    let mut sum = vec![0.0; inputs];
    for (row, factors) in matrix.chunks_exact_mut(inputs).zip(change.b.chunks_exact(rank)) {
        sum.fill(0.0);
        for (factor, line) in factors.iter().zip(change.a.chunks_exact(inputs)) {
            sum.iter_mut().zip(line).for_each(|(sum, value)| *sum += factor * value);
        }
        row.iter_mut().zip(&sum).for_each(|(weight, sum)| *weight += scale * sum);
    }
}
