//! Sixteen floats in one register.
//!
//! Written with intrinsics because the compiler prefers half as wide vectors on some machines that have these, and
//! because a tile of sums stays in registers only if each is one. Compiled only where the target has AVX-512: that is
//! what makes every block here sound.

use super::{LN_2_HIGH, LN_2_LOW, POLYNOMIAL, RANGE, ROUND, WIDTH};
use std::arch::x86_64 as intel;
use std::arch::x86_64::{__m256i, __m512};

/// Sixteen floats.
#[derive(Debug, Clone, Copy)]
#[repr(transparent)]
pub(crate) struct Lanes(__m512);

/// Sixteen floats of half precision.
#[derive(Debug, Clone, Copy)]
#[repr(transparent)]
pub(crate) struct Halves(__m256i);

impl Halves {
    #[inline(always)]
    pub(crate) const fn from_bits(bits: [u16; WIDTH]) -> Self {
        // SAFETY: both are sixteen numbers of sixteen bits in the same order.
        Self(unsafe { std::mem::transmute::<[u16; WIDTH], __m256i>(bits) })
    }

    #[inline(always)]
    pub(crate) fn to_bits(self) -> [u16; WIDTH] {
        // SAFETY: both are sixteen numbers of sixteen bits in the same order.
        unsafe { std::mem::transmute::<__m256i, [u16; WIDTH]>(self.0) }
    }

    #[inline(always)]
    pub(crate) fn widen(self) -> Lanes {
        // SAFETY: the target has AVX-512 (see the module).
        Lanes(unsafe { intel::_mm512_cvtph_ps(self.0) })
    }
}

impl Lanes {
    pub(crate) const ZERO: Self = Self::from_array([0.0; WIDTH]);

    #[inline(always)]
    pub(crate) fn splat(value: f32) -> Self {
        // SAFETY: the target has AVX-512 (see the module).
        Self(unsafe { intel::_mm512_set1_ps(value) })
    }

    #[inline(always)]
    pub(crate) const fn from_array(array: [f32; WIDTH]) -> Self {
        // SAFETY: both are sixteen floats in the same order.
        Self(unsafe { std::mem::transmute::<[f32; WIDTH], __m512>(array) })
    }

    #[inline(always)]
    pub(crate) fn to_array(self) -> [f32; WIDTH] {
        // SAFETY: both are sixteen floats in the same order.
        unsafe { std::mem::transmute::<__m512, [f32; WIDTH]>(self.0) }
    }

    /// Rounded to half precision, ties to even; infinite past 65504.
    #[inline(always)]
    pub(crate) fn halved(self) -> Halves {
        // SAFETY: the target has AVX-512 (see the module).
        Halves(unsafe { intel::_mm512_cvtps_ph::<{ intel::_MM_FROUND_TO_NEAREST_INT }>(self.0) })
    }

    #[inline(always)]
    pub(crate) fn plus(self, other: Self) -> Self {
        // SAFETY: the target has AVX-512 (see the module).
        Self(unsafe { intel::_mm512_add_ps(self.0, other.0) })
    }

    #[inline(always)]
    pub(crate) fn times(self, other: Self) -> Self {
        // SAFETY: the target has AVX-512 (see the module).
        Self(unsafe { intel::_mm512_mul_ps(self.0, other.0) })
    }

    #[inline(always)]
    pub(crate) fn divided(self, by: Self) -> Self {
        // SAFETY: the target has AVX-512 (see the module).
        Self(unsafe { intel::_mm512_div_ps(self.0, by.0) })
    }

    /// The larger of each two; `other` where they do not compare.
    #[inline(always)]
    pub(crate) fn larger(self, other: Self) -> Self {
        // SAFETY: the target has AVX-512 (see the module).
        Self(unsafe { intel::_mm512_max_ps(self.0, other.0) })
    }

    /// `self × factor + addend`, rounded once.
    #[inline(always)]
    pub(crate) fn times_plus(self, factor: Self, addend: Self) -> Self {
        // SAFETY: the target has AVX-512 (see the module).
        Self(unsafe { intel::_mm512_fmadd_ps(self.0, factor.0, addend.0) })
    }

    /// `e^x` to about 2 units in the last place; 0 below −87, `e^88` above 88.
    #[inline(always)]
    pub(crate) fn exp(self) -> Self {
        let (lowest, highest) = (Self::splat(RANGE[0]), Self::splat(RANGE[1]));
        // SAFETY: the target has AVX-512 (see the module).
        let clamped = Self(unsafe { intel::_mm512_min_ps(self.larger(lowest).0, highest.0) });
        let rounded = clamped.times_plus(Self::splat(std::f32::consts::LOG2_E), Self::splat(ROUND));
        let power = rounded.plus(Self::splat(-ROUND));
        let rest = power.times_plus(Self::splat(-LN_2_HIGH), clamped);
        let rest = power.times_plus(Self::splat(-LN_2_LOW), rest);
        let mut poly = Self::splat(POLYNOMIAL[0]);
        for &constant in &POLYNOMIAL[1..] {
            poly = poly.times_plus(rest, Self::splat(constant));
        }
        let value = poly.times_plus(rest.times(rest), rest).plus(Self::splat(1.0));
        // SAFETY: the target has AVX-512 (see the module).
        unsafe {
            let exponent =
                intel::_mm512_add_epi32(intel::_mm512_castps_si512(rounded.0), intel::_mm512_set1_epi32(127));
            let scale = intel::_mm512_castsi512_ps(intel::_mm512_slli_epi32::<23>(exponent));
            let inside = intel::_mm512_cmp_ps_mask::<{ intel::_CMP_GE_OQ }>(self.0, lowest.0);
            Self(intel::_mm512_maskz_mul_ps(inside, value.0, scale))
        }
    }
}
