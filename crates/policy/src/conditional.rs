//! Conditional logit: weights under which the right ones among alternatives win (`McFadden` 1974).

use crate::regression::cholesky;

/// Alternatives of which some are right.
#[derive(Debug, Clone)]
pub(crate) struct Contest {
    /// `[alternatives][width]`.
    pub(crate) features: Vec<f64>,
    /// Which alternatives are right.
    pub(crate) right: Vec<bool>,
    /// What it counts.
    pub(crate) weight: f64,
}

/// Weights of features that maximise the summed log-probability of the right alternatives, each alternative being chosen
/// in proportion to the exponential of its weighted features. `penalty` is on squared weights of features that are
/// divided by their deviation within contests. A contest in which all or none are right says nothing.
///
/// Newton's method; one right alternative is taken as the target where several are, the first.
pub(crate) fn conditional_logit(contests: &[Contest], width: usize, penalty: f64) -> Vec<f64> {
    let telling = |contest: &&Contest| contest.right.contains(&true) && contest.right.contains(&false);
    let contests: Vec<&Contest> = contests.iter().filter(telling).collect();
    let deviation = deviations(&contests, width);
    let mut solution = vec![0.0; width];
    for _ in 0..20 {
        let mut curvature = vec![0.0; width * width];
        let mut slope: Vec<f64> = solution.iter().map(|weight| -penalty * weight).collect();
        for contest in &contests {
            add(contest, &deviation, &solution, (&mut slope, &mut curvature));
        }
        for at in 0..width {
            curvature[at * width + at] += penalty.max(1e-9);
        }
        if cholesky(&mut curvature, &mut slope, width).is_none() {
            break;
        }
        for (weight, step) in solution.iter_mut().zip(&slope) {
            *weight += step;
        }
        if slope.iter().all(|step| step.abs() < 1e-6) {
            break;
        }
    }
    solution.iter().zip(&deviation).map(|(weight, deviation)| weight / deviation).collect()
}

/// Adds a contest's part of slope and curvature (its lower triangle) at `solution`.
fn add(contest: &Contest, deviation: &[f64], solution: &[f64], (slope, curvature): (&mut [f64], &mut [f64])) {
    let width = solution.len();
    let scaled: Vec<f64> =
        contest.features.iter().zip(deviation.iter().cycle()).map(|(feature, by)| feature / by).collect();
    let rows = || scaled.chunks_exact(width);
    let values: Vec<f64> =
        rows().map(|row| row.iter().zip(solution).map(|(a, b)| a * b).sum::<f64>()).collect();
    let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let chances: Vec<f64> = values.iter().map(|value| (value - most).exp()).collect();
    let total: f64 = chances.iter().sum();
    let mut mean = vec![0.0; width];
    for (row, chance) in rows().zip(&chances) {
        for (mean, feature) in mean.iter_mut().zip(row) {
            *mean += feature * chance / total;
        }
    }
    let target = contest.right.iter().position(|right| *right).expect("one of a telling contest is right");
    let target = &scaled[target * width..(target + 1) * width];
    for ((slope, target), mean) in slope.iter_mut().zip(target).zip(&mean) {
        *slope += contest.weight * (target - mean);
    }
    for (row, chance) in rows().zip(&chances) {
        let weight = contest.weight * chance / total;
        for i in 0..width {
            let off = weight * (row[i] - mean[i]);
            for j in 0..=i {
                curvature[i * width + j] += off * (row[j] - mean[j]);
            }
        }
    }
}

/// The deviation of every feature within contests; infinite where it never varies, which silences it.
fn deviations(contests: &[&Contest], width: usize) -> Vec<f64> {
    let (mut squares, mut count) = (vec![0.0; width], 0.0);
    for contest in contests {
        let rows = contest.features.chunks_exact(width);
        let size = rows.len() as f64;
        let mut mean = vec![0.0; width];
        for row in rows.clone() {
            for (mean, feature) in mean.iter_mut().zip(row) {
                *mean += feature / size;
            }
        }
        for row in rows {
            for ((square, mean), feature) in squares.iter_mut().zip(&mean).zip(row) {
                *square += contest.weight * (feature - mean).powi(2);
            }
        }
        count += contest.weight * size;
    }
    let deviation = |square: f64| if square > 1e-12 { (square / count).sqrt() } else { f64::INFINITY };
    squares.into_iter().map(deviation).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn it_recovers_the_weights_behind_the_winners() {
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let truth = [1.0, -0.5, 0.0];
        let contest = |_| {
            let features: Vec<f64> = (0..12).map(|_| random.random_range(-2.0..2.0)).collect();
            let worth: Vec<f64> = features
                .chunks_exact(3)
                .map(|row| row.iter().zip(truth).map(|(a, b)| a * b).sum::<f64>().exp())
                .collect();
            let mut left = random.random_range(0.0..worth.iter().sum());
            let winner = worth.iter().position(|worth| {
                left -= worth;
                left < 0.0
            });
            Contest { features, right: (0..4).map(|at| Some(at) == winner).collect(), weight: 1.0 }
        };
        let contests: Vec<Contest> = (0..5_000).map(contest).collect();
        let found = conditional_logit(&contests, 3, 1.0);
        assert!(found.iter().zip(truth).all(|(found, truth)| (found - truth).abs() < 0.08), "{found:?}");
    }

    #[test]
    fn without_a_contest_that_tells_there_are_no_weights_to_speak_of() {
        let contest = Contest { features: vec![1.0, 2.0], right: vec![true, true], weight: 1.0 };
        assert_eq!(conditional_logit(&[contest], 1, 1.0), [0.0]);
    }
}
