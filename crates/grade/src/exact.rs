//! Exact rational values of constant expressions, as long as they stay small enough to write down.
//!
//! Only decides what a fraction can decide: anything irrational, symbolic, undefined or larger than
//! [`EXACT_BITS`] is `None` and left to numeric evaluation.

use num_bigint::BigInt;
use num_integer::Integer;
use num_rational::BigRational;
use num_traits::{One, Signed, ToPrimitive, Zero};

use crate::expression::{Expression, Function, Several};
use crate::limits::{EXACT_BITS, FACTORIAL};

/// The value, if it is a rational number of bearable size.
pub(crate) fn exact(expression: &Expression) -> Option<BigRational> {
    let value = match expression {
        Expression::Number(value) => value.clone(),
        Expression::Sum(parts) => {
            let mut sum = BigRational::zero();
            for part in parts {
                sum = bounded(add(sum, exact(part)?))?;
            }
            sum
        }
        Expression::Product(parts) => {
            let mut product = BigRational::one();
            for part in parts {
                product = bounded(multiply(product, exact(part)?))?;
            }
            product
        }
        Expression::Negative(one) => -exact(one)?,
        Expression::Quotient(numerator, denominator) => {
            let denominator = exact(denominator)?;
            if denominator.is_zero() {
                return None;
            }
            exact(numerator)? / denominator
        }
        Expression::Power(base, exponent) => power(&exact(base)?, &exact(exponent)?)?,
        Expression::Root { degree, of } => root(&exact(of)?, *degree)?,
        Expression::Logarithm { base, of } => logarithm(&exact(base)?, &exact(of)?)?,
        Expression::Factorial(of) => {
            let of = whole(&exact(of)?)?.to_u32().filter(|of| *of <= FACTORIAL)?;
            BigRational::from_integer((1..=of).fold(BigInt::one(), |product, factor| product * factor))
        }
        Expression::Binomial(above, below) => binomial(&exact(above)?, &exact(below)?)?,
        Expression::Percent(one) => exact(one)? / BigInt::from(100),
        Expression::Call(function, of) => call(*function, exact(of)?)?,
        Expression::CallSeveral(function, of) => {
            several(*function, &of.iter().map(exact).collect::<Option<Vec<_>>>()?)?
        }
        _ => return None,
    };
    bounded(value)
}

/// The sum, without the reduction to lowest terms that whole numbers do not need.
fn add(a: BigRational, b: BigRational) -> BigRational {
    if a.is_integer() && b.is_integer() {
        return BigRational::from_integer(a.numer() + b.numer());
    }
    a + b
}

/// The product, reduced only where there is something to reduce.
fn multiply(a: BigRational, b: BigRational) -> BigRational {
    if a.is_integer() && b.is_integer() {
        return BigRational::from_integer(a.numer() * b.numer());
    }
    a * b
}

fn bounded(value: BigRational) -> Option<BigRational> {
    (value.numer().bits() <= EXACT_BITS && value.denom().bits() <= EXACT_BITS).then_some(value)
}

fn whole(value: &BigRational) -> Option<&BigInt> {
    value.is_integer().then(|| value.numer())
}

fn power(base: &BigRational, exponent: &BigRational) -> Option<BigRational> {
    if !exponent.is_integer() {
        let rooted = root(base, exponent.denom().to_u32()?)?;
        return power(&rooted, &BigRational::from_integer(exponent.numer().clone()));
    }
    if base.is_zero() {
        return exponent.is_positive().then(BigRational::zero);
    }
    if base.numer().abs().is_one() && base.denom().is_one() {
        let flips = base.is_negative() && exponent.numer().is_odd();
        return Some(if flips { -BigRational::one() } else { BigRational::one() });
    }
    let times = exponent.to_integer().abs().to_u64()?;
    let bits = base.numer().bits().max(base.denom().bits());
    if bits.saturating_sub(1).saturating_mul(times) > EXACT_BITS || times > EXACT_BITS {
        return None;
    }
    // Powers of coprime numbers are coprime: nothing to reduce.
    let times = u32::try_from(times).ok()?;
    let value = BigRational::new_raw(base.numer().pow(times), base.denom().pow(times));
    Some(if exponent.is_negative() { value.recip() } else { value })
}

