//! The decoder as trainable tensors: RMS norm, rotary positions, grouped-query attention, gated feed-forward.
//!
//! No text is generated here; `to_weights` hands the result to whoever runs it.

use crate::fused::{self, BlockPlan, FusedBlock, FusedHead, Lanes, Pool, predictions, with_numbers};
use crate::kernels::attention::Heads;
use crate::kernels::dropout::Mask;
use crate::kernels::objective::{Prediction, predict};
use crate::kernels::rotary::Rotary;
use crate::lora::Lora;
use crate::parts::Parts;
use crate::plain::{self, Angles, Groups, PlainBlock};
use crate::{Batch, TrainError};
use candle_core::{DType, Device, Tensor, Var};
use deliberate_decoder::{Adapter, Shape, Weights};
use std::borrow::Cow;
use std::sync::Arc;

/// Which operations compute a decoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kernels {
    /// One operation for each block and one for the loss; on the CPU only.
    Fused,
    /// candle's own operations, on any device.
    Plain,
}

/// What is dropped from the residual branches in one step of training.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dropout {
    /// Share of entries set to 0, from 0 to below 1.
    pub share: f32,
    /// Decides which; another for every step.
    pub seed: u64,
}

/// A decoder that can be trained: all of it, or an adapter over weights that stay as they are.
#[derive(Debug)]
pub struct Decoder {
    shape: Shape,
    device: Device,
    kernels: Kernels,
    embedding: Var,
    blocks: Vec<Var>,
    final_norm: Var,
    output: Option<Var>,
    /// What learns in the place of everything else.
    adapter: Option<Lora>,
    rotary: Arc<Rotary>,
    pool: Arc<Pool>,
}

/// One trainable vector or matrix of a decoder.
#[derive(Debug, Clone)]
pub(crate) struct Parameter {
    /// `embedding`, `block.0`, …, `final-norm`, `output`; of an adapter `block.0.attn_q.a`, ….
    pub(crate) name: String,
    pub(crate) variable: Var,
    /// Weight decay is for the entries before this one; norms lie behind it.
    pub(crate) decayed: usize,
}

impl Decoder {
    /// A decoder with fresh weights: normal with standard deviation 1/√(inputs of the matrix), norms at 1. In main
    /// memory, with fused kernels.
    ///
    /// # Errors
    /// [`TrainError::Shape`] if the sizes do not fit together.
    pub fn random(shape: &Shape, seed: u64) -> Result<Self, TrainError> {
        shape.check()?;
        Self::from_weights(shape, &crate::initial::weights(shape, seed))
    }

    /// A decoder with these weights, in main memory, with fused kernels.
    ///
    /// # Errors
    /// [`TrainError::Shape`] and [`TrainError::Weights`] if sizes do not fit together.
    pub fn from_weights(shape: &Shape, weights: &Weights) -> Result<Self, TrainError> {
        Self::build(shape, weights, &Device::Cpu, Kernels::Fused)
    }

    /// The same decoder on another device, if it is another; see [`gpu`](crate::gpu). Devices other than the CPU compute
    /// with plain kernels.
    ///
    /// # Errors
    /// [`TrainError::Tensor`] if the device has no room for it.
    pub fn on(self, device: &Device) -> Result<Self, TrainError> {
        if self.device.same_device(device) {
            return Ok(self);
        }
        let kernels = if device.is_cpu() { self.kernels } else { Kernels::Plain };
        let base = Self::build(&self.shape, &self.to_base()?, device, kernels)?;
        match self.to_adapter()? {
            Some(adapter) => base.with_adapter(&adapter),
            None => Ok(base),
        }
    }

    /// The same decoder with an adapter on top, which alone learns: embedding, blocks, norms and output layer stay as
    /// they are, whatever is trained. [`fresh_adapter`](crate::fresh_adapter) makes one that changes nothing yet.
    ///
    /// # Errors
    /// [`TrainError::Adapter`] if it is made for another shape.
    pub fn with_adapter(mut self, adapter: &Adapter) -> Result<Self, TrainError> {
        self.adapter = Some(Lora::new(adapter, &self.shape, &self.device)?);
        Ok(self)
    }

