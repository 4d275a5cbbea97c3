//! The state that is searched: a prefix of moves and what it is imagined to lead to.

use crate::{Dice, End, Model, Task};
use deliberate_search::{Answers, State, mix};
use rand::SeedableRng;
use std::sync::Arc;

/// One imagined course of events.
#[derive(Debug, Clone, PartialEq)]
pub struct Future<T: Task> {
    /// Where it led.
    pub situation: T::Situation,
    /// How the task ended in it, and after how many moves.
    pub end: Option<(End, u32)>,
}

/// Moves from now on, and their futures: one where the model is certain, several where it throws dice. All futures of a
/// plan make the same moves, so that a plan is not taken for good because the dice were kind to it once.
#[derive(Debug, Clone)]
pub struct Plan<T: Task> {
    /// From the next one on.
    pub actions: Vec<T::Action>,
    /// At least one.
    pub futures: Vec<Future<T>>,
    /// What remains of the plan of the last move, if any: where to look first.
    pub guess: Arc<[T::Action]>,
}

impl<T: Task> Plan<T> {
    /// Nothing planned yet.
    pub fn new(now: &T::Situation, futures: usize, guess: Arc<[T::Action]>) -> Self {
        let future = Future { situation: now.clone(), end: None };
        Self { actions: Vec::new(), futures: vec![future; futures.max(1)], guess }
    }

    /// Makes one move in all futures that go on.
    pub fn advance(&mut self, task: &T, model: &dyn Model<T>, action: T::Action, seed: u64) {
        let made = self.actions.len() as u32 + 1;
        for (index, future) in self.futures.iter_mut().enumerate().filter(|(_, future)| future.end.is_none())
        {
            let mut dice = Dice::seed_from_u64(mix(mix(seed, u64::from(made)), index as u64));
            future.situation = model.step(&future.situation, &action, &mut dice);
            future.end = task.end(&future.situation).map(|end| (end, made));
        }
        self.actions.push(action);
    }

    /// Whether no future can go on.
    pub fn over(&self) -> bool {
        self.futures.iter().all(|future| future.end.is_some())
    }
}

impl<T: Task> State for Plan<T> {
    fn steps(&self) -> u32 {
        self.actions.len() as u32
    }

    /// Imagined steps that led here.
    fn units(&self) -> u64 {
        let made = self.actions.len() as u64;
        self.futures.iter().map(|future| future.end.map_or(made, |(_, after)| u64::from(after))).sum()
    }
}

/// Two plans give the same answer if they begin with the same move, for only that is committed to.
#[derive(Debug, Clone, Copy)]
pub struct FirstMove;

impl<T: Task> Answers<Plan<T>> for FirstMove {
    fn given(&self, plan: &Plan<T>) -> bool {
        !plan.actions.is_empty()
    }

    fn same(&self, one: &Plan<T>, other: &Plan<T>) -> bool {
        one.actions.first() == other.actions.first()
    }
}
