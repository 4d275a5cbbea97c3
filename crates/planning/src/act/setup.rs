//! From a specification to a world and a mind.

use super::spec::{ActSpec, Belief, Beyond, Proposals, WorldName};
use super::{ActError, unfit};
use crate::grid::{Exact, GridWorld, Ice, LearntValue, Map};
use crate::pushing::{Cloned, Demonstrations, Hypotheses, Physics, PushWorld, Replay, Retrieval, Table};
use crate::{Curious, Effort, Judge, Mind, Model, Nearness, Policy, Random, RewardOnly, Worth, episode};
use deliberate_search::mix;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

/// Sampled outcomes of every move in every cell that a value is learnt from.
const VALUE_SAMPLES: u32 = 64;

/// Factor of the score for every move of the pusher: of two ways to the target the shorter one.
const DISCOUNT: f64 = 0.99;

/// Hypotheses that a learnt model chooses from.
const HYPOTHESES: u32 = 48;

/// Probability of a random move among those that were shown.
const CURIOSITY: f64 = 0.3;

/// Probability that a random push is held on to for another move.
const HOLD: f64 = 0.8;

/// Demonstrations at most.
pub const MOST_DEMONSTRATIONS: u32 = 10;

/// A world, who acts in it, and the truth about it, which only a study may look at.
pub(crate) struct Setup<T: crate::Task, W> {
    pub(crate) world: W,
    pub(crate) mind: Mind<T>,
    pub(crate) truth: Box<dyn Model<T>>,
    pub(crate) worth_in_truth: Judge<T>,
}

/// The map of a name, and how slippery it is in truth.
pub(crate) fn map(world: WorldName) -> Option<(Map, f64)> {
    match world {
        WorldName::Lake => Some((Map::lake_4(), 2.0 / 3.0)),
        WorldName::LargeLake => Some((Map::lake_8(), 2.0 / 3.0)),
        WorldName::Maze => Some((Map::maze(), 0.2)),
        WorldName::Pushing => None,
    }
}

fn effort(spec: &ActSpec) -> Effort {
    Effort {
        thinking: spec.strategy.clone(),
        budget: spec.budget,
        horizon: spec.horizon,
        futures: spec.futures,
        deadline: spec.deadline_ms.map(Duration::from_millis),
    }
}

pub(crate) fn on_ice(spec: &ActSpec, map: &Map, slip: f64) -> Result<Setup<Map, GridWorld>, ActError> {
    let model = match spec.belief {
        Belief::True => Ice::fixed(map.clone(), slip),
        Belief::Wrong(factor) => Ice::fixed(map.clone(), (slip * factor).min(1.0)),
        // Thought to be firm at first.
        Belief::Learnt => Ice::learnt(map.clone(), 0.05, 2.0),
        Belief::Undelayed => return Err(unfit("undelayed", "on ice", "true, learnt, wrong=FACTOR")),
    };
    if spec.proposals != Proposals::Random {
        return Err(unfit("demonstrations", "on ice", "proposals that are random"));
    }
    let worth: Arc<dyn Worth<Map>> = match spec.beyond {
        Beyond::Reward => Arc::new(RewardOnly),
        Beyond::Distance => Arc::new(Nearness),
        Beyond::Value => Arc::new(LearntValue::imagine(map, &model, VALUE_SAMPLES, mix(spec.seed, 2))),
    };
    let mind = Mind {
        task: Arc::new(map.clone()),
        model: Box::new(model),
        policy: Arc::new(Random { hold: 0.0 }),
        judge: Judge { worth, discount: 1.0 },
        effort: effort(spec),
        price: spec.price.clone(),
        seed: mix(spec.seed, 1),
    };
    Ok(Setup {
        world: GridWorld::new(map.clone(), slip, spec.seed),
        mind,
        truth: Box::new(Ice::fixed(map.clone(), slip)),
        worth_in_truth: Judge { worth: Arc::new(Exact::solve(map, slip)), discount: 1.0 },
    })
}

pub(crate) fn at_table(spec: &ActSpec) -> Result<Setup<Table, PushWorld>, ActError> {
    let hidden = Physics::hidden(spec.seed);
    let model: Box<dyn Model<Table>> = match spec.belief {
        Belief::True => Box::new(hidden),
        Belief::Wrong(factor) => Box::new(hidden.mistaken(factor as f32)),
        Belief::Undelayed => Box::new(hidden.undelayed()),
        Belief::Learnt => Box::new(Hypotheses::new(HYPOTHESES, mix(spec.seed, 3))),
    };
    let worth: Arc<dyn Worth<Table>> = match spec.beyond {
        Beyond::Reward => Arc::new(RewardOnly),
        Beyond::Distance => Arc::new(Nearness),
        Beyond::Value => return Err(unfit("value", "at the table", "reward, distance")),
    };
    let mind = Mind {
        task: Arc::new(Table),
        model,
        policy: policy(spec)?,
        judge: Judge { worth, discount: DISCOUNT },
        effort: effort(spec),
        price: spec.price.clone(),
        seed: mix(spec.seed, 1),
    };
    Ok(Setup {
        world: PushWorld::new(spec.seed),
        mind,
        truth: Box::new(hidden),
        worth_in_truth: Judge { worth: Arc::new(Nearness), discount: DISCOUNT },
    })
}

/// Who acts by reflex does as was shown; who thinks tries other things as well.
fn policy(spec: &ActSpec) -> Result<Arc<dyn Policy<Table>>, ActError> {
    let otherwise = Random { hold: HOLD };
    if spec.proposals == Proposals::Random {
        return Ok(Arc::new(otherwise));
    }
    if !(1..=MOST_DEMONSTRATIONS).contains(&spec.demonstrations) {
        return Err(ActError::Demonstrations { given: spec.demonstrations });
    }
    let shown = SHOWN.first(spec.demonstrations as usize);
    let reflex = spec.strategy == crate::strategies::Thinking::Reflex;
    Ok(match (spec.proposals, reflex) {
        (Proposals::Replay, _) => Arc::new(Replay::new(&shown, &Table::begin(spec.seed))),
        (Proposals::Cloning, true) => Arc::new(Cloned::fit(&shown)),
        (Proposals::Cloning, false) => {
            Arc::new(Curious { policy: Cloned::fit(&shown), random: CURIOSITY, otherwise })
        }
        (_, true) => Arc::new(Retrieval::new(&shown, NEAREST)),
        (_, false) => {
            Arc::new(Curious { policy: Retrieval::new(&shown, NEAREST), random: CURIOSITY, otherwise })
        }
    })
}

/// Demonstrated scenes that a retrieval looks up.
const NEAREST: usize = 3;

/// The demonstrations: the first episodes from this seed on that the cross-entropy method wins with a true model and plenty
/// of thinking. Nothing else uses seeds between this one and the next thousand.
const FIRST_DEMONSTRATION: u64 = 5000;

static SHOWN: LazyLock<Demonstrations> = LazyLock::new(|| {
    let played = (FIRST_DEMONSTRATION..).filter_map(|seed| {
        let spec = ActSpec { budget: 512, seed, ..ActSpec::new(WorldName::Pushing) };
        let mut setup = at_table(&spec).ok()?;
        episode(&mut setup.world, &mut setup.mind).ok().filter(crate::Episode::won)
    });
    Demonstrations::of(&played.take(MOST_DEMONSTRATIONS as usize).collect::<Vec<_>>())
});
