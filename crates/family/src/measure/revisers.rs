//! Whether revising helps: along a chain, and against parallel samples at the same budget. Of one model: the first attempt
//! of a chain is the reviser's own, a revision of nothing, and so are the parallel samples.

use super::groups::Groups;
use super::statistics::{difference, mean, ratio};
use super::{Bench, Curve};
use crate::watch::{Watch, unless_broken};
use crate::{BuildError, serve};
use deliberate_run::Interval;
use deliberate_text::Trace;
use deliberate_train::gather::{Asked, ChainPlan, Chains, Sampled, Scores, draw_chains};
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
    pub spoilt: Interval,
    /// Share of wrong answers that the next revision turned right.
    pub righted: Interval,
    /// Different solutions in a chain.
    pub distinct: Interval,
}

/// What the reviser can do. Comparisons are (a chain, as many parallel samples, difference), where the samples and the
/// chain's first attempt are drawn without a context.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Revisions {
    /// Along the chains of each reviser.
    pub along: Vec<Along>,
    /// Different solutions among as many parallel samples of the reviser as a chain has attempts.
    pub distinct_parallel: Interval,
    /// By majority, against samples of the reviser itself, as in the paper.
    pub majority: [Interval; 3],
    /// By best-of-N weighted with the ORM that saw histories in training, against samples of the reviser itself.
    pub weighted: [Interval; 3],
    /// By majority, against samples of the proposer: another model.
    pub majority_proposer: [Interval; 3],
    /// By best-of-N weighted, against samples of the proposer with the ORM.
    pub weighted_proposer: [Interval; 3],
    /// A chain by best-of-N weighted with the ORM that never saw a history in training.
    pub without_history: Interval,
    /// Choosing among the first attempts of a chain, and among as many samples of the reviser itself.
    pub curves: Vec<Curve>,
}

impl Bench<'_> {
    pub(super) fn revisions(&mut self, sampled: &[Sampled]) -> Result<Revisions, BuildError> {
        let (count, length, seed) = (self.extent.chains.0, self.extent.chains.1, self.extent.seed);
        let size = length as usize;
        let drawn = self.drawn_chains("reviser")?;
        let mut along = vec![self.along("reviser", &drawn)];
        if self.plan.method.revision_rest_em.is_some() {
            let others = self.drawn_chains("reviser-rest-em")?;
            along.push(self.along("reviser-rest-em", &others));
        }
        let alike = self.draw("reviser", count * length, self.plan.method.temperature)?;

        let chains = Groups::of_chains(&drawn);
        let alike = Groups::of_samples(&alike, size);
        let proposed = Groups::of_samples(sampled, size).first(count as usize);
        let seeing = self.scored("revision-orm", &chains, "chain-scores.jsonl")?;
        let blind = self.scored("orm", &chains, "chain-scores-orm.jsonl")?;
        let of_alike = self.scored("revision-orm", &alike, "alike-scores.jsonl")?;
        let of_proposed = self.scored("orm", &proposed, "parallel-scores.jsonl")?;

        let pair = |parallel: &Groups<'_>, scores: Option<[&[Scores]; 2]>| {
            let one = chains.right(size, scores.map(|[of_chains, _]| of_chains));
            let other = parallel.right(size, scores.map(|[_, of_parallel]| of_parallel));
            [mean(&one, seed), mean(&other, seed), difference(&one, &other, seed)]
        };
        let curve = |by: &str, groups: &Groups<'_>, scores: Option<&[Scores]>| Curve {
            by: by.to_owned(),
            points: (1..=length).map(|n| (n, mean(&groups.right(n as usize, scores), seed))).collect(),
        };
        Ok(Revisions {
            curves: vec![
                curve("a chain, ORM with history", &chains, Some(&seeing)),
                curve("a chain, ORM without history", &chains, Some(&blind)),
                curve("a chain, majority", &chains, None),
                curve("samples of the reviser, ORM with history", &alike, Some(&of_alike)),
                curve("samples of the reviser, majority", &alike, None),
            ],
            along,
            distinct_parallel: mean(&alike.distinct(), seed),
            majority: pair(&alike, None),
            weighted: pair(&alike, Some([&seeing, &of_alike])),
            majority_proposer: pair(&proposed, None),
            weighted_proposer: pair(&proposed, Some([&seeing, &of_proposed])),
            without_history: mean(&chains.right(size, Some(&blind)), seed),
        })
    }

    /// Chains of a reviser, from a first attempt of its own.
    fn drawn_chains(&mut self, reviser: &str) -> Result<Vec<Chains>, BuildError> {
        let file = format!("{reviser}-alone-chains.jsonl");
        self.observer.stage(&file);
        let (chains, length) = self.extent.chains;
        let (window, concurrency) = (self.plan.method.chains.window, self.plan.method.returns.concurrency);
        let plan = ChainPlan { chains, length, window, seed: self.extent.seed, concurrency };
        let engine = self.engine(reviser)?;
        let domain =
            block_on(serve::revising(&engine, &engine, &serve::asking(self.plan.method.temperature)))?;
        let file = self.work.join(file);
        let mut watch = Watch::new(self.observer);
        unless_broken(block_on(draw_chains(&domain, &self.asked, &plan, &file, &mut watch)))
    }

    fn along(&self, model: &'static str, drawn: &[Chains]) -> Along {
        let (length, seed) = (self.extent.chains.1 as usize, self.extent.seed);
        Along {
            model,
            pass_at_1: (0..length).map(|place| mean(&at(drawn, place), seed)).collect(),
            spoilt: ratio(&turned(drawn, true), seed),
            righted: ratio(&turned(drawn, false), seed),
            distinct: mean(&Groups::of_chains(drawn).distinct(), seed),
        }
    }

    /// What an ORM makes of all attempts.
    fn scored(&mut self, orm: &str, groups: &Groups<'_>, file: &str) -> Result<Vec<Scores>, BuildError> {
        let asked = self.asked.clone();
        let attempts = groups.attempts();
        let traces: Vec<(&Asked, Vec<&Trace>)> = asked
            .iter()
            .zip(&attempts)
            .map(|(asked, row)| (asked, row.iter().map(|&solution| &solution.trace).collect()))
            .collect();
        self.scores(orm, "orm:signs", &traces, file)
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

/// For every question how many of the attempts that were right (or wrong) the next one turned, and of how many.
fn turned(drawn: &[Chains], was: bool) -> Vec<(f64, f64)> {
    let of_question = |one: &Chains| {
        let pairs = one.chains.iter().flat_map(|chain| chain.windows(2)).filter(|pair| pair[0].right == was);
        pairs.fold((0.0, 0.0), |(turned, all), pair| {
            (turned + if pair[1].right == was { 0.0 } else { 1.0 }, all + 1.0)
        })
    };
    drawn.iter().map(of_question).collect()
}
