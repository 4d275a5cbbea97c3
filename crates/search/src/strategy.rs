//! What a strategy is, and what it can decide.

use crate::{Choice, NodeId, Tree};
use serde::{Deserialize, Serialize};

/// How far a continuation goes. It always ends where the solution ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reach {
    /// This many steps at most; at least one.
    Steps(u32),
    /// To the end of the solution: a rollout.
    End,
}

/// How the next step is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Draw {
    /// From the proposer's distribution, as it is configured.
    Sample,
    /// The likeliest (temperature 0).
    Greedy,
}

/// What a continuation is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// To become part of an answer.
    Extend,
    /// To be scored and thrown away.
    Lookahead,
}

/// Continuations of one node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expand {
    /// An open node.
    pub node: NodeId,
    /// How many continuations.
    pub draws: u32,
    /// How far each goes.
    pub reach: Reach,
    /// How each is drawn.
    pub draw: Draw,
    /// What they are for.
    pub purpose: Purpose,
}

impl Expand {
    /// `draws` sampled next steps.
    pub const fn step(node: NodeId, draws: u32) -> Self {
        Self { node, draws, reach: Reach::Steps(1), draw: Draw::Sample, purpose: Purpose::Extend }
    }

    /// `draws` sampled solutions.
    pub const fn solve(node: NodeId, draws: u32) -> Self {
        Self { node, draws, reach: Reach::End, draw: Draw::Sample, purpose: Purpose::Extend }
    }

    /// A greedy throw-away rollout of at most `steps` steps.
    pub const fn lookahead(node: NodeId, steps: u32) -> Self {
        Self { node, draws: 1, reach: Reach::Steps(steps), draw: Draw::Greedy, purpose: Purpose::Lookahead }
    }
}

/// Rewrites of a finished solution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revise {
    /// Earlier attempts shown to the reviser, oldest first; the last one becomes the parent. At least one.
    pub attempts: Vec<NodeId>,
    /// How many revisions.
    pub draws: u32,
}

/// Why a strategy stops.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StopReason {
    /// It did all that it set out to do.
    Finished,
    /// Its leading answer is as good as certain.
    Confident {
        /// Probability that the leading answer would also win with unlimited samples.
        posterior: f64,
    },
}

/// What to do next. Acts of one decision are independent and are performed together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// Draw continuations.
    Expand(Vec<Expand>),
    /// Score nodes. Those already scored are passed over.
    Verify(Vec<NodeId>),
    /// Draw revisions.
    Revise(Vec<Revise>),
    /// Nothing more.
    Stop(StopReason),
}

/// Decides, never does: no clock, no input or output, no counting of cost.
///
/// The executor may perform less than was decided (the budget bounds it), so a strategy looks at the tree to learn
/// what there is, and never assumes.
pub trait Strategy: Send {
    /// The next decision, given all that was done.
    fn decide(&mut self, tree: &Tree) -> Decision;

    /// The answer, given what there is; called at any moment, also when the budget ended or the search was cancelled.
    fn choose(&self, tree: &Tree) -> Choice;

    /// Generations that it spends when nothing stops it, if it knows.
    fn generations(&self) -> Option<u32> {
        None
    }
}

impl<T: Strategy + ?Sized> Strategy for Box<T> {
    fn decide(&mut self, tree: &Tree) -> Decision {
        (**self).decide(tree)
    }
    fn choose(&self, tree: &Tree) -> Choice {
        (**self).choose(tree)
    }
    fn generations(&self) -> Option<u32> {
        (**self).generations()
    }
}
