//! Calibrated log-odds voting: a solution's vote is the log-odds of its being right, so a bad solution speaks against its
//! answer.
//!
//! The log-odds come from all scores of a solution by a logistic regression over the solutions of other questions. They
//! are shifted by a constant: that another solution has the same answer speaks for both, the more so the more different
//! wrong answers there are, and the shift is what an agreeing solution that is as often right as not adds.

use super::{Replayed, Settled, WaySettings, held_out, training, way_folds};
use crate::features::logit;
use crate::orders::shuffled;
use crate::outcomes::Cell;
use crate::regression::{Design, Linear};
use crate::sheet::{AGGREGATIONS, Seen, Sheet};
use serde::{Deserialize, Serialize};

/// Numbers about one solution: the log-odds of its scores under every aggregation, and its length.
pub const SOLUTION_FEATURES: [&str; AGGREGATIONS + 1] =
    ["last-logit", "min-logit", "product-logit", "mean-logit", "log-steps"];

/// Shifts that are tried.
const SHIFTS: [f64; 11] = [0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 6.0, 8.0];

/// Penalty on the weights, in questions.
const PENALTY: f64 = 1.0;

/// [`SOLUTION_FEATURES`].
pub(crate) fn solution_features(seen: &Seen) -> [f64; SOLUTION_FEATURES.len()] {
    let [last, min, product, mean] = seen.scores.map(|score| logit(f64::from(score)));
    [last, min, product, mean, f64::from(seen.steps.max(1)).ln()]
}

/// The votes of solutions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogOdds {
    /// Log-odds of being right, from [`SOLUTION_FEATURES`].
    pub model: Linear,
    /// What is added to those of every solution.
    pub shift: f64,
}

impl LogOdds {
    /// What a solution adds to its answer; negative where it speaks against it.
    pub fn vote(&self, seen: &Seen) -> f64 {
        self.model.at(&solution_features(seen)) + self.shift
    }

    /// The place of the presented solution: the best one of the answer with the largest sum, ties to the first; `None`
    /// without any answer.
    pub fn choose(&self, seen: &[Seen]) -> Option<usize> {
        let votes: Vec<f64> = seen.iter().map(|one| self.vote(one)).collect();
        let sums = sums(seen, &votes);
        let chosen = leading(&sums, 0.0)?;
        let own = |at: &usize| seen[*at].class == Some(chosen.class);
        (0..seen.len()).filter(own).max_by(|&a, &b| votes[a].total_cmp(&votes[b]).then(b.cmp(&a)))
    }

    /// Fits to the solutions of some questions, each of which weighs 1; without a shift.
    pub(crate) fn fit(sheet: &Sheet, questions: &[usize]) -> Self {
        let (mut features, mut targets, mut weights) = (Vec::new(), Vec::new(), Vec::new());
        for draws in questions.iter().map(|&at| &sheet.questions[at]) {
            for draw in draws.iter().filter(|draw| draw.seen.class.is_some()) {
                features.extend(solution_features(&draw.seen));
                targets.push(f64::from(u8::from(draw.correct)));
                weights.push(1.0 / draws.len() as f64);
            }
        }
        let design = Design::new(SOLUTION_FEATURES.len(), features, weights);
        Self { model: design.logistic(&targets, PENALTY), shift: 0.0 }
    }
}

/// An answer's votes.
struct Sum {
    class: u32,
    votes: f64,
    count: f64,
    /// Place of its best solution, and that one's vote.
    best: (usize, f64),
}

/// By answer, in the order of drawing.
fn sums(seen: &[Seen], votes: &[f64]) -> Vec<Sum> {
    let mut sums: Vec<Sum> = Vec::new();
    for (at, (one, &vote)) in seen.iter().zip(votes).enumerate() {
        let Some(class) = one.class else { continue };
        match sums.iter_mut().find(|sum| sum.class == class) {
            Some(sum) => {
                sum.votes += vote;
                sum.count += 1.0;
                if vote > sum.best.1 {
                    sum.best = (at, vote);
                }
            }
            None => sums.push(Sum { class, votes: vote, count: 1.0, best: (at, vote) }),
        }
    }
    sums
}

