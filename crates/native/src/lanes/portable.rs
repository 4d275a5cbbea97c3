//! Sixteen floats as an array.
//!
//! Fast only where the target has fused multiply-add; without it every one of them is a call into the system's
//! library, and still the same bits.

use super::{LN_2_HIGH, LN_2_LOW, POLYNOMIAL, RANGE, ROUND, WIDTH};
use half::f16;

/// Sixteen floats.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(64))]
pub(crate) struct Lanes([f32; WIDTH]);

/// Sixteen floats of half precision.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(32))]
pub(crate) struct Halves([u16; WIDTH]);

impl Halves {
    #[inline(always)]
    pub(crate) const fn from_bits(bits: [u16; WIDTH]) -> Self {
        Self(bits)
    }

    #[inline(always)]
    pub(crate) fn to_bits(self) -> [u16; WIDTH] {
        self.0
    }

    #[inline(always)]
    pub(crate) fn widen(self) -> Lanes {
        Lanes(self.0.map(|bits| f16::from_bits(bits).to_f32()))
    }
}

impl Lanes {
    pub(crate) const ZERO: Self = Self([0.0; WIDTH]);

    #[inline(always)]
    pub(crate) fn splat(value: f32) -> Self {
        Self([value; WIDTH])
    }

    #[inline(always)]
    pub(crate) fn from_array(array: [f32; WIDTH]) -> Self {
        Self(array)
    }

    #[inline(always)]
    pub(crate) fn to_array(self) -> [f32; WIDTH] {
        self.0
    }

    /// Rounded to half precision, ties to even; infinite past 65504.
    #[inline(always)]
    pub(crate) fn halved(self) -> Halves {
        Halves(self.0.map(|float| f16::from_f32(float).to_bits()))
    }

    #[inline(always)]
    fn each(self, other: Self, operation: impl Fn(f32, f32) -> f32) -> Self {
        Self(std::array::from_fn(|lane| operation(self.0[lane], other.0[lane])))
    }

    #[inline(always)]
    pub(crate) fn plus(self, other: Self) -> Self {
        self.each(other, |left, right| left + right)
    }

    #[inline(always)]
    pub(crate) fn times(self, other: Self) -> Self {
        self.each(other, |left, right| left * right)
    }

    #[inline(always)]
    pub(crate) fn divided(self, by: Self) -> Self {
        self.each(by, |left, right| left / right)
    }

    /// The larger of each two; `other` where they do not compare.
    #[inline(always)]
    pub(crate) fn larger(self, other: Self) -> Self {
        self.each(other, |left, right| if left > right { left } else { right })
    }

    /// `self × factor + addend`, rounded once.
    #[inline(always)]
    pub(crate) fn times_plus(self, factor: Self, addend: Self) -> Self {
        Self(std::array::from_fn(|lane| self.0[lane].mul_add(factor.0[lane], addend.0[lane])))
    }

    /// `e^x` to about 2 units in the last place; 0 below −87, `e^88` above 88.
    #[inline(always)]
    pub(crate) fn exp(self) -> Self {
        Self(self.0.map(exp))
    }
}

#[inline(always)]
fn exp(x: f32) -> f32 {
    let [lowest, highest] = RANGE;
    let clamped = if x > lowest { x } else { lowest };
    let clamped = if clamped < highest { clamped } else { highest };
    let rounded = clamped.mul_add(std::f32::consts::LOG2_E, ROUND);
    let power = rounded - ROUND;
    let rest = power.mul_add(-LN_2_LOW, power.mul_add(-LN_2_HIGH, clamped));
    let [first, others @ ..] = POLYNOMIAL;
    let poly = others.into_iter().fold(first, |poly, constant| poly.mul_add(rest, constant));
    let value = poly.mul_add(rest * rest, rest) + 1.0;
    let scale = f32::from_bits(rounded.to_bits().wrapping_add(127) << 23);
    if x >= lowest { value * scale } else { 0.0 }
}
