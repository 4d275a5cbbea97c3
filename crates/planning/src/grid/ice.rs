//! How slippery a map is: in the world, and as an agent believes.

use super::map::{Direction, Map, Spot};
use crate::{Dice, Model, Over, Task, World};
use rand::SeedableRng;

/// A world of cells. It holds its own dice, and has no other way on than [`World::act`].
#[derive(Debug)]
pub struct GridWorld {
    map: Map,
    slip: f64,
    spot: Spot,
    dice: Dice,
}

impl GridWorld {
    /// A new episode.
    pub fn new(map: Map, slip: f64, seed: u64) -> Self {
        Self { spot: map.start(), map, slip, dice: Dice::seed_from_u64(seed) }
    }
}

impl World<Map> for GridWorld {
    fn observe(&self) -> Spot {
        self.spot
    }

    fn act(&mut self, direction: &Direction) -> Result<(), Over> {
        if self.map.end(&self.spot).is_some() {
            return Err(Over);
        }
        self.spot = self.map.slide(self.spot, *direction, self.slip, &mut self.dice);
        Ok(())
    }
}

/// A belief of how slippery it is: one that stays, or one that learns from what is seen.
#[derive(Debug, Clone)]
pub struct Ice {
    map: Map,
    /// Moves believed to have slipped, and to have gone as meant.
    counts: (f64, f64),
    learns: bool,
}

impl Ice {
    /// It slips with this probability, whatever happens.
    pub fn fixed(map: Map, slip: f64) -> Self {
        Self { map, counts: (slip, 1.0 - slip), learns: false }
    }

    /// It is thought to slip with this probability, as firmly as after `moves` moves, and moves are counted from then on.
    pub fn learnt(map: Map, slip: f64, moves: f64) -> Self {
        Self { map, counts: (slip * moves, (1.0 - slip) * moves), learns: true }
    }

    /// Probability that a move is believed to slip.
    pub fn slip(&self) -> f64 {
        self.counts.0 / (self.counts.0 + self.counts.1)
    }
}

impl Model<Map> for Ice {
    fn step(&self, from: &Spot, direction: &Direction, dice: &mut Dice) -> Spot {
        self.map.slide(*from, *direction, self.slip(), dice)
    }

    fn learn(&mut self, before: &Spot, direction: &Direction, after: &Spot) -> u64 {
        let meant = self.map.beside(before.cell, *direction);
        let aside = direction.aside().map(|aside| self.map.beside(before.cell, aside));
        // Beside a wall, slipping can look like not slipping: that tells nothing.
        if self.learns && !aside.contains(&meant) {
            if after.cell == meant {
                self.counts.1 += 1.0;
            } else {
                self.counts.0 += 1.0;
            }
        }
        0
    }

    fn stochastic(&self) -> bool {
        self.slip() > 0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng;

    #[test]
    fn slipperiness_is_learnt_from_what_is_seen() {
        let map = Map::lake_8();
        let mut model = Ice::learnt(map.clone(), 0.0, 2.0);
        let mut dice = Dice::seed_from_u64(1);
        for episode in 0..40 {
            let mut world = GridWorld::new(map.clone(), 2.0 / 3.0, episode);
            let mut before = world.observe();
            let direction = Direction::ALL[dice.random_range(0..4)];
            while world.act(&direction).is_ok() {
                model.learn(&before, &direction, &world.observe());
                before = world.observe();
            }
        }
        assert!((model.slip() - 2.0 / 3.0).abs() < 0.05, "{}", model.slip());
    }

    #[test]
    fn nothing_is_done_after_the_end() {
        let mut world = GridWorld::new(Map::lake_4(), 0.0, 0);
        assert_eq!(
            [Direction::Right, Direction::Down].map(|direction| world.act(&direction)),
            [Ok(()), Ok(())]
        );
        assert_eq!(world.act(&Direction::Up), Err(Over));
    }
}
