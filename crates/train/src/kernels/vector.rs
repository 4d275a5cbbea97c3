//! Sums and exponentials that the compiler turns into vector instructions.

const LANES: usize = 16;

/// `Σ a[i] · b[i]`, in a fixed order.
pub(crate) fn dot(a: &[f32], b: &[f32]) -> f32 {
    debug_assert_eq!(a.len(), b.len());
    let mut sums = [0.0f32; LANES];
    let (a_whole, b_whole) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest: f32 = a_whole.remainder().iter().zip(b_whole.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in a_whole.zip(b_whole) {
        for lane in 0..LANES {
            sums[lane] = a[lane].mul_add(b[lane], sums[lane]);
        }
    }
    sums.iter().sum::<f32>() + rest
}

/// The largest entry; negative infinity of none.
pub(crate) fn largest(values: &[f32]) -> f32 {
    let whole = values.chunks_exact(LANES);
    let rest = whole.remainder().iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut lanes = [f32::NEG_INFINITY; LANES];
    for chunk in whole {
        for lane in 0..LANES {
            lanes[lane] = if chunk[lane] > lanes[lane] { chunk[lane] } else { lanes[lane] };
        }
    }
    lanes.iter().copied().fold(rest, f32::max)
}

/// Replaces every `x` by `exp(x - shift)`; returns their sum.
pub(crate) fn exponentials(values: &mut [f32], shift: f32) -> f32 {
    let mut sums = [0.0f32; LANES];
    let mut whole = values.chunks_exact_mut(LANES);
    for chunk in &mut whole {
        for lane in 0..LANES {
            chunk[lane] = exponential(chunk[lane] - shift);
            sums[lane] += chunk[lane];
        }
    }
    let mut sum: f32 = sums.iter().sum();
    for value in whole.into_remainder() {
        *value = exponential(*value - shift);
        sum += *value;
    }
    sum
}

/// `e^x` within two units in the last place; what is below -87 counts as -87, above 88 as 88.
///
/// Written out because the library's function is a call, which keeps loops from becoming vector code.
#[inline]
pub(crate) fn exponential(x: f32) -> f32 {
    // 1.5 · 2²³: adding it rounds to an integer, which then sits in the lowest bits.
    const ROUND: f32 = 12_582_912.0;
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    let x = x.clamp(-87.0, 88.0);
    let shifted = x.mul_add(std::f32::consts::LOG2_E, ROUND);
    let power = shifted - ROUND;
    let rest = power.mul_add(-LN_2_LOW, power.mul_add(-LN_2_HIGH, x));
    let series = 1.0 / 720.0;
    let series = rest.mul_add(series, 1.0 / 120.0);
    let series = rest.mul_add(series, 1.0 / 24.0);
    let series = rest.mul_add(series, 1.0 / 6.0);
    let series = rest.mul_add(series, 0.5);
    let series = rest.mul_add(series, 1.0);
    let series = rest.mul_add(series, 1.0);
    series * f32::from_bits(shifted.to_bits().wrapping_add(127) << 23)
}

/// `1 / (1 + e^-x)`.
#[inline]
pub(crate) fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exponential(-x))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exponential_is_that_of_the_library() {
        for step in -8700..8800 {
            let x = step as f32 * 0.01;
            let (ours, exact) = (f64::from(exponential(x)), f64::from(x).exp());
            assert!((ours - exact).abs() <= 4e-7 * exact, "{x}: {ours} {exact}");
        }
        assert!(exponential(f32::NEG_INFINITY) < 1e-37);
        assert!(exponential(f32::NAN).is_nan());
    }

    #[test]
    #[expect(clippy::float_cmp, reason = "small integers add up exactly")]
    fn sums_and_maxima_cover_the_remainder() {
        for length in 0..70 {
            let values: Vec<f32> = (0..length).map(|i| (i * 7 % 23) as f32 - 11.0).collect();
            let exact: f32 = values.iter().map(|v| v * v).sum();
            assert_eq!(dot(&values, &values), exact);
            assert_eq!(largest(&values), values.iter().copied().fold(f32::NEG_INFINITY, f32::max));
        }
    }
}
