//! What an answer cost.

use serde::{Deserialize, Serialize};
use std::ops::{Add, AddAssign};

/// Tokens and operations spent on one or more requests. The unit of the counts is one token evaluated once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Usage {
    /// Given tokens that were evaluated.
    pub prefilled: u64,
    /// Given tokens whose evaluation was found in the prefix cache, or shared with a sample of the same request.
    pub cached: u64,
    /// Tokens drawn. The last one of a sample is evaluated only if something continues it, and is then counted as
    /// prefilled there.
    pub decoded: u64,
    /// Floating-point operations of what was evaluated, from the model's real sizes and positions.
    pub flops: f64,
}

impl AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        self.prefilled += other.prefilled;
        self.cached += other.cached;
        self.decoded += other.decoded;
        self.flops += other.flops;
    }
}

impl Add for Usage {
    type Output = Self;
    fn add(mut self, other: Self) -> Self {
        self += other;
        self
    }
}

impl std::iter::Sum for Usage {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), Add::add)
    }
}
