//! How hard is a question: known from many samples (oracle, predicted) or guessed from the first few, at their cost.
//!
//! What a guess is fitted to and measured by are samples that it did not read.

use crate::bins::rank_bins;
use crate::folds::folds;
use crate::rank::{bin_agreement, correlation, ranks};
use crate::regression::{Design, Linear};
use crate::resample::{Interval, bootstrap};
use crate::sheet::{Draw, Seen, Sheet};
use crate::tally::Tally;
use deliberate_search::{Aggregation, mix};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// Numbers that the first samples of a question give. They do not depend on the order of drawing.
pub const EASE_FEATURES: [&str; 4] = ["mean-last", "mean-product", "agreement", "mean-steps"];

/// Mean final-step score of each question over all samples: the paper's model-predicted difficulty.
pub fn predicted_ease(sheet: &Sheet) -> Vec<f64> {
    let mean = |draws: &Vec<Draw>| {
        let sum: f64 = draws.iter().map(|draw| f64::from(draw.seen.score(Aggregation::Last))).sum();
        sum / draws.len().max(1) as f64
    };
    sheet.questions.iter().map(mean).collect()
}

/// [`EASE_FEATURES`] of some samples.
pub fn ease_features(seen: &[Seen]) -> [f64; EASE_FEATURES.len()] {
    let count = seen.len().max(1) as f64;
    let mean = |aggregation| seen.iter().map(|one| f64::from(one.score(aggregation))).sum::<f64>() / count;
    let mut tally = Tally::default();
    for (index, one) in seen.iter().enumerate() {
        tally.push(index as u32, one);
    }
    let leading = tally.answers.iter().map(|answer| answer.count).max().unwrap_or(0);
    let steps = tally.steps as f64 / count;
    [mean(Aggregation::Last), mean(Aggregation::Product), f64::from(leading) / count, steps]
}

/// Guesses a question's ease from its first samples.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct EasePredictor {
    /// Samples it reads. They are reused in the answer, and their cost counts.
    pub samples: u32,
    /// From [`EASE_FEATURES`] to the share of right samples.
    pub model: Linear,
}

impl EasePredictor {
    /// The ease that the first samples suggest; `None` while there are too few of them.
    pub fn ease(&self, seen: &[Seen]) -> Option<f64> {
        seen.get(..self.samples as usize).map(|first| self.model.at(&ease_features(first)))
    }

    /// Fits to the samples of all questions, in blocks of `samples`.
    pub fn fit(sheet: &Sheet, samples: u32) -> Self {
        Self::fit_on(sheet, &(0..sheet.questions.len()).collect::<Vec<_>>(), samples)
    }

    /// Fits to the samples of some questions.
    pub(crate) fn fit_on(sheet: &Sheet, questions: &[usize], samples: u32) -> Self {
        Self { samples, model: fit_ease(sheet, questions, samples as usize) }
    }
}

/// Bins of difficulty that so many questions allow, at most `most`: each needs two questions to be told from another.
pub fn affordable_bins(questions: usize, most: usize) -> usize {
    (questions / 2).clamp(1, most.max(1))
}

/// Ridge regression from the features of all disjoint blocks of `m` samples of these questions to the share of right
/// ones among the question's other samples.
fn fit_ease(sheet: &Sheet, questions: &[usize], m: usize) -> Linear {
    let (mut features, mut targets, mut weights) = (Vec::new(), Vec::new(), Vec::new());
    for draws in questions.iter().map(|&question| &sheet.questions[question]) {
        let right = |some: &[Draw]| some.iter().filter(|draw| draw.correct).count() as f64;
        for block in draws.chunks_exact(m.max(1)) {
            let seen: Vec<Seen> = block.iter().map(|draw| draw.seen).collect();
            // Where a question has no other sample, the block itself is all that is known.
            let (others, total) = match draws.len() - block.len() {
                0 => (right(draws), draws.len()),
                others => (right(draws) - right(block), others),
            };
            features.extend(ease_features(&seen));
            targets.push(others / total as f64);
            weights.push(m as f64 / draws.len() as f64);
        }
    }
    Design::new(EASE_FEATURES.len(), features, weights).ridge(&targets, 1.0)
}

/// How well a guess from the first samples ranks questions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct PredictorRow {
    /// `mean score`, `agreement` or `both` (fitted on other folds); `question alone`.
    pub predictor: String,
    /// Samples read.
    pub samples: u32,
    /// Mean tokens of those.
    pub tokens: f64,
    /// Spearman's correlation with pass@1 over the half of the samples that is not read from.
    pub rank_correlation: Interval,
    /// Share of questions in the oracle's bin.
    pub same_bin: f64,
    /// Share in it or next to it.
    pub near_bin: f64,
}

/// Random orders that every row is a mean over.
const ORDERS: u64 = 8;

/// What guesses are measured by: the truth about each question.
struct Truth {
    pass: Vec<f64>,
    /// Bins of oracle difficulty.
    bin: Vec<usize>,
    bins: usize,
    seed: u64,
}

impl Truth {
    fn of(sheet: &Sheet, bins: usize, seed: u64) -> Self {
        let pass = sheet.pass_at_one();
        Self { bin: rank_bins(&pass, &predicted_ease(sheet), bins), pass, bins, seed }
    }

