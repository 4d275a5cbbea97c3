//! From the bytes of a block to floats.
//!
//! Source: `ggml-quants.c` of llama.cpp.

use crate::element::{BF16, F16, F32, Q4_0, Q4_1, Q4_K, Q5_0, Q5_1, Q5_K, Q6_K, Q8_0};
use half::{bf16, f16};

/// Whether [`decode`] knows an element type.
pub(crate) fn readable(kind: u32) -> bool {
    matches!(kind, F32 | F16 | BF16 | Q4_0 | Q4_1 | Q5_0 | Q5_1 | Q8_0 | Q4_K | Q5_K | Q6_K)
}

/// Appends the values of whole blocks of a [`readable`] type.
pub(crate) fn decode(kind: u32, bytes: &[u8], values: &mut Vec<f32>) {
    match kind {
        F32 => values.extend(bytes.as_chunks().0.iter().map(|&four| f32::from_le_bytes(four))),
        F16 => values.extend(bytes.as_chunks().0.iter().map(|&two| f16::from_le_bytes(two).to_f32())),
        BF16 => values.extend(bytes.as_chunks().0.iter().map(|&two| bf16::from_le_bytes(two).to_f32())),
        Q4_1 => bytes.as_chunks::<20>().0.iter().for_each(|block| {
            let (scale, least) = (number(block, 0), number(block, 2));
            values.extend(nibbles(&block[4..]).map(|digit| f32::from(digit) * scale + least));
        }),
        Q5_1 => bytes.as_chunks::<24>().0.iter().for_each(|block| {
            let (scale, least) = (number(block, 0), number(block, 2));
            let digits = fives(&block[4..8], &block[8..]);
            values.extend(digits.map(|digit| f32::from(digit) * scale + least));
        }),
        Q4_K => bytes.as_chunks::<144>().0.iter().for_each(|block| {
            values.extend_from_slice(&scaled_by_32(block, &halves(&block[16..])));
        }),
        Q5_K => bytes.as_chunks::<176>().0.iter().for_each(|block| {
            let mut digits = halves(&block[48..]);
            for (part, digits) in digits.as_chunks_mut::<32>().0.iter_mut().enumerate() {
                for (digit, high) in digits.iter_mut().zip(&block[16..48]) {
                    *digit |= (high >> part & 1) << 4;
                }
            }
            values.extend_from_slice(&scaled_by_32(block, &digits));
        }),
        Q6_K => bytes.as_chunks::<210>().0.iter().for_each(|block| {
            let mut own = [0.0; 256];
            let scale = number(block, 208);
            for (part, values) in own.as_chunks_mut::<32>().0.iter_mut().enumerate() {
                // 64 bytes hold the lower halves of 128 digits, and 32 the two upper bits of these.
                let (half, quarter) = (part / 4, part % 4);
                let low = &block[64 * half + 32 * (quarter % 2)..][..32];
                let high = &block[128 + 32 * half..][..32];
                let scales = [0, 1].map(|at| scale * f32::from(block[192 + 2 * part + at].cast_signed()));
                for at in 0..32 {
                    let digit = low[at] >> (4 * (quarter / 2)) & 15 | (high[at] >> (2 * quarter) & 3) << 4;
                    values[at] = scales[at / 16] * (f32::from(digit) - 32.0);
                }
            }
            values.extend_from_slice(&own);
        }),
        _ => {
            let (mut digits, mut scales) = (Vec::new(), Vec::new());
            digits_of(kind, bytes, &mut digits, &mut scales);
            let blocks = digits.chunks_exact(32).zip(scales);
            values.extend(
                blocks.flat_map(|(block, scale)| block.iter().map(move |&digit| f32::from(digit) * scale)),
            );
        }
    }
}

/// Whether the blocks of an element type are 32 whole numbers and their scale.
pub(crate) fn scaled_digits(kind: u32) -> bool {
    matches!(kind, Q4_0 | Q5_0 | Q8_0)
}

