//! Whether revising helps: along a chain, and against parallel samples at the same budget.

use super::Bench;
use super::choose::{aggregated, chosen_right, classes};
use super::statistics::{difference, mean};
use crate::build::{Watch, unless_broken};
use crate::{BuildError, serve};
use deliberate_run::Interval;
use deliberate_search::{Aggregation, Rule};
use deliberate_text::Trace;
use deliberate_train::gather::{Asked, ChainPlan, Chains, Sampled, Scores, Solution, draw_chains};
use futures::executor::block_on;
use serde::Serialize;

/// What the reviser can do.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Revisions {
    /// Share of right answers at each place of a chain, the first attempt first.
    pub pass_at_1: Vec<Interval>,
    /// Share of right answers that the next revision turned wrong.
    pub spoilt: f64,
    /// Share of wrong answers that the next revision turned right.
    pub righted: f64,
    /// One chain against as many parallel samples, by majority: (sequential, parallel, difference).
    pub majority: [Interval; 3],
    /// The same by best-of-N weighted: the chain with the ORM that saw the history, the samples with the ORM.
    pub weighted: [Interval; 3],
    /// One chain by best-of-N weighted with the ORM that never saw a revision.
    pub without_history: Interval,
}

impl Bench<'_> {
    pub(super) fn revisions(&mut self, sampled: &[Sampled]) -> Result<Revisions, BuildError> {
        self.observer.stage("chains.jsonl");
        let (chains, length) = self.extent.chains;
        let seed = self.extent.seed;
        let plan = ChainPlan {
            chains,
            length,
            window: self.plan.chains.window,
            seed,
            concurrency: self.plan.returns.concurrency,
        };
        let (proposer, reviser) = (self.engine("proposer")?, self.engine("reviser")?);
        let domain = block_on(serve::revising(&proposer, &reviser, self.plan.temperature))?;
        let file = self.work.join("chains.jsonl");
        let mut watch = Watch::new(self.observer);
        let drawn = block_on(draw_chains(&domain, &self.asked, &plan, &file, &mut watch));
        let drawn = unless_broken(drawn)?;
        drop((domain, proposer, reviser));

        let asked = self.asked.clone();
        let first: Vec<Vec<&Solution>> =
            drawn.iter().map(|one| one.chains.first().into_iter().flatten().collect()).collect();
        let traces: Vec<(&Asked, Vec<&Trace>)> = asked
            .iter()
            .zip(&first)
            .map(|(asked, chain)| (asked, chain.iter().map(|solution| &solution.trace).collect()))
            .collect();
        let seeing = self.scores("revision-orm", "orm:signs", &traces, "chain-scores.jsonl")?;
        let blind = self.scores("orm", "orm:signs", &traces, "chain-scores-orm.jsonl")?;
        let parallel: Vec<Vec<&Solution>> =
            sampled.iter().map(|one| one.iter().take(length as usize).collect()).collect();
        let traces: Vec<(&Asked, Vec<&Trace>)> = asked
            .iter()
            .zip(&parallel)
            .map(|(asked, row)| (asked, row.iter().map(|solution| &solution.trace).collect()))
            .collect();
        let side_by_side = self.scores("orm", "orm:signs", &traces, "parallel-scores.jsonl")?;

        let pair =
            |one: &[f64], other: &[f64]| [mean(one, seed), mean(other, seed), difference(one, other, seed)];
        let (spoilt, righted) = turned(&drawn);
        Ok(Revisions {
            pass_at_1: (0..length as usize).map(|place| mean(&at(&drawn, place), seed)).collect(),
            spoilt,
            righted,
            majority: pair(&accuracy(&first, None), &accuracy(&parallel, None)),
            weighted: pair(&accuracy(&first, Some(&seeing)), &accuracy(&parallel, Some(&side_by_side))),
            without_history: mean(&accuracy(&first, Some(&blind)), seed),
        })
    }
}

/// Share of right answers at a place of each question's chains.
fn at(drawn: &[Chains], place: usize) -> Vec<f64> {
    let rate = |one: &Chains| {
        let right = one.chains.iter().filter(|chain| chain.get(place).is_some_and(|s| s.right)).count();
        right as f64 / one.chains.len().max(1) as f64
    };
    drawn.iter().map(rate).collect()
}

/// Shares of right answers turned wrong and of wrong ones turned right.
fn turned(drawn: &[Chains]) -> (f64, f64) {
    let steps = || drawn.iter().flat_map(|one| &one.chains).flat_map(|chain| chain.windows(2));
    let share = |was: bool| {
        let from = steps().filter(|pair| pair[0].right == was);
        let (turned, all) = from
            .fold((0_u32, 0_u32), |(turned, all), pair| (turned + u32::from(pair[1].right != was), all + 1));
        f64::from(turned) / f64::from(all.max(1))
    };
    (share(true), share(false))
}

/// 1 for every question with a right choice, by majority or weighted by scores.
fn accuracy(rows: &[Vec<&Solution>], scores: Option<&[Scores]>) -> Vec<f64> {
    rows.iter()
        .enumerate()
        .map(|(index, row)| {
            let (weights, rule) = match scores {
                Some(scores) => (aggregated(&scores[index].scores, Aggregation::Last), Rule::Weighted),
                None => (vec![Some(1.0); row.len()], Rule::Majority),
            };
            if chosen_right(row, &classes(row), &weights, rule) { 1.0 } else { 0.0 }
        })
        .collect()
}
