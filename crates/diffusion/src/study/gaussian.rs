//! Result (a): schedules on Gaussian data, where the best one is known.

use super::StudyError;
use crate::schedule_search::{Effort, GaussianKl, Objective, PathCosts, refine};
use crate::{GaussianMixture, Sampler, ScheduleSpec, Shape};
use serde::Serialize;

/// A schedule's exact KL divergence.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ScheduleRow {
    /// What the schedule is.
    pub name: String,
    /// KL divergence in nats at 5, 10 and 20 Euler steps.
    pub divergence: [f64; 3],
}

const STEPS: [u32; 3] = [5, 10, 20];
const DEVIATION: f64 = 0.5;

pub(super) fn schedules(seed: u64) -> Result<Vec<ScheduleRow>, StudyError> {
    let objective = GaussianKl::new(DEVIATION, Sampler::EULER)?;
    let spec = |shape, steps| ScheduleSpec::shaped(shape, steps).above_zero().build();
    let row = |name: &str, divergence: Vec<f64>| ScheduleRow {
        name: name.to_owned(),
        divergence: divergence.try_into().expect("one for each number of steps"),
    };
    let mut rows =
        vec![row("optimum (closed form)", STEPS.map(|steps| objective.least(80.0, 0.002, steps)).to_vec())];
    let found =
        STEPS.map(|steps| Ok(refine(&objective, &spec(Shape::Rho(7.0), steps)?, Effort::default()).cost));
    rows.push(row("found by search from rho 7", found.into_iter().collect::<Result<_, StudyError>>()?));
    let data = GaussianMixture::gaussian(1, DEVIATION)?;
    let costs = PathCosts::estimate(&data, &data.sample(4000, seed), &spec(Shape::Log, 160)?, seed)?;
    let bound = STEPS.map(|steps| Ok(objective.cost(&costs.schedule(steps as usize)?)));
    rows.push(row("bound of Align Your Steps", bound.into_iter().collect::<Result<_, StudyError>>()?));
    let shapes = [
        ("log", Shape::Log),
        ("rho 7", Shape::Rho(7.0)),
        ("cosine", Shape::Tangent(1.0)),
        ("uniform", Shape::Uniform),
    ];
    for (name, shape) in shapes {
        let divergence = STEPS.map(|steps| Ok(objective.cost(&spec(shape, steps)?)));
        rows.push(row(name, divergence.into_iter().collect::<Result<_, StudyError>>()?));
    }
    Ok(rows)
}
