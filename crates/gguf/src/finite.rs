//! Whether the values of a tensor are numbers, of any element type and without turning them into floats.
//!
//! Digits of quantised values are always finite; what can be none are their scales. Where those are comes from
//! `ggml-common.h` of llama.cpp.

use crate::element::{BF16, F16, F32, Q4_0, Q4_1, Q4_K, Q5_0, Q5_1, Q5_K, Q6_K, Q8_0};
use half::{bf16, f16};

/// The first value of some whole blocks that is no number: where, counted in values, and what.
pub(crate) fn not_finite(kind: u32, block: (usize, usize), bytes: &[u8]) -> Option<(usize, f32)> {
    let (elements, size) = block;
    match kind {
        F32 => first(bytes, |four: [u8; 4]| f32::from_le_bytes(four)),
        F16 => first(bytes, half_at),
        BF16 => first(bytes, |two: [u8; 2]| bf16::from_le_bytes(two).to_f32()),
        _ => bytes.chunks_exact(size).enumerate().find_map(|(index, block)| {
            let scale = |&at: &usize| half_at([block[at], block[at + 1]]);
            let bad = scales(kind).iter().map(scale).find(|scale| !scale.is_finite())?;
            Some((index * elements, bad))
        }),
    }
}

fn half_at(two: [u8; 2]) -> f32 {
    f16::from_le_bytes(two).to_f32()
}

fn first<const N: usize>(bytes: &[u8], value: impl Fn([u8; N]) -> f32) -> Option<(usize, f32)> {
    let values = bytes.as_chunks::<N>().0.iter().map(|&bytes| value(bytes));
    values.enumerate().find(|(_, value)| !value.is_finite())
}

/// Where a block has its scales in half precision; nowhere for types whose scales have another form.
fn scales(kind: u32) -> &'static [usize] {
    match kind {
        // With 20, 16 to 19, 21 to 23: IQ4_NL, IQ2_XXS, IQ2_XS, IQ3_XXS, IQ1_S, IQ3_S, IQ2_S, IQ4_XS.
        Q4_0 | Q5_0 | Q8_0 | 16..=23 => &[0],
        Q4_1 | Q5_1 | Q4_K | Q5_K => &[0, 2],
        10 => &[80, 82], // Q2_K
        11 => &[108],    // Q3_K
        Q6_K => &[208],
        34 => &[52], // TQ1_0
        35 => &[64], // TQ2_0
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::element::block;

    #[test]
    fn a_scale_that_is_no_number_is_found_in_every_type_that_has_one() {
        for kind in 0..64 {
            let Some(block) = block(kind) else { continue };
            let sizes = (block.elements as usize, block.bytes as usize);
            let mut bytes = vec![0; 3 * sizes.1];
            assert_eq!(not_finite(kind, sizes, &bytes), None);
            for &at in scales(kind) {
                assert!(at + 2 <= sizes.1, "{kind}");
                bytes[2 * sizes.1 + at..][..2].copy_from_slice(&f16::NAN.to_le_bytes());
                let (index, value) = not_finite(kind, sizes, &bytes).expect("no number");
                assert!(index == 2 * sizes.0 && value.is_nan(), "{kind}");
                bytes[2 * sizes.1 + at..][..2].fill(0);
            }
        }
        let bytes = [1.0, f32::NEG_INFINITY].map(f32::to_le_bytes).concat();
        assert_eq!(not_finite(F32, (1, 4), &bytes), Some((1, f32::NEG_INFINITY)));
    }
}
