//! The normal distribution function, and sums of exponentials that do not overflow.

/// Probability that a standard normal number is below `x`; absolute error below 1e-14.
pub(crate) fn below(x: f64) -> f64 {
    // A series near the middle and a continued fraction in the tails (Abramowitz and Stegun, 26.2.11 and 26.2.14).
    let density = (-0.5 * x * x).exp() / std::f64::consts::TAU.sqrt();
    if x.abs() < 3.5 {
        let (mut term, mut sum, mut odd) = (x, x, 1.0);
        while term.abs() > 1e-17 {
            odd += 2.0;
            term *= x * x / odd;
            sum += term;
        }
        return 0.5 + density * sum;
    }
    let fraction = (1..=60).rev().fold(x.abs(), |rest, k| x.abs() + f64::from(k) / rest);
    let tail = density / fraction;
    if x < 0.0 { tail } else { 1.0 - tail }
}

/// ln Σ exp(x); minus infinity of nothing.
pub(crate) fn log_sum_exp(values: &[f64]) -> f64 {
    let highest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if highest == f64::NEG_INFINITY {
        return highest;
    }
    highest + values.iter().map(|value| (value - highest).exp()).sum::<f64>().ln()
}

/// Shares in proportion to exp(x), which sum to 1.
pub(crate) fn softmax(values: &[f64]) -> Vec<f64> {
    let highest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let parts: Vec<f64> = values.iter().map(|value| (value - highest).exp()).collect();
    let total: f64 = parts.iter().sum();
    parts.iter().map(|part| part / total).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_agree_with_tables() {
        let cases = [
            (0.0, 0.5),
            (1.0, 0.841_344_746_068_543),
            (-1.96, 0.024_997_895_148_220_4),
            (3.4, 0.999_663_070_734_323),
            (-4.0, 3.167_124_183_311_99e-5),
            (6.0, 0.999_999_999_013_412),
        ];
        for (x, expected) in cases {
            assert!((below(x) - expected).abs() < 1e-14, "{x}: {}", below(x));
        }
    }

    #[test]
    fn large_exponents_do_not_overflow() {
        assert!((log_sum_exp(&[1000.0, 1000.0]) - 1000.0 - 2f64.ln()).abs() < 1e-9);
        assert_eq!(softmax(&[800.0, 800.0]), [0.5, 0.5]);
        assert!(log_sum_exp(&[]).is_infinite());
    }
}
