//! The final norm, the output layer and the loss as one candle operation on (stream, norm, output).

use super::block::total;
use super::{Pool, numbers, with_numbers};
use crate::kernels::matrix::{View, ViewMut};
use crate::kernels::norm;
use crate::kernels::objective::{Prediction, differentiate, predict};
use crate::{Batch, Goal};
use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor};
use rayon::prelude::*;
use std::ops::Range;
use std::sync::{Arc, Mutex};

/// Logits that a thread holds at once.
const TILE_LOGITS: usize = 1 << 18;
/// Targets for which one more lane is worth its own sum of gradients.
const LANE_TARGETS: usize = 1024;
const MOST_LANES: usize = 16;

/// The operation: the mean loss of a batch's targets. Gradients are computed on the way forward, while the logits are
/// there, and logits exist only at targets.
///
/// Shapes: stream `[tokens, hidden]`, norm `[hidden]`, output `[vocabulary, hidden]` → `[]`.
pub(crate) struct FusedHead {
    rows: Vec<u32>,
    goals: Vec<Goal>,
    shares: Vec<f32>,
    epsilon: f32,
    pool: Arc<Pool>,
    /// Whether norm and output layer learn; the gradient of a large vocabulary is a third of the work.
    learning: bool,
    gradients: Mutex<Option<[Vec<f32>; 3]>>,
}

impl FusedHead {
    pub(crate) fn new(batch: &Batch, epsilon: f32, pool: Arc<Pool>, learning: bool) -> Self {
        let (rows, goals, shares) = (batch.rows.clone(), batch.goals.clone(), batch.shares());
        Self { rows, goals, shares, epsilon, pool, learning, gradients: Mutex::new(None) }
    }

    /// The loss; leaves the gradients of the three arguments, the last one empty where nothing learns.
    fn forward(&self, stream: &[f32], norm_weight: &[f32], output: &[f32]) -> f32 {
        let hidden = norm_weight.len();
        let learnt = if self.learning { output.len() } else { 0 };
        let vocabulary = output.len() / hidden;
        let lanes = lanes(self.rows.len());
        let parts = lanes.par_iter().with_max_len(1).map(|lane| {
            let mut doutput = self.pool.zeros(learnt);
            let mut dnorm = self.pool.zeros(hidden);
            let mut drows = self.pool.zeros(lane.len() * hidden);
            let most = tile_rows(vocabulary).min(lane.len());
            let [mut x, mut normed, mut dnormed] = std::array::from_fn(|_| self.pool.take(most * hidden));
            let mut logits = self.pool.take(most * vocabulary);
            let mut loss = 0.0f64;
            for tile in tiles(lane, vocabulary) {
                let count = tile.len();
                let (x, normed) = (&mut x[..count * hidden], &mut normed[..count * hidden]);
                let (dnormed, logits) = (&mut dnormed[..count * hidden], &mut logits[..count * vocabulary]);
                let table = View::new(output, vocabulary, hidden);
                self.gather(stream, &tile, x);
                norm::forward(x, norm_weight, self.epsilon, normed);
                ViewMut::new(logits, count, vocabulary).assign(
                    View::new(normed, count, hidden),
                    table.transposed(),
                    1.0,
                );
                for (logits, target) in logits.chunks_exact_mut(vocabulary).zip(tile.clone()) {
                    let share = self.shares[target];
                    loss += f64::from(share) * f64::from(differentiate(logits, self.goals[target], share));
                }
                let dlogits = View::new(logits, count, vocabulary);
                if self.learning {
                    ViewMut::new(&mut doutput, vocabulary, hidden)
                        .add(dlogits.transposed(), View::new(normed, count, hidden));
                }
                ViewMut::new(dnormed, count, hidden).assign(dlogits, table, 1.0);
                let drows = &mut drows[(tile.start - lane.start) * hidden..][..count * hidden];
                norm::backward(x, norm_weight, self.epsilon, dnormed, drows, &mut dnorm);
            }
            (loss, drows, dnorm, doutput)
        });
        let parts: Vec<_> = parts.collect();
        let mut dstream = vec![0.0; stream.len()];
        let (mut loss, mut dnorms, mut doutputs) = (0.0, Vec::new(), Vec::new());
        for (lane, (part, drows, dnorm, doutput)) in lanes.iter().zip(parts) {
            loss += part;
            for (&row, drow) in self.rows[lane.clone()].iter().zip(drows.chunks_exact(hidden)) {
                let to = &mut dstream[row as usize * hidden..][..hidden];
                to.iter_mut().zip(drow).for_each(|(to, drow)| *to += drow);
            }
            dnorms.push(dnorm);
            doutputs.push(doutput);
        }
        let gradients = if lanes.is_empty() {
            [dstream, vec![0.0; hidden], vec![0.0; learnt]]
        } else {
            [dstream, total(&dnorms), total(&doutputs)]
        };
        *self.gradients.lock().expect("no holder of this lock panics") = Some(gradients);
        loss as f32
    }

