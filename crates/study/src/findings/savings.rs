//! What it costs to reach what best-of-N reaches, and what a larger model reaches at the same cost.

use crate::StudyError;
use crate::evidence::{Evidence, WEIGHTED};
use deliberate_policy::{
    Cell, Convention, Cost, Curve, CurvePoint, Efficiency, ExchangeRow, Fit, Reselection, Spent, efficiency,
    exchange, matched_factor, selection_name,
};
use deliberate_search::{Aggregation, Rule, Selection};
use serde::Serialize;

/// References where the pool is deep enough; its whole depth otherwise.
const REFERENCES: [u32; 2] = [64, 256];

/// Inference tokens over pretraining tokens (R) of the paper, and of its conference version, which counts the verifier.
const RATIOS: [(Convention, [f64; 3]); 2] =
    [(Convention::Proposer, [0.16, 0.79, 22.0]), (Convention::WithVerifier, [0.08, 0.40, 11.0])];

/// What a way needs to be as good as a reference.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Saving {
    /// The way.
    pub way: String,
    /// What it is compared with.
    pub reference: String,
    /// What is counted.
    pub cost: Cost,
    /// The comparison.
    pub efficiency: Efficiency,
}

/// A fixed-budget policy against the larger model at matched FLOPs.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Exchange {
    /// How difficulty was known.
    pub difficulty: &'static str,
    /// R: inference tokens over pretraining tokens.
    pub ratio: f64,
    /// What counts as inference.
    pub convention: Convention,
    /// Times its own inference compute that the small model may spend.
    pub factor: f64,
    /// By bin, and overall; empty if nothing that was tried is as cheap.
    pub rows: Vec<ExchangeRow>,
}

/// Everything that has a cost and an accuracy per question.
pub(super) struct Curves<'a> {
    pub(super) again: &'a Reselection,
    pub(super) sample_flops: &'a [f64],
    pub(super) fixed: [(&'static str, &'a Fit); 2],
    pub(super) spent: [(&'static str, &'a [Spent]); 2],
    pub(super) seed: u64,
}

impl Curves<'_> {
    /// Every way against every reference, in generations, and in FLOPs where they were counted.
    pub(super) fn savings(&self) -> Vec<Saving> {
        let mut savings = Vec::new();
        let costs = [Cost::Generations, Cost::Flops];
        for cost in costs.into_iter().filter(|cost| *cost != Cost::Flops || !self.sample_flops.is_empty()) {
            for (reference, point) in self.references(cost) {
                for (way, curve) in self.curves(cost) {
                    if let Some(efficiency) = efficiency(&curve, &point, self.seed) {
                        savings.push(Saving { way, reference: reference.clone(), cost, efficiency });
                    }
                }
            }
        }
        savings
    }

    /// Best-of-N weighted and by product at the reference budgets, and the best single rule there.
    fn references(&self, cost: Cost) -> Vec<(String, CurvePoint)> {
        let deepest = self.again.ks.last().copied();
        let mut ks: Vec<u32> = REFERENCES.into_iter().filter(|k| self.again.ks.contains(k)).collect();
        ks.extend(deepest.filter(|_| ks.is_empty()));
        let product = Selection { rule: Rule::Best, aggregation: Aggregation::Product };
        let mut references = Vec::new();
        for k in ks {
            for selection in [WEIGHTED, product] {
                let name = format!("{}, N = {k}", selection_name(selection));
                references.extend(self.pooled(selection, k, cost).map(|point| (name, point)));
            }
        }
        references
    }

    fn pooled(&self, selection: Selection, k: u32, cost: Cost) -> Option<CurvePoint> {
        let accuracy = self.again.cell(selection, k)?.to_vec();
        let cost = match cost {
            Cost::Flops => self.sample_flops.iter().map(|flops| flops * f64::from(k)).collect(),
            _ => vec![f64::from(k); accuracy.len()],
        };
        Some(CurvePoint { accuracy, cost })
    }

    fn curves(&self, cost: Cost) -> Vec<(String, Curve)> {
        let weighted = self.again.ks.iter().filter_map(|&k| self.pooled(WEIGHTED, k, cost)).collect();
        let mut curves = vec![("best-of-N weighted itself".to_owned(), weighted)];
        for (difficulty, fit) in self.fixed {
            let point = |cells: &[Cell]| CurvePoint {
                accuracy: cells.iter().map(|cell| cell.accuracy).collect(),
                cost: cells.iter().map(|cell| cell.cost(cost)).collect(),
            };
            let curve = fit.points.iter().map(|at| point(&at.chosen)).collect();
            curves.push((format!("compute-optimal, {difficulty} difficulty"), curve));
        }
        for (name, spent) in self.spent {
            let flops = |at: &Spent| -> Vec<f64> {
                at.generations
                    .iter()
                    .zip(self.sample_flops)
                    .map(|(generations, flops)| generations * flops)
                    .collect()
            };
            let point = |at: &Spent| CurvePoint {
                accuracy: at.accuracy.clone(),
                cost: if cost == Cost::Flops { flops(at) } else { at.generations.clone() },
            };
            curves.push((name.to_owned(), spent.iter().map(point).collect()));
        }
        curves
    }
}

/// The fits against the larger model, for each R and convention; nothing without one.
pub(super) fn exchanges(
    evidence: &Evidence,
    fits: &[(&'static str, &Fit)],
    bins: &[usize],
    seed: u64,
) -> Result<Vec<Exchange>, StudyError> {
    let Some(larger) = &evidence.larger else { return Ok(Vec::new()) };
    let mean = evidence.sample_flops.iter().sum::<f64>() / evidence.sample_flops.len().max(1) as f64;
    let right: Vec<f64> = larger.cells.iter().map(|cell| cell.accuracy).collect();
    let mut exchanges = Vec::new();
    for &(difficulty, fit) in fits {
        let points: Vec<Vec<Cell>> = fit.points.iter().map(|point| point.chosen.clone()).collect();
        for (convention, ratios) in RATIOS {
            for ratio in ratios {
                let factor = matched_factor(larger.scale, ratio, convention)?;
                let rows = exchange(&points, factor * mean, &right, bins, seed)?;
                exchanges.push(Exchange { difficulty, ratio, convention, factor, rows });
            }
        }
    }
    Ok(exchanges)
}
