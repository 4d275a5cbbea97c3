//! What an agent takes the hidden properties for: a fixed guess, or the one of many that explains best what it has seen.

use super::physics::Physics;
use super::scene::{Push, Scene};
use super::table::Table;
use crate::{Dice, Model, Task};
use rand::{Rng, SeedableRng};

impl Physics {
    /// What is hidden in the episode of a seed.
    pub fn hidden(seed: u64) -> Self {
        Self::anything(&mut Dice::seed_from_u64(deliberate_search::mix(seed, 0x6869_6464_656e)))
    }

    /// Properties drawn from what tables are like: masses and frictions evenly in their logarithms.
    fn anything(dice: &mut Dice) -> Self {
        let mut between = |low: f32, high: f32| low * (high / low).powf(dice.random::<f32>());
        let (mass, friction) = (between(0.5, 2.0), between(0.08, 0.3));
        Self { mass, friction, delay: dice.random_range(0..=2) }
    }

    /// The same table, its mass and friction taken for so many times what they are.
    pub fn mistaken(self, factor: f32) -> Self {
        Self { mass: self.mass * factor, friction: self.friction * factor, ..self }
    }

    /// The same table, commands being thought to act at once.
    pub fn undelayed(self) -> Self {
        Self { delay: 0, ..self }
    }
}

impl Model<Table> for Physics {
    fn step(&self, from: &Scene, push: &Push, _: &mut Dice) -> Scene {
        self.advance(from, *push)
    }

    fn stochastic(&self) -> bool {
        false
    }
}

/// Hypotheses of what is hidden, and how far each has been off.
#[derive(Debug, Clone)]
pub struct Hypotheses {
    all: Vec<(Physics, f64)>,
}

impl Hypotheses {
    /// So many, drawn from what tables are like. Until something is seen the first one is believed.
    pub fn new(count: u32, seed: u64) -> Self {
        let mut dice = Dice::seed_from_u64(seed);
        Self { all: (0..count.max(1)).map(|_| (Physics::anything(&mut dice), 0.0)).collect() }
    }

    /// The one that has been off the least.
    pub fn believed(&self) -> Physics {
        let better = |a: &(Physics, f64), b: &(Physics, f64)| a.1.total_cmp(&b.1);
        self.all.iter().copied().min_by(better).expect("there is a hypothesis").0
    }
}

impl Model<Table> for Hypotheses {
    fn step(&self, from: &Scene, push: &Push, _: &mut Dice) -> Scene {
        self.believed().advance(from, *push)
    }

    /// One imagined step for every hypothesis.
    fn learn(&mut self, before: &Scene, push: &Push, after: &Scene) -> u64 {
        for (physics, off) in &mut self.all {
            *off += Table.distance(&physics.advance(before, *push), after);
        }
        self.all.len() as u64
    }

    fn stochastic(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::World;
    use crate::pushing::PushWorld;

    #[test]
    fn what_is_seen_tells_the_delay_and_comes_nearer_to_the_rest() {
        for seed in 0..6 {
            let (truth, mut model) = (Physics::hidden(seed), Hypotheses::new(48, 99));
            let mut world = PushWorld::new(seed);
            for index in 0..25 {
                let before = world.observe();
                let push = Push(if index % 4 == 3 { [0.2, 0.1] } else { [0.9, 0.0] });
                if world.act(&push).is_err() {
                    break;
                }
                model.learn(&before, &push, &world.observe());
            }
            assert_eq!(model.believed().delay, truth.delay, "{seed}");
        }
    }
}
