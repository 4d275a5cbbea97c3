//! Complex numbers of some thirty digits that carry a bound on their own error.
//!
//! The bound is what makes numeric equality safe: after heavy cancellation two values are "unknown", never "equal".

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{Signed, ToPrimitive, Zero};

use crate::twofold::Twofold;

/// Relative error granted to one operation; the arithmetic itself is a few hundred times better.
const UNIT: f64 = 1e-29;

/// `real + i imaginary`, within `error` of the true value.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Approx {
    pub(crate) real: Twofold,
    pub(crate) imaginary: Twofold,
    pub(crate) error: f64,
}

impl Approx {
    pub(crate) const I: Self = Self { real: Twofold::ZERO, imaginary: Twofold::ONE, error: 0.0 };

    pub(crate) fn real(real: Twofold) -> Self {
        Self { real, imaginary: Twofold::ZERO, error: UNIT * real.high.abs() }
    }

    pub(crate) fn integer(value: i32) -> Self {
        Self { real: Twofold::from(f64::from(value)), imaginary: Twofold::ZERO, error: 0.0 }
    }

    /// `None` where the number is beyond the range of `f64`.
    pub(crate) fn exact(value: &BigRational) -> Option<Self> {
        let quotient = nearest(value.numer())? / nearest(value.denom())?;
        quotient.is_finite().then(|| Self::real(quotient))
    }

    fn new(real: Twofold, imaginary: Twofold, error: f64) -> Option<Self> {
        let error = error + UNIT * (real.high.abs() + imaginary.high.abs());
        (real.is_finite() && imaginary.is_finite() && error.is_finite()).then_some(Self {
            real,
            imaginary,
            error,
        })
    }

    pub(crate) fn size(self) -> f64 {
        self.real.high.hypot(self.imaginary.high)
    }

    pub(crate) fn is_real(self) -> bool {
        self.imaginary.high.abs() <= 4.0 * self.error
    }

    /// Whether the other is the same number up to the sign of its whole or of its imaginary part, neither being real.
    pub(crate) fn is_other_branch(self, other: Self) -> bool {
        let conjugate = Self { imaginary: -other.imaginary, ..other };
        let same = |candidate: Self| self.agrees(candidate) == Some(true);
        !self.is_real()
            && !other.is_real()
            && (same(other.negate()) || same(conjugate) || same(conjugate.negate()))
    }

    fn is_near_zero(self) -> bool {
        self.size() <= 4.0 * self.error
    }

    /// The value as a plain real, for ordering the ends of intervals.
    pub(crate) fn as_f64(self) -> Option<f64> {
        self.is_real().then_some(self.real.high)
    }

    pub(crate) fn add(self, other: Self) -> Option<Self> {
        Self::new(self.real + other.real, self.imaginary + other.imaginary, self.error + other.error)
    }

    pub(crate) fn negate(self) -> Self {
        Self { real: -self.real, imaginary: -self.imaginary, error: self.error }
    }

    pub(crate) fn multiply(self, other: Self) -> Option<Self> {
        let error = self.size() * other.error + other.size() * self.error + self.error * other.error;
        Self::new(
            self.real * other.real - self.imaginary * other.imaginary,
            self.real * other.imaginary + self.imaginary * other.real,
            error + UNIT * self.size() * other.size(),
        )
    }

    pub(crate) fn divide(self, other: Self) -> Option<Self> {
        if other.is_near_zero() {
            return None;
        }
        let norm = other.real * other.real + other.imaginary * other.imaginary;
        let size = other.size();
        let error = (self.error + self.size() / size * other.error) / size;
        Self::new(
            (self.real * other.real + self.imaginary * other.imaginary) / norm,
            (self.imaginary * other.real - self.real * other.imaginary) / norm,
            error * 2.0 + UNIT * self.size() / size,
        )
    }

    /// Principal square root.
    pub(crate) fn sqrt(self) -> Option<Self> {
        if self.is_near_zero() {
            return Some(Self {
                real: Twofold::ZERO,
                imaginary: Twofold::ZERO,
                error: (5.0 * self.error).sqrt(),
            });
        }
        let size = (self.real * self.real + self.imaginary * self.imaginary).sqrt();
        let error = self.error / size.high.sqrt();
        let half = Twofold::from(0.5);
        let (real, imaginary) = if self.is_real() {
            let root = self.real.abs().sqrt();
            if self.real.high >= 0.0 { (root, Twofold::ZERO) } else { (Twofold::ZERO, root) }
        } else if self.real.high >= 0.0 {
            let root = ((size + self.real) * half).sqrt();
            (root, self.imaginary / root * half)
        } else {
            let root = ((size - self.real) * half).sqrt();
            let root = if self.imaginary.high < 0.0 { -root } else { root };
            (self.imaginary / root * half, root)
        };
        Self::new(real, imaginary, error)
    }

