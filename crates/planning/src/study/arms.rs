//! What is compared: every arm is a specification, played on the same seeds as all others of its world.

use crate::act::{ActSpec, Belief, Beyond, Proposals, WorldName};
use crate::strategies::{Thinking, ThinkingError};

/// One arm of the study.
#[derive(Debug, Clone, PartialEq)]
pub struct Arm {
    /// The part of the page that it belongs to.
    pub part: Part,
    /// The line that it is a point of.
    pub line: String,
    /// What is played; its seed is that of the episode.
    pub spec: ActSpec,
}

/// Parts of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Against the known optimum.
    Exact,
    /// Strategies with a true model.
    Strategies,
    /// One strategy on the small lake, with models that err.
    IceErrors,
    /// One strategy at the table, with models that err.
    Errors,
    /// Demonstrations.
    Demonstrations,
    /// By the clock.
    Deadline,
}

/// Imagined steps for a move, in the worlds of cells.
pub const CELL_BUDGETS: [u64; 4] = [8, 32, 128, 512];

/// Imagined steps for a move, at the table.
pub const TABLE_BUDGETS: [u64; 3] = [16, 64, 256];

/// A larger one yet, for models that are wrong.
const FURTHER: u64 = 1024;

/// The strategy that model errors, demonstrations and prices are measured with.
pub const PLAIN: &str = "best-of-n";

/// What is believed of the table, from right to wrong.
pub const BELIEFS: [Belief; 5] =
    [Belief::True, Belief::Learnt, Belief::Wrong(1.3), Belief::Wrong(1.6), Belief::Undelayed];

/// All arms, in the order of the page. Arms that would play the same episodes are listed once.
///
/// # Errors
/// [`ThinkingError`] if a strategy of the study cannot be read: a fault of this file.
pub fn arms() -> Result<Vec<Arm>, ThinkingError> {
    let mut all = Vec::new();
    exact(&mut all)?;
    strategies(&mut all)?;
    errors(&mut all)?;
    demonstrations(&mut all)?;
    deadlines(&mut all)?;
    Ok(all)
}

fn exact(all: &mut Vec<Arm>) -> Result<(), ThinkingError> {
    for world in [WorldName::Lake, WorldName::LargeLake, WorldName::Maze] {
        let lines: [(&str, &str, Beyond, u32, u32); 7] = [
            ("average of 1 move, value", "average", Beyond::Value, 1, 1),
            ("average of 4 moves, value", "average", Beyond::Value, 4, 1),
            ("average of 4 moves, distance", "average", Beyond::Distance, 4, 1),
            ("best of 1 move, value, 8 futures", "best-of-n", Beyond::Value, 1, 8),
            ("best of 4 moves, value, 1 future", "best-of-n", Beyond::Value, 4, 1),
            ("best of 4 moves, value, 8 futures", "best-of-n", Beyond::Value, 4, 8),
            ("MCTS of 4 moves, value, 8 futures", "mcts", Beyond::Value, 4, 8),
        ];
        for (line, strategy, beyond, horizon, futures) in lines {
            for budget in CELL_BUDGETS.into_iter().filter(|budget| *budget >= u64::from(horizon * futures)) {
                let strategy = strategy.parse()?;
                let spec = ActSpec { beyond, strategy, budget, horizon, futures, ..ActSpec::new(world) };
                all.push(Arm { part: Part::Exact, line: line.to_owned(), spec });
            }
        }
    }
    Ok(())
}

fn table(strategy: &str, budget: u64) -> Result<ActSpec, ThinkingError> {
    let strategy: Thinking = strategy.parse()?;
    Ok(ActSpec { strategy, budget, ..ActSpec::new(WorldName::Pushing) })
}

fn strategies(all: &mut Vec<Arm>) -> Result<(), ThinkingError> {
    for strategy in ["best-of-n", "cem", "mppi", "particle", "beam:branching=4", "mcts"] {
        for budget in TABLE_BUDGETS {
            all.push(Arm {
                part: Part::Strategies,
                line: strategy.to_owned(),
                spec: table(strategy, budget)?,
            });
        }
    }
    Ok(())
}

/// What is believed of the small lake, from right to wrong.
const ICE_BELIEFS: [Belief; 4] = [Belief::True, Belief::Learnt, Belief::Wrong(0.5), Belief::Wrong(0.0)];

fn errors(all: &mut Vec<Arm>) -> Result<(), ThinkingError> {
    for belief in ICE_BELIEFS {
        for budget in CELL_BUDGETS {
            let spec = ActSpec { belief, budget, ..ActSpec::new(WorldName::Lake) };
            all.push(Arm { part: Part::IceErrors, line: belief.to_string(), spec });
        }
    }
    for belief in BELIEFS {
        // Whether more thinking hurts in a wrong model shows far out.
        let further = matches!(belief, Belief::Wrong(_)).then_some(FURTHER);
        for budget in TABLE_BUDGETS.into_iter().chain(further) {
            let spec = ActSpec { belief, ..table(PLAIN, budget)? };
            all.push(Arm { part: Part::Errors, line: belief.to_string(), spec });
        }
    }
    Ok(())
}

fn demonstrations(all: &mut Vec<Arm>) -> Result<(), ThinkingError> {
    let mut push = |line: &str, spec: ActSpec| {
        all.push(Arm { part: Part::Demonstrations, line: line.to_owned(), spec });
    };
    for budget in [16, 64] {
        push("none", table(PLAIN, budget)?);
    }
    for demonstrations in [1, 3, 10] {
        for (name, proposals) in [
            ("replay", Proposals::Replay),
            ("cloning", Proposals::Cloning),
            ("retrieval", Proposals::Retrieval),
        ] {
            let line = format!("{name}, {demonstrations}");
            push(&line, ActSpec { proposals, demonstrations, ..table("reflex", 0)? });
            if proposals != Proposals::Replay {
                for budget in [16, 64] {
                    push(&line, ActSpec { proposals, demonstrations, ..table(PLAIN, budget)? });
                }
            }
        }
    }
    Ok(())
}

/// Milliseconds for a move.
pub const DEADLINES: [u64; 2] = [2, 8];

fn deadlines(all: &mut Vec<Arm>) -> Result<(), ThinkingError> {
    for strategy in ["best-of-n", "beam:branching=4"] {
        for deadline in DEADLINES {
            // More than can be imagined in time, so that the clock ends every thought.
            let spec = ActSpec { deadline_ms: Some(deadline), ..table(strategy, 4096)? };
            all.push(Arm { part: Part::Deadline, line: strategy.to_owned(), spec });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_arm_can_be_played_as_it_stands() {
        for arm in arms().expect("readable strategies") {
            let each = u64::from(arm.spec.horizon * arm.spec.futures);
            assert!(arm.spec.strategy.build(arm.spec.budget, each).is_ok(), "{arm:?}");
        }
    }
}
