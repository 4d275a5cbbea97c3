//! Result (c): strategies on digits, judged by a classifier that took no part.

use super::{Extent, StudyError};
use crate::digits::{PIXELS, classifier, denoiser, judge};
use crate::network::{ClassReward, Classifier};
use crate::{Judge, PredictedClean, Process, Sampler, ScheduleSpec, Search, Shape};
use deliberate_run::{Interval, bootstrap_mean, bootstrap_share};
use deliberate_search::question_seed;
use serde::Serialize;
use std::sync::Arc;

/// One strategy at one budget.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Contender {
    /// The strategy's family.
    pub name: String,
    /// The variant that was best on development seeds.
    pub variant: String,
    /// Function evaluations for each sample.
    pub budget: f64,
    /// Share of samples that the first classifier (the verifier) takes for the wanted class: what was searched for.
    pub satisfied: Interval,
    /// Mean of ln p(class) by the first classifier.
    pub satisfaction: Interval,
    /// Share that the second classifier takes for the wanted class: what counts.
    pub right: Interval,
    /// Mean of ln p(class) by the second classifier.
    pub likelihood: Interval,
    /// Function evaluations that were used, on average.
    pub used: f64,
    /// The second classifier's share for each class.
    pub by_class: Vec<f64>,
    /// The first sample of each class, `[10, 64]` by rows.
    pub samples: Vec<f64>,
}

/// What strategies come to on digits.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClassFindings {
    /// Steps of a sample.
    pub steps: u32,
    /// Every family at every budget.
    pub contenders: Vec<Contender>,
    /// Searches for what a classifier likes that learnt from 30 images: over-optimisation.
    pub weak: Vec<Contender>,
}

/// Wanted classes.
pub(super) const CLASSES: usize = 10;
const STEPS: u32 = 10;
const BUDGETS: [f64; 4] = [11.0, 44.0, 176.0, 704.0];

/// The denoiser, the reward's classifier and the judge.
#[derive(Clone)]
pub(super) struct World {
    pub(super) denoiser: Arc<dyn crate::Denoiser>,
    classifier: Arc<Classifier>,
    judge: Arc<Classifier>,
}

/// Where samples begin and the last level above 0.
pub(super) const LEVELS: [f64; 2] = [20.0, 0.05];

/// What one search came to.
pub(super) struct Judged {
    pub(super) satisfied: bool,
    pub(super) satisfaction: f64,
    pub(super) right: bool,
    pub(super) likelihood: f64,
    used: f64,
    sample: Arc<[f64]>,
}

impl World {
    pub(super) fn new() -> Self {
        Self { denoiser: Arc::new(denoiser()), classifier: Arc::new(classifier()), judge: Arc::new(judge()) }
    }

    pub(super) fn process(&self, sampler: Sampler, steps: u32) -> Result<Process, StudyError> {
        let schedule = ScheduleSpec::shaped(Shape::Rho(7.0), steps).between(LEVELS[0], LEVELS[1]).build()?;
        Ok(Process { denoiser: self.denoiser.clone(), schedule, sampler })
    }

    pub(super) fn reward(&self, class: usize) -> Arc<dyn Judge> {
        Arc::new(PredictedClean {
            reward: Arc::new(ClassReward { classifier: self.classifier.clone(), class }),
        })
    }

    /// Searches for a class once.
    pub(super) fn search(
        &self,
        process: &Process,
        strategy: &str,
        [budget, class]: [f64; 2],
        seed: u64,
    ) -> Result<Judged, StudyError> {
        let class = class as usize;
        let strategy = strategy.parse()?;
        let search = Search { process: process.clone(), judge: self.reward(class), strategy, budget };
        let outcome = search.run(seed)?;
        let sample = outcome.answer().ok_or(StudyError::Nothing)?.x.clone();
        let says = |classifier: &Classifier| {
            let logs = classifier.log_probabilities(&sample);
            let best = (0..CLASSES).all(|other| logs[other] <= logs[class]);
            (best, logs[class])
        };
        let (satisfied, satisfaction) = says(&self.classifier);
        let (right, likelihood) = says(&self.judge);
        Ok(Judged { satisfied, satisfaction, right, likelihood, used: outcome.ledger.charged.flops, sample })
    }
}