    /// The same decoder computed by other operations.
    pub fn with_kernels(mut self, kernels: Kernels) -> Self {
        self.kernels = if self.device.is_cpu() { kernels } else { Kernels::Plain };
        self
    }

    fn build(
        shape: &Shape,
        weights: &Weights,
        device: &Device,
        kernels: Kernels,
    ) -> Result<Self, TrainError> {
        shape.check()?;
        let parts = Parts::new(shape);
        let (vocabulary, hidden) = (shape.vocabulary as usize, shape.hidden as usize);
        let zeros = |size: usize| Var::zeros(size, DType::F32, device);
        let table = || Var::zeros((vocabulary, hidden), DType::F32, device);
        let decoder = Self {
            shape: *shape,
            device: device.clone(),
            kernels,
            embedding: table()?,
            blocks: (0..shape.layers).map(|_| zeros(parts.size())).collect::<Result<_, _>>()?,
            final_norm: zeros(hidden)?,
            output: if shape.tied { None } else { Some(table()?) },
            adapter: None,
            rotary: Arc::new(Rotary::new(shape)),
            pool: Arc::new(Pool::default()),
        };
        decoder.set_weights(weights)?;
        Ok(decoder)
    }

    /// Replaces the weights; an adapter stays on top of them.
    ///
    /// # Errors
    /// [`TrainError::Weights`] if they are of another shape.
    pub fn set_weights(&self, weights: &Weights) -> Result<(), TrainError> {
        let template = Weights::zeros(&self.shape);
        let (expected, found) = (template.named(), weights.named());
        for ((name, expected), (_, found)) in expected.iter().zip(&found) {
            let (expected, found) = (expected.len(), found.len());
            if expected != found {
                return Err(TrainError::Weights { name: name.clone(), expected, found });
            }
        }
        if expected.len() != found.len() {
            let (expected, found) = (expected.len(), found.len());
            return Err(TrainError::Weights { name: "matrices and norms".to_owned(), expected, found });
        }
        set(&self.embedding, weights.embedding.clone())?;
        for (variable, block) in self.blocks.iter().zip(&weights.blocks) {
            set(variable, Parts::order(block).into_iter().flatten().copied().collect())?;
        }
        set(&self.final_norm, weights.final_norm.clone())?;
        if let (Some(variable), Some(output)) = (&self.output, &weights.output) {
            set(variable, output.clone())?;
        }
        Ok(())
    }

    /// The weights as they are now, an adapter merged into them.
    ///
    /// # Errors
    /// [`TrainError::Tensor`] if the device does not hand them over.
    pub fn to_weights(&self) -> Result<Weights, TrainError> {
        let mut weights = self.to_base()?;
        if let Some(adapter) = self.to_adapter()? {
            adapter.merge_into(&self.shape, &mut weights).map_err(TrainError::Adapter)?;
        }
        Ok(weights)
    }

    /// The adapter as it is now; none where the decoder itself learns.
    ///
    /// # Errors
    /// [`TrainError::Tensor`] if the device does not hand it over.
    pub fn to_adapter(&self) -> Result<Option<Adapter>, TrainError> {
        self.adapter.as_ref().map(Lora::to_adapter).transpose()
    }

    /// Replaces the values of the adapter.
    pub(crate) fn set_adapter(&self, adapter: &Adapter) -> Result<(), TrainError> {
        self.adapter.as_ref().map_or(Ok(()), |lora| lora.set(adapter))
    }

    /// The weights below an adapter.
    pub(crate) fn to_base(&self) -> Result<Weights, TrainError> {
        let mut weights = Weights::zeros(&self.shape);
        weights.embedding = get(&self.embedding)?;
        for (variable, block) in self.blocks.iter().zip(&mut weights.blocks) {
            let flat = get(variable)?;
            let mut at = 0;
            for part in Parts::order_mut(block) {
                let length = part.len();
                part.copy_from_slice(&flat[at..at + length]);
                at += length;
            }
        }
        weights.final_norm = get(&self.final_norm)?;
        weights.output = self.output.as_ref().map(get).transpose()?;
        Ok(weights)
    }

