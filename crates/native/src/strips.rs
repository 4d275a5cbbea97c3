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

use crate::lanes::{Lanes, WIDTH, flat};
use crate::matrix::Layout;
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
    /// Rounds rows of so many floats.
    pub(crate) fn take(&mut self, rows: Rows<'_>, inputs: usize) -> &Self {
        self.inputs = inputs;
        self.digits.clear();
        self.scales.clear();
        for row in rows.data.chunks_exact(rows.stride) {
            for block in row[..inputs / WIDTH].as_chunks::<2>().0 {
                let sizes = block.map(|lanes| lanes.larger(lanes.times(Lanes::splat(-1.0))));
                let scale = sizes[0].larger(sizes[1]).greatest() / LARGEST;
                // Nothing of a block with so small a scale would be left.
                let inverse = Lanes::splat(if scale.is_normal() { 1.0 / scale } else { 0.0 });
                self.scales.push(scale);
                for lanes in block {
                    let digits = lanes.times(inverse).to_array().map(|digit| digit.round_ties_even() as i16);
                    self.digits.extend(digits);
                }
            }
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

/// The same with registers of 512 bits, and one instruction for the products of two pairs of numbers and their sum.
#[cfg(target_arch = "x86_64")]
mod avx512 {
    use super::{BLOCK, PAIRS, Pairs, WIDTH};
    use crate::lanes::{Lanes, flat};
    use std::arch::x86_64::{
        __m256i, __m512i, _mm256_load_si256, _mm512_add_epi32, _mm512_cvtepi8_epi16, _mm512_cvtepi32_ps,
        _mm512_dpwssd_epi32, _mm512_fmadd_ps, _mm512_loadu_ps, _mm512_mul_ps, _mm512_set1_epi32,
        _mm512_set1_ps, _mm512_setzero_ps, _mm512_setzero_si512, _mm512_storeu_ps,
    };

    /// Sums that are computed side by side at least: an instruction waits four cycles for the one before it.
    const CHAINS: usize = 4;

    #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
    pub(super) fn products<const N: usize>(
        rows: [(&[i16], &[f32]); N],
        digits: &[Pairs],
        scales: &[Lanes],
    ) -> [[f32; WIDTH]; N] {
        let mut totals = [_mm512_setzero_ps(); N];
        for (block, (digits, scales)) in digits.as_chunks::<PAIRS>().0.iter().zip(scales).enumerate() {
            let mut inputs: [&[i16; BLOCK]; N] = [&[0; BLOCK]; N];
            for row in 0..N {
                inputs[row] = rows[row].0[block * BLOCK..].first_chunk().expect("rows are whole blocks");
            }
            let sums = sums(inputs, digits);
            // SAFETY: sixteen floats.
            let scale = unsafe { _mm512_loadu_ps(flat(std::slice::from_ref(scales)).as_ptr()) };
            for row in 0..N {
                let scale = _mm512_mul_ps(scale, _mm512_set1_ps(rows[row].1[block]));
                totals[row] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sums[row]), scale, totals[row]);
            }
        }
        totals.map(|lanes| {
            let mut out = [0.0; WIDTH];
            // SAFETY: sixteen floats.
            unsafe { _mm512_storeu_ps(out.as_mut_ptr(), lanes) };
            out
        })
    }

    /// The sums of one block.
    #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
    #[inline]
    fn sums<const N: usize>(inputs: [&[i16; BLOCK]; N], digits: &[Pairs; PAIRS]) -> [__m512i; N] {
        let chains = const { if N < CHAINS { CHAINS / N } else { 1 } };
        let mut sums = [[_mm512_setzero_si512(); CHAINS]; N];
        for pair in 0..PAIRS {
            let at: *const __m256i = (&raw const digits[pair]).cast();
            // SAFETY: 32 bytes, aligned to as many.
            let weights = _mm512_cvtepi8_epi16(unsafe { _mm256_load_si256(at) });
            for row in 0..N {
                // SAFETY: two of 32 numbers of sixteen bits.
                let both = unsafe { *inputs[row].as_ptr().cast::<[u8; 4]>().add(pair) };
                let both = _mm512_set1_epi32(i32::from_le_bytes(both));
                let sum = &mut sums[row][pair % chains];
                *sum = _mm512_dpwssd_epi32(*sum, weights, both);
            }
        }
        sums.map(|[first, second, third, fourth]| {
            _mm512_add_epi32(_mm512_add_epi32(first, second), _mm512_add_epi32(third, fourth))
        })
    }
}

