//! Numbers as people read them.

use deliberate_run::Interval;

/// `12 345`.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

/// With a unit prefix, to three digits.
fn scaled(number: f64, step: f64, units: &[&str]) -> String {
    let mut number = number;
    let mut unit = 0;
    while number.abs() >= step * 0.9995 && unit + 1 < units.len() {
        number /= step;
        unit += 1;
    }
    let digits = if number < 10.0 { 2 } else { usize::from(number < 100.0) };
    format!("{number:.digits$} {}", units[unit])
}

/// `1.23 TFLOP`.
pub(crate) fn flops(number: f64) -> String {
    scaled(number, 1000.0, &["FLOP", "kFLOP", "MFLOP", "GFLOP", "TFLOP", "PFLOP", "EFLOP"])
}

/// `93.8 MiB`.
pub(crate) fn bytes(number: u64) -> String {
    scaled(number as f64, 1024.0, &["B", "KiB", "MiB", "GiB", "TiB"])
}

/// `0.42 s`, `3 min 12 s`.
pub(crate) fn seconds(seconds: f64) -> String {
    if seconds < 100.0 {
        let digits = if seconds < 10.0 { 2 } else { 1 };
        return format!("{seconds:.digits$} s");
    }
    let whole = seconds.round() as u64;
    if whole < 3600 {
        format!("{} min {} s", whole / 60, whole % 60)
    } else {
        format!("{} h {} min", whole / 3600, whole % 3600 / 60)
    }
}

/// `42.0 % [30.1, 54.0]`.
pub(crate) fn share(interval: Interval) -> String {
    format!("{:.1} % [{:.1}, {:.1}]", interval.value * 100.0, interval.low * 100.0, interval.high * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(
            (count(0).as_str(), count(999).as_str(), count(1_234_567).as_str()),
            ("0", "999", "1 234 567")
        );
        assert_eq!((flops(1.234e12).as_str(), flops(5.0).as_str()), ("1.23 TFLOP", "5.00 FLOP"));
        assert_eq!(bytes(98_362_432), "93.8 MiB");
        assert_eq!((seconds(0.424).as_str(), seconds(192.0).as_str()), ("0.42 s", "3 min 12 s"));
    }
}
