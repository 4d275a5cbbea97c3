//! Development: what more thinking would have gained, in truth, at every look of every move.

use super::StudyError;
use crate::act::setup::{self, Setup};
use crate::act::{ActError, ActSpec};
use crate::strategies::{Look, look};
use crate::{FIRST_LOOK, Judge, Model, Plan, Sample, Task, World, cases, watched};
use deliberate_search::{Ledger, Observer, Strategy, Tree, mix};
use rayon::prelude::*;
use std::sync::{Arc, Mutex};

/// A look, and the plan that would have been followed if thinking had stopped there.
type Seen<T> = (Look, Vec<<T as Task>::Action>);

/// The looks of an episode's moves.
type Diary<T> = Arc<Mutex<Vec<Vec<Seen<T>>>>>;

/// Writes down what would be chosen at every look.
struct Writer<T: Task> {
    chooser: Box<dyn Strategy>,
    next: u64,
    diary: Diary<T>,
}

impl<T: Task> Observer<Plan<T>> for Writer<T> {
    fn changed(&mut self, tree: &Tree, states: &[Plan<T>], _: &Ledger) {
        let scored = |id: deliberate_search::NodeId| tree.node(id).scores.is_some();
        if !tree.answers().all(scored) {
            return;
        }
        let now = look(tree);
        if now.imagined < self.next {
            return;
        }
        while self.next <= now.imagined {
            self.next *= 2;
        }
        if let Some(chosen) = self.chooser.choose(tree).node {
            let mut diary = self.diary.lock().expect("nobody panics while writing");
            let plan = states[chosen.0 as usize].actions.clone();
            diary.last_mut().expect("a move was begun").push((now, plan));
        }
    }
}

/// Futures that tell what a plan is worth in truth, where the world throws dice.
const FUTURES: usize = 32;

/// Gains of thinking on, from the episodes of some seeds played with the whole budget.
///
/// # Errors
/// [`StudyError`] if an episode cannot be played.
pub fn develop(spec: &ActSpec, seeds: std::ops::Range<u64>) -> Result<Vec<Sample>, StudyError> {
    let samples: Vec<Result<Vec<Sample>, ActError>> = seeds
        .into_par_iter()
        .map(|seed| {
            let spec = ActSpec { seed, price: None, ..spec.clone() };
            match setup::map(spec.world) {
                Some((map, slip)) => of_episode(setup::on_ice(&spec, &map, slip)?, 1),
                None => of_episode(setup::at_table(&spec)?, usize::MAX),
            }
        })
        .collect();
    let samples: Result<Vec<Vec<Sample>>, ActError> = samples.into_iter().collect();
    Ok(samples?.into_iter().flatten().collect())
}

/// `believable` is how many moves of a plan are followed to judge it.
fn of_episode<T: Task, W: World<T>>(setup: Setup<T, W>, believable: usize) -> Result<Vec<Sample>, ActError> {
    let Setup { mut world, mut mind, truth, worth_in_truth } = setup;
    let diary: Diary<T> = Arc::default();
    let effort = mind.effort.clone();
    let each = u64::from(effort.horizon) * u64::from(effort.futures);
    let task = Arc::clone(&mind.task);
    let mut observer = |_| -> Box<dyn Observer<Plan<T>>> {
        diary.lock().expect("nobody panics while writing").push(Vec::new());
        match effort.thinking.build(effort.budget, each) {
            Ok(Some(chooser)) => Box::new(Writer { chooser, next: FIRST_LOOK, diary: Arc::clone(&diary) }),
            _ => Box::new(deliberate_search::Silent),
        }
    };
    let episode = watched(&mut world, &mut mind, &mut observer, &mut |_| {}).map_err(ActError::Episode)?;
    let diary = std::mem::take(&mut *diary.lock().expect("nobody panics while writing"));
    let (mut samples, mut surprise) = (Vec::new(), 0.0);
    for ((number, made), looks) in episode.moves.iter().enumerate().zip(diary) {
        let dice = mix(mind.seed ^ 0x7472_7574, number as u64);
        let worth = |actions: &[T::Action]| {
            in_truth(
                &*task,
                &*truth,
                &worth_in_truth,
                &made.seen,
                &actions[..actions.len().min(believable)],
                dice,
            )
        };
        let worths: Vec<f64> = looks.iter().map(|(_, plan)| worth(plan)).collect();
        let seen: Vec<Look> = looks.iter().map(|(look, _)| *look).collect();
        for (at, case) in cases(&seen, surprise).into_iter().enumerate() {
            let later = (at + 1..seen.len())
                .map(|later| (seen[later].imagined - seen[at].imagined, worths[later] - worths[at]))
                .collect();
            samples.push(Sample { case, later });
        }
        surprise = crate::episode::running(surprise, made.surprise);
    }
    Ok(samples)
}

/// What a plan is worth if it is carried out in truth.
fn in_truth<T: Task>(
    task: &T,
    truth: &dyn Model<T>,
    judge: &Judge<T>,
    seen: &T::Situation,
    actions: &[T::Action],
    dice: u64,
) -> f64 {
    let futures = if truth.stochastic() { FUTURES } else { 1 };
    let mut plan = Plan::new(seen, futures, Arc::from([]));
    for action in actions {
        plan.advance(task, truth, action.clone(), dice);
    }
    judge.score(task, &plan)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::act::WorldName;

    #[test]
    fn with_a_true_model_thinking_on_gains() {
        let spec = ActSpec {
            strategy: "best-of-n".parse().expect("a strategy"),
            ..ActSpec::new(WorldName::Pushing)
        };
        let samples = develop(&ActSpec { budget: 128, ..spec }, 0..3).expect("played");
        let first: Vec<&Sample> = samples.iter().filter(|sample| sample.case.level == 0).collect();
        let gain: f64 = first.iter().filter_map(|sample| sample.later.last()).map(|(_, gain)| gain).sum();
        assert!(first.len() > 20 && gain > 0.0, "{} {gain}", first.len());
        assert!(samples.iter().all(|sample| sample.case.surprise.abs() < 1e-12));
    }
}
