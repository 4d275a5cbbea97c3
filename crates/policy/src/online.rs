//! The model of a sequential policy: how likely is each candidate answer right, and what would more samples add?
//!
//! Two regressions per round. *Chance*: a logistic regression from what speaks for an answer to whether it is right;
//! the selection whose answer has the highest chance is the one to present, so the rule is chosen per question. *Gain*:
//! ridge regressions from the state to what the presented answer gained in correctness by each later round (outcomes,
//! not chances: a regression on chances would trust the chance model's own opinion of how much more it will know). The
//! *rate* of a state is the largest predicted gain per generation over all later rounds; looking further than one round ahead
//! matters, since one more sample rarely turns a vote and several may.
//!
//! Chances that gains are learnt from, and states that prices are set on, are *cross-fitted*: they come from models that
//! did not see the question. A chance of a question that the model was fitted on is too sure of itself, so gains learnt
//! from it are too small and prices set on it spend too much elsewhere.

use crate::features::{Shared, state_features};
use crate::folds::folds;
use crate::frontier::{OnlineSettings, Point, judge};
use crate::regression::{Design, Linear};
use crate::states::{Candidate, Look, Paths};
use deliberate_search::Selection;
use serde::{Deserialize, Serialize};

/// Inner folds of cross-fitting.
const INNER_FOLDS: usize = 5;

/// Fitted regressions, one of each per round.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OnlineModel {
    /// Samples drawn by the end of each round.
    pub rounds: Vec<u32>,
    /// What may be presented; of equal chances the first wins.
    pub selections: Vec<Selection>,
    /// Chance of an answer, from [`ANSWER_FEATURES`](crate::ANSWER_FEATURES).
    pub chance: Vec<Linear>,
    /// Growth of the chance of being right from [`STATE_FEATURES`](crate::STATE_FEATURES): `[rounds][later rounds]`.
    pub gain: Vec<Vec<Linear>>,
}

/// How much regressions are held back, in pseudo-questions of standardised weight.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Penalties {
    /// Of the chance.
    pub chance: f64,
    /// Of the gain.
    pub gain: f64,
}

impl Default for Penalties {
    fn default() -> Self {
        Self { chance: 5.0, gain: 5.0 }
    }
}

/// What a model says about a question after a round.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Judgement {
    /// Place among the look's candidates of the most likely answer.
    pub(crate) candidate: Option<usize>,
    /// Its chance of being right; 0 without a candidate.
    pub(crate) chance: f64,
    /// Chance of the next.
    pub(crate) second: f64,
}

impl OnlineModel {
    /// The most likely of the candidates after `round`.
    pub(crate) fn judge(&self, round: usize, candidates: &[Candidate]) -> Judgement {
        let mut judgement = Judgement { candidate: None, chance: 0.0, second: 0.0 };
        for (at, candidate) in candidates.iter().enumerate() {
            let chance = self.chance[round].probability(&candidate.features);
            if judgement.candidate.is_none() || chance > judgement.chance {
                judgement = Judgement { candidate: Some(at), chance, second: judgement.chance };
            } else if chance > judgement.second {
                judgement.second = chance;
            }
        }
        judgement
    }

    /// Largest predicted growth of the chance per generation over all later rounds, and the round it is reached in;
    /// (0, this round) after the last.
    pub(crate) fn rate(&self, round: usize, shared: &Shared, judgement: &Judgement) -> (f64, usize) {
        let features = state_features(shared, judgement.chance, judgement.second);
        let per_generation = |(ahead, gain): (usize, &Linear)| {
            let later = round + 1 + ahead;
            let gain = gain.at(&features).min(1.0 - judgement.chance);
            (gain / f64::from(self.rounds[later] - self.rounds[round]), later)
        };
        let rates = self.gain[round].iter().enumerate().map(per_generation);
        rates.fold((0.0, round), |best, next| if next.0 > best.0 { next } else { best })
    }
}

/// A model, and its training questions as models saw them that were fitted without them.
pub(crate) struct CrossFitted {
    pub(crate) model: OnlineModel,
    /// `[questions][orders][rounds]`.
    pub(crate) points: Vec<Vec<Vec<Point>>>,
}

/// A training question.
struct Case<'a> {
    looks: &'a Paths,
    /// By a model that was fitted without it: `[orders][rounds]`.
    judged: Vec<Vec<Judgement>>,
}

