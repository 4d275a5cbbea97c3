//! Rational values too long to write down, modulo two primes of 61 bits.
//!
//! `2006!` has 19,000 bits, but its remainders take a few microseconds, and sums, products, quotients and powers of
//! remainders are remainders. Two different numbers with the same pair are as likely as a collision of 122 bits.

use num_bigint::BigInt;
use num_integer::Integer;
use num_rational::BigRational;
use num_traits::{Signed, ToPrimitive};

use crate::exact::exact;
use crate::expression::Expression;

const PRIMES: [u64; 2] = [(1 << 61) - 1, (1 << 61) - 31];
/// Largest argument of a factorial.
const FACTORIAL: u64 = 5000;

/// The remainders of a constant rational expression; `None` if it is no such thing or divides by zero.
pub(crate) fn residues(expression: &Expression) -> Option<[u64; 2]> {
    Some([residue(expression, PRIMES[0])?, residue(expression, PRIMES[1])?])
}

fn residue(expression: &Expression, prime: u64) -> Option<u64> {
    let of = |part: &Expression| residue(part, prime);
    match expression {
        Expression::Number(value) => of_rational(value, prime),
        Expression::Sum(parts) => parts.iter().try_fold(0_u64, |sum, part| Some((sum + of(part)?) % prime)),
        Expression::Product(parts) => {
            parts.iter().try_fold(1, |product, part| Some(times(product, of(part)?, prime)))
        }
        Expression::Negative(one) => Some((prime - of(one)?) % prime),
        Expression::Quotient(above, below) => Some(times(of(above)?, inverse(of(below)?, prime)?, prime)),
        Expression::Power(base, exponent) => {
            let exponent = exact(exponent).filter(BigRational::is_integer)?;
            let base = of(base)?;
            let base = if exponent.is_negative() { inverse(base, prime)? } else { base };
            // Fermat: the exponent counts modulo one less, for what is not divisible.
            let times = exponent.numer().abs().mod_floor(&BigInt::from(prime - 1)).to_u64()?;
            (base != 0).then(|| power(base, times, prime))
        }
        Expression::Factorial(of) => factorial(whole(of)?, prime),
        Expression::Binomial(above, below) => {
            let (above, below) = (whole(above)?, whole(below)?);
            let rest = above.checked_sub(below)?;
            let divisor = times(factorial(below, prime)?, factorial(rest, prime)?, prime);
            Some(times(factorial(above, prime)?, inverse(divisor, prime)?, prime))
        }
        Expression::Percent(one) => Some(times(of(one)?, inverse(100, prime)?, prime)),
        _ => None,
    }
}

fn of_rational(value: &BigRational, prime: u64) -> Option<u64> {
    let modulus = BigInt::from(prime);
    let above = value.numer().mod_floor(&modulus).to_u64()?;
    let below = value.denom().mod_floor(&modulus).to_u64()?;
    Some(times(above, inverse(below, prime)?, prime))
}

fn whole(of: &Expression) -> Option<u64> {
    exact(of).filter(BigRational::is_integer)?.to_integer().to_u64()
}

fn factorial(of: u64, prime: u64) -> Option<u64> {
    (of <= FACTORIAL).then(|| (1..=of).fold(1, |product, factor| times(product, factor, prime)))
}

fn times(a: u64, b: u64, prime: u64) -> u64 {
    (u128::from(a) * u128::from(b) % u128::from(prime)) as u64
}

fn power(mut base: u64, mut exponent: u64, prime: u64) -> u64 {
    let mut result = 1;
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = times(result, base, prime);
        }
        base = times(base, base, prime);
        exponent >>= 1;
    }
    result
}

fn inverse(of: u64, prime: u64) -> Option<u64> {
    (of != 0).then(|| power(of, prime - 2, prime))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_moduli_are_prime() {
        // Fermat's test to several bases: no proof, but these are known primes and this catches a slip.
        for prime in PRIMES {
            assert!((2..40).all(|base| power(base, prime - 1, prime) == 1), "{prime}");
        }
    }

    #[test]
    fn long_factorials_cancel() {
        let factorial = |of| Expression::Factorial(Box::new(Expression::integer(of)));
        let one = Expression::integer(1).over(factorial(2004));
        let other = Expression::Product(vec![Expression::integer(2005), Expression::integer(2006)])
            .over(factorial(2006));
        assert_eq!(residues(&one), residues(&other));
        assert_ne!(residues(&one), residues(&Expression::integer(1).over(factorial(2005))));
        assert!(residues(&one).is_some() && residues(&factorial(1_000_000)).is_none());
    }
}