/// The same with registers of 256 bits.
#[cfg(target_arch = "x86_64")]
mod avx2 {
    use super::{BLOCK, PAIRS, Pairs, WIDTH};
    use crate::lanes::{Lanes, flat};
    use std::arch::x86_64::{
        __m128i, __m256i, _mm_load_si128, _mm256_add_epi32, _mm256_cvtepi8_epi16, _mm256_cvtepi32_ps,
        _mm256_fmadd_ps, _mm256_loadu_ps, _mm256_madd_epi16, _mm256_mul_ps, _mm256_set1_epi32,
        _mm256_set1_ps, _mm256_setzero_ps, _mm256_setzero_si256, _mm256_storeu_ps,
    };

    #[target_feature(enable = "avx2,fma")]
    pub(super) fn products<const N: usize>(
        rows: [(&[i16], &[f32]); N],
        digits: &[Pairs],
        scales: &[Lanes],
    ) -> [[f32; WIDTH]; N] {
        let mut totals = [[_mm256_setzero_ps(); 2]; N];
        for (block, (digits, scales)) in digits.as_chunks::<PAIRS>().0.iter().zip(scales).enumerate() {
            let mut inputs: [&[i16; BLOCK]; N] = [&[0; BLOCK]; N];
            for row in 0..N {
                inputs[row] = rows[row].0[block * BLOCK..].first_chunk().expect("rows are whole blocks");
            }
            let sums = sums(inputs, digits);
            let scales = flat(std::slice::from_ref(scales));
            for half in 0..2 {
                // SAFETY: eight of sixteen floats.
                let scale = unsafe { _mm256_loadu_ps(scales[8 * half..][..8].as_ptr()) };
                for row in 0..N {
                    let scale = _mm256_mul_ps(scale, _mm256_set1_ps(rows[row].1[block]));
                    totals[row][half] =
                        _mm256_fmadd_ps(_mm256_cvtepi32_ps(sums[row][half]), scale, totals[row][half]);
                }
            }
        }
        totals.map(|[left, right]| {
            let mut out = [0.0; WIDTH];
            // SAFETY: twice eight of sixteen floats.
            unsafe {
                _mm256_storeu_ps(out.as_mut_ptr(), left);
                _mm256_storeu_ps(out[8..].as_mut_ptr(), right);
            }
            out
        })
    }

    /// The sums of one block.
    #[target_feature(enable = "avx2,fma")]
    #[inline]
    fn sums<const N: usize>(inputs: [&[i16; BLOCK]; N], digits: &[Pairs; PAIRS]) -> [[__m256i; 2]; N] {
        let mut sums = [[_mm256_setzero_si256(); 2]; N];
        for pair in 0..PAIRS {
            let at: *const __m128i = (&raw const digits[pair]).cast();
            // SAFETY: 32 bytes, aligned to as many.
            let [left, right] = unsafe { [_mm_load_si128(at), _mm_load_si128(at.add(1))] };
            let [left, right] = [_mm256_cvtepi8_epi16(left), _mm256_cvtepi8_epi16(right)];
            for row in 0..N {
                // SAFETY: two of 32 numbers of sixteen bits.
                let both = unsafe { *inputs[row].as_ptr().cast::<[u8; 4]>().add(pair) };
                let both = _mm256_set1_epi32(i32::from_le_bytes(both));
                sums[row][0] = _mm256_add_epi32(sums[row][0], _mm256_madd_epi16(left, both));
                sums[row][1] = _mm256_add_epi32(sums[row][1], _mm256_madd_epi16(right, both));
            }
        }
        sums
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Digits and scales of a matrix `[outputs, inputs]`, from a seed.
    fn eight(outputs: usize, inputs: usize, mut seed: u32) -> Eight {
        let mut next = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            seed >> 24
        };
        let digits = (0..outputs * inputs).map(|_| (next() as u8).cast_signed()).collect();
        let scales = (0..outputs * inputs / BLOCK).map(|_| next() as f32 / 8192.0).collect();
        Eight { digits, scales }
    }

