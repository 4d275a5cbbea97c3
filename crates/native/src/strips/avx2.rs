//! Products of rows with a strip in registers of 256 bits.

use super::{BLOCK, PAIRS, Pairs, WIDTH};
use crate::lanes::{Lanes, flat};
use std::arch::x86_64::{
    __m128i, __m256i, _mm_load_si128, _mm256_add_epi32, _mm256_cvtepi8_epi16, _mm256_cvtepi32_ps,
    _mm256_fmadd_ps, _mm256_loadu_ps, _mm256_madd_epi16, _mm256_mul_ps, _mm256_set1_epi32, _mm256_set1_ps,
    _mm256_setzero_ps, _mm256_setzero_si256, _mm256_storeu_ps,
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
