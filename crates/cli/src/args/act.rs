//! Arguments of `deliberate act`.

use clap::Args;
use deliberate_planning::strategies::Thinking;
use deliberate_planning::{Belief, Beyond, Proposals, WorldName};
use std::num::{NonZeroU32, NonZeroU64};
use std::path::PathBuf;
use std::str::FromStr;

pub(super) const EXAMPLES: &str = "\
Examples:
  deliberate act --world lake
  deliberate act --world pushing --budget 512 --svg episode.svg
  deliberate act --world pushing --belief wrong=2 --strategy mppi --json
  deliberate act --world pushing --proposals retrieval --demonstrations 3 --strategy best-of-n
  deliberate act --study runs/acting          every strategy, belief and price; some minutes

The agent never touches the world but by its moves: it thinks in a model, and the unit of thinking is
one imagined step. Strategies are `reflex`, `average`, `cem`, `mppi`, and those of the search core
(`deliberate strategies`), over plans.";

#[derive(Debug, Args)]
pub(crate) struct ActArgs {
    /// Where to act: `lake` or `large-lake` (frozen lakes), `maze`, or `pushing` (a puck of hidden mass and friction).
    #[arg(long, value_name = "WORLD", default_value = "pushing", value_parser = WorldName::from_str)]
    pub(crate) world: WorldName,
    /// What the agent believes of the hidden properties: `true`, `wrong=FACTOR`, `undelayed` or `learnt` (from its own
    /// moves); `true` by default.
    #[arg(long, value_name = "BELIEF", value_parser = Belief::from_str)]
    pub(crate) belief: Option<Belief>,
    /// Where moves come from: `random` (the default), `retrieval`, `cloning` or `replay` of demonstrations.
    #[arg(long, value_name = "KIND", value_parser = Proposals::from_str)]
    pub(crate) proposals: Option<Proposals>,
    /// Demonstrations that there are.
    #[arg(long, value_name = "N")]
    pub(crate) demonstrations: Option<u32>,
    /// What lies beyond a plan's last move: `reward` (nothing), `distance` (to the goal) or `value` (learnt in the model);
    /// by default what suits the world.
    #[arg(long, value_name = "KIND", value_parser = Beyond::from_str)]
    pub(crate) beyond: Option<Beyond>,
    /// How it thinks; by default what suits the world.
    #[arg(long, value_name = "STRATEGY", value_parser = Thinking::from_str)]
    pub(crate) strategy: Option<Thinking>,
    /// Imagined steps for one move, hard; 256 by default.
    #[arg(long, value_name = "STEPS")]
    pub(crate) budget: Option<NonZeroU64>,
    /// Moves of a plan; by default what suits the world.
    #[arg(long, value_name = "MOVES")]
    pub(crate) horizon: Option<NonZeroU32>,
    /// Futures that a plan is imagined in; 1 by default.
    #[arg(long, value_name = "N")]
    pub(crate) futures: Option<NonZeroU32>,
    /// Milliseconds for one move: then the best so far is made. No limit by default.
    #[arg(long, value_name = "MILLISECONDS")]
    pub(crate) deadline_ms: Option<NonZeroU64>,
    /// Of the world and of all dice.
    #[arg(long, default_value = "0")]
    pub(crate) seed: u64,
    /// Draw the episode to this file.
    #[arg(long, value_name = "FILE")]
    pub(crate) svg: Option<PathBuf>,
    /// The episode and its bill as one JSON object on stdout.
    #[arg(long)]
    pub(crate) json: bool,
    /// Play the whole study into this folder, and write its page; what is there already is not played again.
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["belief", "proposals", "demonstrations", "beyond", "strategy",
          "budget", "horizon", "futures", "deadline_ms", "svg", "json"])]
    pub(crate) study: Option<PathBuf>,
    /// Episodes of each arm of the study.
    #[arg(long, value_name = "N", default_value = "200", requires = "study")]
    pub(crate) episodes: NonZeroU64,
}