/// The real root if it is rational; odd roots of negative numbers are negative, as at school.
fn root(of: &BigRational, degree: u32) -> Option<BigRational> {
    if degree == 0 || degree > 64 || (of.is_negative() && degree.is_multiple_of(2)) {
        return None;
    }
    let (numerator, denominator) = (of.numer().nth_root(degree), of.denom().nth_root(degree));
    let candidate = BigRational::new(numerator, denominator);
    (num_traits::pow(candidate.clone(), degree as usize) == *of).then_some(candidate)
}

/// Integer logarithms only: `\log_2 8`, `\log 100`.
fn logarithm(base: &BigRational, of: &BigRational) -> Option<BigRational> {
    if !of.is_positive() || !base.is_positive() || base.is_one() {
        return None;
    }
    let ratio = of.numer().to_f64()?.ln() - of.denom().to_f64()?.ln();
    let exponent = (ratio / (base.numer().to_f64()?.ln() - base.denom().to_f64()?.ln())).round();
    let exponent = BigRational::from_integer(BigInt::from(exponent.to_i32()?));
    (power(base, &exponent)? == *of).then_some(exponent)
}

fn binomial(above: &BigRational, below: &BigRational) -> Option<BigRational> {
    let above = whole(above)?.to_u32().filter(|above| *above <= 4 * FACTORIAL)?;
    let below = whole(below)?.to_u32()?;
    if below > above {
        return Some(BigRational::zero());
    }
    let below = below.min(above - below);
    let mut value = BigInt::one();
    for step in 0..below {
        value = value * (above - step) / (step + 1);
    }
    Some(BigRational::from_integer(value))
}

fn call(function: Function, of: BigRational) -> Option<BigRational> {
    match function {
        Function::Absolute => Some(of.abs()),
        Function::Floor => Some(of.floor()),
        Function::Ceiling => Some(of.ceil()),
        Function::Real => Some(of),
        Function::Imaginary => Some(BigRational::zero()),
        _ => None,
    }
}

fn several(function: Several, of: &[BigRational]) -> Option<BigRational> {
    let combine: fn(BigInt, &BigInt) -> BigInt = match function {
        Several::Max => return of.iter().max().cloned(),
        Several::Min => return of.iter().min().cloned(),
        Several::Gcd => |a, b| a.gcd(b),
        Several::Lcm => |a, b| a.lcm(b),
    };
    let mut result: Option<BigInt> = None;
    for value in of {
        let value = whole(value)?;
        let next = result.map_or_else(|| value.clone(), |sofar| combine(sofar, value));
        result = (next.bits() <= EXACT_BITS).then_some(next);
        result.as_ref()?;
    }
    result.map(BigRational::from_integer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(value: i64) -> Expression {
        Expression::integer(value)
    }

    #[test]
    fn perfect_powers_have_exact_roots_and_others_have_none() {
        let root = |value, degree| exact(&Expression::Root { degree, of: Box::new(number(value)) });
        assert_eq!(root(144, 2), Some(BigRational::from_integer(12.into())));
        assert_eq!(root(-27, 3), Some(BigRational::from_integer((-3).into())));
        assert_eq!(root(2, 2), None);
        assert_eq!(root(-4, 2), None);
    }

    #[test]
    fn towers_and_huge_factorials_are_refused() {
        let tower = number(9).power(number(9).power(number(9).power(number(9))));
        assert_eq!(exact(&tower), None);
        assert_eq!(exact(&Expression::Factorial(Box::new(number(1_000_000_000)))), None);
        assert_eq!(exact(&number(0).power(number(0))), None);
    }
}
