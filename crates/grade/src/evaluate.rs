//! Numeric value of an expression at a sample point.
//!
//! A point gives every variable a value derived from its name alone, so that answers are evaluated apart and still
//! meet: [`crate::fingerprint`] evaluates once when an answer is parsed, and a vote only compares numbers.

use num_rational::BigRational;
use num_traits::{Signed, ToPrimitive};

use crate::approx::Approx;
use crate::exact::exact;
use crate::expression::{Expression, Function};
use crate::twofold::Twofold;

/// Sample points: two with positive values, two with values of both signs, four with whole numbers (for factorials).
pub(crate) const POINTS: usize = 8;

/// Points at which a real and a complex value mean "outside the domain of one side" rather than "different".
pub(crate) fn may_leave_domain(point: usize) -> bool {
    matches!(point, 2 | 3)
}

/// The value of the variable `name` at `point`.
fn sample(name: &str, point: usize) -> Approx {
    // FNV-1a, then a splitmix finish: any fixed mixing will do, but it must never change between two answers.
    let mut hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    hash = hash.wrapping_add((point as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^= hash >> 31;
    if point >= 4 {
        return Approx::integer(3 + (hash % 24) as i32);
    }
    let fraction = (hash >> 11) as f64 / (1_u64 << 53) as f64;
    let size = 0.3 + 2.4 * fraction;
    let negative = point == 2 || (point == 3 && hash & 1 == 1);
    Approx { real: Twofold::from(if negative { -size } else { size }), imaginary: Twofold::ZERO, error: 0.0 }
}

/// The value at one of the [`POINTS`]; `None` where it is undefined, out of range or not numeric.
pub(crate) fn evaluate(expression: &Expression, point: usize) -> Option<Approx> {
    let at = |part: &Expression| evaluate(part, point);
    match expression {
        Expression::Number(value) => Approx::exact(value),
        Expression::Pi => Some(Approx::real(Twofold::PI)),
        Expression::Euler => Some(Approx::real(Twofold::E)),
        Expression::ImaginaryUnit => Some(Approx::I),
        Expression::Variable(name) => Some(sample(name, point)),
        Expression::Sum(parts) => parts.iter().try_fold(Approx::integer(0), |sum, part| sum.add(at(part)?)),
        Expression::Product(parts) => {
            parts.iter().try_fold(Approx::integer(1), |product, part| product.multiply(at(part)?))
        }
        Expression::Negative(one) => at(one).map(Approx::negate),
        Expression::Quotient(numerator, denominator) => at(numerator)?.divide(at(denominator)?),
        Expression::Power(base, exponent) => power(base, exponent, point),
        Expression::Root { degree, of } => root(at(of)?, *degree),
        Expression::Logarithm { base, of } => at(of)?.ln()?.divide(at(base)?.ln()?),
        Expression::Call(function, of) => call(*function, at(of)?),
        Expression::CallSeveral(..) => Approx::exact(&exact(expression)?),
        Expression::Factorial(of) => factorial(at(of)?),
        Expression::Binomial(above, below) => {
            let (above, below) = (at(above)?, at(below)?);
            let rest = above.add(below.negate())?;
            factorial(above)?.divide(factorial(below)?.multiply(factorial(rest)?)?)
        }
        Expression::Degrees(one) => {
            at(one)?.multiply(Approx::real(Twofold::PI)).and_then(|turn| turn.divide(Approx::integer(180)))
        }
        Expression::Percent(one) => at(one)?.divide(Approx::integer(100)),
        Expression::Matrix(_) => None,
    }
}

fn power(base: &Expression, exponent: &Expression, point: usize) -> Option<Approx> {
    if *base == Expression::Euler {
        return evaluate(exponent, point)?.exp();
    }
    let value = evaluate(base, point)?;
    let rational = if exponent.has_variable() { None } else { exact(exponent) };
    let Some(exponent) = rational else {
        let exponent = evaluate(exponent, point)?;
        // A variable exponent takes whole values at the last points: keep those on the precise path.
        let whole = exponent.as_f64().filter(|whole| exponent.error == 0.0 && whole.fract() == 0.0);
        if let Some(whole) = whole.filter(|whole| whole.abs() <= 4096.0) {
            return value.power(whole as i32);
        }
        return exponent.multiply(value.ln()?)?.exp();
    };
    rational_power(value, &exponent)
}

fn rational_power(value: Approx, exponent: &BigRational) -> Option<Approx> {
    if exponent.is_integer() {
        if let Some(whole) = exponent.to_i32().filter(|whole| whole.abs() <= 4096) {
            if whole == 0 && value.size() <= 4.0 * value.error {
                return None;
            }
            return value.power(whole);
        }
        return Approx::exact(exponent)?.multiply(value.ln()?)?.exp();
    }
    let degree = exponent.denom().to_u32().filter(|degree| *degree <= 64);
    let times = exponent.numer().to_i32().filter(|times| times.abs() <= 512);
    if let (Some(degree), Some(times)) = (degree, times) {
        return root(value, degree)?.power(times);
    }
    if value.size() == 0.0 && exponent.is_positive() {
        return Some(value);
    }
    Approx::exact(exponent)?.multiply(value.ln()?)?.exp()
}

/// Real roots where there are any (the cube root of -8 is -2), principal roots elsewhere.
fn root(value: Approx, degree: u32) -> Option<Approx> {
    match degree {
        0 => None,
        1 => Some(value),
        2 => value.sqrt(),
        _ if value.size() == 0.0 => Some(value),
        _ if degree % 2 == 1 && value.is_real() && value.real.high < 0.0 => {
            root(value.negate(), degree).map(Approx::negate)
        }
        _ => value.ln()?.divide(Approx::integer(degree as i32))?.exp(),
    }
}

/// Factorials of small whole numbers only.
fn factorial(of: Approx) -> Option<Approx> {
    let whole = of.as_f64().filter(|whole| (0.0..=150.0).contains(&whole.round()))?.round();
    if of.agrees(Approx::integer(whole as i32)) != Some(true) {
        return None;
    }
    (2..=whole as i32)
        .try_fold(Approx::integer(1), |product, factor| product.multiply(Approx::integer(factor)))
}

fn call(function: Function, of: Approx) -> Option<Approx> {
    let one = Approx::integer(1);
    match function {
        Function::Sin => of.sin_cos().map(|(sine, _)| sine),
        Function::Cos => of.sin_cos().map(|(_, cosine)| cosine),
        Function::Tan => of.sin_cos().and_then(|(sine, cosine)| sine.divide(cosine)),
        Function::Cot => of.sin_cos().and_then(|(sine, cosine)| cosine.divide(sine)),
        Function::Sec => of.sin_cos().and_then(|(_, cosine)| one.divide(cosine)),
        Function::Csc => of.sin_cos().and_then(|(sine, _)| one.divide(sine)),
        Function::Arcsin => arcsine(of),
        Function::Arccos => half_pi().add(arcsine(of)?.negate()),
        Function::Arctan => arctangent(of),
        Function::Arccot => half_pi().add(arctangent(of)?.negate()),
        Function::Sinh => hyperbolic(of).map(|(sine, _)| sine),
        Function::Cosh => hyperbolic(of).map(|(_, cosine)| cosine),
        Function::Tanh => hyperbolic(of).and_then(|(sine, cosine)| sine.divide(cosine)),
        Function::Ln => of.ln(),
        Function::Exp => of.exp(),
        Function::Absolute => of.absolute(),
        Function::Floor => of.floor(),
        Function::Ceiling => of.negate().floor().map(Approx::negate),
        Function::Real => Some(Approx { imaginary: Twofold::ZERO, ..of }),
        Function::Imaginary => Some(Approx { real: of.imaginary, imaginary: Twofold::ZERO, error: of.error }),
    }
}

fn half_pi() -> Approx {
    Approx::real(Twofold::PI.scale(0.5))
}

/// `-i ln(iz + sqrt(1 - z^2))`
fn arcsine(of: Approx) -> Option<Approx> {
    let rest = Approx::integer(1).add(of.multiply(of)?.negate())?.sqrt()?;
    of.multiply(Approx::I)?.add(rest)?.ln()?.multiply(Approx::I.negate())
}

/// `i/2 (ln(1 - iz) - ln(1 + iz))`
fn arctangent(of: Approx) -> Option<Approx> {
    let turned = of.multiply(Approx::I)?;
    let (one, half) = (Approx::integer(1), Approx::real(Twofold::from(0.5)));
    let difference = one.add(turned.negate())?.ln()?.add(one.add(turned)?.ln()?.negate())?;
    difference.multiply(Approx::I)?.multiply(half)
}

fn hyperbolic(of: Approx) -> Option<(Approx, Approx)> {
    let (up, down, half) = (of.exp()?, of.negate().exp()?, Approx::real(Twofold::from(0.5)));
    Some((up.add(down.negate())?.multiply(half)?, up.add(down)?.multiply(half)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_has_the_same_value_wherever_its_name_occurs() {
        for point in 0..POINTS {
            assert_eq!(sample("x", point).agrees(sample("x", point)), Some(true));
        }
        assert_eq!(sample("x", 0).agrees(sample("y", 0)), Some(false));
        assert!(sample("x", 0).real.high > 0.0);
        assert!(sample("x", 2).real.high < 0.0);
    }
}
