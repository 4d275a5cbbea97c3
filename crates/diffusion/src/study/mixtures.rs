//! Result (b): strategies on mixtures with a linear reward, where the target is known.

use super::distance::Target;
use super::{Extent, StudyError, mean};
use crate::normal::below;
use crate::{
    ExactValue, GaussianMixture, Judge, Linear, PredictedClean, Process, Sampler, ScheduleSpec, Search, Shape,
};
use deliberate_run::Interval;
use deliberate_search::question_seed;
use serde::Serialize;
use std::sync::Arc;

/// Best-of-N on a Gaussian.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OrderRow {
    /// Samples (N).
    pub samples: u32,
    /// Mean reward of the best.
    pub reward: Interval,
    /// The mean of the highest of N normals, with the deviation that the sampler's output has.
    pub exact: f64,
}

/// Distance of chosen samples from the tilted mixture.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TiltRow {
    /// What chose.
    pub name: String,
    /// Function evaluations for each sample.
    pub budget: f64,
    /// Squared energy distance, see the page.
    pub distance: Interval,
    /// Mean reward of the chosen samples.
    pub reward: Interval,
}

/// Mean reward in the greedy limit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GreedyRow {
    /// What chose.
    pub name: String,
    /// Function evaluations for each sample.
    pub budget: f64,
    /// Mean reward of the chosen samples.
    pub reward: Interval,
    /// Share of seeds with the very sample of best-of-N.
    pub same: f64,
}

pub(super) const SLOPE: [f64; 2] = [1.0, 0.5];
pub(super) const LAMBDA: f64 = 1.5;
const STEPS: u32 = 16;
/// Samples that a distance is measured on.
const GROUP: usize = 64;

pub(super) fn mixture() -> Result<GaussianMixture, StudyError> {
    Ok(GaussianMixture::ring(5, 1.5, 0.3)?)
}

fn process(mixture: GaussianMixture, sampler: Sampler, steps: u32) -> Result<Process, StudyError> {
    let schedule = ScheduleSpec::shaped(Shape::Tangent(1.0), steps).between(20.0, 0.02).build()?;
    Ok(Process { denoiser: Arc::new(mixture), schedule, sampler })
}

fn predicted() -> Arc<dyn Judge> {
    Arc::new(PredictedClean { reward: Arc::new(Linear { slope: SLOPE.to_vec() }) })
}

fn reward(x: &[f64]) -> f64 {
    SLOPE.iter().zip(x).map(|(slope, x)| slope * x).sum()
}

/// Chosen samples of many searches, `[runs, 2]` by rows. Seeds do not depend on who searches.
fn chosen(search: &Search, runs: usize, extent: Extent) -> Result<Vec<f64>, StudyError> {
    let mut samples = Vec::with_capacity(2 * runs);
    for run in 0..runs {
        let outcome = search.run(question_seed(extent.seed, &format!("mixture {run}")))?;
        samples.extend_from_slice(&outcome.answer().ok_or(StudyError::Nothing)?.x);
    }
    Ok(samples)
}

fn rewards(samples: &[f64], seed: u64) -> Result<Interval, StudyError> {
    mean(&samples.chunks_exact(2).map(reward).collect::<Vec<_>>(), seed)
}

pub(super) fn orders(extent: Extent) -> Result<Vec<OrderRow>, StudyError> {
    let deviation = 0.5;
    let process = process(GaussianMixture::gaussian(2, deviation)?, Sampler::EULER, STEPS)?;
    // Euler steps are linear on Gaussian data, so the deviation of what comes out is that of one noise.
    let unit = crate::Walk { noise: Some(Arc::new([1.0, 0.0])), ..crate::Walk::whole(0) };
    let scale = process.walk(vec![unit])[0].x[0] * SLOPE[0].hypot(SLOPE[1]);
    let row = |samples: u32| {
        let price = predicted().evaluations(&process, process.last_step());
        let budget = f64::from(samples) * (process.whole() as f64 + price);
        let search =
            Search { process: process.clone(), judge: predicted(), strategy: "best-of-n".parse()?, budget };
        let samples_chosen = chosen(&search, extent.mixture_runs, extent)?;
        let exact = scale * highest(samples);
        Ok(OrderRow { samples, reward: rewards(&samples_chosen, extent.seed)?, exact })
    };
    [1, 2, 4, 8, 16, 32, 64].into_iter().map(row).collect()
}

