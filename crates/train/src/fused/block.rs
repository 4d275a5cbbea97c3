//! A transformer block as one candle operation on (stream, what learns).

use super::gradients::{Gradients, Thin};
use super::tile::{BackwardInput, BlockPlan, Work};
use super::{Lanes, Pool, numbers, pool::Buffer, with_numbers};
use crate::kernels::attention::Room;
use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor};
use rayon::prelude::*;
use std::sync::{Arc, Mutex};

/// What the operation computes with, and what has gradients: its second argument.
pub(crate) enum Weights {
    /// The second argument are the weights: `[size]` as in `Parts`.
    Learning,
    /// The second argument are an adapter's halves, as `thin` lays them out; computed is with `merged`, the weights with
    /// the adapter in them.
    Adapted {
        /// `[size]` as in `Parts`.
        merged: Tensor,
        /// How the halves lie.
        thin: Box<Thin>,
    },
}

/// The operation. One value serves one forward and one backward pass.
///
/// Shapes: stream `[tokens, hidden]`, weights or an adapter's halves → `[tokens, hidden]`.
pub(crate) struct FusedBlock {
    plan: BlockPlan,
    weights: Weights,
    lanes: Arc<Lanes>,
    pool: Arc<Pool>,
    /// Whether a backward pass follows.
    keep: bool,
    /// One for each lane, after a forward pass that keeps.
    saved: Mutex<Option<Vec<Buffer>>>,
}

impl FusedBlock {
    pub(crate) fn new(
        plan: BlockPlan,
        weights: Weights,
        lanes: Arc<Lanes>,
        pool: Arc<Pool>,
        keep: bool,
    ) -> Self {
        Self { plan, weights, lanes, pool, keep, saved: Mutex::new(None) }
    }

    /// Runs `act` on the weights to compute with, given the second argument.
    fn computing<T>(&self, learning: &[f32], act: impl FnOnce(&[f32]) -> Result<T>) -> Result<T> {
        match &self.weights {
            Weights::Learning => act(learning),
            Weights::Adapted { merged, .. } => with_numbers(merged, act),
        }
    }

    fn forward(&self, x: &[f32], weights: &[f32]) -> Vec<f32> {
        let (plan, hidden) = (&self.plan, self.plan.parts.hidden);
        let mut out = vec![0.0; x.len()];
        let outs = self.lanes.split(&mut out, hidden);
        let longest = self.lanes.longest_tile();
        let work = self.lanes.0.par_iter().zip(outs).with_max_len(1);
        let saved = work.map(|(lane, out)| {
            let width = plan.saved_width();
            let mut saved = self.pool.take(width * if self.keep { lane.rows.len() } else { longest });
            let mut scratch = self.pool.take(plan.forward_width() * longest);
            let mut room = Room::default();
            for tile in &lane.tiles {
                let (start, tokens) = (tile.rows.start - lane.rows.start, tile.rows.len());
                let kept = if self.keep { start * width } else { 0 };
                let x = &x[tile.rows.start * hidden..tile.rows.end * hidden];
                let out = &mut out[start * hidden..(start + tokens) * hidden];
                let saved = &mut saved[kept..kept + tokens * width];
                let work = Work { saved, scratch: &mut scratch, room: &mut room };
                plan.forward(tile, x, weights, out, work);
            }
            saved
        });
        let saved: Vec<Buffer> = saved.collect();
        *self.saved.lock().expect("no holder of this lock panics") = self.keep.then_some(saved);
        out
    }

    /// Gradients with respect to stream and second argument.
    fn backward(
        &self,
        x: &[f32],
        [weights, learning]: [&[f32]; 2],
        saved: &[Buffer],
        dout: &[f32],
    ) -> (Vec<f32>, Vec<f32>) {
        let (plan, hidden) = (&self.plan, self.plan.parts.hidden);
        let mut dx = vec![0.0; x.len()];
        let dxs = self.lanes.split(&mut dx, hidden);
        let longest = self.lanes.longest_tile();
        let work = self.lanes.0.par_iter().zip(dxs).zip(saved).with_max_len(1);
        let sums = work.map(|((lane, dx), saved)| {
            let mut sums = self.pool.zeros(learning.len());
            let mut between = Vec::new();
            let mut gradients = match &self.weights {
                Weights::Learning => Gradients::Whole(&mut sums),
                Weights::Adapted { thin, .. } => {
                    Gradients::Thin { thin, adapter: learning, sums: &mut sums, room: &mut between }
                }
            };
            let mut scratch = self.pool.take(plan.backward_width() * longest);
            let mut room = Room::default();
            for tile in &lane.tiles {
                let (start, tokens, width) =
                    (tile.rows.start - lane.rows.start, tile.rows.len(), plan.saved_width());
                let stream = tile.rows.start * hidden..tile.rows.end * hidden;
                let input = BackwardInput {
                    x: &x[stream.clone()],
                    weights,
                    saved: &saved[start * width..(start + tokens) * width],
                    dout: &dout[stream],
                };
                let dx = &mut dx[start * hidden..(start + tokens) * hidden];
                plan.backward(tile, input, dx, &mut gradients, &mut scratch, &mut room);
            }
            sums
        });
        let sums: Vec<Buffer> = sums.collect();
        (dx, total(&sums))
    }
}

/// The sum of equally long buffers, in their order.
pub(super) fn total(parts: &[Buffer]) -> Vec<f32> {
    let Some((first, others)) = parts.split_first() else { return Vec::new() };
    let mut sum = first.to_vec();
    for other in others {
        sum.iter_mut().zip(other.iter()).for_each(|(sum, other)| *sum += other);
    }
    sum
}

impl CustomOp2 for FusedBlock {
    fn name(&self) -> &'static str {
        "transformer-block"
    }

    fn cpu_fwd(
        &self,
        stream: &CpuStorage,
        stream_layout: &Layout,
        learning: &CpuStorage,
        learning_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (stream, learning) = (numbers(stream, stream_layout)?, numbers(learning, learning_layout)?);
        let out = self.computing(learning, |weights| Ok(self.forward(stream, weights)))?;
        Ok((CpuStorage::F32(out), stream_layout.shape().clone()))
    }

    fn bwd(
        &self,
        stream: &Tensor,
        learning: &Tensor,
        _out: &Tensor,
        dout: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let Some(saved) = self.saved.lock().expect("no holder of this lock panics").take() else {
            candle_core::bail!("a block was asked for a second backward pass, or for one after an evaluation")
        };
        let dout = dout.contiguous()?;
        let (dstream, dlearning) = with_numbers(stream, |x| {
            with_numbers(learning, |learning| {
                self.computing(learning, |weights| {
                    with_numbers(&dout, |dout| Ok(self.backward(x, [weights, learning], &saved, dout)))
                })
            })
        })?;
        let dstream = Tensor::from_vec(dstream, stream.shape(), stream.device())?;
        let dlearning = Tensor::from_vec(dlearning, learning.shape(), learning.device())?;
        Ok((Some(dstream), Some(dlearning)))
    }
}
