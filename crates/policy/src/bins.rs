//! Quantiles of difficulty (section 3.2). The first bin is the easiest.

use serde::{Deserialize, Serialize};

/// Bins of an ease, kept as edges so that new questions can be placed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bins {
    /// Falling values of ease; a question lies in bin `i` if `i` edges lie above its ease.
    pub edges: Vec<f64>,
}

impl Bins {
    /// Edges between `count` quantiles of `ease`. Equal values share a bin, so bins may be uneven or empty.
    pub fn fit(ease: &[f64], count: usize) -> Self {
        let mut sorted = ease.to_vec();
        sorted.sort_by(|a, b| b.total_cmp(a));
        let edge = |bin: usize| {
            let at = bin * sorted.len() / count.max(1);
            match (at.checked_sub(1).and_then(|before| sorted.get(before)), sorted.get(at)) {
                (Some(before), Some(after)) => f64::midpoint(*before, *after),
                (None, Some(value)) | (Some(value), None) => *value,
                (None, None) => 0.0,
            }
        };
        Self { edges: (1..count.max(1)).map(edge).collect() }
    }

    /// Number of bins.
    pub fn count(&self) -> usize {
        self.edges.len() + 1
    }

    /// The bin of a question: 0 is the easiest.
    pub fn place(&self, ease: f64) -> usize {
        self.edges.iter().filter(|edge| ease < **edge).count()
    }
}

/// The bin of each question by rank, so that bins are even whatever the ties: those are settled by `finer`, then by
/// position.
pub fn rank_bins(ease: &[f64], finer: &[f64], count: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..ease.len()).collect();
    order.sort_by(|&a, &b| ease[b].total_cmp(&ease[a]).then(finer[b].total_cmp(&finer[a])).then(a.cmp(&b)));
    let mut bins = vec![0; ease.len()];
    for (rank, at) in order.iter().enumerate() {
        bins[*at] = rank * count / ease.len();
    }
    bins
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn distinct_values_fill_bins_evenly(count in 1_usize..8, per_bin in 1_usize..6) {
            let ease: Vec<f64> = (0..count * per_bin).map(|at| (at * 7919 % 1009) as f64).collect();
            let bins = Bins::fit(&ease, count);
            let placed: Vec<usize> = ease.iter().map(|&value| bins.place(value)).collect();
            prop_assert_eq!(&placed, &rank_bins(&ease, &ease, count));
            for bin in 0..count {
                prop_assert_eq!(placed.iter().filter(|one| **one == bin).count(), per_bin);
            }
        }

        #[test]
        fn an_easier_question_is_never_in_a_harder_bin(ease in prop::collection::vec(0_u8..6, 1..30), count in 1_usize..6) {
            let ease: Vec<f64> = ease.into_iter().map(f64::from).collect();
            let bins = Bins::fit(&ease, count);
            prop_assert!((0..5).all(|value| bins.place(f64::from(value)) >= bins.place(f64::from(value + 1))));
            prop_assert!(ease.iter().all(|&value| bins.place(value) < count));
        }
    }
}
