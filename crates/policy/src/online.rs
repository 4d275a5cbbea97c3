//! The model of a sequential policy: how likely is each candidate answer right, and what would more samples add?
//!
//! Two regressions per round. *Chance*: a logistic regression from what speaks for an answer to whether it is right;
//! the selection whose answer has the highest chance is the one to present, so the rule is chosen per question. *Gain*:
//! ridge regressions from the state to what the presented answer gained in correctness by each later round (outcomes,
//! not chances: a regression on chances would trust the chance model's own opinion of how much more it will know). The *rate* of a
//! state is the largest predicted gain per generation over all later rounds; looking further than one round ahead
//! matters, since one more sample rarely turns a vote and several may.

use crate::features::{Shared, state_features};
use crate::regression::{Design, Linear};
use crate::states::{Candidate, Look};
use deliberate_search::Selection;
use serde::{Deserialize, Serialize};

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
    /// Fits to looks `[questions][orders][rounds]`; every question weighs 1.
    pub(crate) fn fit(
        looks: &[&Vec<Vec<Look>>],
        rounds: &[u32],
        selections: &[Selection],
        penalties: Penalties,
    ) -> Self {
        let chance: Vec<Linear> =
            (0..rounds.len()).map(|round| fit_chance(looks, round, penalties.chance)).collect();
        let mut model = Self {
            rounds: rounds.to_vec(),
            selections: selections.to_vec(),
            chance,
            gain: vec![Vec::new(); rounds.len()],
        };
        let judged: Vec<(f64, Vec<Judgement>, &Vec<Look>)> = looks
            .iter()
            .flat_map(|orders| orders.iter().map(move |look| (1.0 / orders.len() as f64, look)))
            .map(|(weight, path)| {
                let judge = |(round, look): (usize, &Look)| model.judge(round, &look.candidates);
                (weight, path.iter().enumerate().map(judge).collect(), path)
            })
            .collect();
        for round in 0..rounds.len() {
            let (mut features, mut weights) = (Vec::new(), Vec::new());
            for (weight, judgements, path) in &judged {
                let now = &judgements[round];
                features.extend(state_features(&path[round].shared, now.chance, now.second));
                weights.push(*weight);
            }
            let design = Design::new(crate::STATE_FEATURES.len(), features, weights);
            model.gain[round] = (round + 1..rounds.len())
                .map(|later| {
                    let growth = |(_, judged, path): &(f64, Vec<Judgement>, &Vec<Look>)| {
                        right(&path[later], &judged[later]) - right(&path[round], &judged[round])
                    };
                    design.ridge(&judged.iter().map(growth).collect::<Vec<_>>(), penalties.gain)
                })
                .collect();
        }
        model
    }

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

fn fit_chance(looks: &[&Vec<Vec<Look>>], round: usize, penalty: f64) -> Linear {
    let (mut features, mut targets, mut weights) = (Vec::new(), Vec::new(), Vec::new());
    for orders in looks {
        for candidate in orders.iter().flat_map(|path| &path[round].candidates) {
            features.extend(candidate.features);
            targets.push(f64::from(u8::from(candidate.correct)));
            weights.push(1.0 / orders.len() as f64);
        }
    }
    Design::new(crate::ANSWER_FEATURES.len(), features, weights).logistic(&targets, penalty)
}

/// 1 if the judgement's answer is right. For fitting only.
fn right(look: &Look, judgement: &Judgement) -> f64 {
    judgement.candidate.map_or(0.0, |at| f64::from(u8::from(look.candidates[at].correct)))
}
