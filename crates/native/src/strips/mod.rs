//! Matrices in eight bits, and their multiplication.
//!
//! Neighbouring inputs in blocks of 32 share a scale, on both sides: weights have 8 bits, activations 16, one of them for
//! the sign. The products of a block are summed in whole numbers, which is exact in any order; only the blocks are summed in
//! floats, in their order. So nothing a row is computed with can change its bits, and no set of instructions can either.
//!
//! A strip has [`WIDTH`] outputs: for two neighbouring inputs, the weights of all of them side by side, as instructions want
//! them that multiply pairs.
#![expect(
    clippy::needless_range_loop,
    reason = "sums stay in registers only where loops of constant length are unrolled in place"
)]

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;

use crate::lanes::{Lanes, WIDTH, flat};
use crate::matrix::{Layout, MANY};
use crate::panels::Rows;
use crate::tensors::BLOCK;
use deliberate_decoder::Eight;
use rayon::prelude::*;
use std::ops::Range;

/// Two weights of each output of a strip.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(32))]
struct Pairs([[i8; 2]; WIDTH]);

/// Pairs of a block.
const PAIRS: usize = BLOCK / 2;
/// The largest rounded activation. 32 products with a weight of 128 stay below 2³¹.
const LARGEST: f32 = 32767.0;
/// Rows multiplied together, at most. No result depends on it.
const TILE: usize = 12;

/// A packed matrix; an even number of strips.
#[derive(Debug)]
pub(crate) struct Strips {
    /// `[strips, inputs / 2]`.
    digits: Vec<Pairs>,
    /// `[strips, inputs / 32]`.
    scales: Vec<Lanes>,
    inputs: usize,
    kernel: Kernel,
}

/// Rows of activations in 16 bits.
#[derive(Debug, Default)]
pub(crate) struct Rounded {
    /// `[rows, inputs]`.
    digits: Vec<i16>,
    /// `[rows, inputs / 32]`.
    scales: Vec<f32>,
    inputs: usize,
}

/// The instructions that multiply; all give the same bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kernel {
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    Portable,
}

impl Kernel {
    /// Those that this machine has, the fastest first.
    fn all() -> Vec<Self> {
        let mut all = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512vnni")
            {
                all.push(Self::Avx512);
            }
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                all.push(Self::Avx2);
            }
        }
        all.push(Self::Portable);
        all
    }

    /// Rows multiplied together: their sums fill the registers.
    fn tile(self) -> usize {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => TILE,
            _ => TILE / 2,
        }
    }
}

impl Rounded {
    /// Rounds rows of so many floats, with the help of a team or without.
    pub(crate) fn take(&mut self, rows: Rows<'_>, inputs: usize, team: bool) -> &Self {
        let (count, blocks) = (rows.count(), inputs / BLOCK);
        self.inputs = inputs;
        self.digits.resize(count * inputs, 0);
        self.scales.resize(count * blocks, 0.0);
        let one = |((digits, scales), row): ((&mut [i16], &mut [f32]), &[Lanes])| {
            round(&row[..inputs / WIDTH], digits, scales);
        };
        if team && count >= MANY {
            let to = self.digits.par_chunks_exact_mut(inputs).zip(self.scales.par_chunks_exact_mut(blocks));
            to.zip(rows.data.par_chunks_exact(rows.stride)).for_each(one);
        } else {
            let to = self.digits.chunks_exact_mut(inputs).zip(self.scales.chunks_exact_mut(blocks));
            to.zip(rows.data.chunks_exact(rows.stride)).for_each(one);
        }
        self
    }

    fn rows(&self) -> usize {
        self.digits.len() / self.inputs
    }

    fn row(&self, row: usize) -> (&[i16], &[f32]) {
        let blocks = self.inputs / BLOCK;
        (&self.digits[row * self.inputs..][..self.inputs], &self.scales[row * blocks..][..blocks])
    }
}

/// Rounds a row, block by block.
fn round(row: &[Lanes], digits: &mut [i16], scales: &mut [f32]) {
    let blocks = row.as_chunks::<2>().0.iter().zip(digits.as_chunks_mut::<BLOCK>().0).zip(scales);
    for ((block, digits), scale) in blocks {
        let sizes = block.map(|lanes| lanes.larger(lanes.times(Lanes::splat(-1.0))));
        *scale = sizes[0].larger(sizes[1]).greatest() / LARGEST;
        // Nothing of a block with so small a scale would be left.
        let inverse = Lanes::splat(if scale.is_normal() { 1.0 / *scale } else { 0.0 });
        for (lanes, digits) in block.iter().zip(digits.as_chunks_mut::<WIDTH>().0) {
            *digits = lanes.times(inverse).to_array().map(|digit| digit.round_ties_even() as i16);
        }
    }
}

