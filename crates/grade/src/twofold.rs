//! Real arithmetic with twice the digits of `f64`: a number is the unevaluated sum of two.
//!
//! About 31 decimal digits, which is what tells `\sqrt{2}+\sqrt{3}` from a decimal that merely looks like it.
//! Arbitrary precision would be slower and no more convincing for answers a few lines long. The algorithms are the
//! classical error-free sum and product of Dekker and Knuth. No range extension: overflow becomes infinity or NaN,
//! which the caller treats as "unknown".

use std::ops::{Add, Div, Mul, Neg, Sub};

/// `high + low`, with `low` below half a unit in the last place of `high`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Twofold {
    pub(crate) high: f64,
    pub(crate) low: f64,
}

fn two_sum(a: f64, b: f64) -> Twofold {
    let high = a + b;
    let part = high - a;
    Twofold { high, low: (a - (high - part)) + (b - part) }
}

/// As [`two_sum`] for `|a| >= |b|`.
fn quick_two_sum(a: f64, b: f64) -> Twofold {
    let high = a + b;
    Twofold { high, low: b - (high - a) }
}

/// The upper and lower 26 bits. Done by hand because a fused multiply-add is a slow library call on plain x86-64.
fn split(a: f64) -> (f64, f64) {
    let scaled = 134_217_729.0 * a;
    let high = scaled - (scaled - a);
    (high, a - high)
}

fn two_product(a: f64, b: f64) -> Twofold {
    let high = a * b;
    let (a_high, a_low) = split(a);
    let (b_high, b_low) = split(b);
    let low = ((a_high * b_high - high) + a_high * b_low + a_low * b_high) + a_low * b_low;
    Twofold { high, low }
}

impl Twofold {
    pub(crate) const ZERO: Self = Self { high: 0.0, low: 0.0 };
    pub(crate) const ONE: Self = Self { high: 1.0, low: 0.0 };
    pub(crate) const PI: Self = Self { high: std::f64::consts::PI, low: 1.224_646_799_147_353_2e-16 };
    pub(crate) const E: Self = Self { high: std::f64::consts::E, low: 1.445_646_891_729_250_2e-16 };
    const LN_2: Self = Self { high: std::f64::consts::LN_2, low: 2.319_046_813_846_299_6e-17 };

    pub(crate) fn is_finite(self) -> bool {
        self.high.is_finite() && self.low.is_finite()
    }

    pub(crate) fn abs(self) -> Self {
        if self.high < 0.0 { -self } else { self }
    }

    pub(crate) fn scale(self, factor: f64) -> Self {
        let product = two_product(self.high, factor);
        quick_two_sum(product.high, product.low + self.low * factor)
    }

    /// Multiplies by a power of two, exactly.
    fn shift(self, power: i32) -> Self {
        let factor = f64::from(power).exp2();
        Self { high: self.high * factor, low: self.low * factor }
    }

    /// Zero for negative arguments; callers choose the branch.
    pub(crate) fn sqrt(self) -> Self {
        if self.high <= 0.0 {
            return Self::ZERO;
        }
        let guess = self.high.sqrt();
        let rest = self - two_product(guess, guess);
        two_sum(guess, rest.high / (2.0 * guess))
    }

    pub(crate) fn exp(self) -> Self {
        if self.high > 709.0 {
            return Self { high: f64::INFINITY, low: 0.0 };
        }
        if self.high < -700.0 {
            return Self::ZERO;
        }
        let turns = (self.high / Self::LN_2.high).round();
        let reduced = (self - Self::LN_2.scale(turns)).shift(-9);
        // Sum of e^r - 1, doubled nine times as (1+s)^2 - 1 = 2s + s^2 so that no digit drowns in the 1.
        let mut term = reduced;
        let mut sum = reduced;
        for order in 2..=11 {
            term = term * reduced / Self::from(f64::from(order));
            sum = sum + term;
        }
        for _ in 0..9 {
            sum = sum.scale(2.0) + sum * sum;
        }
        (sum + Self::ONE).shift(turns as i32)
    }

