//! From floats to the bytes of a block.

use crate::element::{F16, F32, Q8_0};
use half::f16;

/// How the values of matrices are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Precision {
    /// 32 bits; nothing is lost.
    #[default]
    F32,
    /// 16 bits: 11 digits, at most 65504. Larger values become infinite.
    F16,
    /// 8 bits, and a scale for 32 values each: off by at most 1/254 of the largest of them, and by what the 11 digits
    /// of the scale lose.
    Q8_0,
}

impl Precision {
    /// What can hold rows of this many values: only whole blocks can be stored, other rows take the next best.
    pub(crate) fn fitting(self, row: u64) -> Self {
        if self == Self::Q8_0 && !row.is_multiple_of(32) { Self::F16 } else { self }
    }

    /// The number of the element type in the file format.
    pub(crate) fn kind(self) -> u32 {
        match self {
            Self::F32 => F32,
            Self::F16 => F16,
            Self::Q8_0 => Q8_0,
        }
    }
}

/// Appends the bytes of values, which are whole blocks.
pub(crate) fn encode(precision: Precision, values: &[f32], bytes: &mut Vec<u8>) {
    match precision {
        Precision::F32 => values.iter().for_each(|value| bytes.extend(value.to_le_bytes())),
        Precision::F16 => values.iter().for_each(|&value| bytes.extend(f16::from_f32(value).to_le_bytes())),
        Precision::Q8_0 => values.as_chunks::<32>().0.iter().for_each(|block| {
            let largest = block.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
            let scale = largest / 127.0;
            let inverse = if scale == 0.0 { 0.0 } else { 1.0 / scale };
            bytes.extend(f16::from_f32(scale).to_le_bytes());
            // The range of the cast is that of the digits: -127 to 127.
            bytes.extend(block.map(|value| ((value * inverse).round() as i8).cast_unsigned()));
        }),
    }
}
