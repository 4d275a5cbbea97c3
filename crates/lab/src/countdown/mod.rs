//! **countdown**: numbers are combined until a target is reached.
//!
//! `Make 34 from 3, 8, 7, 3, each used once, with + - *. Which results come before 34?` Steps combine two of the
//! numbers that are left and list what is left then: `3*8=24, left 7 3 24`. Results are never below 1.
//!
//! # Why the answer is the results on the way
//! The target would be an answer that everyone knows, and so would be any expression with that value to a vote by
//! mathematical equality. An unused number can be guessed. The results on the way are few and short, can hardly be
//! guessed without the whole solution, and lists are equal whatever their order. Only questions are kept for which
//! all ways to the target, found by exhaustive search, have the same results on the way: so the answer is unique, and
//! a majority means what it means elsewhere.

mod attempt;
mod build;
mod oracle;
mod search;

pub(crate) use attempt::attempt;
pub(crate) use build::{build, words};
pub(crate) use oracle::CountdownOracle;

use crate::{Family, Key};
use serde::{Deserialize, Serialize};

/// The facts of a countdown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Countdown {
    /// The numbers, in the order of the question.
    pub numbers: Vec<u32>,
    /// What is to be made of them.
    pub target: u32,
    /// How many of them stay unused.
    pub unused: u32,
}

impl Countdown {
    /// The numbers in any order and the target.
    pub(crate) fn key(&self) -> Key {
        let mut numbers = self.numbers.clone();
        numbers.sort_unstable();
        let head = [Family::Countdown as u32, self.target, self.unused];
        Key::of(head.into_iter().chain(numbers).map(u64::from))
    }

    /// Steps of every solution.
    pub(crate) fn steps(&self) -> Option<usize> {
        (self.numbers.len().checked_sub(1)?).checked_sub(self.unused as usize)
    }
}
