//! What must hold of every episode, however it is thought about.

use deliberate_planning::grid::{Direction, GridWorld, Ice, Map, Spot};
use deliberate_planning::pushing::{Physics, PushWorld, Table};
use deliberate_planning::{
    Effort, Episode, Judge, Mind, Nearness, Over, Random, Source, Task, World, episode,
};
use proptest::prelude::*;
use std::sync::Arc;
use std::time::Duration;

const STRATEGIES: [&str; 9] = [
    "average",
    "best-of-n",
    "cem",
    "mppi",
    "beam:branching=2",
    "beam:branching=2,lookahead=1",
    "mcts",
    "particle",
    "reflex",
];

const SLIP: f64 = 2.0 / 3.0;

fn effort(strategy: &str, budget: u64, futures: u32) -> Effort {
    let thinking = strategy.parse().expect("a strategy");
    Effort { thinking, budget, horizon: 4, futures, deadline: None }
}

fn on_ice(effort: Effort, seed: u64) -> Mind<Map> {
    Mind {
        task: Arc::new(Map::lake_4()),
        model: Box::new(Ice::fixed(Map::lake_4(), SLIP)),
        policy: Arc::new(Random { hold: 0.0 }),
        judge: Judge { worth: Arc::new(Nearness), discount: 1.0 },
        effort,
        price: None,
        seed,
    }
}

fn at_table(effort: Effort, seed: u64) -> Mind<Table> {
    Mind {
        task: Arc::new(Table),
        model: Box::new(Physics::hidden(seed)),
        policy: Arc::new(Random { hold: 0.5 }),
        judge: Judge { worth: Arc::new(Nearness), discount: 0.99 },
        effort,
        price: None,
        seed,
    }
}

/// A world that keeps count of what is done in it.
struct Watched<W> {
    world: W,
    acts: usize,
}

impl<T: Task, W: World<T>> World<T> for Watched<W> {
    fn observe(&self) -> T::Situation {
        self.world.observe()
    }

    fn act(&mut self, action: &T::Action) -> Result<(), Over> {
        self.acts += 1;
        self.world.act(action)
    }
}

/// An episode is what the world makes of its moves and of nothing else: the same moves in a new world of the same seed,
/// without any thought between them, are met with the same dice and the same scenes.
fn untouched<T: Task, W: World<T>>(new: impl Fn() -> W, mind: &mut Mind<T>) -> Episode<T> {
    let mut world = Watched { world: new(), acts: 0 };
    let done = episode(&mut world, mind).expect("an episode");
    assert_eq!(world.acts, done.moves.len());
    let mut again = new();
    for made in &done.moves {
        assert_eq!(again.observe(), made.seen);
        again.act(&made.action).expect("it is not over");
    }
    assert_eq!(again.observe(), done.last);
    done
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_strategy_can_touch_the_world(
        strategy in prop::sample::select(&STRATEGIES[..]),
        // Room for two plans of four moves in three futures: the least that every strategy takes.
        budget in 24_u64..80,
        futures in 1_u32..4,
        seed in 0_u64..1000,
    ) {
        let effort = effort(strategy, budget, futures);
        let done = untouched(|| GridWorld::new(Map::lake_4(), SLIP, seed), &mut on_ice(effort, seed));
        for made in &done.moves {
            prop_assert!(made.bill.imagined <= budget, "{made:?}");
        }
    }

    #[test]
    fn equal_seeds_give_equal_episodes(
        strategy in prop::sample::select(&STRATEGIES[..]),
        budget in 16_u64..40,
        seed in 0_u64..1000,
    ) {
        let play = || {
            let mut mind = at_table(effort(strategy, budget, 1), seed);
            untouched(|| PushWorld::new(seed), &mut mind).moves.iter().map(|made| made.action).collect::<Vec<_>>()
        };
        prop_assert_eq!(play(), play());
    }
}

#[test]
fn who_has_no_time_makes_the_safe_move() {
    for strategy in STRATEGIES.into_iter().filter(|strategy| *strategy != "reflex") {
        let effort = Effort { deadline: Some(Duration::ZERO), ..effort(strategy, 64, 1) };
        let mut mind = on_ice(effort, 1);
        let done = untouched(|| GridWorld::new(Map::lake_4(), SLIP, 1), &mut mind);
        for made in &done.moves {
            assert_eq!(
                (made.source, made.action),
                (Source::Safe, Map::lake_4().safe(&made.seen)),
                "{strategy}"
            );
        }
    }
}

#[test]
fn a_plan_is_remembered_when_there_is_no_time_for_another() {
    let mind = on_ice(Effort { deadline: Some(Duration::ZERO), ..effort("cem", 64, 1) }, 1);
    let guess: Arc<[Direction]> = Arc::from([Direction::Down, Direction::Right]);
    let now = Spot { cell: 0, left: 50 };
    let thought = mind.think(&now, 0, &guess, 0.0, &mut deliberate_search::Silent).expect("a thought");
    assert_eq!((thought.source, thought.plan), (Source::Remembered, guess.to_vec()));
}

#[test]
fn search_in_a_true_model_pays() {
    let won = |strategy: &str, budget: u64| {
        let play = |seed: &u64| {
            let horizon = Effort { horizon: 8, ..effort(strategy, budget, 1) };
            episode(&mut PushWorld::new(*seed), &mut at_table(horizon, *seed)).expect("an episode").won()
        };
        (0..12).filter(play).count()
    };
    let (little, much) = (won("cem", 8), won("cem", 256));
    assert!(much >= little + 6, "{little} {much}");
}
