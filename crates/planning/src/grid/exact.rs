//! The optimum, by value iteration over cells and moves left: what no planner can beat.

use super::map::{Cell, Direction, Map, Spot};
use crate::policy::Place;
use crate::{Dice, Policy, Task, Worth};

/// The chance of reaching the goal from everywhere, if every move is the best one.
#[derive(Debug, Clone)]
pub struct Exact {
    slip: f64,
    /// By moves left, by cell.
    values: Vec<Vec<f64>>,
}

impl Exact {
    /// Solves a map whose moves slip with this probability. Exact: the time that is left is a part of the state, so one
    /// sweep for each move is enough.
    pub fn solve(map: &Map, slip: f64) -> Self {
        let goal = |cell: &Cell| f64::from(u8::from(*cell == Cell::Goal));
        let mut values = vec![map.cells().iter().map(goal).collect::<Vec<f64>>()];
        for _ in 0..map.start().left {
            let after = values.last().expect("there is a first sweep");
            let best = |cell: usize| match map.cells()[cell] {
                Cell::Ground => Direction::ALL
                    .into_iter()
                    .map(|direction| expected(map, after, cell as u16, direction, slip))
                    .fold(0.0, f64::max),
                _ => after[cell],
            };
            values.push((0..map.cells().len()).map(best).collect());
        }
        Self { slip, values }
    }

    /// The chance of reaching the goal from a spot.
    pub fn value(&self, spot: Spot) -> f64 {
        self.values[spot.left as usize][spot.cell as usize]
    }

    /// The best direction, the lower number where several are.
    pub fn best(&self, map: &Map, spot: Spot) -> Direction {
        let after = &self.values[spot.left.saturating_sub(1) as usize];
        let value = |direction| expected(map, after, spot.cell, direction, self.slip);
        let better = |a, b| if value(b) > value(a) + 1e-12 { b } else { a };
        Direction::ALL.into_iter().reduce(better).expect("there are four directions")
    }
}

fn expected(map: &Map, after: &[f64], cell: u16, direction: Direction, slip: f64) -> f64 {
    map.outcomes(cell, direction, slip)
        .iter()
        .map(|(to, probability)| probability * after[*to as usize])
        .sum()
}

impl Worth<Map> for Exact {
    fn worth(&self, _: &Map, spot: &Spot) -> f64 {
        self.value(*spot)
    }
}

impl Policy<Map> for Exact {
    fn moves(&self, task: &Map, place: &Place<'_, Map>, _: &mut Dice) -> [f64; 4] {
        task.near(&self.best(task, *place.situation))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_optima_are_those_of_the_literature() {
        // Without a limit of moves the small lake's optimum is 14/17; with gymnasium's 100 it is 0.74 and with 200 on the
        // large one below 1, which is its optimum without a limit.
        let small = Map::lake_4();
        let optimum = Exact::solve(&small, 2.0 / 3.0).value(small.start());
        assert!((optimum - 0.74).abs() < 0.01, "{optimum}");
        let large = Map::lake_8();
        let optimum = Exact::solve(&large, 2.0 / 3.0).value(large.start());
        assert!(optimum > 0.85 && optimum < 0.95, "{optimum}");
    }

    #[test]
    fn without_slipping_every_map_is_solved() {
        for map in [Map::lake_4(), Map::lake_8(), Map::maze()] {
            let exact = Exact::solve(&map, 0.0);
            assert!((exact.value(map.start()) - 1.0).abs() < 1e-12);
            let mut spot = map.start();
            while map.end(&spot).is_none() {
                let cell = map.beside(spot.cell, exact.best(&map, spot));
                spot = Spot { cell, left: spot.left - 1 };
            }
            assert_eq!(map.end(&spot), Some(crate::End::Won));
        }
    }
}
