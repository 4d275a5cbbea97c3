//! Plays arms over many seeds, each episode once for good: what is stored is not played again.

use super::StudyError;
use crate::act::{Act, ActError, ActSpec, act};
use deliberate_run::{Interval, Lines, bootstrap_mean, bootstrap_share};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// What an episode came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Outcome {
    /// Whether the goal was reached.
    pub won: bool,
    /// Whether it was lost before the time was up: in a hole, or over the edge.
    pub fallen: bool,
    /// Moves.
    pub moves: u32,
    /// Imagined steps to choose moves.
    pub imagined: u64,
    /// What they would have been if plans shared no prefix.
    pub unshared: u64,
    /// Imagined steps to compare and to learn.
    pub learning: u64,
    /// Mean surprise.
    pub surprise: f64,
    /// Wall time of each move in seconds, where there is a deadline.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub seconds: Vec<f64>,
}

impl Outcome {
    fn of(act: &Act) -> Self {
        let sum = |of: fn(&crate::Bill) -> u64| act.moves.iter().map(|made| of(&made.bill)).sum();
        let surprise =
            act.moves.iter().map(|made| made.surprise).sum::<f64>() / act.moves.len().max(1) as f64;
        let timed = act.spec.deadline_ms.is_some();
        Self {
            won: act.won(),
            fallen: act.early && !act.won(),
            moves: act.moves.len() as u32,
            imagined: sum(|bill| bill.imagined),
            unshared: sum(|bill| bill.unshared),
            learning: sum(|bill| bill.learning),
            surprise,
            seconds: act.moves.iter().filter(|_| timed).map(|made| made.bill.seconds).collect(),
        }
    }
}

/// A line of the store: an episode by its specification, the seed included.
#[derive(Debug, Serialize, Deserialize)]
struct Line {
    spec: ActSpec,
    outcome: Outcome,
}

/// All outcomes so far, by specification.
#[derive(Debug)]
pub struct Outcomes {
    file: Lines,
    known: BTreeMap<String, Outcome>,
}

impl Outcomes {
    /// Opens or creates the store.
    ///
    /// # Errors
    /// [`StudyError`] if it cannot be read.
    pub fn open(path: &Path) -> Result<Self, StudyError> {
        let (file, lines) = Lines::open::<Line>(path)?;
        let known = lines.into_iter().map(|line| (key(&line.spec), line.outcome)).collect();
        Ok(Self { file, known })
    }

    /// The outcomes of an arm over some seeds, in their order; what is not known is played.
    ///
    /// # Errors
    /// [`StudyError`] if an episode cannot be played or stored.
    pub fn of(&mut self, spec: &ActSpec, seeds: std::ops::Range<u64>) -> Result<Vec<Outcome>, StudyError> {
        let specs: Vec<ActSpec> = seeds.map(|seed| ActSpec { seed, ..spec.clone() }).collect();
        let missing: Vec<&ActSpec> =
            specs.iter().filter(|spec| !self.known.contains_key(&key(spec))).collect();
        // Who measures time must be alone; others share the processors. In parts, so that a kill loses little.
        let part = if spec.deadline_ms.is_some() { 1 } else { 40 };
        for part in missing.chunks(part) {
            let play = |spec: &&ActSpec| act(spec, &mut |_| {}).map(|act| Outcome::of(&act));
            let played: Vec<Result<Outcome, ActError>> = match part {
                [one] => vec![play(one)],
                many => many.par_iter().map(play).collect(),
            };
            for (spec, outcome) in part.iter().zip(played) {
                let line = Line { spec: (*spec).clone(), outcome: outcome? };
                self.file.append(&line)?;
                self.known.insert(key(&line.spec), line.outcome);
            }
        }
        Ok(specs.iter().map(|spec| self.known[&key(spec)].clone()).collect())
    }
}

fn key(spec: &ActSpec) -> String {
    serde_json::to_string(spec).expect("a specification is plain data")
}

/// What an arm came to over its episodes.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// Episodes.
    pub episodes: usize,
    /// Share of goals reached.
    pub won: Interval,
    /// Share of episodes lost in a hole or over the edge.
    pub fallen: Interval,
    /// Imagined steps for a move, all told.
    pub steps: f64,
    /// Of these, those for comparing and learning.
    pub learning: f64,
    /// Steps for a move if no plan shared a prefix, relative to those imagined.
    pub unshared: f64,
    /// Mean moves of an episode.
    pub moves: Interval,
    /// Mean surprise.
    pub surprise: f64,
    /// Wall time of a move in seconds: median and 99th percentile, where it was measured.
    pub seconds: Option<(f64, f64)>,
}

/// Seed of the bootstrap.
const BOOTSTRAP: u64 = 7;

impl Measured {
    /// Means and intervals; `None` without episodes.
    pub fn of(outcomes: &[Outcome]) -> Option<Self> {
        let share = |of: fn(&Outcome) -> bool| {
            bootstrap_share(&outcomes.iter().map(of).collect::<Vec<_>>(), BOOTSTRAP)
        };
        let sum = |of: fn(&Outcome) -> u64| outcomes.iter().map(of).sum::<u64>() as f64;
        let moves = sum(|outcome| u64::from(outcome.moves)).max(1.0);
        let lengths: Vec<f64> = outcomes.iter().map(|outcome| f64::from(outcome.moves)).collect();
        let mut seconds: Vec<f64> =
            outcomes.iter().flat_map(|outcome| outcome.seconds.iter().copied()).collect();
        seconds.sort_unstable_by(f64::total_cmp);
        let at = |share: f64| seconds.get(((seconds.len() as f64 - 1.0) * share).ceil() as usize).copied();
        Some(Self {
            episodes: outcomes.len(),
            won: share(|outcome| outcome.won)?,
            fallen: share(|outcome| outcome.fallen)?,
            steps: (sum(|outcome| outcome.imagined) + sum(|outcome| outcome.learning)) / moves,
            learning: sum(|outcome| outcome.learning) / moves,
            unshared: sum(|outcome| outcome.unshared) / sum(|outcome| outcome.imagined).max(1.0),
            moves: bootstrap_mean(&lengths, BOOTSTRAP)?,
            surprise: outcomes.iter().map(|outcome| outcome.surprise).sum::<f64>() / outcomes.len() as f64,
            seconds: at(0.5).zip(at(0.99)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::act::WorldName;

    #[test]
    fn what_is_stored_is_not_played_again_and_says_the_same() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("outcomes.jsonl");
        let spec = ActSpec { budget: 16, ..ActSpec::new(WorldName::Lake) };
        let mut first = Outcomes::open(&path).expect("an empty store");
        let some = first.of(&spec, 0..3).expect("played");
        drop(first);
        let lines = || std::fs::read_to_string(&path).map_or(0, |text| text.lines().count());
        assert_eq!(lines(), 3);
        let mut again = Outcomes::open(&path).expect("the store");
        let more = again.of(&spec, 0..5).expect("played");
        assert_eq!((more[..3].to_vec(), lines()), (some, 5));
    }
}
