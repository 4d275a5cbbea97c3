//! What is to be done, as the agent is told: the rules and the goal, and not how the world moves.

use rand_chacha::ChaCha8Rng;
use serde::Serialize;
use std::fmt::Debug;

/// Random numbers of a world, a model or a proposer, each of its own seed.
pub type Dice = ChaCha8Rng;

/// How a task ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum End {
    /// The goal is reached.
    Won,
    /// It can no longer be reached.
    Lost,
}

/// Rules, goal and the repertoire of moves.
pub trait Task: Clone + Debug + PartialEq + Send + Sync + 'static {
    /// All that can be seen of the world at one moment.
    type Situation: Clone + Debug + PartialEq + Serialize + Send + Sync;
    /// One move.
    type Action: Clone + Debug + PartialEq + Serialize + Send + Sync;
    /// A distribution over moves.
    type Spread: Clone + Debug + Send + Sync;

    /// Whether it is over, by the rules.
    fn end(&self, situation: &Self::Situation) -> Option<End>;

    /// Moves that are left before the task is lost for want of time.
    fn left(&self, situation: &Self::Situation) -> u32;

    /// How near the goal seems, in 0..=1: what one sees without thinking.
    fn promise(&self, situation: &Self::Situation) -> f64;

    /// Distance between two situations in 0..=1: 0 if they are the same, 1 if one is nothing like the other.
    fn distance(&self, one: &Self::Situation, other: &Self::Situation) -> f64;

    /// A move that does no harm, for when there was no time to think.
    fn safe(&self, situation: &Self::Situation) -> Self::Action;

    /// Every move, none preferred.
    fn any(&self) -> Self::Spread;

    /// Mostly this move.
    fn near(&self, action: &Self::Action) -> Self::Spread;

    /// The distribution that weighted moves look drawn from, never so narrow that nothing else could be drawn.
    fn fit(&self, weighted: &[(&Self::Action, f64)]) -> Self::Spread;

    /// Draws a move.
    fn draw(&self, spread: &Self::Spread, dice: &mut Dice) -> Self::Action;

    /// The likeliest move, or the mean one.
    fn likeliest(&self, spread: &Self::Spread) -> Self::Action;
}