impl Strips {
    /// Packs rows of tensors whose columns are the inputs; outputs are filled up with zeros to an even number of strips.
    pub(crate) fn pack(layout: &Layout<'_>, parts: &[&Eight]) -> Self {
        let inputs = layout.inputs;
        let (pairs, blocks) = (inputs / 2, inputs / BLOCK);
        let strips = layout.outputs.div_ceil(2 * WIDTH) * 2;
        let mut digits = vec![Pairs([[0; 2]; WIDTH]); strips * pairs];
        let mut scales = vec![Lanes::ZERO; strips * blocks];
        let all = digits.par_chunks_exact_mut(pairs).zip(scales.par_chunks_exact_mut(blocks));
        all.enumerate().for_each(|(strip, (digits, scales))| {
            let nothing = (vec![0; inputs], vec![0.0; blocks]);
            let nothing = (nothing.0.as_slice(), nothing.1.as_slice());
            let rows: [_; WIDTH] = std::array::from_fn(|lane| {
                let output = strip * WIDTH + lane;
                let place = if output < layout.outputs { (layout.row)(output) } else { None };
                place.map_or(nothing, |(part, row)| {
                    let Eight { digits, scales } = parts[part];
                    (&digits[row * inputs..][..inputs], &scales[row * blocks..][..blocks])
                })
            });
            for (block, (digits, scales)) in digits.chunks_exact_mut(PAIRS).zip(scales).enumerate() {
                *scales = Lanes::from_array(rows.map(|(_, scales)| scales[block]));
                for (lane, (row, _)) in rows.iter().enumerate() {
                    let source = row[block * BLOCK..][..BLOCK].as_chunks::<2>().0;
                    for (pairs, pair) in digits.iter_mut().zip(source) {
                        pairs.0[lane] = *pair;
                    }
                }
            }
        });
        Self { digits, scales, inputs, kernel: Kernel::all()[0] }
    }

    pub(crate) fn inputs(&self) -> usize {
        self.inputs
    }

    /// Lanes of one row of results.
    pub(crate) fn output_lanes(&self) -> usize {
        self.scales.len() / (self.inputs / BLOCK)
    }

    /// The weights of one output.
    pub(crate) fn row(&self, output: usize, to: &mut [f32]) {
        let (strip, lane) = (output / WIDTH, output % WIDTH);
        let (digits, scales) = self.strip(strip);
        for ((block, digits), scales) in
            to.chunks_exact_mut(BLOCK).zip(digits.chunks_exact(PAIRS)).zip(scales)
        {
            let scale = flat(std::slice::from_ref(scales))[lane];
            for (pair, digits) in block.as_chunks_mut::<2>().0.iter_mut().zip(digits) {
                *pair = digits.0[lane].map(|digit| f32::from(digit) * scale);
            }
        }
    }

    /// Multiplies all rows with some panels of two strips, one after the other: `give(row, panel, the panel's outputs)`.
    pub(crate) fn multiply(
        &self,
        rows: &Rounded,
        panels: Range<usize>,
        give: &mut impl FnMut(usize, usize, [Lanes; 2]),
    ) {
        let (count, most) = (rows.rows(), self.kernel.tile());
        for panel in panels {
            let mut row = 0;
            while row < count {
                row += match most.min(count - row) {
                    TILE => self.tile::<TILE>(rows, row, panel, give),
                    left if left >= 6 => self.tile::<6>(rows, row, panel, give),
                    left if left >= 4 => self.tile::<4>(rows, row, panel, give),
                    left if left >= 2 => self.tile::<2>(rows, row, panel, give),
                    _ => self.tile::<1>(rows, row, panel, give),
                };
            }
        }
    }

    fn strip(&self, strip: usize) -> (&[Pairs], &[Lanes]) {
        let (pairs, blocks) = (self.inputs / 2, self.inputs / BLOCK);
        (&self.digits[strip * pairs..][..pairs], &self.scales[strip * blocks..][..blocks])
    }

    /// Multiplies `N` rows from `first` on with two strips; says how many these were.
    fn tile<const N: usize>(
        &self,
        rows: &Rounded,
        first: usize,
        panel: usize,
        give: &mut impl FnMut(usize, usize, [Lanes; 2]),
    ) -> usize {
        let inputs: [_; N] = std::array::from_fn(|row| rows.row(first + row));
        let [left, right] = [2 * panel, 2 * panel + 1].map(|strip| {
            let (digits, scales) = self.strip(strip);
            match self.kernel {
                #[cfg(target_arch = "x86_64")]
                // SAFETY: the kernel was chosen because the machine has these instructions.
                Kernel::Avx512 => unsafe { avx512::products(inputs, digits, scales) },
                #[cfg(target_arch = "x86_64")]
                // SAFETY: as above.
                Kernel::Avx2 => unsafe { avx2::products(inputs, digits, scales) },
                Kernel::Portable => products(inputs, digits, scales),
            }
        });
        for row in 0..N {
            give(first + row, panel, [left[row], right[row]].map(Lanes::from_array));
        }
        N
    }
}

/// Products of `N` rows with one strip.
fn products<const N: usize>(
    rows: [(&[i16], &[f32]); N],
    digits: &[Pairs],
    scales: &[Lanes],
) -> [[f32; WIDTH]; N] {
    rows.map(|(row, shares)| {
        let mut totals = [0.0f32; WIDTH];
        let blocks = digits.chunks_exact(PAIRS).zip(row.chunks_exact(BLOCK)).zip(scales).zip(shares);
        for (((digits, row), scales), share) in blocks {
            let mut sums = [0i32; WIDTH];
            for (pairs, input) in digits.iter().zip(row.as_chunks::<2>().0) {
                let [first, second] = input.map(i32::from);
                for lane in 0..WIDTH {
                    let [left, right] = pairs.0[lane].map(i32::from);
                    sums[lane] += first * left + second * right;
                }
            }
            let scales = scales.to_array();
            for lane in 0..WIDTH {
                totals[lane] = (sums[lane] as f32).mul_add(scales[lane] * share, totals[lane]);
            }
        }
        totals
    })
}

#[cfg(test)]
mod tests;