/// Appends the numbers and the scales of whole blocks of a type of [`scaled_digits`].
pub(crate) fn digits_of(kind: u32, bytes: &[u8], digits: &mut Vec<i8>, scales: &mut Vec<f32>) {
    // Blocks of a known length in arrays, which the compiler turns into vectors: these are half a gigabyte.
    match kind {
        Q8_0 => bytes.as_chunks::<34>().0.iter().for_each(|block| {
            scales.push(number(block, 0));
            let own: [u8; 32] = std::array::from_fn(|at| block[2 + at]);
            digits.extend_from_slice(&own.map(u8::cast_signed));
        }),
        Q4_0 => bytes.as_chunks::<18>().0.iter().for_each(|block| {
            scales.push(number(block, 0));
            let low: [u8; 16] = std::array::from_fn(|at| block[2 + at]);
            digits.extend_from_slice(&low.map(|byte| (byte & 15).cast_signed() - 8));
            digits.extend_from_slice(&low.map(|byte| (byte >> 4).cast_signed() - 8));
        }),
        Q5_0 => bytes.as_chunks::<22>().0.iter().for_each(|block| {
            scales.push(number(block, 0));
            let low: [u8; 16] = std::array::from_fn(|at| block[6 + at]);
            let [first, second] = [[block[2], block[3]], [block[4], block[5]]].map(u16::from_le_bytes);
            let upper = |bits: u16, at: usize| ((bits >> at) as u8 & 1) << 4;
            let own: [i8; 16] =
                std::array::from_fn(|at| (low[at] & 15 | upper(first, at)).cast_signed() - 16);
            digits.extend_from_slice(&own);
            let own: [i8; 16] =
                std::array::from_fn(|at| (low[at] >> 4 | upper(second, at)).cast_signed() - 16);
            digits.extend_from_slice(&own);
        }),
        _ => unreachable!("an element type that was not asked about"),
    }
}

/// The number in half precision at a place of a block.
fn number(block: &[u8], at: usize) -> f32 {
    f16::from_le_bytes([block[at], block[at + 1]]).to_f32()
}

/// The lower halves of all bytes, then the upper ones.
fn nibbles(bytes: &[u8]) -> impl Iterator<Item = u8> {
    bytes.iter().map(|byte| byte & 15).chain(bytes.iter().map(|byte| byte >> 4))
}

/// The same with a fifth bit for each, from four bytes.
fn fives(high: &[u8], low: &[u8]) -> impl Iterator<Item = u8> {
    let high = u32::from_le_bytes([high[0], high[1], high[2], high[3]]);
    nibbles(low).zip(0..).map(move |(digit, at)| digit | (((high >> at) & 1) as u8) << 4)
}

/// The lower halves of 32 bytes, their upper ones, then those of the next.
fn halves(bytes: &[u8]) -> [u8; 256] {
    let mut digits = [0; 256];
    for (digits, bytes) in digits.as_chunks_mut::<64>().0.iter_mut().zip(bytes.as_chunks::<32>().0) {
        for at in 0..32 {
            digits[at] = bytes[at] & 15;
            digits[at + 32] = bytes[at] >> 4;
        }
    }
    digits
}