    /// Natural logarithm of a positive number.
    pub(crate) fn ln(self) -> Self {
        let guess = Self::from(self.high.ln());
        let guess = guess + self * (-guess).exp() - Self::ONE;
        guess + self * (-guess).exp() - Self::ONE
    }

    /// Sine and cosine. The argument is reduced with 31 digits of pi, so the absolute error grows with `|self|`.
    pub(crate) fn sin_cos(self) -> (Self, Self) {
        let half_pi = Self::PI.shift(-1);
        let turns = (self.high / half_pi.high).round();
        let rest = self - half_pi.scale(turns);
        let square = rest * rest;
        let (mut sine, mut cosine) = (rest, Self::ONE);
        let (mut sine_term, mut cosine_term) = (rest, Self::ONE);
        for order in 1..=14 {
            let even = f64::from(2 * order);
            cosine_term = -(cosine_term * square) / Self::from(even * (even - 1.0));
            sine_term = -(sine_term * square) / Self::from(even * (even + 1.0));
            cosine = cosine + cosine_term;
            sine = sine + sine_term;
        }
        match turns.rem_euclid(4.0) as u8 {
            0 => (sine, cosine),
            1 => (cosine, -sine),
            2 => (-sine, -cosine),
            _ => (-cosine, sine),
        }
    }

    /// Angle of the point (`x`, `self`), in (-pi, pi].
    pub(crate) fn atan2(self, x: Self) -> Self {
        let radius = (self * self + x * x).sqrt();
        if radius.high == 0.0 {
            return Self::ZERO;
        }
        let guess = Self::from(self.high.atan2(x.high));
        let (sine, cosine) = guess.sin_cos();
        guess + (self * cosine - x * sine) / radius
    }

    pub(crate) fn floor(self) -> Self {
        let high = self.high.floor();
        if high.total_cmp(&self.high).is_eq() {
            quick_two_sum(high, self.low.floor())
        } else {
            Self::from(high)
        }
    }
}

impl From<f64> for Twofold {
    fn from(high: f64) -> Self {
        Self { high, low: 0.0 }
    }
}

impl Add for Twofold {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        let high = two_sum(self.high, other.high);
        let low = two_sum(self.low, other.low);
        let sum = quick_two_sum(high.high, high.low + low.high);
        quick_two_sum(sum.high, sum.low + low.low)
    }
}

impl Neg for Twofold {
    type Output = Self;
    fn neg(self) -> Self {
        Self { high: -self.high, low: -self.low }
    }
}

impl Sub for Twofold {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl Mul for Twofold {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        let product = two_product(self.high, other.high);
        quick_two_sum(product.high, product.low + (self.high * other.low + self.low * other.high))
    }
}

impl Div for Twofold {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        let first = self.high / other.high;
        let rest = self - other.scale(first);
        let second = rest.high / other.high;
        let rest = rest - other.scale(second);
        let sum = quick_two_sum(first, second);
        sum + Self::from(rest.high / other.high)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: Twofold, b: Twofold) {
        let distance = (a - b).abs().high;
        assert!(distance <= 1e-29 * (1.0 + a.high.abs()), "{a:?} and {b:?} differ by {distance:e}");
    }

    #[test]
    fn inverse_functions_cancel_to_thirty_digits() {
        for value in [0.013, 0.5, 1.0, 1.75, 3.0, 42.0, 600.0] {
            let value = Twofold::from(value) / Twofold::from(1.1);
            close(value.sqrt() * value.sqrt(), value);
            close(value.ln().exp() / value, Twofold::ONE);
            let (sine, cosine) = value.sin_cos();
            close(sine * sine + cosine * cosine, Twofold::ONE);
            close(Twofold::from(3.0) * (value / Twofold::from(3.0)), value);
        }
        close(Twofold::ONE.exp(), Twofold::E);
        close(Twofold::ONE.atan2(Twofold::ONE).scale(4.0), Twofold::PI);
        close(Twofold::from(-1.0).atan2(Twofold::ZERO).scale(-2.0), Twofold::PI);
    }
}
