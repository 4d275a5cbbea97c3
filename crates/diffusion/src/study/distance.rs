//! How far samples are from an exact law.

use crate::GaussianMixture;

/// The law's distribution functions along a few directions of the plane.
pub(super) struct Target {
    directions: Vec<([f64; 2], Vec<f64>)>,
}

const DIRECTIONS: usize = 8;
const REACH: f64 = 8.0;
const CELL: f64 = 0.01;

fn cells() -> usize {
    (2.0 * REACH / CELL) as usize
}

impl Target {
    pub(super) fn new(mixture: &GaussianMixture) -> Self {
        let direction = |index: usize| {
            let angle = std::f64::consts::PI * index as f64 / DIRECTIONS as f64;
            let direction = [angle.cos(), angle.sin()];
            let along = mixture.projected(&direction);
            let below = (0..cells()).map(|cell| along.below(CELL * (cell as f64 + 0.5) - REACH));
            (direction, below.collect())
        };
        Self { directions: (0..DIRECTIONS).map(direction).collect() }
    }

    /// Squared energy distance `2 ∫ (F − G)²`, the mean over directions, without bias: what so many samples of the law itself
    /// would show is taken off, so it is 0 for an exact sampler on average, and can be below.
    pub(super) fn energy(&self, samples: &[f64]) -> f64 {
        let count = (samples.len() / 2) as f64;
        let along = |(direction, target): &([f64; 2], Vec<f64>)| {
            let mut counts = vec![0.0; cells() + 1];
            for x in samples.chunks_exact(2) {
                let place = (x[0] * direction[0] + x[1] * direction[1] + REACH) / CELL + 0.5;
                counts[(place.max(0.0) as usize).min(cells())] += 1.0;
            }
            let mut passed = 0.0;
            let terms = counts.iter().zip(target).map(|(here, target)| {
                passed += here / count;
                (passed - target).powi(2) - passed * (1.0 - passed) / (count - 1.0)
            });
            2.0 * CELL * terms.sum::<f64>()
        };
        self.directions.iter().map(along).sum::<f64>() / DIRECTIONS as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_law_itself_is_at_distance_zero_and_another_is_not() {
        let mixture = GaussianMixture::ring(4, 1.5, 0.3).unwrap();
        let target = Target::new(&mixture);
        let mean = |law: &GaussianMixture| {
            (0..100).map(|seed| target.energy(&law.sample(64, seed))).sum::<f64>() / 100.0
        };
        assert!(mean(&mixture).abs() < 0.004, "{}", mean(&mixture));
        assert!(mean(&mixture.tilted(&[1.0, 0.0])) > 0.1);
    }
}
