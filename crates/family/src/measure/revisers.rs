//! Whether revising helps: along a chain, and against parallel samples at the same budget.

use super::choose::{aggregated, chosen_right, classes};
use super::statistics::{difference, mean};
use super::{Bench, Curve};
use crate::build::{Watch, unless_broken};
use crate::{BuildError, serve};
use deliberate_run::Interval;
use deliberate_search::{Aggregation, Rule};
use deliberate_text::Trace;
use deliberate_train::gather::{Asked, ChainPlan, Chains, Sampled, Scores, Solution, draw_chains};
use futures::executor::block_on;
use serde::Serialize;

/// What becomes of attempts along chains.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Along {
    /// The reviser.
    pub model: &'static str,
    /// Share of right answers at each place of a chain, the first attempt first.
    pub pass_at_1: Vec<Interval>,
    /// Share of right answers that the next revision turned wrong.
    pub spoilt: f64,
    /// Share of wrong answers that the next revision turned right.
    pub righted: f64,
}

/// What the reviser can do. Comparisons are (one chain, as many parallel samples, difference).
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Revisions {
    /// Along the chains of each reviser.
    pub along: Vec<Along>,
    /// A chain against samples of the proposer, by majority.
    pub majority: [Interval; 3],
    /// A chain against samples of the reviser itself, which are revisions of nothing, by majority: as in the paper.
    pub majority_alike: [Interval; 3],
    /// A chain by best-of-N weighted with the ORM that saw the history, against samples of the proposer with the ORM.
    pub weighted: [Interval; 3],
    /// The same against samples of the reviser itself.
    pub weighted_alike: [Interval; 3],
    /// One chain by best-of-N weighted with the ORM that never saw a revision.
    pub without_history: Interval,
    /// Choosing among the first attempts of a chain, and among as many samples of the reviser itself.
    pub curves: Vec<Curve>,
}

impl Bench<'_> {
    pub(super) fn revisions(&mut self, sampled: &[Sampled]) -> Result<Revisions, BuildError> {
        let (length, seed) = (self.extent.chains.1, self.extent.seed);
        let drawn = self.drawn_chains("reviser")?;
        let mut all = vec![along("reviser", &drawn, length, seed)];
        if self.plan.revision_rest_em.is_some() {
            let others = self.drawn_chains("reviser-rest-em")?;
            all.push(along("reviser-rest-em", &others, length, seed));
        }
        let alike = self.draw("reviser", length, self.plan.temperature)?;

        let chains: Rows<'_> =
            drawn.iter().map(|one| one.chains.first().into_iter().flatten().collect()).collect();
        let parallel = first(sampled, length);
        let alike = first(&alike, length);
        let seeing = self.scored("revision-orm", &chains, "chain-scores.jsonl")?;
        let blind = self.scored("orm", &chains, "chain-scores-orm.jsonl")?;
        let of_parallel = self.scored("orm", &parallel, "parallel-scores.jsonl")?;
        let of_alike = self.scored("revision-orm", &alike, "alike-scores.jsonl")?;

        let pair =
            |one: &[f64], other: &[f64]| [mean(one, seed), mean(other, seed), difference(one, other, seed)];
        let votes = accuracy(&chains, None);
        let weights = accuracy(&chains, Some(&seeing));
        let curve = |by: &str, rows: &Rows<'_>, scores: Option<&[Scores]>| {
            let at = |n: usize| {
                let some: Rows<'_> = rows.iter().map(|row| row.iter().take(n).copied().collect()).collect();
                mean(&accuracy(&some, scores), seed)
            };
            Curve { by: by.to_owned(), points: (1..=length).map(|n| (n, at(n as usize))).collect() }
        };
        let curves = vec![
            curve("a chain, ORM with history", &chains, Some(&seeing)),
            curve("a chain, ORM without history", &chains, Some(&blind)),
            curve("a chain, majority", &chains, None),
            curve("samples of the reviser, ORM with history", &alike, Some(&of_alike)),
            curve("samples of the reviser, majority", &alike, None),
        ];
        Ok(Revisions {
            curves,
            along: all,
            majority: pair(&votes, &accuracy(&parallel, None)),
            majority_alike: pair(&votes, &accuracy(&alike, None)),
            weighted: pair(&weights, &accuracy(&parallel, Some(&of_parallel))),
            weighted_alike: pair(&weights, &accuracy(&alike, Some(&of_alike))),
            without_history: mean(&accuracy(&chains, Some(&blind)), seed),
        })
    }

    /// Chains that a reviser makes of the proposer's samples.
    fn drawn_chains(&mut self, reviser: &str) -> Result<Vec<Chains>, BuildError> {
        let file = format!("{reviser}-chains.jsonl");
        self.observer.stage(&file);
        let (chains, length) = self.extent.chains;
        let (window, concurrency) = (self.plan.chains.window, self.plan.returns.concurrency);
        let plan = ChainPlan { chains, length, window, seed: self.extent.seed, concurrency };
        let (proposer, reviser) = (self.engine("proposer")?, self.engine(reviser)?);
        let domain = block_on(serve::revising(&proposer, &reviser, self.plan.temperature))?;
        let file = self.work.join(file);
        let mut watch = Watch::new(self.observer);
        unless_broken(block_on(draw_chains(&domain, &self.asked, &plan, &file, &mut watch)))
    }

    /// What an ORM makes of rows of solutions.
    fn scored(&mut self, orm: &str, rows: &Rows<'_>, file: &str) -> Result<Vec<Scores>, BuildError> {
        let asked = self.asked.clone();
        let traces: Vec<(&Asked, Vec<&Trace>)> = asked
            .iter()
            .zip(rows)
            .map(|(asked, row)| (asked, row.iter().map(|&solution| &solution.trace).collect()))
            .collect();
        self.scores(orm, "orm:signs", &traces, file)
    }
}

/// Solutions of every question.
type Rows<'a> = Vec<Vec<&'a Solution>>;

/// The first samples of every question.
fn first(sampled: &[Sampled], count: u32) -> Rows<'_> {
    sampled.iter().map(|one| one.iter().take(count as usize).collect()).collect()
}

fn along(model: &'static str, drawn: &[Chains], length: u32, seed: u64) -> Along {
    let (spoilt, righted) = turned(drawn);
    let pass_at_1 = (0..length as usize).map(|place| mean(&at(drawn, place), seed)).collect();
    Along { model, pass_at_1, spoilt, righted }
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
fn accuracy(rows: &Rows<'_>, scores: Option<&[Scores]>) -> Vec<f64> {
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
