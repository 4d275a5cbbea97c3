//! One episode in a named world, from a specification that can be written on a command line.

pub(crate) mod setup;
mod spec;

pub use setup::MOST_DEMONSTRATIONS;
pub use spec::{ActSpec, Belief, Beyond, Proposals, UnknownName, WorldName};

use crate::grid::Map;
use crate::pushing::Table;
use crate::{Bill, End, Episode, EpisodeError, Move, Source, Task, picture, watched};
use deliberate_report::Figure;
use deliberate_search::Silent;
use serde::Serialize;

/// An episode that cannot be played as specified.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ActError {
    /// Something does not go with the world.
    #[error("there is no `{what}` {place} (there: {known})")]
    Unfit {
        /// What was asked for.
        what: &'static str,
        /// Where.
        place: &'static str,
        /// What there is.
        known: &'static str,
    },
    /// So many demonstrations do not exist.
    #[error("{given} demonstrations were asked for (there are 1 to {MOST_DEMONSTRATIONS})")]
    Demonstrations {
        /// How many.
        given: u32,
    },
    /// A plan of no moves, or none of its futures.
    #[error("a plan has at least one move and one future (raise the horizon or the number of futures)")]
    NoPlan,
    /// It broke off.
    #[error(transparent)]
    Episode(#[from] EpisodeError),
}

fn unfit(what: &'static str, place: &'static str, known: &'static str) -> ActError {
    ActError::Unfit { what, place, known }
}

/// One move, in words and numbers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MoveLine {
    /// From 0.
    pub number: u32,
    /// What was done.
    pub action: String,
    /// Where it came from.
    pub source: Source,
    /// Score of the plan that it began, if there was one.
    pub score: Option<f64>,
    /// What it cost.
    pub bill: Bill,
    /// How far the model was off, in 0..=1.
    pub surprise: f64,
}

impl MoveLine {
    fn of<T: Task>(number: u32, made: &Move<T>) -> Self {
        let action = serde_json::to_string(&made.action).unwrap_or_default();
        let action = action.trim_matches('"').to_owned();
        let Move { source, score, bill, surprise, .. } = made;
        Self { number, action, source: *source, score: *score, bill: *bill, surprise: *surprise }
    }
}

/// What was played.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub enum Played {
    /// On a map.
    Ice(Episode<Map>),
    /// At the table.
    Table(Episode<Table>),
}

/// An episode that was acted.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Act {
    /// As asked for.
    pub spec: ActSpec,
    /// How it ended.
    pub end: End,
    /// Whether it ended before the time was up.
    pub early: bool,
    /// Every move and its bill.
    pub moves: Vec<MoveLine>,
    /// All that was seen and done.
    pub episode: Played,
}

impl Act {
    /// Whether the goal was reached.
    pub fn won(&self) -> bool {
        self.end == End::Won
    }

    /// Imagined steps, all told.
    pub fn steps(&self) -> u64 {
        self.moves.iter().map(|made| made.bill.steps()).sum()
    }

    /// The way that was taken, as a figure: SVG and PNG come from it.
    pub fn picture(&self) -> Figure {
        match &self.episode {
            Played::Ice(episode) => {
                let (map, _) = setup::map(self.spec.world).expect("an episode on ice has a map");
                picture::of_map(&map, episode)
            }
            Played::Table(episode) => picture::of_table(episode),
        }
    }
}

/// Acts one episode; `watch` is told of every move when it is committed.
///
/// # Errors
/// [`ActError`] if it cannot be played as specified.
pub fn act(spec: &ActSpec, watch: &mut dyn FnMut(&MoveLine)) -> Result<Act, ActError> {
    if spec.horizon == 0 || spec.futures == 0 {
        return Err(ActError::NoPlan);
    }
    if let Some((map, slip)) = setup::map(spec.world) {
        let mut setup = setup::on_ice(spec, &map, slip)?;
        let (episode, moves) = play(&mut setup.world, &mut setup.mind, watch)?;
        let early = episode.last.left > 0;
        return Ok(Act { spec: spec.clone(), end: episode.end, early, moves, episode: Played::Ice(episode) });
    }
    let mut setup = setup::at_table(spec)?;
    let (episode, moves) = play(&mut setup.world, &mut setup.mind, watch)?;
    let early = episode.last.left > 0;
    Ok(Act { spec: spec.clone(), end: episode.end, early, moves, episode: Played::Table(episode) })
}

fn play<T: Task>(
    world: &mut dyn crate::World<T>,
    mind: &mut crate::Mind<T>,
    watch: &mut dyn FnMut(&MoveLine),
) -> Result<(Episode<T>, Vec<MoveLine>), EpisodeError> {
    let mut lines = Vec::new();
    let episode = watched(world, mind, &mut |_| Box::new(Silent), &mut |made| {
        let line = MoveLine::of(lines.len() as u32, made);
        watch(&line);
        lines.push(line);
    })?;
    Ok((episode, lines))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_world_can_be_acted_in_and_drawn() {
        for world in [WorldName::Lake, WorldName::LargeLake, WorldName::Maze, WorldName::Pushing] {
            let spec = ActSpec { budget: 64, seed: 3, ..ActSpec::new(world) };
            let mut told = 0;
            let act = act(&spec, &mut |_| told += 1).expect("it can be played");
            assert_eq!(told, act.moves.len());
            assert!(act.picture().svg(deliberate_report::Theme::Light).starts_with("<svg"));
            let json = serde_json::to_value(&act).expect("plain data");
            assert_eq!(json["moves"].as_array().map(Vec::len), Some(told));
        }
    }

    #[test]
    fn what_does_not_go_together_is_refused_with_what_does() {
        let refused = |spec: ActSpec| act(&spec, &mut |_| {}).expect_err("refused").to_string();
        let lake = ActSpec::new(WorldName::Lake);
        assert_eq!(
            refused(ActSpec { belief: Belief::Undelayed, ..lake.clone() }),
            "there is no `undelayed` on ice (there: true, learnt, wrong=FACTOR)"
        );
        assert!(refused(ActSpec { horizon: 0, ..lake }).contains("raise the horizon"));
        let pushing = ActSpec { proposals: Proposals::Retrieval, ..ActSpec::new(WorldName::Pushing) };
        assert!(refused(pushing).starts_with("0 demonstrations"));
        let poor = ActSpec { budget: 7, ..ActSpec::new(WorldName::Pushing) };
        assert!(refused(poor).contains("raise the budget"));
    }
}
