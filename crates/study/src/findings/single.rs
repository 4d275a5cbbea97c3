//! Against the best single rule: does choosing by difficulty beat one way of selecting for all?

use super::arms::{Arms, Spending};
use deliberate_policy::{Interval, paired_difference, selection_name};
use serde::Serialize;

/// The selection that is best over all samples of every question, which is known in hindsight alone.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Single {
    /// How it selects.
    pub rule: String,
    /// From how many samples.
    pub samples: u32,
    /// How often it is right.
    pub accuracy: Interval,
    /// The policies, each where it spends most.
    pub against: Vec<Against>,
}

/// A policy against the best single rule, on the same questions.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Against {
    /// The policy.
    pub way: String,
    /// Generations that it spends, mean per question.
    pub generations: f64,
    /// Its accuracy less that of the rule; the interval is that of the paired bootstrap.
    pub difference: Interval,
}

impl Single {
    /// `None` without samples.
    pub(super) fn of(arms: &Arms<'_>, ways: &[Spending]) -> Option<Self> {
        let samples = *arms.again.ks.last()?;
        let (selection, accuracy) = arms.again.best_at(samples)?;
        let rule = arms.again.cell(selection, samples)?;
        let against = ways.iter().filter_map(|way| {
            let cells = way.curve.last()?;
            let generations = cells.iter().map(|cell| cell.generations).sum::<f64>() / cells.len() as f64;
            let accuracies: Vec<f64> = cells.iter().map(|cell| cell.accuracy).collect();
            let difference = paired_difference(&accuracies, rule, arms.seed)?;
            Some(Against { way: way.name.clone(), generations, difference })
        });
        Some(Self { rule: selection_name(selection), samples, accuracy, against: against.collect() })
    }
}
