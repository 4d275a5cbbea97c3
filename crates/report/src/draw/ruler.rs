//! From values to pixels, and the round values worth a tick.

use crate::figure::{Axis, Scale};
use crate::number;

/// A range of values laid along a range of pixels.
#[derive(Debug, Clone)]
pub(super) struct Ruler {
    scale: Scale,
    low: f64,
    high: f64,
    from: f64,
    to: f64,
}

impl Ruler {
    /// Covers the values, and with them the axis's bounds; a linear axis ends at round values.
    pub(super) fn new(axis: &Axis, values: impl IntoIterator<Item = f64>, ticks: usize) -> Self {
        let usable = |value: &f64| value.is_finite() && (axis.scale == Scale::Linear || *value > 0.0);
        let bounds = axis.bounds.into_iter().flat_map(|(low, high)| [low, high]);
        let (low, high) = values
            .into_iter()
            .chain(bounds)
            .filter(usable)
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
        let (low, high) = if low > high { (1.0, 2.0) } else { (low, high) };
        let (low, high) = match axis.scale {
            Scale::Linear => {
                let (low, high) = if high - low < 1e-12 { (low - 0.5, high + 0.5) } else { (low, high) };
                let step = step(high - low, ticks);
                let snug = axis.names.is_empty();
                if snug {
                    // A hair beyond a round value is rounding, not data.
                    ((low / step + 1e-6).floor() * step, (high / step - 1e-6).ceil() * step)
                } else {
                    (low - 0.5, high + 0.5)
                }
            }
            Scale::Log2 | Scale::Log10 if high / low < 1.0 + 1e-9 => (low / 2.0, high * 2.0),
            Scale::Log2 | Scale::Log10 => (low, high),
        };
        Self { scale: axis.scale, low, high, from: 0.0, to: 1.0 }
    }

    /// Lays it along pixels.
    pub(super) fn along(mut self, from: f64, to: f64) -> Self {
        (self.from, self.to) = (from, to);
        self
    }

    /// The pixel of a value.
    pub(super) fn place(&self, value: f64) -> f64 {
        let share =
            (self.warped(value) - self.warped(self.low)) / (self.warped(self.high) - self.warped(self.low));
        self.from + share * (self.to - self.from)
    }

    pub(super) fn low(&self) -> f64 {
        self.low
    }

    pub(super) fn high(&self) -> f64 {
        self.high
    }

    /// Whether a value has a place.
    pub(super) fn holds(&self, value: f64) -> bool {
        value.is_finite() && (self.scale == Scale::Linear || value > 0.0)
    }

    fn warped(&self, value: f64) -> f64 {
        match self.scale {
            Scale::Linear => value,
            Scale::Log2 | Scale::Log10 => value.max(f64::MIN_POSITIVE).ln(),
        }
    }

    /// About so many round values, and how each is written.
    pub(super) fn ticks(&self, axis: &Axis, about: usize) -> Vec<(f64, String)> {
        if !axis.names.is_empty() {
            return axis.names.clone();
        }
        match self.scale {
            Scale::Linear => self.linear_ticks(axis, about),
            Scale::Log2 => self.powers(2.0, about),
            Scale::Log10 => self.powers(10.0, about),
        }
    }

    fn linear_ticks(&self, axis: &Axis, about: usize) -> Vec<(f64, String)> {
        let step = step(self.high - self.low, about);
        let shown = number::in_unit(step, &axis.unit);
        let digits = (-shown.log10().floor()).max(0.0) as usize;
        // A step of 2.5 needs one digit more than its size says.
        let whole = (shown * 10f64.powi(digits as i32)).fract().abs() < 1e-6;
        let digits = if whole { digits } else { digits + 1 };
        let first = (self.low / step - 1e-6).ceil() as i64;
        let last = (self.high / step + 1e-6).floor() as i64;
        (first..=last)
            .map(|index| {
                let value = index as f64 * step;
                let shown = number::in_unit(value, &axis.unit);
                let large = shown.abs() >= 1e4 || number::in_unit(self.high, &axis.unit).abs() >= 1e5;
                (value, if large { number::short(shown) } else { number::fixed(shown, digits) })
            })
            .collect()
    }

