//! Result (d): a budget spent on more steps or on more candidates, by how hard a class is.

use super::digits::{CLASSES, World};
use super::{Extent, StudyError, mean};
use crate::Sampler;
use deliberate_run::Interval;
use deliberate_search::question_seed;
use serde::Serialize;

/// One way to split one budget.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SplitRow {
    /// Function evaluations for each sample.
    pub budget: f64,
    /// Steps of each candidate, or how they were chosen.
    pub name: String,
    /// Share that the second classifier takes for the wanted class, on held-out seeds.
    pub right: Interval,
    /// Share for each class.
    pub by_class: Vec<f64>,
}

/// Steps against candidates.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SplitFindings {
    /// Share of plain samples of 16 steps that fall into each class: the lower, the harder.
    pub ease: Vec<f64>,
    /// Every split at every budget, and two that were chosen on development seeds: one for all classes, one for each.
    pub rows: Vec<SplitRow>,
    /// By budget: the gain of steps chosen for each class over steps chosen for all.
    pub gains: Vec<(f64, Interval)>,
    /// By budget: the steps chosen for all classes, and for each.
    pub chosen: Vec<(f64, u32, Vec<u32>)>,
}

const STEPS: [u32; 6] = [2, 3, 5, 8, 16, 32];
const BUDGETS: [f64; 4] = [16.5, 33.0, 66.0, 132.0];

/// What the second classifier says of each run, by class.
type Outcomes = Vec<Vec<bool>>;

pub(super) fn split(extent: Extent) -> Result<SplitFindings, StudyError> {
    let world = World::new();
    let mut findings = SplitFindings {
        ease: ease(&world, extent)?,
        rows: Vec::new(),
        gains: Vec::new(),
        chosen: Vec::new(),
    };
    for budget in BUDGETS {
        let mut arms: Vec<(u32, Outcomes, Outcomes)> = Vec::new();
        for steps in STEPS.into_iter().filter(|&steps| f64::from(steps) + 0.5 < budget) {
            let development = outcomes(&world, steps, budget, "steps, development", extent)?;
            arms.push((steps, development, outcomes(&world, steps, budget, "steps, measured", extent)?));
        }
        let right = |runs: &[bool]| runs.iter().filter(|right| **right).count();
        let all = |outcomes: &Outcomes| outcomes.iter().map(|runs| right(runs)).sum::<usize>();
        // Ties go to fewer steps.
        let best = |score: &dyn Fn(&Outcomes) -> usize| {
            (1..arms.len())
                .fold(0, |best, arm| if score(&arms[arm].1) > score(&arms[best].1) { arm } else { best })
        };
        let one = best(&all);
        let each: Vec<usize> = (0..CLASSES).map(|class| best(&|outcomes| right(&outcomes[class]))).collect();
        for (steps, _, measured) in &arms {
            findings.rows.push(row(budget, format!("{steps} steps"), measured, extent)?);
        }
        findings.rows.push(row(budget, "chosen for all classes".to_owned(), &arms[one].2, extent)?);
        let mixed: Outcomes =
            each.iter().enumerate().map(|(class, &arm)| arms[arm].2[class].clone()).collect();
        findings.rows.push(row(budget, "chosen for each class".to_owned(), &mixed, extent)?);
        let pairs = mixed.iter().flatten().zip(arms[one].2.iter().flatten());
        let gains: Vec<f64> = pairs.map(|(&a, &b)| f64::from(i8::from(a) - i8::from(b))).collect();
        findings.gains.push((budget, mean(&gains, extent.seed)?));
        let steps = |arm: &usize| arms[*arm].0;
        findings.chosen.push((budget, steps(&one), each.iter().map(steps).collect()));
    }
    Ok(findings)
}

fn row(budget: f64, name: String, outcomes: &Outcomes, extent: Extent) -> Result<SplitRow, StudyError> {
    let all: Vec<bool> = outcomes.iter().flatten().copied().collect();
    let share =
        |runs: &Vec<bool>| runs.iter().filter(|right| **right).count() as f64 / runs.len().max(1) as f64;
    let right = deliberate_run::bootstrap_share(&all, extent.seed).ok_or(StudyError::Nothing)?;
    Ok(SplitRow { budget, name, right, by_class: outcomes.iter().map(share).collect() })
}

/// Best-of-N with candidates of so many steps.
fn outcomes(
    world: &World,
    steps: u32,
    budget: f64,
    what: &str,
    extent: Extent,
) -> Result<Outcomes, StudyError> {
    let process = world.process(Sampler::EULER, steps)?;
    let run = |class: usize, run: usize| {
        let seed = question_seed(extent.seed, &format!("{what} {class} {run}"));
        Ok(world.search(&process, "best-of-n", [budget, class as f64], seed)?.right)
    };
    (0..CLASSES).map(|class| (0..2 * extent.digit_runs).map(|index| run(class, index)).collect()).collect()
}

/// Share of plain samples that the second classifier takes for each class.
fn ease(world: &World, extent: Extent) -> Result<Vec<f64>, StudyError> {
    let count = 20 * extent.digit_runs;
    let samples = world.process(Sampler::EULER, 16)?.samples(count, question_seed(extent.seed, "ease"));
    let found = crate::digits::judge().classify(&samples);
    let share = |class| found.iter().filter(|&&found| found == class).count() as f64 / count.max(1) as f64;
    Ok((0..CLASSES).map(share).collect())
}
