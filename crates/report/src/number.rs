//! Numbers as people read them.

use crate::figure::Unit;

const MINUS: &str = "−";

/// A fixed number of digits after the point, with a true minus and no negative zero; a dash where it is not finite.
pub(crate) fn fixed(value: f64, digits: usize) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    let written = format!("{:.digits$}", value.abs());
    let zero = written.chars().all(|c| matches!(c, '0' | '.'));
    if value < 0.0 && !zero { format!("{MINUS}{written}") } else { written }
}

/// A number with as many digits as it needs, and a prefix of size: `0.25`, `512`, `1.5k`, `2G`, `3e18`.
pub(crate) fn short(value: f64) -> String {
    let size = value.abs();
    if !value.is_finite() || size == 0.0 {
        return fixed(value, 0);
    }
    if !(1e-4..1e15).contains(&size) {
        return format!("{value:.1e}").replace(".0e", "e").replace('-', MINUS);
    }
    for (limit, prefix) in [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e4, "k")] {
        if size >= limit {
            let unit = if prefix == "k" { 1e3 } else { limit };
            return format!("{}{prefix}", trimmed(value / unit, 1));
        }
    }
    let digits = match size {
        s if s >= 100.0 => 0,
        s if s >= 10.0 => 1,
        s if s >= 1.0 => 2,
        _ => 3,
    };
    trimmed(value, digits)
}

/// The value in its unit, for a tick or a cell: a share of 0.25 is `25`.
pub(crate) fn in_unit(value: f64, unit: &Unit) -> f64 {
    match unit {
        Unit::Percent => value * 100.0,
        Unit::Plain | Unit::Named(_) => value,
    }
}

/// The value in its unit, for a tooltip: `25.0 %`, `16 generations`.
pub(crate) fn with_unit(value: f64, unit: &Unit) -> String {
    match unit {
        Unit::Percent => format!("{} %", fixed(value * 100.0, 1)),
        Unit::Plain => short(value),
        Unit::Named(name) => format!("{} {name}", short(value)),
    }
}

fn trimmed(value: f64, digits: usize) -> String {
    let written = fixed(value, digits);
    if !written.contains('.') {
        return written;
    }
    written.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_the_digits_that_matter() {
        let cases = [
            (0.0, "0"),
            (0.25, "0.25"),
            (-0.5, "−0.5"),
            (1.0, "1"),
            (512.0, "512"),
            (8192.0, "8192"),
            (12_500.0, "12.5k"),
            (3.2e9, "3.2G"),
            (2e18, "2e18"),
            (f64::NAN, "–"),
        ];
        for (value, expected) in cases {
            assert_eq!(short(value), expected);
        }
    }

    #[test]
    fn zero_has_no_sign() {
        assert_eq!(fixed(-0.001, 1), "0.0");
        assert_eq!(fixed(-1.25, 1), "−1.2");
    }

    #[test]
    fn shares_read_as_percent() {
        assert_eq!(with_unit(0.832, &Unit::Percent), "83.2 %");
        assert_eq!(with_unit(16.0, &Unit::Named("generations".into())), "16 generations");
    }
}
