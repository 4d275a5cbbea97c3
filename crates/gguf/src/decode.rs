//! From the bytes of a block to floats.
//!
//! Source: `ggml-quants.c` of llama.cpp.

use crate::element::{BF16, F16, F32, Q4_0, Q4_1, Q8_0};
use half::{bf16, f16};

/// Whether [`decode`] knows an element type.
pub(crate) fn readable(kind: u32) -> bool {
    matches!(kind, F32 | F16 | BF16 | Q4_0 | Q4_1 | Q8_0)
}

/// Appends the values of whole blocks of a [`readable`] type.
pub(crate) fn decode(kind: u32, bytes: &[u8], values: &mut Vec<f32>) {
    match kind {
        F32 => values.extend(bytes.as_chunks().0.iter().map(|&four| f32::from_le_bytes(four))),
        F16 => values.extend(bytes.as_chunks().0.iter().map(|&two| f16::from_le_bytes(two).to_f32())),
        BF16 => values.extend(bytes.as_chunks().0.iter().map(|&two| bf16::from_le_bytes(two).to_f32())),
        Q8_0 => bytes.as_chunks::<34>().0.iter().for_each(|block| {
            let scale = number(block[0], block[1]);
            values.extend(block[2..].iter().map(|&digit| f32::from(digit.cast_signed()) * scale));
        }),
        Q4_0 => bytes.as_chunks::<18>().0.iter().for_each(|block| {
            let scale = number(block[0], block[1]);
            values.extend(nibbles(&block[2..]).map(|digit| (f32::from(digit) - 8.0) * scale));
        }),
        Q4_1 => bytes.as_chunks::<20>().0.iter().for_each(|block| {
            let (scale, least) = (number(block[0], block[1]), number(block[2], block[3]));
            values.extend(nibbles(&block[4..]).map(|digit| f32::from(digit) * scale + least));
        }),
        _ => unreachable!("an element type that was not asked about"),
    }
}

fn number(low: u8, high: u8) -> f32 {
    f16::from_le_bytes([low, high]).to_f32()
}

/// The lower halves of all bytes, then the upper ones.
fn nibbles(bytes: &[u8]) -> impl Iterator<Item = u8> {
    bytes.iter().map(|byte| byte & 15).chain(bytes.iter().map(|byte| byte >> 4))
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
}