/// Families and their variants.
const FAMILIES: [(&str, &[&str]); 8] = [
    ("best-of-N", &["best-of-n"]),
    ("zero-order search", &["pivot:radius=0.3", "pivot:radius=0.6", "pivot:radius=0.6,neighbours=8"]),
    ("beam (search over paths)", &["beam:branching=2", "beam:branching=4", "beam:branching=8"]),
    ("particle (value itself)", &["particle", "particle:temperature=0.3"]),
    (
        "steering",
        &[
            "steering:lambda=1",
            "steering:lambda=3",
            "steering:lambda=1,potential=max",
            "steering:lambda=3,every=3",
        ],
    ),
    ("MCTS", &["mcts:branching=2", "mcts:branching=4", "mcts:branching=4,exploration=0.3"]),
    ("DVTS", &["dvts:branching=2", "dvts:branching=4"]),
    (
        "tree search (soft backup)",
        &["tree-sampling:lambda=1", "tree-sampling:lambda=3", "tree-sampling:lambda=3,widening=4"],
    ),
];

pub(super) fn classes(extent: Extent) -> Result<ClassFindings, StudyError> {
    let world = World::new();
    let process = world.process(Sampler::ANCESTRAL, STEPS)?;
    let mut contenders = Vec::new();
    for (name, variants) in FAMILIES {
        let variant = best_variant(&world, &process, variants, extent)?;
        for budget in BUDGETS {
            // Where only one sample is affordable there is nothing to beam over.
            contenders.push(contender(&world, &process, [name, variant], budget, extent)?);
        }
    }
    let exploited = World { classifier: Arc::new(crate::digits::weak()), ..world };
    let mut weak = Vec::new();
    for (name, variant) in
        [("best-of-N, weak verifier", "best-of-n"), ("beam, weak verifier", "beam:branching=4")]
    {
        for budget in BUDGETS.into_iter().chain([4.0 * BUDGETS[3]]) {
            weak.push(contender(&exploited, &process, [name, variant], budget, extent)?);
        }
    }
    Ok(ClassFindings { steps: STEPS, contenders, weak })
}

/// The variant that the second classifier likes most on development seeds, at the middle budget; ties go to the first.
fn best_variant<'v>(
    world: &World,
    process: &Process,
    variants: &[&'v str],
    extent: Extent,
) -> Result<&'v str, StudyError> {
    let mut best = (variants[0], f64::NEG_INFINITY);
    for variant in variants.iter().filter(|_| variants.len() > 1) {
        let mut likelihood = 0.0;
        for (class, run) in cells(extent.digit_runs.div_ceil(3)) {
            let seed = question_seed(extent.seed, &format!("development {class} {run}"));
            // A single outlier should not decide, so surprise is bounded.
            likelihood +=
                world.search(process, variant, [BUDGETS[2], class as f64], seed)?.likelihood.max(-5.0);
        }
        if likelihood > best.1 {
            best = (variant, likelihood);
        }
    }
    Ok(best.0)
}

fn cells(runs: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..CLASSES).flat_map(move |class| (0..runs).map(move |run| (class, run)))
}

fn contender(
    world: &World,
    process: &Process,
    [name, variant]: [&str; 2],
    budget: f64,
    extent: Extent,
) -> Result<Contender, StudyError> {
    let judged = cells(extent.digit_runs).map(|(class, run)| {
        let seed = question_seed(extent.seed, &format!("measured {class} {run}"));
        world.search(process, variant, [budget, class as f64], seed)
    });
    let judged: Vec<Judged> = judged.collect::<Result<_, _>>()?;
    let share = |of: fn(&Judged) -> bool| {
        let all: Vec<bool> = judged.iter().map(of).collect();
        bootstrap_share(&all, extent.seed).ok_or(StudyError::Nothing)
    };
    let mean = |of: fn(&Judged) -> f64| {
        let all: Vec<f64> = judged.iter().map(of).collect();
        bootstrap_mean(&all, extent.seed).ok_or(StudyError::Nothing)
    };
    let classes = judged.chunks_exact(extent.digit_runs);
    Ok(Contender {
        name: name.to_owned(),
        variant: variant.to_owned(),
        budget,
        satisfied: share(|judged| judged.satisfied)?,
        satisfaction: mean(|judged| judged.satisfaction)?,
        right: share(|judged| judged.right)?,
        likelihood: mean(|judged| judged.likelihood)?,
        used: mean(|judged| judged.used)?.value,
        by_class: classes
            .clone()
            .map(|runs| runs.iter().filter(|judged| judged.right).count() as f64 / runs.len() as f64)
            .collect(),
        samples: classes.flat_map(|runs| runs[0].sample.to_vec()).take(CLASSES * PIXELS).collect(),
    })
}