/// 256 numbers, of which 32 each have a scale and a minimum, packed into 12 bytes behind those of the block.
fn scaled_by_32(block: &[u8], digits: &[u8; 256]) -> [f32; 256] {
    let (scale, least) = (number(block, 0), number(block, 2));
    let packed = &block[4..16];
    let mut values = [0.0; 256];
    for (part, values) in values.as_chunks_mut::<32>().0.iter_mut().enumerate() {
        let [factor, minimum] = match part {
            0..4 => [packed[part] & 63, packed[part + 4] & 63],
            _ => [
                packed[part + 4] & 15 | packed[part - 4] >> 6 << 4,
                packed[part + 4] >> 4 | packed[part] >> 6 << 4,
            ],
        };
        let (scale, least) = (scale * f32::from(factor), least * f32::from(minimum));
        for (value, digit) in values.iter_mut().zip(&digits[32 * part..]) {
            *value = scale * f32::from(*digit) - least;
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(kind: u32, bytes: &[u8], expected: &[f32]) {
        let mut values = Vec::new();
        decode(kind, bytes, &mut values);
        assert_eq!(values, expected);
    }

    #[test]
    fn plain_numbers() {
        check(F32, &[0, 0, 0x80, 0x3F, 0, 0, 0, 0xC0], &[1.0, -2.0]);
        check(F16, &[0, 0x3C, 0, 0xC0], &[1.0, -2.0]);
        check(BF16, &[0x80, 0x3F, 0, 0xC0], &[1.0, -2.0]);
    }

    #[test]
    fn blocks() {
        let digits: Vec<u8> = (0..16).map(|digit| digit | (15 - digit) << 4).collect();
        let block = |scales: &[u8]| [scales, &digits].concat();
        let rising = (0..16_u8).map(f32::from);
        let both: Vec<f32> = rising.clone().chain(rising.rev()).collect();
        let expected: Vec<f32> = both.iter().map(|digit| (digit - 8.0) * 2.0).collect();
        check(Q4_0, &block(&[0, 0x40]), &expected);
        let expected: Vec<f32> = both.iter().map(|digit| digit * 2.0 - 1.0).collect();
        check(Q4_1, &block(&[0, 0x40, 0, 0xBC]), &expected);
        let bytes: Vec<u8> = [0, 0x38].into_iter().chain(112..144).collect();
        let expected: Vec<f32> = (112..144_u8).map(|digit| f32::from(digit.cast_signed()) * 0.5).collect();
        check(Q8_0, &bytes, &expected);
    }

    /// Bytes that all differ in a way that no symmetry hides.
    fn noise(count: usize, seed: u32) -> Vec<u8> {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        (0..count).map(|_| next()).collect()
    }

    /// The digits of a block as `ggml-quants.c` walks through them: one loop for each place, indices as there.
    #[test]
    fn five_bits() {
        let bytes = noise(20, 1);
        let high = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        let mut digits = [0.0; 32];
        for j in 0..16 {
            let upper = [(high >> j << 4) & 16, (high >> (j + 12)) & 16];
            digits[j] = f32::from(bytes[4 + j] & 15 | upper[0] as u8);
            digits[j + 16] = f32::from(bytes[4 + j] >> 4 | upper[1] as u8);
        }
        let block = |scales: &[u8]| [scales, &bytes].concat();
        check(Q5_0, &block(&[0, 0x40]), &digits.map(|digit| (digit - 16.0) * 2.0));
        check(Q5_1, &block(&[0, 0x40, 0, 0xBC]), &digits.map(|digit| digit * 2.0 - 1.0));
    }

    #[test]
    fn blocks_of_256_with_a_scale_and_a_minimum_for_32_each() {
        let pair = |j: usize, q: &[u8]| {
            if j < 4 {
                [q[j] & 63, q[j + 4] & 63]
            } else {
                [(q[j + 4] & 0xF) | ((q[j - 4] >> 6) << 4), (q[j + 4] >> 4) | ((q[j] >> 6) << 4)]
            }
        };
        let (packed, high, low) = (noise(12, 2), noise(32, 3), noise(128, 4));
        let (mut four, mut five) = (Vec::new(), Vec::new());
        for j in 0..4 {
            for (half, shift) in [(0, 0), (1, 4)] {
                let [scale, least] = pair(2 * j + half, &packed).map(f32::from);
                for l in 0..32 {
                    let digit = low[32 * j + l] >> shift & 0xF;
                    let upper = if high[l] & (1 << (2 * j + half)) == 0 { 0 } else { 16 };
                    four.push(2.0 * scale * f32::from(digit) + least);
                    five.push(2.0 * scale * f32::from(digit + upper) + least);
                }
            }
        }
        let scales = [0, 0x40, 0, 0xBC];
        check(Q4_K, &[&scales[..], &packed, &low].concat(), &four);
        check(Q5_K, &[&scales[..], &packed, &high, &low].concat(), &five);
    }

    #[test]
    fn blocks_of_256_with_a_scale_for_16_each() {
        let (low, high, scales) = (noise(128, 5), noise(64, 6), noise(16, 7));
        let mut expected = [0.0; 256];
        for n in 0..2 {
            let (ql, qh, sc) = (&low[64 * n..], &high[32 * n..], &scales[8 * n..]);
            for l in 0..32 {
                let digits = [
                    (ql[l] & 0xF) | (qh[l] & 3) << 4,
                    (ql[l + 32] & 0xF) | (qh[l] >> 2 & 3) << 4,
                    (ql[l] >> 4) | (qh[l] >> 4 & 3) << 4,
                    (ql[l + 32] >> 4) | (qh[l] >> 6 & 3) << 4,
                ];
                for (part, digit) in digits.into_iter().enumerate() {
                    let scale = f32::from(sc[l / 16 + 2 * part].cast_signed());
                    expected[128 * n + 32 * part + l] = 0.5 * scale * (f32::from(digit) - 32.0);
                }
            }
        }
        check(Q6_K, &[&low[..], &high, &scales, &[0, 0x38]].concat(), &expected);
    }
}
