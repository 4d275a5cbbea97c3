//! What a plan is worth: the reward that the model promises, and what seems to lie beyond it.

use crate::{End, Plan, Task};
use std::sync::Arc;

/// What a situation that is not over seems worth, in 0..=1.
pub trait Worth<T: Task>: Send + Sync {
    /// The chance of winning from here, or something that grows with it.
    fn worth(&self, task: &T, situation: &T::Situation) -> f64;
}

/// Only what is won counts: the model's reward alone.
#[derive(Debug, Clone, Copy)]
pub struct RewardOnly;

impl<T: Task> Worth<T> for RewardOnly {
    fn worth(&self, _: &T, _: &T::Situation) -> f64 {
        0.0
    }
}

/// Nearness of the goal: the terminal distance.
#[derive(Debug, Clone, Copy)]
pub struct Nearness;

impl<T: Task> Worth<T> for Nearness {
    fn worth(&self, task: &T, situation: &T::Situation) -> f64 {
        task.promise(situation)
    }
}

/// Scores plans: the mean over a plan's futures. A future that is won counts 1, one that is lost 0, any other what it seems
/// worth; all of it less with every move that it takes, so that of two ways the shorter one is taken.
#[derive(Clone)]
pub struct Judge<T: Task> {
    /// What lies beyond a plan's last move.
    pub worth: Arc<dyn Worth<T>>,
    /// Factor for every move, in 0..=1.
    pub discount: f64,
}

impl<T: Task> Judge<T> {
    /// The plan's score, in 0..=1.
    pub fn score(&self, task: &T, plan: &Plan<T>) -> f64 {
        let made = plan.actions.len() as u32;
        let one = |future: &crate::Future<T>| match future.end {
            Some((End::Won, after)) => self.discount.powf(f64::from(after)),
            Some((End::Lost, _)) => 0.0,
            None => self.discount.powf(f64::from(made)) * self.worth.worth(task, &future.situation),
        };
        let sum: f64 = plan.futures.iter().map(one).sum();
        (sum / plan.futures.len() as f64).clamp(0.0, 1.0)
    }
}
