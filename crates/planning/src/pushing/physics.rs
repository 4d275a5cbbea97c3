//! How the table moves: two discs in `rapier2d`, and the properties that the agent cannot see.
//!
//! A move is a pure function of the scene: the simulation is set up from what can be seen, run for a tenth of a second
//! and read back. So the same code is the world and, with other properties, every model of it, and a true model is
//! true to the last bit.

use super::scene::{Body, MEMORY, Pair, Push, Scene, length};
use rapier2d::prelude::*;
use serde::{Deserialize, Serialize};
use std::cell::RefCell;

/// Radius of the pusher, in metres.
pub const PUSHER: f32 = 0.05;
/// Radius of the puck, in metres.
pub const PUCK: f32 = 0.07;
/// Seconds that one move takes.
pub const MOVE: f32 = 0.1;

const SUBSTEPS: u32 = 2;
/// Newton.
const GREATEST_FORCE: f32 = 8.0;
/// Kilogram.
const PUSHER_MASS: f32 = 1.0;
/// The pusher's arm brakes it, per second.
const PUSHER_DAMPING: f32 = 3.0;
/// Metres per second squared.
const GRAVITY: f32 = 9.81;

thread_local! {
    // Buffers and no state: making them anew takes as long as a whole move.
    static PIPELINE: RefCell<PhysicsPipeline> = RefCell::new(PhysicsPipeline::new());
}

/// What is hidden: the same for a whole episode.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Physics {
    /// Mass of the puck, in kilograms.
    pub mass: f32,
    /// Coefficient of sliding friction between puck and table.
    pub friction: f32,
    /// Moves after which a command acts; at most [`MEMORY`].
    pub delay: usize,
}

impl Physics {
    /// The scene one move later.
    pub fn advance(&self, scene: &Scene, push: Push) -> Scene {
        let acting = match self.delay.min(MEMORY) {
            0 => push,
            delay => scene.sent[delay - 1],
        };
        let (pusher, puck) = self.simulate(scene, acting);
        let mut sent = [push; MEMORY];
        sent[1..].copy_from_slice(&scene.sent[..MEMORY - 1]);
        Scene { pusher, puck, target: scene.target, sent, left: scene.left.saturating_sub(1) }
    }

    fn simulate(&self, scene: &Scene, acting: Push) -> (Body, Body) {
        let mut bodies = RigidBodySet::new();
        let mut colliders = ColliderSet::new();
        let mut disc = |body: Body, radius: f32, mass: f32, damping: f32| {
            let handle = bodies.insert(
                RigidBodyBuilder::dynamic()
                    .translation(vector(body.place))
                    .linvel(vector(body.velocity))
                    .linear_damping(damping)
                    .lock_rotations()
                    .can_sleep(false)
                    .build(),
            );
            let collider = ColliderBuilder::ball(radius).mass(mass).friction(0.2).restitution(0.1).build();
            colliders.insert_with_parent(collider, handle, &mut bodies);
            handle
        };
        let pusher = disc(scene.pusher, PUSHER, PUSHER_MASS, PUSHER_DAMPING);
        let puck = disc(scene.puck, PUCK, self.mass, 0.0);
        bodies[pusher].add_force(vector(acting.0) * GREATEST_FORCE, true);

        let parameters = IntegrationParameters { dt: MOVE / SUBSTEPS as f32, ..Default::default() };
        let mut islands = IslandManager::new();
        let (mut broad, mut narrow) = (DefaultBroadPhase::new(), NarrowPhase::new());
        let (mut joints, mut articulations) = (ImpulseJointSet::new(), MultibodyJointSet::new());
        let (mut soft, mut continuous) = (SoftBodySet::new(), CCDSolver::new());
        PIPELINE.with_borrow_mut(|pipeline| {
            for _ in 0..SUBSTEPS {
                let slowed = self.slowed(bodies[puck].linvel(), parameters.dt);
                bodies[puck].set_linvel(slowed, true);
                pipeline.step(
                    Vector::ZERO,
                    &parameters,
                    &mut islands,
                    &mut broad,
                    &mut narrow,
                    &mut bodies,
                    &mut colliders,
                    &mut joints,
                    &mut articulations,
                    &mut soft,
                    &mut continuous,
                    &(),
                    &(),
                );
            }
        });
        let read = |handle: RigidBodyHandle| {
            let body = &bodies[handle];
            Body { place: pair(body.translation()), velocity: pair(body.linvel()) }
        };
        (read(pusher), read(puck))
    }

    /// Sliding friction takes a fixed speed in a fixed time, until there is none left.
    fn slowed(&self, velocity: Vector, seconds: f32) -> Vector {
        let speed = length(pair(velocity));
        let loss = self.friction * GRAVITY * seconds;
        if speed <= loss { Vector::ZERO } else { velocity * (1.0 - loss / speed) }
    }
}

fn vector(pair: Pair) -> Vector {
    Vector::new(pair[0], pair[1])
}

fn pair(vector: Vector) -> Pair {
    [vector.x, vector.y]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scene(velocity: Pair) -> Scene {
        Scene {
            pusher: Body { place: [-0.5, 0.0], velocity: [0.0; 2] },
            puck: Body { place: [0.0, 0.0], velocity },
            target: [0.6, 0.0],
            sent: [Push::default(); MEMORY],
            left: 40,
        }
    }

    const PHYSICS: Physics = Physics { mass: 1.0, friction: 0.2, delay: 0 };

    #[test]
    fn a_sliding_puck_stops_where_friction_says() {
        let mut now = scene([1.0, 0.0]);
        for _ in 0..10 {
            now = PHYSICS.advance(&now, Push::default());
        }
        // v² / (2 μ g), and half a substep less, for it is slowed before it moves.
        let expected = 1.0 / (2.0 * 0.2 * GRAVITY) - 0.5 * MOVE / SUBSTEPS as f32;
        assert!((now.puck.place[0] - expected).abs() < 0.01, "{now:?}");
        assert!(length(now.puck.velocity) < 1e-9);
    }

    #[test]
    fn a_command_acts_after_its_delay_and_not_before() {
        for delay in 0..=MEMORY {
            let mut now = scene([0.0; 2]);
            let mut moved = Vec::new();
            for step in 0..5 {
                let push = if step == 0 { Push([1.0, 0.0]) } else { Push::default() };
                let next = Physics { delay, ..PHYSICS }.advance(&now, push);
                moved.push(next.pusher.velocity[0] > now.pusher.velocity[0]);
                now = next;
            }
            assert_eq!(moved.iter().position(|&faster| faster), Some(delay), "{moved:?}");
        }
    }

    #[test]
    fn a_heavier_puck_is_pushed_less_far() {
        let pushed = |mass: f32| {
            let mut now = scene([0.0; 2]);
            for _ in 0..8 {
                now = Physics { mass, ..PHYSICS }.advance(&now, Push([1.0, 0.0]));
            }
            now.puck.place[0]
        };
        assert!(pushed(0.5) > pushed(1.0) + 0.01 && pushed(1.0) > pushed(3.0) + 0.01);
    }

    #[test]
    fn the_same_move_gives_the_same_bits() {
        let now = scene([0.3, -0.1]);
        let once = PHYSICS.advance(&now, Push([0.4, 0.2]));
        assert_eq!(once, PHYSICS.advance(&now, Push([0.4, 0.2])));
    }
}
