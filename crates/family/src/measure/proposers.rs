//! How often the proposers are right, and how that spreads over questions.

use super::Bench;
use super::statistics::{difference, mean};
use crate::BuildError;
use deliberate_run::{Interval, pass_at_k};
use deliberate_train::gather::Sampled;
use serde::Serialize;

/// What the proposers can do.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Proposers {
    /// The proposer's samples.
    pub pass_at_1: Interval,
    /// The same by fifths of the questions, the easiest first; difficulty is measured on one half of the samples and
    /// the rate on the other.
    pub fifths: Vec<f64>,
    /// Share of each fifth's questions with a right answer among all samples of the second half.
    pub coverage: Vec<f64>,
    /// Unbiased pass@k over all samples, from 2 on: (k, rate).
    pub pass_at: Vec<(u32, f64)>,
    /// The proposer at temperature 0.
    pub greedy: Interval,
    /// The larger proposer at temperature 0, if there is one.
    pub large_greedy: Option<Interval>,
    /// How much better it is.
    pub large_gain: Option<Interval>,
    /// Samples of the proposer that learnt from its own right samples, if there is one.
    pub star: Option<Interval>,
    /// How much better they are.
    pub star_gain: Option<Interval>,
    /// Mean tokens of a solution.
    pub tokens: f64,
}

impl Bench<'_> {
    pub(super) fn proposers(&mut self) -> Result<(Proposers, Vec<Sampled>), BuildError> {
        let seed = self.extent.seed;
        let temperature = self.plan.temperature;
        let sampled = self.draw("proposer", self.extent.samples, temperature)?;
        let greedy = rates(&self.draw("proposer", 1, 0.0)?);
        let large = match self.plan.large {
            Some(_) => Some(rates(&self.draw("proposer-large", 1, 0.0)?)),
            None => None,
        };
        let single = rates(&sampled);
        let star = match self.plan.star {
            Some(_) => Some(rates(&self.draw("proposer-star", self.extent.samples, temperature)?)),
            None => None,
        };
        let (fifths, coverage) = fifths(&sampled);
        let counts: Vec<(u64, u64)> = sampled
            .iter()
            .map(|one| (one.solutions.len() as u64, one.iter().filter(|s| s.right).count() as u64))
            .collect();
        let at = |k: u32| {
            let rates: Option<Vec<f64>> =
                counts.iter().map(|&(n, right)| pass_at_k(n, right, k.into())).collect();
            rates.map(|rates| (k, rates.iter().sum::<f64>() / rates.len().max(1) as f64))
        };
        let solutions = sampled.iter().flat_map(Sampled::iter);
        let lengths: Vec<f64> = solutions.map(|solution| solution.trace.solution_tokens() as f64).collect();
        let proposers = Proposers {
            pass_at_1: mean(&single, seed),
            fifths,
            coverage,
            pass_at: (1..=8).map(|power| 1 << power).filter_map(at).collect(),
            greedy: mean(&greedy, seed),
            large_greedy: large.as_deref().map(|large| mean(large, seed)),
            large_gain: large.as_deref().map(|large| difference(large, &greedy, seed)),
            star: star.as_deref().map(|star| mean(star, seed)),
            star_gain: star.as_deref().map(|star| difference(star, &single, seed)),
            tokens: lengths.iter().sum::<f64>() / lengths.len().max(1) as f64,
        };
        Ok((proposers, sampled))
    }
}

/// Share of right samples of each question.
fn rates(sampled: &[Sampled]) -> Vec<f64> {
    sampled.iter().map(Sampled::pass_at_1).collect()
}

/// Rate and coverage by fifths of difficulty. Binning on samples other than those that are counted keeps luck out.
fn fifths(sampled: &[Sampled]) -> (Vec<f64>, Vec<f64>) {
    let half = |one: &Sampled, second: bool| -> (f64, f64) {
        let middle = one.solutions.len() / 2;
        let part = if second { &one.solutions[middle..] } else { &one.solutions[..middle] };
        let right = part.iter().filter(|solution| solution.right).count() as f64;
        (right / part.len().max(1) as f64, if right > 0.0 { 1.0 } else { 0.0 })
    };
    let mut order: Vec<&Sampled> = sampled.iter().collect();
    order.sort_by(|a, b| half(b, false).0.total_cmp(&half(a, false).0));
    let (mut rates, mut coverage) = (Vec::new(), Vec::new());
    for fifth in 0..5 {
        let part = &order[order.len() * fifth / 5..order.len() * (fifth + 1) / 5];
        let over = |f: fn((f64, f64)) -> f64| {
            part.iter().map(|one| f(half(one, true))).sum::<f64>() / part.len().max(1) as f64
        };
        rates.push(over(|(rate, _)| rate));
        coverage.push(over(|(_, covered)| covered));
    }
    (rates, coverage)
}
