//! Whether revising helps: attempts one after another (section 6.1).

use deliberate_policy::{Interval, share_interval};
use serde::Serialize;

/// Attempts along a chain of revisions.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Chain {
    /// Share of right attempts, by their place in the chain.
    pub right: Vec<Interval>,
    /// Share of right attempts whose revision is wrong; `None` if no right attempt was revised.
    pub broken: Option<f64>,
    /// Share of wrong attempts whose revision is right; `None` if no wrong attempt was revised.
    pub mended: Option<f64>,
}

impl Chain {
    /// `attempts` are by question; a chain that was cut short ends where it ends. `None` without any.
    pub(super) fn of(attempts: &[Vec<bool>], seed: u64) -> Option<Self> {
        let longest = attempts.iter().map(Vec::len).max().filter(|longest| *longest > 0)?;
        let at = |place: usize| {
            let there = attempts.iter().filter_map(|chain| chain.get(place));
            share_interval(&there.map(|&right| f64::from(u8::from(right))).collect::<Vec<_>>(), seed)
        };
        let turns = |from: bool| {
            let pairs = attempts.iter().flat_map(|chain| chain.windows(2)).filter(|pair| pair[0] == from);
            let turned: Vec<bool> = pairs.map(|pair| pair[1] != from).collect();
            let count = turned.iter().filter(|turned| **turned).count();
            (!turned.is_empty()).then(|| count as f64 / turned.len() as f64)
        };
        Some(Self { right: (0..longest).filter_map(at).collect(), broken: turns(true), mended: turns(false) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_are_counted_by_their_place_and_turns_by_their_direction() {
        let chains = [vec![true, false, true], vec![false, true], vec![false, false, false]];
        let chain = Chain::of(&chains, 0).unwrap();
        let values: Vec<f64> = chain.right.iter().map(|right| right.value).collect();
        assert_eq!(values.len(), 3);
        for (value, expected) in values.iter().zip([1.0 / 3.0, 1.0 / 3.0, 0.5]) {
            assert!((value - expected).abs() < 1e-12, "{values:?}");
        }
        assert_eq!((chain.broken, chain.mended), (Some(1.0), Some(0.5)));
        assert_eq!(Chain::of(&[], 0), None);
    }
}
