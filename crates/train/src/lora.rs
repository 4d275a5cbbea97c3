//! An adapter as trainable tensors, over blocks that stay as they are.

use crate::TrainError;
use crate::decoder::{Parameter, get, set};
use crate::fused::Thin;
use crate::parts::{MATRICES, Parts};
use candle_core::{DType, Device, Tensor, Var};
use deliberate_decoder::{Adapter, LowRank, Shape};

/// The thin matrices of every block, in the order of [`Adapter::MATRICES`], which is that of [`Parts`].
#[derive(Debug)]
pub(crate) struct Lora {
    rank: u32,
    alpha: f32,
    blocks: Vec<[Option<Change>; MATRICES]>,
}

/// The change of one matrix.
#[derive(Debug)]
struct Change {
    /// `[rank, in]`.
    a: Var,
    /// `[out, rank]`.
    b: Var,
}

impl Lora {
    /// The variables of an adapter.
    pub(crate) fn new(adapter: &Adapter, shape: &Shape, device: &Device) -> Result<Self, TrainError> {
        adapter.check(shape).map_err(TrainError::Adapter)?;
        let Adapter { rank, alpha, ref blocks } = *adapter;
        let sizes = Adapter::sizes(shape);
        let change = |change: &LowRank, [outputs, inputs]: [u32; 2]| {
            if *change == LowRank::default() {
                return Ok(None);
            }
            let variable = |values: &[f32], rows: u32, columns: u32| {
                let size = (rows as usize, columns as usize);
                Ok::<_, TrainError>(Var::from_tensor(&Tensor::from_slice(values, size, device)?)?)
            };
            let (a, b) = (variable(&change.a, rank, inputs)?, variable(&change.b, outputs, rank)?);
            Ok::<_, TrainError>(Some(Change { a, b }))
        };
        let mut all = Vec::with_capacity(blocks.len());
        for block in blocks {
            let mut changes = [const { None }; MATRICES];
            for ((to, from), size) in changes.iter_mut().zip(block).zip(sizes) {
                *to = change(from, size)?;
            }
            all.push(changes);
        }
        Ok(Self { rank, alpha, blocks: all })
    }

    /// Whether this block or one before it has a change.
    pub(crate) fn begins(&self, layer: usize) -> bool {
        self.blocks[..=layer].iter().flatten().any(Option::is_some)
    }

    /// The flat vector of a block as it computes: `base` `[size]` and the changes of its matrices → `[size]`. Gradients
    /// flow to the changes if `learning`, and to nothing otherwise.
    pub(crate) fn block(
        &self,
        layer: usize,
        base: &Tensor,
        parts: Parts,
        learning: bool,
    ) -> Result<Tensor, TrainError> {
        if self.blocks[layer].iter().all(Option::is_none) {
            return Ok(base.clone());
        }
        let of = |variable: &Var| {
            if learning { variable.as_tensor().clone() } else { variable.as_detached_tensor() }
        };
        let zeros = |size: usize| Tensor::zeros(size, DType::F32, base.device());
        let scale = f64::from(self.alpha / self.rank as f32);
        let mut changes = Vec::with_capacity(8);
        for (change, [rows, columns]) in self.blocks[layer].iter().zip(parts.matrices()) {
            changes.push(match change {
                Some(Change { a, b }) => (of(b) * scale)?.matmul(&of(a))?.flatten_all()?,
                None => zeros(rows * columns)?,
            });
        }
        // The norms behind the matrices have no change.
        changes.push(zeros(parts.size() - parts.decayed())?);
        Ok((base + Tensor::cat(&changes, 0)?)?)
    }

    /// The halves of a block's changes as one flat vector that gradients flow through, and how they lie in it; nothing for
    /// a block without changes.
    pub(crate) fn halves(&self, layer: usize) -> Result<Option<(Tensor, Thin)>, TrainError> {
        let block = &self.blocks[layer];
        let (mut parts, mut halves, mut end) = (Vec::new(), [const { None }; MATRICES], 0);
        for (change, place) in block.iter().zip(&mut halves) {
            let Some(Change { a, b }) = change else { continue };
            *place = Some([a, b].map(|half| {
                let start = end;
                end += half.elem_count();
                start..end
            }));
            parts.extend([a.as_tensor().flatten_all()?, b.as_tensor().flatten_all()?]);
        }
        if parts.is_empty() {
            return Ok(None);
        }
        let thin = Thin { rank: self.rank as usize, scale: self.alpha / self.rank as f32, halves };
        Ok(Some((Tensor::cat(&parts, 0)?, thin)))
    }

    /// All trainable matrices, always in the same order.
    pub(crate) fn parameters(&self) -> Vec<Parameter> {
        let halves = self.changes().flat_map(|(name, change)| {
            let parameter = |half: &str, variable: &Var| Parameter {
                name: format!("{name}.{half}"),
                variable: variable.clone(),
                decayed: variable.elem_count(),
            };
            [parameter("a", &change.a), parameter("b", &change.b)]
        });
        halves.collect()
    }

    /// The adapter as it is now.
    pub(crate) fn to_adapter(&self) -> Result<Adapter, TrainError> {
        let mut blocks = vec![<[LowRank; 7]>::default(); self.blocks.len()];
        for (to, from) in blocks.iter_mut().zip(&self.blocks) {
            for (to, change) in to.iter_mut().zip(from) {
                if let Some(Change { a, b }) = change {
                    *to = LowRank { a: get(a)?, b: get(b)? };
                }
            }
        }
        Ok(Adapter { rank: self.rank, alpha: self.alpha, blocks })
    }

    /// Replaces the values by those of an adapter with changes of the same matrices.
    pub(crate) fn set(&self, adapter: &Adapter) -> Result<(), TrainError> {
        for (from, to) in adapter.blocks.iter().zip(&self.blocks) {
            for (LowRank { a, b }, change) in from.iter().zip(to) {
                if let Some(change) = change {
                    set(&change.a, a.clone())?;
                    set(&change.b, b.clone())?;
                }
            }
        }
        Ok(())
    }

    fn changes(&self) -> impl Iterator<Item = (String, &Change)> {
        self.blocks.iter().enumerate().flat_map(|(layer, block)| {
            let named = block.iter().zip(Adapter::MATRICES);
            named.filter_map(move |(change, matrix)| {
                Some((format!("block.{layer}.{matrix}"), change.as_ref()?))
            })
        })
    }
}