    fn powers(&self, base: f64, about: usize) -> Vec<(f64, String)> {
        let first = (self.low.ln() / base.ln() - 1e-9).ceil() as i32;
        let last = (self.high.ln() / base.ln() + 1e-9).floor() as i32;
        let count = (last - first + 1).max(1) as usize;
        let stride = count.div_ceil(about.max(1)).max(1);
        let written = |power: i32| {
            if base > 2.0 && (self.high > 1e8 || self.low < 1e-3) {
                format!("10{}", superscript(power))
            } else if base <= 2.0 && (-10..0).contains(&power) {
                format!("1/{}", 1 << -power)
            } else {
                number::short(base.powi(power))
            }
        };
        // Strides count from 1, so that it has a tick wherever it lies within.
        let first = first + (-first).rem_euclid(stride as i32);
        (first..=last).step_by(stride).map(|power| (base.powi(power), written(power))).collect()
    }
}

/// 1, 2, 2.5 or 5 times a power of ten, so that about `count` of them fill the span.
fn step(span: f64, count: usize) -> f64 {
    let rough = span / count.max(1) as f64;
    let size = 10f64.powf(rough.log10().floor());
    let factor =
        [1.0, 2.0, 2.5, 5.0, 10.0].into_iter().find(|factor| factor * size >= rough * 0.999).unwrap_or(10.0);
    factor * size
}

fn superscript(power: i32) -> String {
    let raised = |c: char| match c {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        digit => char::from_u32('⁰' as u32 + digit.to_digit(10).unwrap_or(0)).unwrap_or(digit),
    };
    power.to_string().chars().map(raised).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(axis: &Axis, values: [f64; 2], about: usize, expected: &str) {
        let ruler = Ruler::new(axis, values, about).along(0.0, 100.0);
        let ticks: Vec<String> = ruler.ticks(axis, about).into_iter().map(|(_, name)| name).collect();
        assert_eq!(ticks.join(" "), expected);
    }

    #[test]
    fn ticks_are_round() {
        check(&Axis::percent("a"), [0.103, 0.384], 5, "10 20 30 40");
        check(&Axis::linear("a"), [0.0, 1.0], 5, "0.0 0.2 0.4 0.6 0.8 1.0");
        check(&Axis::linear("a"), [0.0, 10.0], 4, "0.0 2.5 5.0 7.5 10.0");
        check(&Axis::log2("a", "x"), [1.0, 512.0], 10, "1 2 4 8 16 32 64 128 256 512");
        check(&Axis::log2("a", "x"), [1.0, 512.0], 5, "1 4 16 64 256");
        check(&Axis::log2("a", ""), [1.0 / 16.0, 16.0], 5, "1/16 1/4 1 4 16");
        check(&Axis::log2("a", ""), [1.0 / 256.0, 256.0], 6, "1/64 1/8 1 8 64");
        check(&Axis::log10("a", "FLOPs"), [1e9, 1e12], 6, "10⁹ 10¹⁰ 10¹¹ 10¹²");
        check(&Axis::log10("a", "tokens"), [120.0, 1e6], 6, "1000 10k 100k 1M");
    }

    #[test]
    fn doublings_are_equally_far_apart() {
        let ruler = Ruler::new(&Axis::log2("a", ""), [1.0, 16.0], 5).along(0.0, 100.0);
        assert!((ruler.place(2.0) - 25.0).abs() < 1e-9 && (ruler.place(8.0) - 75.0).abs() < 1e-9);
    }

    #[test]
    fn no_data_and_one_value_still_have_places() {
        for values in [vec![], vec![f64::NAN], vec![0.5]] {
            let ruler = Ruler::new(&Axis::linear("a"), values, 5).along(0.0, 100.0);
            assert!(ruler.place(0.5).is_finite());
        }
    }
}
