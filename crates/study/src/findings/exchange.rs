//! What a larger model reaches at the same cost (section 7).

use super::Fitted;
use crate::evidence::Evidence;
use deliberate_policy::{
    Account, Allowance, Bought, Cell, Cost, ExchangeError, ExchangeRow, Exchanged, Sides, exchange,
};
use serde::Serialize;

/// Inference tokens over pretraining tokens (R) of the paper.
pub const RATIOS: [f64; 3] = [0.16, 0.79, 22.0];

/// A fixed-budget policy against the larger model with equal bills.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Exchange {
    /// How difficulty was known.
    pub difficulty: &'static str,
    /// R: inference tokens over pretraining tokens.
    pub ratio: f64,
    /// How the bills are made equal.
    pub account: Account,
    /// In what the small side's spending is counted.
    pub cost: Cost,
    /// What the small side may spend per question.
    pub allowed: f64,
    /// What that buys: all of it is spent, by a coin between the two neighbouring budgets, unless the largest costs less.
    pub bought: Bought,
    /// By bin, and overall; empty if nothing that was tried is as cheap.
    pub rows: Vec<ExchangeRow>,
}

/// The fits against the larger model for each R, by the formula, and by the ledger where FLOPs were counted; nothing without
/// a larger model.
///
/// # Errors
/// [`ExchangeError`] if an R is not above 0.
pub fn exchanges(
    evidence: &Evidence,
    fitted: &Fitted,
    account: Account,
    ratios: &[f64],
    seed: u64,
) -> Result<Vec<Exchange>, ExchangeError> {
    let Some(larger) = &evidence.larger else { return Ok(Vec::new()) };
    let mean = |values: &mut dyn ExactSizeIterator<Item = f64>| {
        let count = values.len().max(1) as f64;
        values.sum::<f64>() / count
    };
    let sides = Sides {
        scale: larger.scale,
        small_answer: mean(&mut evidence.answer_flops.iter().copied()),
        large_answer: mean(&mut larger.cells.iter().map(|cell| cell.flops)),
    };
    let right: Vec<f64> = larger.cells.iter().map(|cell| cell.accuracy).collect();
    let accounts = [Some(account), (sides.small_answer > 0.0).then_some(Account::Ledger)];
    let mut exchanges = Vec::new();
    for (difficulty, fit) in [("oracle", &fitted.oracle), ("predicted", &fitted.predicted)] {
        let points: Vec<Vec<Cell>> = fit.points.iter().map(|point| point.chosen.clone()).collect();
        for account in accounts.into_iter().flatten() {
            for &ratio in ratios {
                let allowed = sides.allowed(account, ratio)?;
                let Exchanged { bought, rows } = exchange(&points, allowed, (&right, &fitted.bins), seed)?;
                let Allowance { cost, amount: allowed } = allowed;
                exchanges.push(Exchange { difficulty, ratio, account, cost, allowed, bought, rows });
            }
        }
    }
    Ok(exchanges)
}
