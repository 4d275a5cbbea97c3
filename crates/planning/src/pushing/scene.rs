//! What can be seen of the table.

use serde::{Deserialize, Serialize};

/// A point or a velocity on the table, in metres or metres per second.
pub type Pair = [f32; 2];

/// A disc in motion.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Body {
    /// Centre, in metres.
    pub place: Pair,
    /// Metres per second.
    pub velocity: Pair,
}

/// A command to the pusher: the share of its greatest force along each axis; no longer than 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Push(pub Pair);

impl Push {
    /// The command, shortened to the greatest force.
    pub fn within(force: Pair) -> Self {
        let length = length(force);
        if length > 1.0 { Self(force.map(|part| part / length)) } else { Self(force) }
    }
}

/// Commands that the agent remembers having sent: as many as the longest delay needs.
pub const MEMORY: usize = 3;

/// The table at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Scene {
    /// What is commanded.
    pub pusher: Body,
    /// What is to be brought to the target.
    pub puck: Body,
    /// Where the puck is to come to rest.
    pub target: Pair,
    /// Commands sent before, the last one first. With a delay some of them are yet to act.
    pub sent: [Push; MEMORY],
    /// Moves left.
    pub left: u32,
}

pub(super) fn minus(one: Pair, other: Pair) -> Pair {
    [one[0] - other[0], one[1] - other[1]]
}

pub(super) fn length(pair: Pair) -> f32 {
    pair[0].hypot(pair[1])
}
