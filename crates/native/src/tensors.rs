//! The tensors of a model on their way into memory, one at a time: a file is never there twice.

use crate::error::LoadError;
use deliberate_decoder::{Eight, ModelFile, Weights};
use std::collections::HashMap;

/// Numbers of a block that share a scale.
pub(crate) const BLOCK: usize = 32;

/// The values of a tensor, row after row.
#[derive(Debug, Clone)]
pub(crate) enum Values {
    Floats(Vec<f32>),
    Eight(Eight),
}

impl Values {
    /// As floats, whatever they are.
    pub(crate) fn floats(self) -> Vec<f32> {
        match self {
            Self::Floats(values) => values,
            Self::Eight(Eight { digits, scales }) => {
                let blocks = digits.chunks_exact(BLOCK).zip(scales);
                let value = |(block, scale): (&[i8], f32)| {
                    block.iter().map(|&digit| f32::from(digit) * scale).collect()
                };
                blocks.flat_map::<Vec<f32>, _>(value).collect()
            }
        }
    }
}

/// Where tensors come from, by the names of [`Weights::layout`].
pub(crate) trait Tensors {
    /// Hands over a tensor, once.
    fn take(&mut self, name: &str) -> Result<Values, LoadError>;

    /// The same for a vector or a matrix that is only used in floats.
    fn floats(&mut self, name: &str) -> Result<Vec<f32>, LoadError> {
        self.take(name).map(Values::floats)
    }
}

/// Weights in memory.
pub(crate) struct Loose(HashMap<String, Vec<f32>>);

impl Loose {
    /// Takes apart weights whose sizes have been checked.
    pub(crate) fn new(mut weights: Weights) -> Self {
        let named = weights.named_mut().into_iter();
        Self(named.map(|(name, values)| (name, std::mem::take(values))).collect())
    }
}

impl Tensors for Loose {
    fn take(&mut self, name: &str) -> Result<Values, LoadError> {
        Ok(Values::Floats(self.0.remove(name).expect("the sizes have been checked")))
    }
}

impl Tensors for ModelFile {
    /// In eight bits where the file has no more.
    fn take(&mut self, name: &str) -> Result<Values, LoadError> {
        Ok(match self.eight(name)? {
            Some(eight) => Values::Eight(eight),
            None => Values::Floats(self.floats(name)?),
        })
    }
}
