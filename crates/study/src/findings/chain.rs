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
    /// `attempts` are `[questions][runs][attempts]`; a chain that was cut short ends where it ends. `None` without any.
    pub(super) fn of(attempts: &[Vec<Vec<bool>>], seed: u64) -> Option<Self> {
        let longest = attempts.iter().flatten().map(Vec::len).max().filter(|longest| *longest > 0)?;
        let at = |place: usize| {
            let mean = |runs: &Vec<Vec<bool>>| {
                let there: Vec<bool> = runs.iter().filter_map(|chain| chain.get(place).copied()).collect();
                let right = there.iter().filter(|right| **right).count();
                (!there.is_empty()).then(|| right as f64 / there.len() as f64)
            };
            share_interval(&attempts.iter().filter_map(mean).collect::<Vec<_>>(), seed)
        };
        let turns = |from: bool| {
            let chains = attempts.iter().flatten();
            let pairs = chains.flat_map(|chain| chain.windows(2)).filter(|pair| pair[0] == from);
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
        let runs = vec![vec![true, false, true], vec![true, true]];
        let chains = [runs, vec![vec![false, true]], vec![vec![false, false, false]]];
        let chain = Chain::of(&chains, 0).unwrap();
        let values: Vec<f64> = chain.right.iter().map(|right| right.value).collect();
        assert_eq!(values.len(), 3);
        for (value, expected) in values.iter().zip([1.0 / 3.0, 0.5, 0.5]) {
            assert!((value - expected).abs() < 1e-12, "{values:?}");
        }
        assert_eq!((chain.broken, chain.mended), (Some(0.5), Some(0.5)));
        assert_eq!(Chain::of(&[], 0), None);
    }
}
