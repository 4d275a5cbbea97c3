//! Ridge and logistic regression, small and exact. Coefficients come back in the units of the features, so that a
//! policy file can be read and applied without knowing how it was fitted.

use serde::{Deserialize, Serialize};

/// `bias + Σ weights · features`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Linear {
    /// The constant.
    pub bias: f64,
    /// One weight per feature.
    pub weights: Vec<f64>,
}

impl Linear {
    /// The value at `features`.
    pub fn at(&self, features: &[f64]) -> f64 {
        self.bias + self.weights.iter().zip(features).map(|(weight, feature)| weight * feature).sum::<f64>()
    }

    /// The logistic function of the value: a probability.
    pub fn probability(&self, features: &[f64]) -> f64 {
        sigmoid(self.at(features))
    }
}

/// `1 / (1 + exp(−x))`.
pub fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// Observations of `width` features each, standardised.
#[derive(Debug, Clone)]
pub struct Design {
    width: usize,
    /// `[rows][width]`, standardised.
    features: Vec<f64>,
    weights: Vec<f64>,
    mean: Vec<f64>,
    deviation: Vec<f64>,
}

impl Design {
    /// From features `[rows][width]` and a weight per row.
    pub fn new(width: usize, mut features: Vec<f64>, weights: Vec<f64>) -> Self {
        let total: f64 = weights.iter().sum();
        let (mut mean, mut deviation) = (vec![0.0; width], vec![0.0; width]);
        for (row, weight) in features.chunks_exact(width).zip(&weights) {
            for (sum, feature) in mean.iter_mut().zip(row) {
                *sum += weight * feature / total;
            }
        }
        for (row, weight) in features.chunks_exact(width).zip(&weights) {
            for ((sum, mean), feature) in deviation.iter_mut().zip(&mean).zip(row) {
                *sum += weight * (feature - mean).powi(2) / total;
            }
        }
        // A feature that never varies says nothing: it is divided by infinity.
        for deviation in &mut deviation {
            *deviation = if *deviation > 1e-12 { deviation.sqrt() } else { f64::INFINITY };
        }
        for row in features.chunks_exact_mut(width) {
            for ((feature, mean), deviation) in row.iter_mut().zip(&mean).zip(&deviation) {
                *feature = (*feature - mean) / deviation;
            }
        }
        Self { width, features, weights, mean, deviation }
    }

    /// Least squares with a penalty of `ridge` on squared standardised weights (none on the constant), in units of
    /// the rows' weights.
    pub fn ridge(&self, targets: &[f64], ridge: f64) -> Linear {
        let rows = targets.iter().zip(&self.weights).map(|(&target, &weight)| (weight, target));
        let start = vec![0.0; self.width + 1];
        self.in_units(&self.solve(rows, &start, ridge))
    }

    /// Logistic regression by Newton's method, with the same penalty. Targets are probabilities in 0..=1.
    pub fn logistic(&self, targets: &[f64], ridge: f64) -> Linear {
        let mut solution = vec![0.0; self.width + 1];
        for _ in 0..25 {
            let values: Vec<f64> =
                self.features.chunks_exact(self.width).map(|row| dot(row, &solution)).collect();
            let rows = values.iter().zip(targets).zip(&self.weights).map(|((&value, target), weight)| {
                let chance = sigmoid(value);
                let curvature = (chance * (1.0 - chance)).max(1e-6);
                (weight * curvature, value + (target - chance) / curvature)
            });
            let next = self.solve(rows, &solution, ridge);
            let change = next.iter().zip(&solution).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            solution = next;
            if change < 1e-6 {
                break;
            }
        }
        self.in_units(&solution)
    }

    /// Solves the weighted normal equations; `start` is returned if they have no solution.
    fn solve(&self, rows: impl Iterator<Item = (f64, f64)>, start: &[f64], ridge: f64) -> Vec<f64> {
        let size = self.width + 1;
        let mut matrix = vec![0.0; size * size];
        let mut right = vec![0.0; size];
        let mut extended = vec![1.0; size];
        for (row, (weight, target)) in self.features.chunks_exact(self.width).zip(rows) {
            extended[..self.width].copy_from_slice(row);
            for i in 0..size {
                let scaled = weight * extended[i];
                right[i] += scaled * target;
                for (cell, other) in matrix[i * size..=i * size + i].iter_mut().zip(&extended) {
                    *cell += scaled * other;
                }
            }
        }
        for i in 0..size {
            matrix[i * size + i] += if i < self.width { ridge.max(1e-9) } else { 1e-9 };
        }
        cholesky(&mut matrix, &mut right, size).map_or_else(|| start.to_vec(), |()| right)
    }