/// The answer with the largest sum of shifted votes; of equal ones the first.
fn leading(sums: &[Sum], shift: f64) -> Option<&Sum> {
    let total = |sum: &Sum| sum.votes + shift * sum.count;
    sums.iter().reduce(|best, next| if total(next) > total(best) { next } else { best })
}

/// The voting on as many samples as the budget allows. The regression is fitted on the training folds, and so is the
/// shift, for each budget.
pub fn log_odds_voting(sheet: &Sheet, budgets: &[f64], settings: &WaySettings) -> Replayed {
    let fold = way_folds(sheet, settings);
    let models: Vec<LogOdds> =
        (0..settings.folds).map(|tested| LogOdds::fit(sheet, &training(&fold, tested))).collect();
    let mut way = Replayed { name: "calibrated log-odds voting", spent: Vec::new(), chosen: Vec::new() };
    for &budget in budgets {
        let drawn = (budget.max(1.0) as usize).min(sheet.depth());
        let settled: Vec<Settled> =
            models.iter().map(|model| at_every_shift(sheet, model, drawn, settings)).collect();
        let one = held_out(way.name, |tested| &settled[tested], &fold, &[budget]);
        way.spent.extend(one.spent);
        way.chosen.extend(one.chosen);
    }
    way
}

/// What the model gives on every question with every shift.
fn at_every_shift(sheet: &Sheet, model: &LogOdds, drawn: usize, settings: &WaySettings) -> Settled {
    let mut cells = vec![vec![Cell::default(); sheet.questions.len()]; SHIFTS.len()];
    for (question, draws) in sheet.questions.iter().enumerate() {
        let all: Vec<f64> = draws.iter().map(|draw| model.vote(&draw.seen)).collect();
        for order in 0..settings.orders {
            let order = shuffled(draws.len(), question, order, settings.seed);
            let seen: Vec<Seen> = order[..drawn].iter().map(|&at| draws[at].seen).collect();
            let votes: Vec<f64> = order[..drawn].iter().map(|&at| all[at]).collect();
            let tokens: f64 = order[..drawn].iter().map(|&at| f64::from(draws[at].tokens)).sum();
            let sums = sums(&seen, &votes);
            for (cells, &shift) in cells.iter_mut().zip(&SHIFTS) {
                let cell = &mut cells[question];
                let right = leading(&sums, shift).is_some_and(|sum| draws[order[sum.best.0]].correct);
                cell.accuracy += f64::from(u8::from(right));
                cell.generations += drawn as f64;
                cell.tokens += tokens;
            }
        }
    }
    for cell in cells.iter_mut().flatten() {
        *cell = cell.over(settings.orders);
    }
    Settled { names: SHIFTS.map(|shift| format!("shift {shift}")).into(), cells }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(samples: &[(Option<u32>, f64)]) -> Vec<Seen> {
        samples.iter().map(|&(class, score)| Seen::new(class, &[score]).unwrap()).collect()
    }

    #[test]
    fn bad_solutions_speak_against_their_answer_and_missing_answers_say_nothing() {
        let model = Linear { bias: 0.0, weights: vec![1.0, 0.0, 0.0, 0.0, 0.0] };
        let votes = LogOdds { model, shift: 0.0 };
        // A vote weighted by scores would take the answer of the three bad solutions: 0.9 against 0.8.
        let samples = seen(&[(Some(1), 0.3), (Some(1), 0.3), (None, 0.99), (Some(0), 0.8), (Some(1), 0.3)]);
        assert_eq!(votes.choose(&samples), Some(3));
        let shifted = LogOdds { shift: 3.0, ..votes.clone() };
        assert_eq!(shifted.choose(&samples), Some(0));
        assert_eq!(votes.choose(&seen(&[(None, 0.9)])), None);
    }
}
