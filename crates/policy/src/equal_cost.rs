//! What a way to spend achieves at a given cost. Between two of its settings a coin chooses; beyond the last nothing is
//! assumed, and below the first nothing is bought.

use crate::outcomes::{Cell, Cost};
use crate::resample::{Interval, bootstrap, crossed};
use serde::{Deserialize, Serialize};

/// What one way to spend achieved on every question, setting by setting: `[settings][questions]`.
pub type Curve = Vec<Vec<Cell>>;

/// What may be spent per question, on average.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Allowance {
    /// In what it is counted.
    pub cost: Cost,
    /// How much.
    pub amount: f64,
}

/// A policy that flips a coin for every question, so that its mean cost is what is allowed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Coin {
    /// Place of the cheaper setting.
    pub cheaper: usize,
    /// Place of the dearer setting; that of the cheaper one if it costs what is allowed, or nothing costs more.
    pub dearer: usize,
    /// Chance of the dearer setting.
    pub chance: f64,
    /// Mean cost: what is allowed, or that of the dearest setting where even that one is affordable.
    pub spent: f64,
}

impl Coin {
    /// The coin between the neighbours of `allowed` among settings of these mean costs, in any order. `None` if every
    /// setting costs more.
    pub fn between(costs: &[f64], allowed: f64) -> Option<Self> {
        // A budget met to rounding is met.
        let affordable = |&at: &usize| costs[at] <= allowed * (1.0 + 1e-9);
        let by_cost = |a: &usize, b: &usize| costs[*a].total_cmp(&costs[*b]);
        let cheaper = (0..costs.len()).filter(affordable).max_by(by_cost)?;
        let dearer = (0..costs.len()).filter(|at| !affordable(at)).min_by(by_cost);
        Some(match dearer {
            Some(dearer) => {
                let chance = ((allowed - costs[cheaper]) / (costs[dearer] - costs[cheaper])).max(0.0);
                Self { cheaper, dearer, chance, spent: allowed }
            }
            None => Self { cheaper, dearer: cheaper, chance: 0.0, spent: costs[cheaper] },
        })
    }

    /// What it gives, question by question.
    pub fn flip(&self, curve: &[Vec<Cell>]) -> Vec<Cell> {
        let pairs = curve[self.cheaper].iter().zip(&curve[self.dearer]);
        pairs.map(|(cheaper, dearer)| cheaper.mixed(dearer, self.chance)).collect()
    }
}

/// A way against a reference at equal cost.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Advantage {
    /// What both may spend.
    pub allowed: Allowance,
    /// What the way spends: less than allowed where its dearest setting costs less.
    pub spent: f64,
    /// What the reference spends, likewise.
    pub reference_spent: f64,
    /// Share of right answers of the way.
    pub accuracy: f64,
    /// That less the reference's, with a 95 % interval of the paired bootstrap.
    pub difference: Interval,
}

impl Advantage {
    /// The same of a way that two halves of the questions chose for each other, as [`crate::fit_fixed`] does: its interval
    /// is wider, for the bootstrap cannot see that both halves profit from the same luck.
    #[must_use]
    pub fn crossed(self) -> Self {
        Self { difference: crossed(self.difference), ..self }
    }
}

/// Compares both at what is allowed. The bootstrap resamples questions, and with them what every setting costs. `None`
/// without questions, or if either side has no setting that is affordable.
pub fn advantage(
    way: &[Vec<Cell>],
    reference: &[Vec<Cell>],
    allowed: Allowance,
    seed: u64,
) -> Option<Advantage> {
    let questions = reference.first()?.len();
    let at = |curve: &[Vec<Cell>], drawn: &[usize]| {
        let points: Vec<(f64, f64)> = curve.iter().map(|point| means(point, allowed.cost, drawn)).collect();
        let costs: Vec<f64> = points.iter().map(|point| point.0).collect();
        let coin = Coin::between(&costs, allowed.amount)?;
        let (cheaper, dearer) = (points[coin.cheaper].1, points[coin.dearer].1);
        Some((coin.spent, cheaper + coin.chance * (dearer - cheaper)))
    };
    let all: Vec<usize> = (0..questions).collect();
    let ((spent, accuracy), (reference_spent, _)) = (at(way, &all)?, at(reference, &all)?);
    let difference = bootstrap(questions, seed, |drawn| match (at(way, drawn), at(reference, drawn)) {
        (Some((_, ours)), Some((_, theirs))) => ours - theirs,
        _ => f64::NAN,
    })?;
    Some(Advantage { allowed, spent, reference_spent, accuracy, difference })
}

/// Mean (cost, accuracy) of one setting over `drawn` questions.
pub(crate) fn means(point: &[Cell], cost: Cost, drawn: &[usize]) -> (f64, f64) {
    let mut sums = (0.0, 0.0);
    for &at in drawn {
        sums.0 += point[at].cost(cost);
        sums.1 += point[at].accuracy;
    }
    (sums.0 / drawn.len() as f64, sums.1 / drawn.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(accuracy: f64, generations: f64) -> Vec<Cell> {
        vec![Cell { accuracy, generations, ..Cell::default() }; 10]
    }

    fn at(amount: f64) -> Allowance {
        Allowance { cost: Cost::Generations, amount }
    }

    #[test]
    fn between_two_settings_a_coin_spends_what_is_allowed() {
        let coin = Coin::between(&[4.0, 16.0, 1.0], 10.0).unwrap();
        assert_eq!((coin.cheaper, coin.dearer), (0, 1));
        let cells = coin.flip(&[point(0.4, 4.0), point(0.8, 16.0), point(0.1, 1.0)]);
        assert!((cells[0].generations - 10.0).abs() < 1e-9 && (cells[0].accuracy - 0.6).abs() < 1e-9);
    }

    #[test]
    fn beyond_the_last_setting_nothing_is_assumed_and_below_the_first_nothing_bought() {
        let last = Coin::between(&[1.0, 4.0], 100.0).unwrap();
        assert_eq!((last.cheaper, last.dearer, last.spent), (1, 1, 4.0));
        assert_eq!(Coin::between(&[2.0, 4.0], 1.0), None);
        assert_eq!(Coin::between(&[], 1.0), None);
    }

    #[test]
    fn a_difference_at_equal_cost_says_what_either_side_spent() {
        let way = [point(0.5, 2.0), point(0.9, 6.0)];
        let reference = [point(0.4, 1.0), point(0.6, 8.0)];
        let found = advantage(&way, &reference, at(4.0), 0).unwrap();
        assert!((found.accuracy - 0.7).abs() < 1e-9 && (found.spent - 4.0).abs() < 1e-9, "{found:?}");
        assert!((found.difference.value - (0.7 - (0.4 + 0.2 * 3.0 / 7.0))).abs() < 1e-9, "{found:?}");
        let past = advantage(&way, &reference, at(8.0), 0).unwrap();
        assert_eq!((past.spent, past.difference.value.signum()), (6.0, 1.0));
        assert_eq!(advantage(&way, &reference, at(1.0), 0), None);
    }
}
