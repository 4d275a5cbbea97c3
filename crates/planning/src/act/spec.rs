//! An episode as data: which world, what is believed of it, and how it is thought about.

use crate::Price;
use crate::strategies::{CrossEntropy, Thinking};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The worlds that have a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WorldName {
    /// The frozen lake of 4 × 4 cells; a move slips two times in three.
    Lake,
    /// The frozen lake of 8 × 8 cells.
    LargeLake,
    /// A maze; a move slips one time in five.
    Maze,
    /// A puck to be pushed to a target.
    Pushing,
}

/// What the agent believes of the hidden properties: how slippery it is, or the mass and friction of the puck.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Belief {
    /// The truth, which no agent outside of a study could know.
    True,
    /// So many times what they are; commands to the pusher still act when they do.
    Wrong(f64),
    /// That no command is delayed, all else being true.
    Undelayed,
    /// What its own transitions teach it, from ignorance on.
    Learnt,
}

/// Where the moves of plans come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Proposals {
    /// Random moves.
    Random,
    /// The moves of the nearest demonstrated scenes.
    Retrieval,
    /// Behaviour cloning of the demonstrations.
    Cloning,
    /// A demonstration once more, command by command.
    Replay,
}

/// What lies beyond a plan's last move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Beyond {
    /// Nothing: only what the model rewards within the plan counts.
    Reward,
    /// The distance to the goal.
    Distance,
    /// A value learnt in the model before the first move.
    Value,
}

/// One episode.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ActSpec {
    /// The world.
    pub world: WorldName,
    /// What is believed of it.
    pub belief: Belief,
    /// Where moves come from.
    pub proposals: Proposals,
    /// Demonstrations that there are; unused by random proposals.
    pub demonstrations: u32,
    /// What lies beyond a plan.
    pub beyond: Beyond,
    /// How it is thought.
    pub strategy: Thinking,
    /// Imagined steps for each move, at most.
    pub budget: u64,
    /// Moves of a plan.
    pub horizon: u32,
    /// Futures of each plan.
    pub futures: u32,
    /// Milliseconds for each move.
    pub deadline_ms: Option<u64>,
    /// Stops thinking that does not pay.
    pub price: Option<Price>,
    /// Of the world and of all dice.
    pub seed: u64,
}

impl ActSpec {
    /// What suits a world: a true model, and thinking that was found good on development seeds.
    pub fn new(world: WorldName) -> Self {
        let cells = world != WorldName::Pushing;
        Self {
            world,
            belief: Belief::True,
            proposals: Proposals::Random,
            demonstrations: 0,
            beyond: if cells { Beyond::Value } else { Beyond::Distance },
            strategy: if cells { Thinking::Average } else { Thinking::CrossEntropy(CrossEntropy::default()) },
            budget: 256,
            horizon: if cells { 1 } else { 8 },
            futures: 1,
            deadline_ms: None,
            price: None,
            seed: 0,
        }
    }
}

/// A word that names nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown {what} `{given}` ({known})")]
pub struct UnknownName {
    /// What was to be named.
    pub what: &'static str,
    /// What was given.
    pub given: String,
    /// What there is.
    pub known: &'static str,
}

/// Names in text, for command lines.
macro_rules! named {
    ($type:ty, $what:literal, $known:literal, $($name:literal => $value:path),+) => {
        impl FromStr for $type {
            type Err = UnknownName;

            fn from_str(text: &str) -> Result<Self, UnknownName> {
                match text {
                    $($name => Ok($value),)+
                    _ => Err(UnknownName { what: $what, given: text.to_owned(), known: $known }),
                }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $($value => $name,)+ })
            }
        }
    };
}

named!(WorldName, "world", "lake, large-lake, maze, pushing",
    "lake" => WorldName::Lake, "large-lake" => WorldName::LargeLake, "maze" => WorldName::Maze,
    "pushing" => WorldName::Pushing);
named!(Proposals, "kind of proposals", "random, retrieval, cloning, replay",
    "random" => Proposals::Random, "retrieval" => Proposals::Retrieval, "cloning" => Proposals::Cloning,
    "replay" => Proposals::Replay);
named!(Beyond, "kind of score", "reward, distance, value",
    "reward" => Beyond::Reward, "distance" => Beyond::Distance, "value" => Beyond::Value);

impl FromStr for Belief {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        let factor = |text: &str| text.parse::<f64>().ok().filter(|factor| (0.0..=100.0).contains(factor));
        match (text, text.strip_prefix("wrong=").and_then(factor)) {
            ("true", _) => Ok(Self::True),
            ("undelayed", _) => Ok(Self::Undelayed),
            ("learnt", _) => Ok(Self::Learnt),
            (_, Some(factor)) => Ok(Self::Wrong(factor)),
            _ => Err(UnknownName {
                what: "belief",
                given: text.to_owned(),
                known: "true, learnt, undelayed, or wrong=FACTOR with a factor from 0 to 100",
            }),
        }
    }
}

impl fmt::Display for Belief {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::True => f.write_str("true"),
            Self::Wrong(factor) => write!(f, "wrong={factor}"),
            Self::Undelayed => f.write_str("undelayed"),
            Self::Learnt => f.write_str("learnt"),
        }
    }
}

impl TryFrom<String> for Belief {
    type Error = UnknownName;

    fn try_from(text: String) -> Result<Self, UnknownName> {
        text.parse()
    }
}

impl From<Belief> for String {
    fn from(belief: Belief) -> Self {
        belief.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_specification_survives_being_written_down() {
        let spec = ActSpec { belief: Belief::Wrong(1.6), ..ActSpec::new(WorldName::Pushing) };
        let text = serde_json::to_string(&spec).expect("plain data");
        assert_eq!(serde_json::from_str::<ActSpec>(&text).ok(), Some(spec));
    }

    #[test]
    fn unknown_names_say_what_there_is() {
        let error = "pond".parse::<WorldName>().expect_err("no such world");
        assert_eq!(error.to_string(), "unknown world `pond` (lake, large-lake, maze, pushing)");
        assert!("wrong=-1".parse::<Belief>().is_err());
    }
}