    fn gather(&self, stream: &[f32], targets: &Range<usize>, to: &mut [f32]) {
        gather(stream, &self.rows[targets.clone()], to);
    }
}

/// What the decoder says at each target, from the stream behind the last block.
///
/// Shapes: `stream` `[tokens, hidden]`, `norm_weight` `[hidden]`, `output` `[vocabulary, hidden]` → `[targets]`.
pub(crate) fn predictions(
    batch: &Batch,
    epsilon: f32,
    stream: &[f32],
    norm_weight: &[f32],
    output: &[f32],
) -> Vec<Prediction> {
    let hidden = norm_weight.len();
    let vocabulary = output.len() / hidden;
    let all: Vec<_> = tiles(&(0..batch.rows.len()), vocabulary).collect();
    let parts = all.par_iter().with_max_len(1).map(|tile| {
        let count = tile.len();
        let [mut x, mut normed] = std::array::from_fn(|_| vec![0.0; count * hidden]);
        let mut logits = vec![0.0; count * vocabulary];
        gather(stream, &batch.rows[tile.clone()], &mut x);
        norm::forward(&x, norm_weight, epsilon, &mut normed);
        let table = View::new(output, vocabulary, hidden).transposed();
        ViewMut::new(&mut logits, count, vocabulary).assign(View::new(&normed, count, hidden), table, 1.0);
        let rows = logits.chunks_exact(vocabulary).zip(&batch.goals[tile.clone()]);
        rows.map(|(logits, goal)| predict(logits, *goal)).collect::<Vec<_>>()
    });
    let parts: Vec<Vec<Prediction>> = parts.collect();
    parts.concat()
}

fn gather(stream: &[f32], rows: &[u32], to: &mut [f32]) {
    if rows.is_empty() {
        return;
    }
    let width = to.len() / rows.len();
    for (&row, to) in rows.iter().zip(to.chunks_exact_mut(width)) {
        to.copy_from_slice(&stream[row as usize * width..][..width]);
    }
}

fn scale_by(values: &mut [f32], scale: f32) {
    for value in values {
        *value *= scale;
    }
}

fn tile_rows(vocabulary: usize) -> usize {
    (TILE_LOGITS / vocabulary).clamp(16, 512)
}

fn tiles(lane: &Range<usize>, vocabulary: usize) -> impl Iterator<Item = Range<usize>> + use<> {
    let (end, rows) = (lane.end, tile_rows(vocabulary));
    lane.clone().step_by(rows).map(move |start| start..(start + rows).min(end))
}

/// Cuts the targets by their number alone.
fn lanes(targets: usize) -> Vec<Range<usize>> {
    let count = targets.div_ceil(LANE_TARGETS).clamp(2, MOST_LANES).min(targets);
    (0..count).map(|lane| targets * lane / count..targets * (lane + 1) / count).collect()
}

impl CustomOp3 for FusedHead {
    fn name(&self) -> &'static str {
        "loss"
    }

    fn cpu_fwd(
        &self,
        stream: &CpuStorage,
        stream_layout: &Layout,
        norm_weight: &CpuStorage,
        norm_layout: &Layout,
        output: &CpuStorage,
        output_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let loss = self.forward(
            numbers(stream, stream_layout)?,
            numbers(norm_weight, norm_layout)?,
            numbers(output, output_layout)?,
        );
        Ok((CpuStorage::F32(vec![loss]), Shape::from(())))
    }

    fn bwd(
        &self,
        stream: &Tensor,
        norm_weight: &Tensor,
        output: &Tensor,
        _loss: &Tensor,
        dloss: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let Some(gradients) = self.gradients.lock().expect("no holder of this lock panics").take() else {
            candle_core::bail!("a loss was asked for a second backward pass")
        };
        let scale = with_numbers(dloss, |dloss| Ok(dloss[0]))?;
        let [dstream, dnorm, doutput] = gradients.map(|mut gradient| {
            if scale.to_bits() != 1.0f32.to_bits() {
                scale_by(&mut gradient, scale);
            }
            gradient
        });
        let tensor = |data, like: &Tensor| Tensor::from_vec(data, like.shape(), like.device());
        if !self.learning {
            return Ok((Some(tensor(dstream, stream)?), None, None));
        }
        Ok((
            Some(tensor(dstream, stream)?),
            Some(tensor(dnorm, norm_weight)?),
            Some(tensor(doutput, output)?),
        ))
    }
}
