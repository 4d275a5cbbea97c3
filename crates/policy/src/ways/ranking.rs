//! Ranked answers: a vote learnt as a whole. An answer is worth a weighted sum of how often it was given and how its
//! solutions were scored; the weights are those under which the right answers of other questions win most clearly.
//!
//! That is a conditional logit over the answers of a question. Unlike a regression on single solutions it learns from
//! what has to be told apart: answers of the *same* question, drawn together.

use super::log_odds::solution_features;
use super::{Replayed, WaySettings, training, way_folds};
use crate::conditional::{Contest, conditional_logit};
use crate::frontier::Spent;
use crate::orders::shuffled;
use crate::outcomes::Cell;
use crate::sheet::{AGGREGATIONS, Seen, Sheet};
use serde::{Deserialize, Serialize};

/// Numbers about one answer among those drawn together; log-odds are of scores under every aggregation.
pub const RANKING_FEATURES: [&str; 2 + 2 * AGGREGATIONS] = [
    "vote-share",
    "log-count",
    "last-logit-sum",
    "min-logit-sum",
    "product-logit-sum",
    "mean-logit-sum",
    "last-logit-best",
    "min-logit-best",
    "product-logit-best",
    "mean-logit-best",
];

/// Penalty on the weights, in questions.
const PENALTY: f64 = 10.0;

/// Orders of each question that the weights are learnt from.
const LEARNT_ORDERS: u32 = 8;

/// Weights of [`RANKING_FEATURES`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ranking {
    /// One per feature.
    pub weights: Vec<f64>,
}

/// An answer among those drawn together.
struct Ranked {
    class: u32,
    /// Place of its solution with the highest last score, the first of equal ones: what is presented.
    best: usize,
    features: [f64; RANKING_FEATURES.len()],
}

/// The answers of some samples, in the order of drawing, with [`RANKING_FEATURES`]. Sums are over all samples drawn, so
/// that they do not grow with their number.
fn answers(seen: &[Seen]) -> Vec<Ranked> {
    let mut answers: Vec<Ranked> = Vec::new();
    let each = 1.0 / seen.len().max(1) as f64;
    for (at, one) in seen.iter().enumerate() {
        let Some(class) = one.class else { continue };
        let place = answers.iter().position(|answer| answer.class == class).unwrap_or_else(|| {
            let mut features = [f64::NEG_INFINITY; RANKING_FEATURES.len()];
            features[..2 + AGGREGATIONS].fill(0.0);
            answers.push(Ranked { class, best: at, features });
            answers.len() - 1
        });
        let answer = &mut answers[place];
        if one.scores[0] > seen[answer.best].scores[0] {
            answer.best = at;
        }
        answer.features[0] += each;
        for (place, &logit) in solution_features(one)[..AGGREGATIONS].iter().enumerate() {
            answer.features[2 + place] += logit * each;
            let best = &mut answer.features[2 + AGGREGATIONS + place];
            *best = best.max(logit);
        }
    }
    for answer in &mut answers {
        answer.features[1] = (answer.features[0] / each).ln();
    }
    answers
}

impl Ranking {
    /// What an answer's features are worth.
    fn worth(&self, features: &[f64]) -> f64 {
        self.weights.iter().zip(features).map(|(weight, feature)| weight * feature).sum()
    }

    /// Answers by what they are worth, each as the place of its best-scored solution: the first is to be presented.
    /// Empty without any answer.
    pub fn rank(&self, seen: &[Seen]) -> Vec<(usize, f64)> {
        let ranked = answers(seen).into_iter().map(|answer| (answer.best, self.worth(&answer.features)));
        let mut ranked: Vec<(usize, f64)> = ranked.collect();
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
        ranked
    }

    /// Fits to some questions, each of which weighs 1, at every power of two of samples.
    pub(crate) fn fit_on(sheet: &Sheet, questions: &[usize], orders_seed: u64) -> Self {
        let counts: Vec<usize> =
            (1..32).map(|power| 1 << power).take_while(|&k| k <= sheet.depth()).collect();
        let weight = 1.0 / (f64::from(LEARNT_ORDERS) * counts.len().max(1) as f64);
        let mut contests: Vec<Contest> = Vec::new();
        for &question in questions {
            let draws = &sheet.questions[question];
            for order in 0..LEARNT_ORDERS {
                let order = shuffled(draws.len(), question, order, orders_seed);
                let seen: Vec<Seen> = order.iter().map(|&at| draws[at].seen).collect();
                for &count in &counts {
                    let answers = answers(&seen[..count]);
                    let right = answers.iter().map(|answer| draws[order[answer.best]].correct).collect();
                    let features = answers.iter().flat_map(|answer| answer.features).collect();
                    contests.push(Contest { features, right, weight });
                }
            }
        }
        Self { weights: conditional_logit(&contests, RANKING_FEATURES.len(), PENALTY) }
    }

    /// Fits to all questions: what a policy file holds.
    pub fn fit(sheet: &Sheet, seed: u64) -> Self {
        Self::fit_on(sheet, &(0..sheet.questions.len()).collect::<Vec<_>>(), seed)
    }
}

/// The first of the ranked answers of as many samples as the budget allows; the weights are fitted on the training folds.
pub fn ranked_answers(sheet: &Sheet, budgets: &[f64], settings: &WaySettings) -> Replayed {
    let fold = way_folds(sheet, settings);
    let fit = |tested| Ranking::fit_on(sheet, &training(&fold, tested), settings.seed);
    let rankings: Vec<Ranking> = (0..settings.folds).map(fit).collect();
    let mut cells = vec![vec![Cell::default(); sheet.questions.len()]; budgets.len()];
    for (question, draws) in sheet.questions.iter().enumerate() {
        for order in 0..settings.orders {
            let order = shuffled(draws.len(), question, order, settings.seed);
            let seen: Vec<Seen> = order.iter().map(|&at| draws[at].seen).collect();
            for (cells, &budget) in cells.iter_mut().zip(budgets) {
                let drawn = (budget.max(1.0) as usize).min(sheet.depth());
                let first = rankings[fold[question]].rank(&seen[..drawn]).first().map(|one| one.0);
                let cell = &mut cells[question];
                cell.accuracy += f64::from(u8::from(first.is_some_and(|at| draws[order[at]].correct)));
                cell.generations += drawn as f64;
                cell.tokens += order[..drawn].iter().map(|&at| f64::from(draws[at].tokens)).sum::<f64>();
            }
        }
    }
    let spent = budgets
        .iter()
        .zip(&cells)
        .map(|(&budget, cells)| Spent::of(budget, cells.iter().map(|cell| cell.over(settings.orders))));
    Replayed { name: "ranked answers", spent: spent.collect(), chosen: vec![Vec::new(); budgets.len()] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulated::questions_of_known_ease;

    #[test]
    fn it_learns_that_scores_and_votes_speak_for_an_answer() {
        let ranking = Ranking::fit(&questions_of_known_ease(200, 16, 1), 0);
        let seen = |samples: &[(Option<u32>, f64)]| -> Vec<Seen> {
            samples.iter().map(|&(class, score)| Seen::new(class, &[score]).unwrap()).collect()
        };
        let ranked = ranking.rank(&seen(&[(Some(0), 0.3), (Some(1), 0.7), (Some(1), 0.8), (None, 0.99)]));
        assert_eq!(ranked.iter().map(|one| one.0).collect::<Vec<_>>(), [2, 0]);
        assert!(ranking.rank(&seen(&[(None, 0.9)])).is_empty());
    }
}
