//! Points at equal cost: what a policy is worth beside one rule for all questions that spends as much.

use super::arms::{Arms, Spending};
use crate::evidence::WEIGHTED;
use deliberate_policy::{
    Allowance, Cell, Cost, Interval, SingleRule, advantage, selection_name, share_interval,
};
use serde::Serialize;

/// Fewest generations at which ways are compared: with less there is little to decide.
const LEAST: u32 = 4;

/// What the first reference is called.
pub const BEST_RULE: &str = "best single rule";

/// What every policy is held against, and how it does.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Single {
    /// The best single rule at every number of samples, chosen on training folds.
    pub rules: Vec<BestRule>,
    /// The policies against it and against best-of-N weighted, at equal cost.
    pub against: Vec<Against>,
}

/// The selection that was best on four fifths of the questions, measured on the last fifth.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct BestRule {
    /// From how many samples it selects.
    pub samples: u32,
    /// What was chosen, and for how many of the folds.
    pub chosen: Vec<(String, usize)>,
    /// How often it is right, held out.
    pub accuracy: Interval,
    /// The same of best-of-N weighted, which nobody had to choose.
    pub weighted: Interval,
}

/// A policy against a reference on the same questions, where both spend as much.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Against {
    /// The policy.
    pub way: String,
    /// What it is compared with.
    pub reference: String,
    /// Generations that both may spend, mean per question.
    pub generations: f64,
    /// Generations that the policy spends: less than it may where its dearest setting costs less.
    pub spent: f64,
    /// Its accuracy.
    pub accuracy: f64,
    /// That less the accuracy of the reference; the interval is that of the paired bootstrap.
    pub difference: Interval,
}

/// The best single rule as a way to spend.
pub(super) fn best_rule(arms: &Arms<'_>, single: &SingleRule) -> Spending {
    let point = |column: usize| -> Vec<Cell> {
        let cells = arms.pooled(WEIGHTED, column).into_iter().zip(&single.accuracy[column]);
        cells.map(|(cell, &accuracy)| Cell { accuracy, ..cell }).collect()
    };
    Spending {
        name: BEST_RULE.to_owned(),
        budgets: single.ks.iter().map(|&k| k.into()).collect(),
        curve: (0..single.ks.len()).map(point).collect(),
        halves: false,
    }
}

impl Single {
    /// `None` without samples.
    pub(super) fn of(arms: &Arms<'_>, ways: &[Spending]) -> Option<Self> {
        let single = SingleRule::of(arms.again, arms.seed);
        let references = [
            best_rule(arms, &single),
            Spending { name: "best-of-N weighted".to_owned(), ..arms.selected(WEIGHTED) },
        ];
        let rules = (0..single.ks.len()).map(|column| BestRule::of(arms, &single, column));
        let mut against = Vec::new();
        for &generations in single.ks.iter().filter(|&&k| k >= LEAST) {
            let allowed = Allowance { cost: Cost::Generations, amount: generations.into() };
            // A strategy for each bin is fitted budget by budget: there is none beyond the dearest arm.
            let fitted = |way: &&Spending| !way.halves || way.budgets.last() >= Some(&generations.into());
            for way in ways.iter().filter(fitted) {
                for reference in &references {
                    let Some(found) = advantage(&way.curve, &reference.curve, allowed, arms.seed) else {
                        continue;
                    };
                    let found = if way.halves { found.crossed() } else { found };
                    against.push(Against {
                        way: way.name.clone(),
                        reference: reference.name.clone(),
                        generations: generations.into(),
                        spent: found.spent,
                        accuracy: found.accuracy,
                        difference: found.difference,
                    });
                }
            }
        }
        Some(Self { rules: rules.collect::<Option<_>>()?, against })
    }
}

impl BestRule {
    fn of(arms: &Arms<'_>, single: &SingleRule, column: usize) -> Option<Self> {
        let mut chosen: Vec<(String, usize)> = Vec::new();
        for &selection in &single.chosen[column] {
            let name = selection_name(selection);
            match chosen.iter_mut().find(|known| known.0 == name) {
                Some(known) => known.1 += 1,
                None => chosen.push((name, 1)),
            }
        }
        let samples = single.ks[column];
        Some(Self {
            samples,
            chosen,
            accuracy: share_interval(&single.accuracy[column], arms.seed)?,
            weighted: share_interval(arms.again.cell(WEIGHTED, samples)?, arms.seed)?,
        })
    }
}