/// Mean of the highest of so many standard normals: `∫ x n φ(x) Φ(x)^(n−1) dx`.
fn highest(n: u32) -> f64 {
    let (cell, reach) = (1e-3, 9.0);
    let term = |index: i32| {
        let x = (f64::from(index) + 0.5) * cell - reach;
        let density = (-0.5 * x * x).exp() / std::f64::consts::TAU.sqrt();
        x * f64::from(n) * density * below(x).powi(n as i32 - 1) * cell
    };
    (0..(2.0 * reach / cell) as i32).map(term).sum()
}

pub(super) fn tilts(extent: Extent) -> Result<Vec<TiltRow>, StudyError> {
    let mixture = mixture()?;
    let tilt = SLOPE.map(|slope| LAMBDA * slope);
    let target = Target::new(&mixture.tilted(&tilt));
    let exact: Arc<dyn Judge> =
        Arc::new(ExactValue { mixture: mixture.clone(), slope: SLOPE.to_vec(), lambda: LAMBDA });
    let arms = [
        ("best-of-N", "best-of-n".to_owned(), predicted()),
        (
            "drawn from N by weight",
            format!("steering:lambda={LAMBDA},every=99,least=0,choose=drawn"),
            predicted(),
        ),
        ("steering", format!("steering:lambda={LAMBDA},choose=drawn"), predicted()),
        ("steering by exact values", format!("steering:lambda={LAMBDA},choose=drawn"), exact),
        ("tree sampling", format!("tree-sampling:lambda={LAMBDA},choose=drawn"), predicted()),
    ];
    let process = process(mixture, Sampler::ANCESTRAL, STEPS)?;
    let mut rows = Vec::new();
    for (name, strategy, judge) in &arms {
        for doublings in 0..6 {
            let budget = f64::from(40 << doublings);
            let search = Search {
                process: process.clone(),
                judge: judge.clone(),
                strategy: strategy.parse()?,
                budget,
            };
            let samples = chosen(&search, extent.mixture_runs, extent)?;
            let groups = samples.chunks_exact(2 * GROUP.min(extent.mixture_runs));
            let distances: Vec<f64> = groups.map(|group| target.energy(group)).collect();
            rows.push(TiltRow {
                name: (*name).to_owned(),
                budget,
                distance: mean(&distances, extent.seed)?,
                reward: rewards(&samples, extent.seed)?,
            });
        }
    }
    Ok(rows)
}

pub(super) fn greedy(extent: Extent) -> Result<Vec<GreedyRow>, StudyError> {
    let process = process(mixture()?, Sampler::ANCESTRAL, STEPS)?;
    let arms = [
        ("best-of-N", "best-of-n"),
        ("steering, greedy, weighed at the end", "steering:lambda=1000,every=99,least=0,choose=drawn"),
        ("steering, best kept", "steering:lambda=1.5"),
        ("tree search, best kept", "tree-sampling:lambda=1.5"),
        ("beam", "beam:branching=4"),
        ("zero-order search", "pivot"),
    ];
    let mut rows = Vec::new();
    for budget in [160.0, 640.0] {
        let mut best = Vec::new();
        for (name, strategy) in arms {
            let strategy = strategy.parse()?;
            let search = Search { process: process.clone(), judge: predicted(), strategy, budget };
            let samples = chosen(&search, extent.mixture_runs, extent)?;
            if best.is_empty() {
                best.clone_from(&samples);
            }
            let pairs = samples.chunks_exact(2).zip(best.chunks_exact(2));
            let same = pairs.filter(|(one, other)| one == other).count() as f64 / extent.mixture_runs as f64;
            let reward = rewards(&samples, extent.seed)?;
            rows.push(GreedyRow { name: name.to_owned(), budget, reward, same });
        }
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_of_normals_agrees_with_tables() {
        for (n, expected) in [(1, 0.0), (2, 0.564_189_58), (5, 1.162_964_47), (10, 1.538_752_73)] {
            assert!((highest(n) - expected).abs() < 1e-6, "{n}: {}", highest(n));
        }
    }

    #[test]
    fn the_best_of_n_is_the_highest_order_statistic() {
        for row in orders(Extent { mixture_runs: 400, ..Extent::SMALL }).unwrap() {
            // 400 rewards of deviation 0.56 at most: three standard errors are 0.085.
            assert!((row.reward.value - row.exact).abs() < 0.085, "{row:?}");
        }
    }
}
