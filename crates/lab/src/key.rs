//! What makes two questions the same, and which split a question falls in.
//!
//! Splits are disjoint by construction: the split is a function of the key, and of nothing else.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Identifies a question up to the names in it, its wording, the order of its facts and its distractors.
///
/// A hash of 64 bits. Questions that collide by accident share a split, which harms nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(u64);

impl Key {
    /// The key that follows from these parts, in this order.
    pub(crate) fn of(parts: impl IntoIterator<Item = u64>) -> Self {
        Self(parts.into_iter().fold(0x6465_6c69_6265_7261, mix))
    }

    /// Where questions with this key belong.
    pub fn split(self) -> Split {
        // Mixed once more, so that the split says nothing about the key's own digits.
        match mix(self.0, 0) % 100 {
            0..90 => Split::Train,
            90..95 => Split::Validation,
            _ => Split::Test,
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// What a question may be used for: 90 % of all keys are for training, 5 % for validation and 5 % for tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Split {
    /// Models learn from it.
    Train,
    /// Decisions about training are made with it.
    Validation,
    /// Only measured on.
    Test,
}

impl Split {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Train, Self::Validation, Self::Test];
}

/// Finaliser of `SplitMix64` over both. Splits and seeds depend on it: it must never change.
pub(crate) fn mix(state: u64, value: u64) -> u64 {
    let mut z = state ^ value.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_key_in_twenty_is_for_tests() {
        let count = |split| (0..10_000).filter(|&part| Key::of([part]).split() == split).count();
        assert!((8_800..9_200).contains(&count(Split::Train)), "{}", count(Split::Train));
        assert!((420..580).contains(&count(Split::Validation)), "{}", count(Split::Validation));
        assert!((420..580).contains(&count(Split::Test)), "{}", count(Split::Test));
    }
}
