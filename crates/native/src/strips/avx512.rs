//! Products of rows with a strip in registers of 512 bits, and one instruction for the products of two pairs of numbers and their
//! sum.

use super::{BLOCK, PAIRS, Pairs, WIDTH};
use crate::lanes::{Lanes, flat};
use std::arch::x86_64::{
    __m256i, __m512i, _mm256_load_si256, _mm512_add_epi32, _mm512_cvtepi8_epi16, _mm512_cvtepi32_ps,
    _mm512_dpwssd_epi32, _mm512_fmadd_ps, _mm512_loadu_ps, _mm512_mul_ps, _mm512_set1_epi32, _mm512_set1_ps,
    _mm512_setzero_ps, _mm512_setzero_si512, _mm512_storeu_ps,
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
