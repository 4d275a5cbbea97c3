//! Sixteen floats at a time: the unit in which everything here is stored and computed.
//!
//! With AVX-512 a value is one register; elsewhere it is an array that the compiler turns into whatever vectors there
//! are. Every operation works on each lane alone and rounds once, so both give the same bits (tested).
#![expect(
    clippy::inline_always,
    reason = "one that is called instead of inlined moves its registers to memory"
)]

#[cfg(all(target_arch = "x86_64", target_feature = "avx512f"))]
mod avx512;
#[cfg(any(test, not(all(target_arch = "x86_64", target_feature = "avx512f"))))]
mod portable;

#[cfg(all(target_arch = "x86_64", target_feature = "avx512f"))]
pub(crate) use avx512::{Halves, Lanes};
#[cfg(not(all(target_arch = "x86_64", target_feature = "avx512f")))]
pub(crate) use portable::{Halves, Lanes};

/// Floats in one [`Lanes`].
pub(crate) const WIDTH: usize = 16;

/// Constants of `exp`: Cephes' polynomial for `e^rest` on [−ln 2 / 2, ln 2 / 2], highest power first.
const POLYNOMIAL: [f32; 6] = [1.987_569_1e-4, 1.398_2e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5];
/// Adding and subtracting 1.5 × 2²³ rounds to an integer, which then stands in the low bits.
const ROUND: f32 = 12_582_912.0;
const LN_2_HIGH: f32 = 0.693_359_4;
const LN_2_LOW: f32 = -2.121_944_4e-4;
/// Below the first the exponential is 0, above the second it stays what it is there.
const RANGE: [f32; 2] = [-87.0, 88.0];

/// Lanes that hold so many floats.
pub(crate) fn lanes(floats: usize) -> usize {
    floats.div_ceil(WIDTH)
}

impl Lanes {
    /// The greatest of the sixteen.
    #[inline(always)]
    pub(crate) fn greatest(self) -> f32 {
        self.to_array().into_iter().fold(f32::MIN, |most, lane| if lane > most { lane } else { most })
    }

    /// The sum of the sixteen, always in the same order.
    #[inline(always)]
    pub(crate) fn sum(self) -> f32 {
        let all = self.to_array();
        let eight: [f32; 8] = std::array::from_fn(|index| all[index] + all[index + 8]);
        let four: [f32; 4] = std::array::from_fn(|index| eight[index] + eight[index + 4]);
        (four[0] + four[2]) + (four[1] + four[3])
    }

    /// `x / (1 + e^−x)`.
    #[inline(always)]
    pub(crate) fn silu(self) -> Self {
        let one = Self::splat(1.0);
        self.divided(one.plus(self.times(Self::splat(-1.0)).exp()))
    }
}

/// Asks for memory to be brought near, to the second-level cache: it is wanted soon, not at once. Does nothing where
/// there is no way to ask.
#[inline(always)]
pub(crate) fn fetch(halves: &Halves) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: every such processor can, and it changes nothing that the program sees.
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T1, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T1>(std::ptr::from_ref(halves).cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = halves;
}

/// The same memory as floats.
#[inline(always)]
pub(crate) fn flat(lanes: &[Lanes]) -> &[f32] {
    // SAFETY: `Lanes` is sixteen floats without padding, and more strictly aligned than one.
    unsafe { std::slice::from_raw_parts(lanes.as_ptr().cast(), lanes.len() * WIDTH) }
}

/// The same memory as floats, to write to.
#[inline(always)]
pub(crate) fn flat_mut(lanes: &mut [Lanes]) -> &mut [f32] {
    // SAFETY: as in `flat`; the borrow is exclusive, and every float is a valid lane.
    unsafe { std::slice::from_raw_parts_mut(lanes.as_mut_ptr().cast(), lanes.len() * WIDTH) }
}

