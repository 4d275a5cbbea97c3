//! Result (d): schedules learnt for the denoiser of digits, at few steps.

use super::digits::{LEVELS, World};
use super::{Extent, StudyError, mean};
use crate::digits::{Digits, PIXELS, Part};
use crate::schedule_search::{Effort, Outcome, PathCosts, refine};
use crate::{Process, Sampler, Schedule, ScheduleSpec, Shape};
use deliberate_run::{Interval, bootstrap};
use serde::Serialize;

/// A schedule at some number of steps.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LearntRow {
    /// The sampler.
    pub sampler: String,
    /// Steps.
    pub steps: u32,
    /// What the schedule is.
    pub name: String,
    /// Root mean square distance of a pixel from where many steps lead, on noises that nothing was learnt from.
    pub error: Interval,
    /// Squared energy distance between samples and test images, which nobody learnt from.
    pub distance: Interval,
    /// The levels.
    pub schedule: Schedule,
}

/// Noises that schedules learn from; measured ones are others.
const LEARNING: usize = 96;

pub(super) fn learnt(digits: &Digits, extent: Extent) -> Result<Vec<LearntRow>, StudyError> {
    let world = World::new();
    let clean = digits.part(Part::First).and(&digits.part(Part::Second)).images;
    let test = digits.part(Part::Test).images;
    let grid = ScheduleSpec::shaped(Shape::Log, 80).between(LEVELS[0], LEVELS[1]).above_zero().build()?;
    let costs = PathCosts::estimate(&*world.denoiser, &clean, &grid, extent.seed)?;
    let deviation = (clean.iter().map(|x| x * x).sum::<f64>() / clean.len() as f64).sqrt();
    let mut rows = Vec::new();
    for sampler in [Sampler::EULER, Sampler::DpmSolver] {
        let outcome = |count, seed| Outcome::new(world.denoiser.clone(), sampler, LEVELS, count, seed);
        let (learning, measured) =
            (outcome(LEARNING.min(extent.noises), extent.seed)?, outcome(extent.noises, extent.seed + 1)?);
        for steps in [5, 10] {
            let shaped = |shape| ScheduleSpec::shaped(shape, steps).between(LEVELS[0], LEVELS[1]).build();
            let effort = Effort { sweeps: 8, trials: 12, least_gain: 2e-3 };
            let found = refine(&learning, &shaped(Shape::Rho(7.0))?, effort).schedule;
            // The bound ends at the lowest level; the last step goes on to 0.
            let mut bound: Vec<f64> = costs.schedule(steps as usize - 1)?.into();
            bound.push(0.0);
            let schedules = [
                ("learnt by outcome", found),
                ("bound of Align Your Steps", Schedule::try_from(bound)?),
                ("rho 7", shaped(Shape::Rho(7.0))?),
                ("log", shaped(Shape::Log)?),
                ("cosine", shaped(Shape::Tangent(1.0))?),
                ("tangent, scale of the data", shaped(Shape::Tangent(deviation))?),
                ("uniform", shaped(Shape::Uniform)?),
            ];
            for (name, schedule) in schedules {
                let squares = measured.squares(&schedule);
                let root = |drawn: &[usize]| {
                    (drawn.iter().map(|&index| squares[index]).sum::<f64>() / drawn.len() as f64).sqrt()
                };
                let error = bootstrap(squares.len(), 2000, extent.seed, root).ok_or(StudyError::Nothing)?;
                let process =
                    Process { denoiser: world.denoiser.clone(), schedule: schedule.clone(), sampler };
                let samples = process.samples(extent.noises, extent.seed + 2);
                rows.push(LearntRow {
                    sampler: sampler.to_string(),
                    steps,
                    name: name.to_owned(),
                    error,
                    distance: energy(&samples, &test, extent.seed)?,
                    schedule,
                });
            }
        }
    }
    Ok(rows)
}

/// Squared energy distance `2 E|X − Y| − E|X − X'| − E|Y − Y'|` of images, without bias, from groups of samples.
fn energy(samples: &[f64], test: &[f64], seed: u64) -> Result<Interval, StudyError> {
    let apart = |one: &[f64], other: &[f64]| {
        one.iter().zip(other).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt()
    };
    let between = |ones: &[f64], others: &[f64]| {
        let all = ones
            .chunks_exact(PIXELS)
            .flat_map(|one| others.chunks_exact(PIXELS).map(move |other| apart(one, other)));
        all.sum::<f64>()
    };
    let within = |ones: &[f64]| {
        let count = (ones.len() / PIXELS) as f64;
        between(ones, ones) / (count * (count - 1.0))
    };
    let own = within(test);
    let groups = samples.chunks_exact(PIXELS * 16.min(samples.len() / PIXELS));
    let distances: Vec<f64> = groups
        .map(|group| {
            let pairs = (group.len() / PIXELS * test.len() / PIXELS) as f64;
            2.0 * between(group, test) / pairs - within(group) - own
        })
        .collect();
    mean(&distances, seed)
}