    /// Its sizes.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// Where it lives.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// The mean loss of a batch's targets, in nats: `[]`, with the graph behind it.
    ///
    /// # Errors
    /// [`TrainError::Tensor`] if an operation fails.
    pub fn loss(&self, batch: &Batch, dropout: Option<Dropout>) -> Result<Tensor, TrainError> {
        let stream = self.stream(batch, dropout, true)?;
        let norm = self.base(&self.final_norm, true);
        let (batch, output) = self.said(batch, &self.base(self.output_table(), true))?;
        let (batch, epsilon) = (&*batch, self.shape.norm_epsilon);
        if self.kernels == Kernels::Fused {
            let head = FusedHead::new(batch, epsilon, Arc::clone(&self.pool), self.adapter.is_none());
            return Ok(stream.apply_op3(&norm, &output, head)?);
        }
        if batch.targets() == 0 {
            return Ok(Tensor::zeros((), DType::F32, &self.device)?);
        }
        Ok(plain::loss(batch, &plain::logits(batch, epsilon, &stream, &norm, &output)?)?)
    }

    /// What the decoder says at each target of a batch, in the batch's order. Nothing is learnt.
    ///
    /// # Errors
    /// [`TrainError::Tensor`] if an operation fails.
    pub fn predict(&self, batch: &Batch) -> Result<Vec<Prediction>, TrainError> {
        if batch.targets() == 0 {
            return Ok(Vec::new());
        }
        let stream = self.stream(batch, None, false)?;
        let norm = self.final_norm.as_detached_tensor();
        let (batch, output) = self.said(batch, &self.output_table().as_detached_tensor())?;
        let (batch, epsilon) = (&*batch, self.shape.norm_epsilon);
        if self.kernels == Kernels::Fused {
            let all = with_numbers(&stream, |stream| {
                with_numbers(&norm, |norm| {
                    with_numbers(&output, |output| Ok(predictions(batch, epsilon, stream, norm, output)))
                })
            });
            return Ok(all?);
        }
        let logits = plain::logits(batch, epsilon, &stream, &norm, &output)?.to_vec2::<f32>()?;
        Ok(logits.iter().zip(&batch.goals).map(|(logits, goal)| predict(logits, *goal)).collect())
    }

