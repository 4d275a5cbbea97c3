//! The comparable value of an expression: an exact rational, or its values at fixed sample points.
//!
//! Irrational values are known to some 27 digits: two that differ only beyond, such as `10^{40}+\sqrt2` and
//! `10^{40}+\sqrt3`, are taken for the same.

use std::cmp::Ordering;

use num_rational::BigRational;
use num_traits::Zero;

use crate::approx::Approx;
use crate::evaluate::{POINTS, evaluate, may_leave_domain};
use crate::exact::exact;
use crate::expression::Expression;
use crate::form::form;
use crate::limits::{CALLS, NODES};
use crate::residue::residues;
use crate::twofold::Twofold;

/// Computed once per answer; two of them are compared in a microsecond.
#[derive(Debug, Clone)]
pub(crate) enum Fingerprint {
    /// A rational number.
    Exact(BigRational),
    /// An irrational or complex constant.
    Constant(Approx),
    /// A rational number too long to write down, modulo two primes.
    Residue([u64; 2]),
    /// A function: its value at every sample point where it has one.
    Function(Box<[Option<Approx>; POINTS]>),
    /// What has no value that could be computed, such as a tower of powers: its canonical spelling.
    Form(String),
}

impl Fingerprint {
    /// `None` if the expression has no value that could be compared.
    pub(crate) fn of(expression: &Expression) -> Option<Self> {
        let (nodes, calls) = expression.work();
        if nodes > NODES || calls > CALLS {
            return None;
        }
        if !expression.has_variable() {
            return exact(expression)
                .map(Self::Exact)
                .or_else(|| evaluate(expression, 0).map(Self::Constant))
                .or_else(|| residues(expression).map(Self::Residue))
                .or_else(|| form(expression).map(Self::Form));
        }
        let values: [Option<Approx>; POINTS] = std::array::from_fn(|point| evaluate(expression, point));
        (values.iter().flatten().count() >= 2).then(|| Self::Function(Box::new(values)))
    }

    pub(crate) fn is_constant(&self) -> bool {
        !matches!(self, Self::Function(_) | Self::Form(_))
    }

    pub(crate) fn is_zero(&self) -> bool {
        matches!(self, Self::Exact(value) if value.is_zero())
    }

    fn at(&self, point: usize) -> Option<Approx> {
        match self {
            Self::Exact(value) => Approx::exact(value),
            Self::Constant(value) => Some(*value),
            Self::Residue(_) | Self::Form(_) => None,
            Self::Function(values) => values[point],
        }
    }

    /// Whether the two are the same number or the same function.
    pub(crate) fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Exact(a), Self::Exact(b)) => a == b,
            (Self::Residue(a), Self::Residue(b)) => a == b,
            (Self::Form(a), Self::Form(b)) => a == b,
            (Self::Function(_), _) | (_, Self::Function(_)) => {
                let agreeing = (0..POINTS).try_fold(0, |agreeing, point| {
                    let (Some(a), Some(b)) = (self.at(point), other.at(point)) else {
                        return Some(agreeing);
                    };
                    match a.agrees(b) {
                        Some(true) => Some(agreeing + 1),
                        None => Some(agreeing),
                        Some(false) if may_leave_domain(point) && a.is_real() != b.is_real() => {
                            Some(agreeing)
                        }
                        // Outside the reals, roots of one number differ by their branch.
                        Some(false) if may_leave_domain(point) && a.is_other_branch(b) => Some(agreeing),
                        Some(false) => None,
                    }
                });
                agreeing.is_some_and(|agreeing| agreeing >= 2)
            }
            _ => match (self.at(0), other.at(0)) {
                (Some(a), Some(b)) => a.agrees(b) == Some(true),
                _ => false,
            },
        }
    }

    /// The constant `c` with `self = c * other` at every known point, as its sign; `None` if there is no such `c`.
    pub(crate) fn ratio_sign(&self, other: &Self) -> Option<Ordering> {
        // Beyond these sizes a quotient overflows one way round and not the other.
        let bearable = |value: &Approx| (1e-120..1e120).contains(&value.size());
        let value = |of: &Self, point: usize| of.at(point).filter(bearable);
        let mut ratios = (0..POINTS).filter_map(|point| value(self, point)?.divide(value(other, point)?));
        let first = ratios.next()?;
        let mut agreeing = 1;
        for ratio in ratios {
            match first.agrees(ratio) {
                Some(true) => agreeing += 1,
                Some(false) => return None,
                None => {}
            }
        }
        let sign = first.as_f64()?.partial_cmp(&0.0)?;
        (agreeing >= 3 && sign != Ordering::Equal).then_some(sign)
    }

    /// Whether `self : first` is the same as `other : other_first`, wherever both are known.
    pub(crate) fn proportional(&self, other: &Self, first: &Self, other_first: &Self) -> bool {
        if let (Self::Exact(a), Self::Exact(b), Self::Exact(c), Self::Exact(d)) =
            (self, other, first, other_first)
        {
            return a * d == b * c;
        }
        let cross = |point: usize| {
            let left = self.at(point)?.multiply(other_first.at(point)?)?;
            left.agrees(other.at(point)?.multiply(first.at(point)?)?)
        };
        (0..POINTS).all(|point| cross(point) != Some(false))
            && (0..POINTS).filter(|point| cross(*point) == Some(true)).count() >= 2
    }

    /// Whether this many degrees are the irrational number of radians `radians`.
    pub(crate) fn is_degrees_of(&self, radians: &Self) -> bool {
        let (Some(degrees), Self::Constant(radians)) = (self.at(0), radians) else { return false };
        let turned =
            degrees.multiply(Approx::real(Twofold::PI)).and_then(|turn| turn.divide(Approx::integer(180)));
        self.is_constant() && turned.is_some_and(|turned| turned.agrees(*radians) == Some(true))
    }

    /// A real constant as `f64`, for ordering.
    pub(crate) fn as_f64(&self) -> Option<f64> {
        if self.is_constant() { self.at(0)?.as_f64() } else { None }
    }

    /// Whether a decimal written with `places` digits after the point is this constant, rounded or cut.
    pub(crate) fn rounds_to(&self, decimal: &BigRational, places: u32) -> bool {
        let (Some(value), Some(decimal)) = (self.at(0), Approx::exact(decimal)) else { return false };
        let difference = value.add(decimal.negate());
        self.is_constant()
            && difference.is_some_and(|difference| difference.size() < 1.01 * 10_f64.powi(-(places as i32)))
    }
}
