//! Acting in a world that cannot be reset.
//!
//! A [`World`] can be looked at and moved on, and nothing else. An agent therefore thinks in a [`Model`] of it: a
//! [`Mind`] searches over plans with the strategies of the search core (and two that only acting needs), and the
//! [`episode`] loop commits one move at a time. The unit of thinking is the *imagined step*.
//!
//! ~~~
//! use deliberate_planning::{ActSpec, WorldName, act};
//!
//! let spec = ActSpec { strategy: "cem".parse()?, budget: 64, seed: 7, ..ActSpec::new(WorldName::Pushing) };
//! let done = act(&spec, &mut |made| println!("{}: {} for {} steps", made.number, made.action, made.bill.steps()))?;
//! assert_eq!(done.moves.iter().map(|made| made.bill.steps()).sum::<u64>(), done.steps());
//! let svg = done.picture().svg(deliberate_report::Theme::Adaptive);
//! # assert!(svg.starts_with("<svg"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ~~~
//!
//! | what | where |
//! |---|---|
//! | worlds that can be solved exactly | [`grid`] |
//! | pushing, with hidden mass, friction and delay | [`pushing`] |
//! | ways of thinking, as text | [`strategies::Thinking`] |
//! | a price for thinking | [`Price`] |
//! | everything measured | [`study`] |
//!
//! This crate has never heard of language.

mod act;
mod deadline;
mod episode;
pub mod grid;
mod imagination;
mod mind;
mod model;
mod picture;
mod plan;
mod policy;
mod price;
pub mod pushing;
pub mod strategies;
pub mod study;
mod task;
mod verifier;
mod world;

pub use act::{
    Act, ActError, ActSpec, Belief, Beyond, MOST_DEMONSTRATIONS, MoveLine, Played, Proposals, UnknownName,
    WorldName, act,
};
pub use episode::{Episode, EpisodeError, Move, episode, watched};
pub use imagination::{Imagination, Refit};
pub use mind::{Bill, Effort, Mind, MindError, Source, Thought};
pub use model::Model;
pub use plan::{FirstMove, Future, Plan};
pub use policy::{Curious, Place, Policy, Random};
pub use price::{Case, FIRST_LOOK, Gains, Price, Sample, cases};
pub use task::{Dice, End, Task};
pub use verifier::{Judge, Nearness, RewardOnly, Worth};
pub use world::{Over, World};
