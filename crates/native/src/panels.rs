//! Matrices packed for multiplication, and the multiplication.
//!
//! A matrix `[out, in]` is stored as panels of [`COLUMNS`] outputs: for each input, the weights of the panel's
//! outputs side by side. A panel is short enough to stay in the first-level cache while all rows of activations pass
//! by it. Every output is one chain of fused multiply-adds over the inputs in their order, whatever the number of
//! rows: that is why nothing a row is computed with can change its bits.
#![expect(
    clippy::needless_range_loop,
    reason = "sums stay in registers only where loops of constant length are unrolled in place"
)]

use crate::lanes::{Lanes, WIDTH, flat};
use std::ops::Range;

/// Outputs of one panel.
pub(crate) const COLUMNS: usize = 2 * WIDTH;

/// Rows multiplied together; their sums fill the registers. No result depends on it.
const TILE: usize = if cfg!(target_feature = "avx512f") { 12 } else { 3 };

/// A packed matrix.
#[derive(Debug)]
pub(crate) struct Panels {
    /// `[panels, inputs]`.
    data: Vec<[Lanes; 2]>,
    inputs: usize,
}

/// Rows of lanes one after the other.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rows<'a> {
    pub(crate) data: &'a [Lanes],
    /// Lanes from one row to the next.
    pub(crate) stride: usize,
}

impl Rows<'_> {
    pub(crate) fn count(self) -> usize {
        self.data.len() / self.stride
    }
}

impl Panels {
    /// Packs `outputs × inputs` weights, `weight(output, input)`; outputs are filled up with zeros to whole panels.
    pub(crate) fn pack(outputs: usize, inputs: usize, weight: impl Fn(usize, usize) -> f32) -> Self {
        let mut data = Vec::with_capacity(outputs.div_ceil(COLUMNS) * inputs);
        for first in (0..outputs).step_by(COLUMNS) {
            for input in 0..inputs {
                let lanes = [first, first + WIDTH].map(|start| {
                    Lanes::from_array(std::array::from_fn(|lane| {
                        let output = start + lane;
                        if output < outputs { weight(output, input) } else { 0.0 }
                    }))
                });
                data.push(lanes);
            }
        }
        Self { data, inputs }
    }

    /// Lanes of one row of results.
    pub(crate) fn output_lanes(&self) -> usize {
        2 * self.data.len() / self.inputs
    }

    /// The weights of one output.
    pub(crate) fn row(&self, output: usize, to: &mut [f32]) {
        let (panel, lane) = (output / COLUMNS, output % COLUMNS);
        let panel = &self.data[panel * self.inputs..][..self.inputs];
        for (value, lanes) in to.iter_mut().zip(panel) {
            *value = flat(lanes)[lane];
        }
    }

    /// Multiplies all rows with some of the panels, one after the other: `give(row, panel, the panel's outputs)`.
    pub(crate) fn multiply(
        &self,
        rows: Rows<'_>,
        panels: Range<usize>,
        give: &mut impl FnMut(usize, usize, [Lanes; 2]),
    ) {
        let count = rows.count();
        for index in panels {
            let panel = &self.data[index * self.inputs..][..self.inputs];
            let mut row = 0;
            while row < count {
                row += match count - row {
                    left if left >= TILE => tile::<TILE>(rows, row, panel, index, give),
                    left if left >= 4 => tile::<4>(rows, row, panel, index, give),
                    _ => tile::<1>(rows, row, panel, index, give),
                };
            }
        }
    }
}

/// Multiplies `N` rows from `first` on with one panel; says how many these were.
fn tile<const N: usize>(
    rows: Rows<'_>,
    first: usize,
    panel: &[[Lanes; 2]],
    index: usize,
    give: &mut impl FnMut(usize, usize, [Lanes; 2]),
) -> usize {
    let mut inputs: [&[f32]; N] = [&[]; N];
    for row in 0..N {
        inputs[row] = flat(&rows.data[(first + row) * rows.stride..]);
    }
    for (row, sums) in (first..).zip(&products(inputs, panel)) {
        give(row, index, *sums);
    }
    N
}

/// Products of `N` rows with one panel. A function of its own, never inlined: among other code the compiler runs out
/// of registers and keeps the sums in memory, at half the speed.
#[inline(never)]
fn products<const N: usize>(mut inputs: [&[f32]; N], panel: &[[Lanes; 2]]) -> [[Lanes; 2]; N] {
    for row in &mut inputs {
        *row = &row[..panel.len()];
    }
    let mut sums = [[Lanes::ZERO; 2]; N];
    for index in 0..panel.len() {
        let [left, right] = panel[index];
        for row in 0..N {
            let input = Lanes::splat(inputs[row][index]);
            sums[row] = [input.times_plus(left, sums[row][0]), input.times_plus(right, sums[row][1])];
        }
    }
    sums
}