/// The same memory as the bits of its numbers, to write to.
#[inline(always)]
pub(crate) fn flat_bits_mut(halves: &mut [Halves]) -> &mut [u16] {
    // SAFETY: `Halves` is sixteen numbers of sixteen bits without padding, more strictly aligned than one; the borrow
    // is exclusive, and all bits are valid.
    unsafe { std::slice::from_raw_parts_mut(halves.as_mut_ptr().cast(), halves.len() * WIDTH) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bits(lanes: [f32; WIDTH]) -> [u32; WIDTH] {
        lanes.map(f32::to_bits)
    }

    /// Sixteen numbers of all sizes from a seed.
    fn numbers(seed: u32) -> [f32; WIDTH] {
        std::array::from_fn(|lane| {
            let mixed = (seed * 16 + lane as u32).wrapping_mul(0x9e37_79b9).rotate_left(13);
            ((mixed >> 8) as f32 / 8_388_608.0 - 1.0) * 10f32.powi((mixed % 5) as i32 - 2)
        })
    }

    #[test]
    fn registers_and_arrays_give_the_same_bits() {
        for seed in 0..2000 {
            let input = [1, 2, 3].map(|part| numbers(3 * seed + part));
            let [first, second, third] = input.map(Lanes::from_array);
            let same = |left: Lanes, right: portable::Lanes| {
                assert_eq!(bits(left.to_array()), bits(right.to_array()), "{input:?}");
            };
            let plain = input.map(portable::Lanes::from_array);
            same(first.plus(second), plain[0].plus(plain[1]));
            same(first.times(second), plain[0].times(plain[1]));
            same(first.divided(second), plain[0].divided(plain[1]));
            same(first.larger(second), plain[0].larger(plain[1]));
            same(first.times_plus(second, third), plain[0].times_plus(plain[1], plain[2]));
            same(first.exp(), plain[0].exp());
            assert_eq!(first.halved().to_bits(), plain[0].halved().to_bits(), "{input:?}");
            same(Lanes::splat(input[0][0]), portable::Lanes::splat(input[0][0]));
            same(Lanes::ZERO.plus(first), portable::Lanes::ZERO.plus(plain[0]));
        }
    }

    #[test]
    fn every_number_of_half_precision_is_widened_exactly_and_comes_back() {
        for bits in 0..=u16::MAX {
            let wide = Halves::from_bits([bits; WIDTH]).widen();
            let plain = portable::Halves::from_bits([bits; WIDTH]).widen();
            if half::f16::from_bits(bits).is_nan() {
                assert!(wide.to_array()[7].is_nan() && plain.to_array()[7].is_nan());
            } else {
                assert_eq!(self::bits(wide.to_array()), self::bits(plain.to_array()));
                assert_eq!(wide.halved().to_bits(), [bits; WIDTH]);
            }
        }
    }

    #[test]
    fn rounding_to_half_precision_is_the_same_everywhere() {
        // All signs and exponents, and fractions at, just beside and far from the middle between two numbers.
        for step in 0..1u32 << 18 {
            let fraction = (step & 0x1ff).wrapping_mul(0x9e37) & 0x7f_e000;
            for low in [0, 1, 0xfff, 0x1000, 0x1001, 0x1fff] {
                let float = f32::from_bits((step >> 9) << 23 | fraction | low);
                if !float.is_nan() {
                    let plain = portable::Lanes::splat(float).halved().to_bits();
                    assert_eq!(Lanes::splat(float).halved().to_bits(), plain, "{float:e}");
                }
            }
        }
    }

    #[test]
    fn the_exponential_is_accurate_to_single_precision() {
        for step in -870_000..880_000 {
            let x = step as f32 * 1e-4;
            let exact = f64::from(x).exp();
            let value = f64::from(Lanes::splat(x).exp().to_array()[5]);
            assert!((value - exact).abs() <= 3e-7 * exact, "exp({x})");
        }
        for (x, expected) in [(-87.5, 0.0f32), (f32::NEG_INFINITY, 0.0), (f32::MIN, 0.0), (0.0, 1.0)] {
            assert_eq!(Lanes::splat(x).exp().to_array()[0].to_bits(), expected.to_bits(), "exp({x})");
        }
    }
}
