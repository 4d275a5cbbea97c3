//! The rules of the table, how an episode begins, and the world itself.

use super::physics::Physics;
use super::scene::{Body, MEMORY, Pair, Push, Scene, length, minus};
use crate::{Dice, End, Over, Task, World};
use rand::{Rng, SeedableRng};

/// Half the table's length and width, in metres.
pub const HALF: Pair = [1.0, 0.6];
/// Distance from the target within which the puck must come to rest, in metres.
pub const NEAR: f32 = 0.1;
/// Metres per second below which it counts as resting.
const RESTING: f32 = 0.15;
/// Moves of an episode.
pub const MOVES: u32 = 40;

/// The task: bring the puck to rest at the target before the time is up, and never over an edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Table;

/// A distribution of pushes: a normal one for each axis, cut at the greatest force.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PushSpread {
    /// Mean.
    pub mean: Pair,
    /// Standard deviation.
    pub deviation: Pair,
}

/// Never narrower than this, so that a fitted distribution can still move.
const NARROWEST: f32 = 0.1;

impl Table {
    /// The scene in which the episode of a seed begins.
    pub fn begin(seed: u64) -> Scene {
        let mut dice = Dice::seed_from_u64(seed);
        let mut around = |middle: Pair, reach: Pair| -> Pair {
            [0, 1].map(|axis| middle[axis] + reach[axis] * dice.random_range(-1.0..=1.0_f32))
        };
        let resting = |place| Body { place, velocity: [0.0; 2] };
        Scene {
            pusher: resting(around([-0.7, 0.0], [0.1, 0.3])),
            puck: resting(around([-0.25, 0.0], [0.15, 0.25])),
            target: around([0.6, 0.0], [0.2, 0.35]),
            sent: [Push::default(); MEMORY],
            left: MOVES,
        }
    }

    /// Where the pusher should be to push the puck at the target.
    fn behind(scene: &Scene) -> Pair {
        let way = minus(scene.target, scene.puck.place);
        let reach = 0.12 / length(way).max(1e-3);
        [scene.puck.place[0] - way[0] * reach, scene.puck.place[1] - way[1] * reach]
    }
}

impl Task for Table {
    type Situation = Scene;
    type Action = Push;
    type Spread = PushSpread;

    fn end(&self, scene: &Scene) -> Option<End> {
        let puck = scene.puck;
        if puck.place[0].abs() > HALF[0] || puck.place[1].abs() > HALF[1] {
            return Some(End::Lost);
        }
        let there = length(minus(puck.place, scene.target)) <= NEAR && length(puck.velocity) <= RESTING;
        if there { Some(End::Won) } else { (scene.left == 0).then_some(End::Lost) }
    }

    fn left(&self, scene: &Scene) -> u32 {
        scene.left
    }

    /// Falls with the puck's way to the target and, less, with the pusher's way to where it can push.
    fn promise(&self, scene: &Scene) -> f64 {
        let puck = length(minus(scene.target, scene.puck.place));
        let pusher = length(minus(Self::behind(scene), scene.pusher.place));
        f64::from((-1.5 * puck - 0.5 * pusher).exp())
    }

    /// Apart by a tenth of a metre is as good as nothing alike.
    fn distance(&self, one: &Scene, other: &Scene) -> f64 {
        let puck = length(minus(one.puck.place, other.puck.place));
        let pusher = length(minus(one.pusher.place, other.pusher.place));
        f64::from(((puck + pusher) / 0.1).min(1.0))
    }

    fn safe(&self, _: &Scene) -> Push {
        Push::default()
    }

    fn any(&self) -> PushSpread {
        PushSpread { mean: [0.0; 2], deviation: [0.8; 2] }
    }

    fn near(&self, push: &Push) -> PushSpread {
        PushSpread { mean: push.0, deviation: [0.2; 2] }
    }

    fn fit(&self, weighted: &[(&Push, f64)]) -> PushSpread {
        let total: f64 = weighted.iter().map(|(_, weight)| weight).sum();
        let mean_of = |value: &dyn Fn(&Push) -> f32| -> f32 {
            let sum: f64 = weighted.iter().map(|(push, weight)| f64::from(value(push)) * weight).sum();
            (sum / total.max(f64::MIN_POSITIVE)) as f32
        };
        let mean = [0, 1].map(|axis| mean_of(&|push| push.0[axis]));
        let variance = [0, 1].map(|axis| mean_of(&|push| (push.0[axis] - mean[axis]).powi(2)));
        PushSpread { mean, deviation: variance.map(|variance| variance.sqrt().max(NARROWEST)) }
    }

    fn draw(&self, spread: &PushSpread, dice: &mut Dice) -> Push {
        // Box and Muller 1958.
        let (u, v): (f32, f32) = (dice.random(), dice.random());
        let radius = (-2.0 * (1.0 - u).ln()).sqrt();
        let (sine, cosine) = (std::f32::consts::TAU * v).sin_cos();
        Push::within([
            spread.mean[0] + spread.deviation[0] * radius * cosine,
            spread.mean[1] + spread.deviation[1] * radius * sine,
        ])
    }

    fn likeliest(&self, spread: &PushSpread) -> Push {
        Push::within(spread.mean)
    }
}

/// The world: a scene and what is hidden.
#[derive(Debug)]
pub struct PushWorld {
    scene: Scene,
    physics: Physics,
}

impl PushWorld {
    /// The episode of a seed, with the hidden properties of that seed.
    pub fn new(seed: u64) -> Self {
        Self { scene: Table::begin(seed), physics: Physics::hidden(seed) }
    }
}

impl World<Table> for PushWorld {
    fn observe(&self) -> Scene {
        self.scene
    }

    fn act(&mut self, push: &Push) -> Result<(), Over> {
        if Table.end(&self.scene).is_some() {
            return Err(Over);
        }
        self.scene = self.physics.advance(&self.scene, Push::within(push.0));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn over_the_edge_is_lost_and_resting_at_the_target_is_won() {
        let mut scene = Table::begin(3);
        assert_eq!(Table.end(&scene), None);
        scene.puck.place = [1.01, 0.0];
        assert_eq!(Table.end(&scene), Some(End::Lost));
        scene.puck = Body { place: scene.target, velocity: [0.5, 0.0] };
        assert_eq!(Table.end(&scene), None);
        scene.puck.velocity = [0.0; 2];
        assert_eq!(Table.end(&scene), Some(End::Won));
    }

    #[test]
    fn no_episode_is_over_before_it_begins() {
        for seed in 0..200 {
            assert_eq!(Table.end(&Table::begin(seed)), None, "{seed}");
        }
    }

    #[test]
    fn a_fit_has_the_mean_and_the_deviation_of_its_pushes() {
        let pushes = [Push([0.8, 0.0]), Push([0.2, 0.0])];
        let spread = Table.fit(&[(&pushes[0], 1.0), (&pushes[1], 1.0)]);
        assert!((spread.mean[0] - 0.5).abs() < 1e-6 && (spread.deviation[0] - 0.3).abs() < 1e-6);
        assert!((spread.deviation[1] - NARROWEST).abs() < 1e-9);
    }
}