    /// The row of a predictor by its guesses `[orders][questions]`.
    fn row(&self, predictor: &str, guesses: &[Vec<f64>]) -> Option<PredictorRow> {
        let truth = ranks(&self.pass);
        let ranked: Vec<Vec<f64>> = guesses.iter().map(|guess| ranks(guess)).collect();
        let mean = |values: &mut dyn Iterator<Item = f64>| values.sum::<f64>() / guesses.len() as f64;
        let rank_correlation = bootstrap(self.pass.len(), self.seed, |drawn| {
            mean(&mut ranked.iter().map(|guess| correlation(guess, &truth, drawn)))
        })?;
        let placed: Vec<Vec<usize>> =
            guesses.iter().map(|guess| rank_bins(guess, guess, self.bins)).collect();
        let near = |apart| mean(&mut placed.iter().map(|placed| bin_agreement(placed, &self.bin, apart)));
        Some(PredictorRow {
            predictor: predictor.to_owned(),
            samples: 0,
            tokens: 0.0,
            rank_correlation,
            same_bin: near(0),
            near_bin: near(1),
        })
    }
}

/// One row per predictor and number of samples, read from one half of the samples and measured by the other; intervals
/// by bootstrap over questions. Nothing where a half has less samples.
pub fn predictor_rows(sheet: &Sheet, samples: &[u32], bins: usize, seed: u64) -> Vec<PredictorRow> {
    let (read, measured) = sheet.halves();
    let truth = Truth::of(&measured, bins, seed);
    let fold = folds(&vec![0; sheet.questions.len()], 5, seed);
    let mean_tokens = sheet.mean_tokens().iter().sum::<f64>() / fold.len().max(1) as f64;
    let mut rows = Vec::new();
    for &m in samples.iter().filter(|&&m| m > 0 && m as usize <= read.depth()) {
        let fitted_without = |tested: usize| {
            let train: Vec<usize> = (0..fold.len()).filter(|&at| fold[at] != tested).collect();
            fit_ease(sheet, &train, m as usize)
        };
        let models: Vec<Linear> = (0..5).map(fitted_without).collect();
        let features: Vec<Vec<_>> =
            (0..ORDERS).map(|order| first_features(&read, m as usize, mix(seed, order))).collect();
        for (name, guess) in [("mean score", 0), ("agreement", 2), ("both", EASE_FEATURES.len())] {
            let value = |question: usize, features: &[f64; EASE_FEATURES.len()]| {
                features.get(guess).copied().unwrap_or_else(|| models[fold[question]].at(features))
            };
            let guesses: Vec<Vec<f64>> = features
                .iter()
                .map(|all| all.iter().enumerate().map(|(at, one)| value(at, one)).collect())
                .collect();
            let tokens = mean_tokens * f64::from(m);
            rows.extend(truth.row(name, &guesses).map(|row| PredictorRow { samples: m, tokens, ..row }));
        }
    }
    rows
}

/// The row of a verifier's scores of the bare questions: no sample is read.
pub fn prior_row(sheet: &Sheet, priors: &[f64], bins: usize, seed: u64) -> Option<PredictorRow> {
    Truth::of(sheet, bins, seed).row("question alone", &[priors.to_vec()])
}

/// Features of `m` random samples of each question.
fn first_features(sheet: &Sheet, m: usize, seed: u64) -> Vec<[f64; EASE_FEATURES.len()]> {
    let question = |(at, draws): (usize, &Vec<Draw>)| {
        let mut random = ChaCha8Rng::seed_from_u64(mix(seed, at as u64));
        let mut samples: Vec<Seen> = draws.iter().map(|draw| draw.seen).collect();
        let (first, _) = samples.partial_shuffle(&mut random, m);
        ease_features(first)
    };
    sheet.questions.iter().enumerate().map(question).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulated::questions_of_known_ease;

    #[test]
    fn more_samples_rank_questions_better_and_the_features_know_no_order() {
        let sheet = questions_of_known_ease(300, 32, 1);
        let rows = predictor_rows(&sheet, &[1, 8], 5, 0);
        let both: Vec<&PredictorRow> = rows.iter().filter(|row| row.predictor == "both").collect();
        assert!(both[1].rank_correlation.value > both[0].rank_correlation.value);
        assert!(both[1].rank_correlation.low > 0.6 && both[1].near_bin > 0.6, "{both:?}");
        let seen: Vec<Seen> = sheet.questions[0].iter().take(5).map(|draw| draw.seen).collect();
        let turned: Vec<Seen> = seen.iter().rev().copied().collect();
        for (one, other) in ease_features(&seen).iter().zip(ease_features(&turned)) {
            assert!((one - other).abs() < 1e-12);
        }
    }

    /// Samples that are right or wrong by a coin, whatever the question: one half of a question's coins says nothing
    /// about the other, and only a guess that is measured by the coins it read seems to.
    #[test]
    fn a_guess_is_not_measured_by_the_samples_that_it_read() {
        let sheet =
            crate::simulated::simulate(&[0.5; 400], 8, 1, 5, |_, right| if right { 0.9 } else { 0.1 });
        let rows = predictor_rows(&sheet, &[4], 5, 0);
        assert!(rows.iter().all(|row| row.rank_correlation.low < 0.05), "{rows:?}");
    }

    #[test]
    fn few_questions_have_few_bins() {
        let bins: Vec<usize> = [0, 1, 3, 4, 9, 10, 500].map(|questions| affordable_bins(questions, 5)).into();
        assert_eq!(bins, [1, 1, 1, 2, 4, 5, 5]);
    }

    #[test]
    fn a_predictor_waits_for_its_samples() {
        let sheet = questions_of_known_ease(50, 8, 2);
        let predictor = EasePredictor::fit(&sheet, 4);
        let seen: Vec<Seen> = sheet.questions[0].iter().map(|draw| draw.seen).collect();
        assert_eq!(predictor.ease(&seen[..3]), None);
        assert!(predictor.ease(&seen).is_some());
    }
}