    pub(crate) fn exp(self) -> Option<Self> {
        let size = self.real.exp();
        let turned = self.imaginary.sin_cos();
        let error =
            size.high * (self.error * 2.0 + UNIT * (self.real.high.abs() + self.imaginary.high.abs()));
        if self.error > 1.0 {
            return None;
        }
        Self::new(size * turned.1, size * turned.0, error)
    }

    /// Principal logarithm.
    pub(crate) fn ln(self) -> Option<Self> {
        if self.is_near_zero() {
            return None;
        }
        let size = (self.real * self.real + self.imaginary * self.imaginary).sqrt();
        let angle = if self.is_real() {
            if self.real.high >= 0.0 { Twofold::ZERO } else { Twofold::PI }
        } else {
            self.imaginary.atan2(self.real)
        };
        Self::new(size.ln(), angle, 2.0 * self.error / size.high + UNIT)
    }

    pub(crate) fn sin_cos(self) -> Option<(Self, Self)> {
        if self.is_real() {
            let turned = self.real.sin_cos();
            let error = self.error + UNIT * (1.0 + self.real.high.abs());
            if error > 1e-9 {
                return None;
            }
            return Some((
                Self::new(turned.0, Twofold::ZERO, error)?,
                Self::new(turned.1, Twofold::ZERO, error)?,
            ));
        }
        let turned = self.multiply(Self::I)?;
        let (up, down) = (turned.exp()?, turned.negate().exp()?);
        let half = Self::real(Twofold::from(0.5));
        let sine = up.add(down.negate())?.multiply(half)?.multiply(Self::I.negate())?;
        Some((sine, up.add(down)?.multiply(half)?))
    }

    /// Integer power by repeated squaring.
    pub(crate) fn power(self, exponent: i32) -> Option<Self> {
        let mut result = Self::integer(1);
        let mut base = self;
        let mut rest = exponent.unsigned_abs();
        while rest > 0 {
            if rest & 1 == 1 {
                result = result.multiply(base)?;
            }
            rest >>= 1;
            if rest > 0 {
                base = base.multiply(base)?;
            }
        }
        if exponent < 0 { Self::integer(1).divide(result) } else { Some(result) }
    }

    pub(crate) fn absolute(self) -> Option<Self> {
        let real = if self.is_real() {
            self.real.abs()
        } else {
            (self.real * self.real + self.imaginary * self.imaginary).sqrt()
        };
        Self::new(real, Twofold::ZERO, self.error)
    }

    /// `None` on an edge of the error bound, where the floor is not known.
    pub(crate) fn floor(self) -> Option<Self> {
        let lower = (self.real - Twofold::from(self.error)).floor();
        let upper = (self.real + Twofold::from(self.error)).floor();
        (self.is_real() && lower == upper).then_some(Self::real(lower))
    }

    /// Whether the two are the same number as far as either is known; `None` where too little is known.
    pub(crate) fn agrees(self, other: Self) -> Option<bool> {
        let size = self.size().max(other.size());
        let difference = self.add(other.negate())?.size();
        let tolerance = 4.0 * (self.error + other.error) + 1e-27 * size;
        if difference > tolerance {
            return Some(false);
        }
        (self.error + other.error <= 1e-12 * size.max(1e-6)).then_some(true)
    }
}

/// The two leading `f64` of an integer.
fn nearest(value: &BigInt) -> Option<Twofold> {
    let high = value.to_f64().filter(|high| high.is_finite())?;
    if value.bits() <= 53 {
        return Some(Twofold::from(high));
    }
    let rest = value - num_traits::FromPrimitive::from_f64(high).unwrap_or_else(BigInt::zero);
    let low = if rest.abs().is_zero() { 0.0 } else { rest.to_f64()? };
    Some(Twofold { high, low })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cancellation_is_unknown_rather_than_equal() {
        let huge = Approx::exact(&BigRational::from_integer(BigInt::from(10).pow(40))).unwrap();
        let left = huge.add(Approx::integer(1)).unwrap().add(huge.negate()).unwrap();
        assert_eq!(left.agrees(Approx::integer(2)), None);
    }

    #[test]
    fn roots_of_negative_numbers_are_imaginary() {
        let root = Approx::integer(-4).sqrt().unwrap();
        assert_eq!(root.agrees(Approx::I.multiply(Approx::integer(2)).unwrap()), Some(true));
    }
}
