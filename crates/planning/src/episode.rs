//! The only place where anything is done: observe, think, commit one move, learn from what came of it, and again.

use crate::mind::{Bill, Mind, MindError, Source, Thought};
use crate::{Dice, End, Over, Plan, Task, World};
use deliberate_search::{Observer, Silent, mix};
use rand::SeedableRng;
use serde::Serialize;
use std::sync::Arc;

/// One committed move.
#[derive(Debug, Clone, Serialize)]
#[serde(bound = "")]
pub struct Move<T: Task> {
    /// What was seen before it.
    pub seen: T::Situation,
    /// What was done.
    pub action: T::Action,
    /// Where it came from.
    pub source: Source,
    /// Score of the plan that it began, if there was one.
    pub score: Option<f64>,
    /// What it cost.
    pub bill: Bill,
    /// How far the model's nearest prediction was from what came of it, in 0..=1.
    pub surprise: f64,
}

/// What was done, and how it ended.
#[derive(Debug, Clone, Serialize)]
#[serde(bound = "")]
pub struct Episode<T: Task> {
    /// In order.
    pub moves: Vec<Move<T>>,
    /// What was seen at last.
    pub last: T::Situation,
    /// How it ended.
    pub end: End,
}

impl<T: Task> Episode<T> {
    /// Whether the goal was reached.
    pub fn won(&self) -> bool {
        self.end == End::Won
    }

    /// Imagined steps, all told.
    pub fn steps(&self) -> u64 {
        self.moves.iter().map(|made| made.bill.steps()).sum()
    }
}

/// An episode that could not be carried through.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EpisodeError {
    /// No move could be decided on.
    #[error(transparent)]
    Mind(#[from] MindError),
    /// The world took no more moves before the rules said so.
    #[error("the world ended before the task did")]
    World(#[from] Over),
}

/// Predictions that an outcome is compared with, where the model throws dice.
const PREDICTIONS: u64 = 8;

/// Weight of the last move in the running mean of surprise.
const RECENT: f64 = 0.3;

/// Acts until the task ends.
///
/// # Errors
/// [`EpisodeError`] if that is not possible.
pub fn episode<T: Task>(world: &mut dyn World<T>, mind: &mut Mind<T>) -> Result<Episode<T>, EpisodeError> {
    watched(world, mind, &mut |_| Box::new(Silent), &mut |_| {})
}

/// Acts until the task ends; `observer` is asked for someone to watch each thought, by the number of the move, and `made`
/// is told of every move.
///
/// # Errors
/// [`EpisodeError`] if that is not possible.
pub fn watched<T: Task>(
    world: &mut dyn World<T>,
    mind: &mut Mind<T>,
    observer: &mut dyn FnMut(u32) -> Box<dyn Observer<Plan<T>>>,
    made: &mut dyn FnMut(&Move<T>),
) -> Result<Episode<T>, EpisodeError> {
    let task = Arc::clone(&mind.task);
    let (mut moves, mut guess, mut surprise) = (Vec::new(), Arc::from([]), 0.0);
    loop {
        let seen = world.observe();
        if let Some(end) = task.end(&seen) {
            return Ok(Episode { moves, last: seen, end });
        }
        let number = moves.len() as u32;
        let thought = mind.think(&seen, number, &guess, surprise, &mut *observer(number))?;
        let Thought { plan, source, score, mut bill } = thought;
        let (action, rest) = plan.split_first().expect("a thought holds a move");
        world.act(action)?;
        let after = world.observe();
        // Who does not think believes nothing that could be wrong.
        let mut off = 0.0;
        if source != Source::Reflex {
            (off, bill.learning) = compare(mind, &seen, action, &after, number);
            bill.learning += mind.model.learn(&seen, action, &after);
            surprise = running(surprise, off);
        }
        let done = Move { seen, action: action.clone(), source, score, bill, surprise: off };
        made(&done);
        moves.push(done);
        guess = rest.into();
    }
}

/// The running mean of surprise after one more move.
pub(crate) fn running(surprise: f64, off: f64) -> f64 {
    surprise + RECENT * (off - surprise)
}

/// Distance of what happened from the model's nearest prediction, and the imagined steps of predicting.
fn compare<T: Task>(
    mind: &Mind<T>,
    before: &T::Situation,
    action: &T::Action,
    after: &T::Situation,
    number: u32,
) -> (f64, u64) {
    let seed = mix(mix(mind.seed, u64::from(number)), u64::MAX);
    let predictions = if mind.model.stochastic() { PREDICTIONS } else { 1 };
    let mut dice = Dice::seed_from_u64(seed);
    let nearest = (0..predictions)
        .map(|_| mind.task.distance(&mind.model.step(before, action, &mut dice), after))
        .fold(1.0, f64::min);
    (nearest, predictions)
}