/// Fits to the looks of `questions`; every question weighs 1. The outcomes of other questions have no part in it.
pub(crate) fn cross_fit(
    looks: &[Paths],
    questions: &[usize],
    rounds: &[u32],
    settings: &OnlineSettings,
) -> CrossFitted {
    let inner = folds(&vec![0; questions.len()], INNER_FOLDS, settings.seed);
    let looks: Vec<&Paths> = questions.iter().map(|&at| &looks[at]).collect();
    let others = |fold: usize| (0..looks.len()).filter(|&at| inner[at] != fold).collect::<Vec<usize>>();
    let all: Vec<usize> = (0..looks.len()).collect();
    let bare = |training: &[usize]| OnlineModel {
        rounds: rounds.to_vec(),
        selections: settings.selections.clone(),
        chance: fit_chances(&looks, training, rounds.len(), settings.penalties.chance),
        gain: vec![Vec::new(); rounds.len()],
    };
    let mut blind: Vec<OnlineModel> = (0..INNER_FOLDS).map(|fold| bare(&others(fold))).collect();
    let case = |at: usize| {
        let judge = |(round, look): (usize, &Look)| blind[inner[at]].judge(round, &look.candidates);
        let judged = looks[at].iter().map(|path| path.iter().enumerate().map(judge).collect()).collect();
        Case { looks: looks[at], judged }
    };
    let cases: Vec<Case<'_>> = all.iter().map(|&at| case(at)).collect();
    let gains = |training: &[usize]| fit_gains(&cases, training, rounds.len(), settings.penalties.gain);
    for (fold, model) in blind.iter_mut().enumerate() {
        model.gain = gains(&others(fold));
    }
    CrossFitted {
        points: all.iter().map(|&at| judge(&blind[inner[at]], looks[at])).collect(),
        model: OnlineModel { gain: gains(&all), ..bare(&all) },
    }
}

/// The chance of an answer after each round.
fn fit_chances(looks: &[&Paths], training: &[usize], rounds: usize, penalty: f64) -> Vec<Linear> {
    let fit = |round: usize| {
        let (mut features, mut targets, mut weights) = (Vec::new(), Vec::new(), Vec::new());
        for orders in training.iter().map(|&at| looks[at]) {
            for candidate in orders.iter().flat_map(|path| &path[round].candidates) {
                features.extend(candidate.features);
                targets.push(f64::from(u8::from(candidate.correct)));
                weights.push(1.0 / orders.len() as f64);
            }
        }
        Design::new(crate::ANSWER_FEATURES.len(), features, weights).logistic(&targets, penalty)
    };
    (0..rounds).map(fit).collect()
}

/// What each later round adds to being right, from the state after each round: `[rounds][later rounds]`.
fn fit_gains(cases: &[Case<'_>], training: &[usize], rounds: usize, penalty: f64) -> Vec<Vec<Linear>> {
    let paths = || {
        training.iter().map(|&at| &cases[at]).flat_map(|case| {
            let weight = 1.0 / case.looks.len() as f64;
            case.looks.iter().zip(&case.judged).map(move |(path, judged)| (weight, path, judged))
        })
    };
    let fit = |round: usize| {
        let (mut features, mut weights) = (Vec::new(), Vec::new());
        for (weight, path, judged) in paths() {
            let now = &judged[round];
            features.extend(state_features(&path[round].shared, now.chance, now.second));
            weights.push(weight);
        }
        let design = Design::new(crate::STATE_FEATURES.len(), features, weights);
        let later = |later: usize| {
            let growth = |(_, path, judged): (f64, &Vec<Look>, &Vec<Judgement>)| {
                right(&path[later], &judged[later]) - right(&path[round], &judged[round])
            };
            design.ridge(&paths().map(growth).collect::<Vec<_>>(), penalty)
        };
        (round + 1..rounds).map(later).collect()
    };
    (0..rounds).map(fit).collect()
}

/// 1 if the judgement's answer is right. For fitting only.
fn right(look: &Look, judgement: &Judgement) -> f64 {
    judgement.candidate.map_or(0.0, |at| f64::from(u8::from(look.candidates[at].correct)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulated::questions_of_known_ease;
    use crate::states::look;

    /// Judged by a model that had seen their outcomes, training questions looked surer than others, and prices set on
    /// them spent 3 to 5 % more than the budget elsewhere.
    #[test]
    fn a_training_question_is_judged_without_its_own_outcomes() {
        let settings = OnlineSettings { orders: 4, ..OnlineSettings::default() };
        let (rounds, all) = ([1, 2, 4, 8], (0..60).collect::<Vec<usize>>());
        let inner = folds(&[0; 60], INNER_FOLDS, settings.seed);
        let sheet = questions_of_known_ease(60, 8, 3);
        let mut turned = sheet.clone();
        for (draws, _) in turned.questions.iter_mut().zip(&inner).filter(|(_, fold)| **fold == 2) {
            for draw in draws {
                draw.correct = !draw.correct;
            }
        }
        let points = |sheet| cross_fit(&look(sheet, &rounds, &settings), &all, &rounds, &settings).points;
        let (before, after) = (points(&sheet), points(&turned));
        for at in (0..60).filter(|&at| inner[at] == 2) {
            for (one, other) in before[at].iter().flatten().zip(after[at].iter().flatten()) {
                assert_eq!((one.selection, one.correct), (other.selection, !other.correct));
            }
        }
    }
}