    /// A batch and the rows of the output layer that its targets ask for. Where all of them decide between the same two
    /// tokens, the others of the vocabulary are not computed: they would be a quarter of the work of a small model.
    fn said<'b>(&self, batch: &'b Batch, output: &Tensor) -> Result<(Cow<'b, Batch>, Tensor), TrainError> {
        let Some(verdict) = batch.verdict() else { return Ok((Cow::Borrowed(batch), output.clone())) };
        let rows = Tensor::from_slice(&verdict, verdict.len(), &self.device)?;
        Ok((Cow::Owned(batch.between(verdict)), output.index_select(&rows, 0)?))
    }

    /// Everything that learns, always in the same order.
    pub(crate) fn parameters(&self) -> Vec<Parameter> {
        if let Some(adapter) = &self.adapter {
            return adapter.parameters();
        }
        let parameter =
            |name: String, variable: &Var, decayed| Parameter { name, variable: variable.clone(), decayed };
        let table = |name: &str, variable: &Var| parameter(name.to_owned(), variable, variable.elem_count());
        let decayed = Parts::new(&self.shape).decayed();
        let blocks = self.blocks.iter().enumerate();
        let blocks = blocks.map(|(index, block)| parameter(format!("block.{index}"), block, decayed));
        std::iter::once(table("embedding", &self.embedding))
            .chain(blocks)
            .chain([parameter("final-norm".to_owned(), &self.final_norm, 0)])
            .chain(self.output.as_ref().map(|output| table("output", output)))
            .collect()
    }

    /// The residual stream behind the last block: `[tokens, hidden]`.
    fn stream(&self, batch: &Batch, dropout: Option<Dropout>, learning: bool) -> Result<Tensor, TrainError> {
        let tokens = Tensor::from_slice(&batch.tokens, batch.tokens(), &self.device)?;
        let mut stream = self.base(&self.embedding, learning).index_select(&tokens, 0)?;
        let masks = |layer: usize| {
            [0, 1].map(|branch| dropout.and_then(|d| Mask::new(d.share, d.seed, 2 * layer as u64 + branch)))
        };
        let (parts, heads, epsilon) = (Parts::new(&self.shape), self.heads(), self.shape.norm_epsilon);
        if self.kernels == Kernels::Fused {
            let lanes = Arc::new(Lanes::new(&batch.sequences));
            for layer in 0..self.blocks.len() {
                // Nothing below the first block that learns has a gradient, so nothing is kept for one.
                let learning = learning && self.adapter.as_ref().is_none_or(|adapter| adapter.begins(layer));
                let [attention_mask, feed_forward_mask] = masks(layer);
                let rotary = Arc::clone(&self.rotary);
                let plan = BlockPlan { parts, heads, epsilon, rotary, attention_mask, feed_forward_mask };
                let (lanes, pool) = (Arc::clone(&lanes), Arc::clone(&self.pool));
                // An adapter learns without the gradients of the matrices below it, a third of the work.
                let halves = self.adapter.as_ref().filter(|_| learning).map(|adapter| adapter.halves(layer));
                let (second, weights) = match halves.transpose()?.flatten() {
                    Some((halves, thin)) => (
                        halves,
                        fused::Weights::Adapted { merged: self.block(layer, false)?, thin: Box::new(thin) },
                    ),
                    None => (self.block(layer, learning)?, fused::Weights::Learning),
                };
                stream = stream.apply_op2(&second, FusedBlock::new(plan, weights, lanes, pool, learning))?;
            }
            return Ok(stream);
        }
        let angles = Angles::new(&self.rotary, &batch.sequences, DType::F32, &self.device)?;
        let groups = Groups::new(&batch.sequences, &self.device)?;
        for layer in 0..self.blocks.len() {
            let [attention_mask, feed_forward_mask] = masks(layer);
            let (angles, groups) = (&angles, &groups);
            let plain =
                PlainBlock { parts, heads, epsilon, angles, groups, attention_mask, feed_forward_mask };
            stream = plain.apply(&stream, &self.block(layer, learning)?)?;
        }
        Ok(stream)
    }

    /// A vector of the decoder itself, with a graph behind it where it learns.
    fn base(&self, variable: &Var, learning: bool) -> Tensor {
        if learning && self.adapter.is_none() {
            variable.as_tensor().clone()
        } else {
            variable.as_detached_tensor()
        }
    }

    /// The flat vector of a block as it computes: `[size]`.
    fn block(&self, layer: usize, learning: bool) -> Result<Tensor, TrainError> {
        let base = self.base(&self.blocks[layer], learning);
        match &self.adapter {
            Some(adapter) => adapter.block(layer, &base, Parts::new(&self.shape), learning),
            None => Ok(base),
        }
    }

    fn output_table(&self) -> &Var {
        self.output.as_ref().unwrap_or(&self.embedding)
    }

    fn heads(&self) -> Heads {
        Heads {
            query: self.shape.heads as usize,
            key_value: self.shape.kv_heads as usize,
            width: self.shape.head_width() as usize,
        }
    }
}

pub(crate) fn set(variable: &Var, numbers: Vec<f32>) -> Result<(), TrainError> {
    Ok(variable.set(&Tensor::from_vec(numbers, variable.shape(), variable.device())?)?)
}

pub(crate) fn get(variable: &Var) -> Result<Vec<f32>, TrainError> {
    Ok(variable.as_tensor().flatten_all()?.to_vec1()?)
}
