//! Standard normal noise from a seed.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::f64::consts::TAU;

/// A stream of standard normal numbers; the same seed gives the same stream.
#[derive(Debug, Clone)]
pub(crate) struct Noise(ChaCha8Rng);

impl Noise {
    pub(crate) fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// One number in 0..1.
    pub(crate) fn uniform(&mut self) -> f64 {
        self.0.random()
    }

    /// One number (Box and Muller 1958).
    pub(crate) fn normal(&mut self) -> f64 {
        // In (0, 1], whose logarithm is finite.
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (TAU * self.uniform()).cos()
    }

    pub(crate) fn normals(&mut self, count: usize) -> Vec<f64> {
        (0..count).map(|_| self.normal()).collect()
    }

    /// An index with a probability in proportion to its weight; the last one above 0 where rounding passes the end.
    pub(crate) fn pick(&mut self, weights: &[f64]) -> Option<usize> {
        let mut left = self.uniform() * weights.iter().sum::<f64>();
        let hit = weights.iter().position(|weight| {
            left -= weight;
            left < 0.0
        });
        hit.or_else(|| weights.iter().rposition(|&weight| weight > 0.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_those_of_a_standard_normal() {
        let mut noise = Noise::new(3);
        let numbers = noise.normals(40_000);
        let mean = |power: i32| numbers.iter().map(|x| x.powi(power)).sum::<f64>() / 40_000.0;
        assert!(mean(1).abs() < 0.02 && (mean(2) - 1.0).abs() < 0.03 && (mean(4) - 3.0).abs() < 0.2);
    }

    #[test]
    fn weights_of_zero_are_never_picked() {
        let mut noise = Noise::new(1);
        assert!((0..1000).all(|_| noise.pick(&[0.0, 0.3, 0.0, 0.7, 0.0]).is_some_and(|i| i % 2 == 1)));
        assert_eq!(noise.pick(&[0.0, 0.0]), None);
    }
}
