//! One number from many step scores. The only place where step scores are aggregated.

use serde::{Deserialize, Serialize};

/// How the scores of a solution's steps become its score (section 5.1 of the paper: the last step's score beats
/// minimum and product when labels are soft returns).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Aggregation {
    /// The last step's score.
    #[default]
    Last,
    /// The lowest.
    Min,
    /// The product.
    Product,
    /// The arithmetic mean.
    Mean,
}

impl Aggregation {
    /// All of them, for tables and for `--help`.
    pub const ALL: [Self; 4] = [Self::Last, Self::Min, Self::Product, Self::Mean];

    /// The aggregate of `scores`; `None` if there are none.
    pub fn of(self, scores: &[f64]) -> Option<f64> {
        let last = *scores.last()?;
        Some(match self {
            Self::Last => last,
            Self::Min => scores.iter().copied().fold(f64::INFINITY, f64::min),
            Self::Product => scores.iter().product(),
            Self::Mean => scores.iter().sum::<f64>() / scores.len() as f64,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_aggregation_is_what_its_name_says() {
        let of = |a: Aggregation| a.of(&[0.5, 0.2, 0.8]).unwrap();
        assert!((of(Aggregation::Last) - 0.8).abs() < 1e-12);
        assert!((of(Aggregation::Min) - 0.2).abs() < 1e-12);
        assert!((of(Aggregation::Product) - 0.08).abs() < 1e-12);
        assert!((of(Aggregation::Mean) - 0.5).abs() < 1e-12);
        assert_eq!(Aggregation::Last.of(&[]), None);
    }
}
