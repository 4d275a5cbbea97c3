//! Where moves come from: what a proposer draws, before anything is imagined.

use crate::{Dice, Task};
use rand::Rng;

/// The place of a plan that a move is wanted for.
pub struct Place<'a, T: Task> {
    /// The imagined situation.
    pub situation: &'a T::Situation,
    /// The move before, in this plan.
    pub before: Option<&'a T::Action>,
}

/// Says which moves seem worth trying in a situation.
pub trait Policy<T: Task>: Send + Sync {
    /// The distribution of the next move.
    fn moves(&self, task: &T, place: &Place<'_, T>, dice: &mut Dice) -> T::Spread;
}

/// Any move, or the last one once more.
#[derive(Debug, Clone, Copy)]
pub struct Random {
    /// Probability that a move is held on to: what moves a body takes longer than one move.
    pub hold: f64,
}

impl<T: Task> Policy<T> for Random {
    fn moves(&self, task: &T, place: &Place<'_, T>, dice: &mut Dice) -> T::Spread {
        match place.before {
            Some(before) if dice.random_bool(self.hold) => task.near(before),
            _ => task.any(),
        }
    }
}

/// Another policy, with random moves among its own: what nobody showed can be found too.
pub struct Curious<P> {
    /// The policy.
    pub policy: P,
    /// Probability of a random move.
    pub random: f64,
    /// How random moves are made.
    pub otherwise: Random,
}

impl<T: Task, P: Policy<T>> Policy<T> for Curious<P> {
    fn moves(&self, task: &T, place: &Place<'_, T>, dice: &mut Dice) -> T::Spread {
        if dice.random_bool(self.random) {
            self.otherwise.moves(task, place, dice)
        } else {
            self.policy.moves(task, place, dice)
        }
    }
}
