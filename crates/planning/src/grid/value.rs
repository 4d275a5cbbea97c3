//! A value learnt in imagination: what an agent knows of a map before it makes its first move.

use super::map::{Cell, Direction, Map, Spot};
use crate::{Dice, Model, Worth};
use rand::SeedableRng;

/// The chance of winning by moves left and cell, from sampled transitions of a model alone.
#[derive(Debug, Clone)]
pub struct LearntValue {
    values: Vec<Vec<f64>>,
    /// Imagined steps that learning it took.
    pub imagined: u64,
}

impl LearntValue {
    /// Backward induction over samples (Kearns et al. 2002): `samples` imagined outcomes of every move in every cell,
    /// used for every time. Few samples make it rough, and as wrong as the model is.
    pub fn imagine(map: &Map, model: &dyn Model<Map>, samples: u32, seed: u64) -> Self {
        let mut dice = Dice::seed_from_u64(seed);
        let mut imagined = 0;
        let mut imagine = |cell: usize, direction: Direction| -> Vec<u16> {
            imagined += u64::from(samples);
            let from = Spot { cell: cell as u16, left: 1 };
            (0..samples).map(|_| model.step(&from, &direction, &mut dice).cell).collect()
        };
        let cells = map.cells();
        let outcomes: Vec<Vec<Vec<u16>>> = (0..cells.len())
            .map(|cell| match cells[cell] {
                Cell::Ground => Direction::ALL.into_iter().map(|way| imagine(cell, way)).collect(),
                _ => Vec::new(),
            })
            .collect();
        let mut values =
            vec![cells.iter().map(|cell| f64::from(u8::from(*cell == Cell::Goal))).collect::<Vec<_>>()];
        for _ in 0..map.start().left {
            let after = values.last().expect("there is a first sweep");
            let mean = |outcomes: &Vec<u16>| {
                outcomes.iter().map(|&to| after[to as usize]).sum::<f64>() / f64::from(samples.max(1))
            };
            let best = |cell: usize| match cells[cell] {
                Cell::Ground => outcomes[cell].iter().map(mean).fold(0.0, f64::max),
                _ => after[cell],
            };
            values.push((0..cells.len()).map(best).collect());
        }
        Self { values, imagined }
    }
}

impl Worth<Map> for LearntValue {
    fn worth(&self, _: &Map, spot: &Spot) -> f64 {
        self.values[spot.left as usize][spot.cell as usize]
    }
}
