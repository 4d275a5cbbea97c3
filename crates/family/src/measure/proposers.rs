//! How often the proposers are right, and how that spreads over questions.

use super::Bench;
use super::statistics::{difference, mean};
use crate::BuildError;
use deliberate_lab::Family;
use deliberate_run::{Interval, pass_at_k};
use deliberate_train::gather::Sampled;
use serde::Serialize;

/// Samples of a question that a copy's rate is measured on, at most.
const COPIES: u32 = 32;

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
    /// Copies of the proposer that learnt from what turned out well.
    pub learnt: Vec<Learnt>,
    /// The proposer's samples by family of questions.
    pub families: Vec<(Family, Interval)>,
    /// Mean tokens of a solution.
    pub tokens: f64,
}

/// What a copy of the proposer can do.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Learnt {
    /// The model.
    pub model: &'static str,
    /// Its samples.
    pub pass_at_1: Interval,
    /// How much better they are than the proposer's.
    pub gain: Interval,
}

impl Bench<'_> {
    pub(super) fn proposers(&mut self) -> Result<(Proposers, Vec<Sampled>), BuildError> {
        let seed = self.extent.seed;
        let temperature = self.plan.method.temperature;
        let sampled = self.draw("proposer", self.extent.samples, temperature)?;
        let greedy = rates(&self.draw("proposer", 1, 0.0)?);
        let large = match self.plan.lab()?.large {
            Some(_) => Some(rates(&self.draw("proposer-large", 1, 0.0)?)),
            None => None,
        };
        let single = rates(&sampled);
        let copies = [
            ("proposer-star", self.plan.method.star),
            ("proposer-rest-em", self.plan.method.rest_em),
            ("proposer-distilled", self.plan.method.distilled),
        ];
        let mut learnt = Vec::new();
        for (model, _) in copies.into_iter().filter(|(_, learning)| learning.is_some()) {
            let rates = rates(&self.draw(model, self.extent.samples.min(COPIES), temperature)?);
            let (pass_at_1, gain) = (mean(&rates, seed), difference(&rates, &single, seed));
            learnt.push(Learnt { model, pass_at_1, gain });
        }
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
            learnt,
            families: self.by_family(&single),
            tokens: lengths.iter().sum::<f64>() / lengths.len().max(1) as f64,
        };
        Ok((proposers, sampled))
    }
}

impl Bench<'_> {
    /// Means of numbers of the questions, family by family; those without questions are left out.
    pub(super) fn by_family(&self, numbers: &[f64]) -> Vec<(Family, Interval)> {
        let of = |family: Family| -> Vec<f64> {
            let here = self.questions.iter().zip(numbers);
            here.filter(|(question, _)| question.family == family).map(|(_, number)| *number).collect()
        };
        let means = Family::ALL.into_iter().map(|family| (family, of(family)));
        means
            .filter(|(_, numbers)| !numbers.is_empty())
            .map(|(family, numbers)| (family, mean(&numbers, self.extent.seed)))
            .collect()
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