    fn in_units(&self, solution: &[f64]) -> Linear {
        let weights: Vec<f64> =
            solution.iter().zip(&self.deviation).map(|(weight, deviation)| weight / deviation).collect();
        let shift: f64 = weights.iter().zip(&self.mean).map(|(weight, mean)| weight * mean).sum();
        Linear { bias: solution[self.width] - shift, weights }
    }
}

/// The value of a standardised row; the constant stands last.
fn dot(row: &[f64], solution: &[f64]) -> f64 {
    solution[row.len()] + row.iter().zip(solution).map(|(a, b)| a * b).sum::<f64>()
}

/// Solves in place from the lower triangle of a symmetric matrix; `None` if it is not positive definite.
pub(crate) fn cholesky(matrix: &mut [f64], right: &mut [f64], size: usize) -> Option<()> {
    for i in 0..size {
        for j in 0..=i {
            let known: f64 = (0..j).map(|k| matrix[i * size + k] * matrix[j * size + k]).sum();
            let rest = matrix[i * size + j] - known;
            if i == j {
                if rest <= 0.0 || !rest.is_finite() {
                    return None;
                }
                matrix[i * size + i] = rest.sqrt();
            } else {
                matrix[i * size + j] = rest / matrix[j * size + j];
            }
        }
    }
    for i in 0..size {
        let known: f64 = (0..i).map(|k| matrix[i * size + k] * right[k]).sum();
        right[i] = (right[i] - known) / matrix[i * size + i];
    }
    for i in (0..size).rev() {
        let known: f64 = (i + 1..size).map(|k| matrix[k * size + i] * right[k]).sum();
        right[i] = (right[i] - known) / matrix[i * size + i];
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    fn features(rows: usize, seed: u64) -> Vec<f64> {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        (0..rows)
            .flat_map(|_| [random.random_range(-1.0..1.0) * 3.0 + 5.0, random.random_range(-1.0..1.0), 7.0])
            .collect()
    }

    #[test]
    fn ridge_recovers_a_line_and_ignores_a_constant_feature() {
        let features = features(50, 1);
        let targets: Vec<f64> =
            features.chunks_exact(3).map(|row| 2.0 + 0.5 * row[0] - 3.0 * row[1]).collect();
        let fitted = Design::new(3, features, vec![1.0; 50]).ridge(&targets, 1e-9);
        let expected = [0.5, -3.0, 0.0];
        assert!((fitted.bias - 2.0).abs() < 1e-6);
        assert!(fitted.weights.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-6));
    }

    #[test]
    fn logistic_regression_recovers_the_chances_behind_the_outcomes() {
        let features = features(20_000, 2);
        let mut random = ChaCha8Rng::seed_from_u64(3);
        let truth = Linear { bias: -2.0, weights: vec![0.5, 1.5, 0.0] };
        let targets: Vec<f64> = features
            .chunks_exact(3)
            .map(|row| f64::from(u8::from(random.random_bool(truth.probability(row)))))
            .collect();
        let fitted = Design::new(3, features, vec![1.0; 20_000]).logistic(&targets, 1.0);
        assert!(
            (fitted.weights[0] - 0.5).abs() < 0.05 && (fitted.weights[1] - 1.5).abs() < 0.1,
            "{fitted:?}"
        );
    }

    #[test]
    fn separable_outcomes_stay_finite_under_a_penalty() {
        let features: Vec<f64> = (0..20).map(f64::from).collect();
        let targets: Vec<f64> = (0..20).map(|at| f64::from(u8::from(at >= 10))).collect();
        let fitted = Design::new(1, features, vec![1.0; 20]).logistic(&targets, 1.0);
        assert!(fitted.weights[0].is_finite() && fitted.weights[0] > 0.0);
        assert!(fitted.probability(&[19.0]) > 0.9 && fitted.probability(&[0.0]) < 0.1);
    }
}
