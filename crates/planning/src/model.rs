//! What an agent believes a world to be: to be stepped from any situation, as often as one can pay for.

use crate::{Dice, Task};

/// Predicts. A model has no state of the world in it: situations are values, so trying something and going back costs
/// nothing but the step itself, the *imagined step*, in which all thinking is paid.
pub trait Model<T: Task>: Send + Sync {
    /// What follows one move; a stochastic model throws the dice. Never called for a situation that has ended.
    fn step(&self, from: &T::Situation, action: &T::Action, dice: &mut Dice) -> T::Situation;

    /// Takes in a transition that was seen in the world. Returns the imagined steps that this took.
    fn learn(&mut self, _before: &T::Situation, _action: &T::Action, _after: &T::Situation) -> u64 {
        0
    }

    /// Whether the same move from the same situation can lead to different ones.
    fn stochastic(&self) -> bool;
}