    fn packed(outputs: usize, inputs: usize, eight: &Eight) -> Strips {
        // The last output comes first.
        let row = |output: usize| Some((0, outputs - 1 - output));
        let layout = Layout { outputs, inputs, columns: inputs, row: &row, column: None };
        Strips::pack(&layout, &[eight])
    }

    /// Rows of which some are very large, some small, and some parts nothing.
    fn inputs(rows: usize, inputs: usize) -> Vec<Lanes> {
        let value = |at: usize| {
            let size = [1.0, 1e4, 1e-3, 0.0][at / BLOCK % 4];
            ((at * 7919 % 2027) as f32 / 1013.0 - 1.0) * size
        };
        let all: Vec<f32> = (0..rows * inputs).map(value).collect();
        all.as_chunks().0.iter().map(|&lanes| Lanes::from_array(lanes)).collect()
    }

    #[test]
    fn every_kernel_gives_the_bits_of_every_other_whatever_the_number_of_rows() {
        let (outputs, width) = (70, 160);
        let mut strips = packed(outputs, width, &eight(outputs, width, 1));
        assert_eq!(strips.output_lanes(), 6);
        let data = inputs(25, width);
        let mut expected: Vec<Vec<u32>> = Vec::new();
        for kernel in Kernel::all() {
            strips.kernel = kernel;
            for count in [1, 2, 3, 4, 5, 6, 7, 13, 23, 25] {
                let mut rounded = Rounded::default();
                let rows = Rows { data: &data[..count * width / WIDTH], stride: width / WIDTH };
                let mut found = vec![vec![0; 6 * WIDTH]; count];
                strips.multiply(
                    rounded.take(rows, width),
                    0..strips.output_lanes() / 2,
                    &mut |row, panel, sums| {
                        for (place, sum) in sums.iter().flat_map(|lanes| lanes.to_array()).enumerate() {
                            found[row][panel * 2 * WIDTH + place] = sum.to_bits();
                        }
                    },
                );
                let known = expected.len().min(count);
                assert_eq!(found[..known], expected[..known], "{kernel:?}, {count} rows");
                if count > expected.len() {
                    expected = found;
                }
            }
        }
    }

    #[test]
    fn products_are_those_of_what_the_digits_stand_for() {
        let (outputs, width) = (40, 128);
        let eight = eight(outputs, width, 5);
        let strips = packed(outputs, width, &eight);
        let data = inputs(3, width);
        let mut rounded = Rounded::default();
        let rows = Rows { data: &data, stride: width / WIDTH };
        strips.multiply(rounded.take(rows, width), 0..strips.output_lanes() / 2, &mut |row, panel, sums| {
            for (place, sum) in sums.iter().flat_map(|lanes| lanes.to_array()).enumerate() {
                let output = panel * 2 * WIDTH + place;
                let input = &flat(&data)[row * width..][..width];
                let weight = |at: usize| {
                    let place = (outputs - 1 - output) * width + at;
                    f64::from(eight.digits[place]) * f64::from(eight.scales[place / BLOCK])
                };
                let (mut exact, mut size) = (0.0, 0.0);
                if output < outputs {
                    for (at, &input) in input.iter().enumerate() {
                        exact += weight(at) * f64::from(input);
                        size += (weight(at) * f64::from(input)).abs();
                    }
                }
                // Half a step of 32767 of the largest input of a block, and what floats lose.
                assert!(
                    (f64::from(sum) - exact).abs() <= 1e-4 * size,
                    "{sum} instead of {exact} at {output}"
                );
            }
        });
        let mut row = vec![0.0; width];
        strips.row(3, &mut row);
        let place = (outputs - 4) * width;
        assert_eq!(
            row[40].to_bits(),
            (f32::from(eight.digits[place + 40]) * eight.scales[(place + 40) / BLOCK]).to_bits()
        );
    }
}
