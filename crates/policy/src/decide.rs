//! What a live solver asks after every round: stop with which selection, or draw how many more?

use crate::features::Shared;
use crate::online::{Judgement, OnlineModel};
use crate::rounds::selection_name;
use crate::sheet::Seen;
use crate::states::{Candidate, candidates};
use crate::tally::Tally;
use deliberate_search::Selection;
use serde::{Deserialize, Serialize};

/// A sequential policy as a file holds it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Online {
    /// Least predicted gain in accuracy that one more generation must promise.
    pub price: f64,
    /// Samples after which to stop in any case; at most the last round.
    pub most: u32,
    /// The fitted model.
    pub model: OnlineModel,
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Act {
    /// Present this selection's answer.
    StopWith(Selection),
    /// Draw this many samples more, then ask again.
    DrawMore(u32),
}

/// What to do next, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Decision {
    /// What to do.
    pub act: Act,
    /// Estimated chance of being right when stopping now; `None` before the first round ends.
    pub chance: Option<f64>,
    /// Predicted gain per further generation; `None` before the first round ends.
    pub rate: Option<f64>,
    /// In words, for people.
    pub reason: String,
}

impl Online {
    /// Decides after the samples so far, in the order of drawing. Between two rounds it asks for the rest of the round.
    pub fn decide(&self, seen: &[Seen]) -> Decision {
        let drawn = seen.len() as u32;
        let rounds: Vec<u32> =
            self.model.rounds.iter().copied().filter(|&round| round <= self.most).collect();
        let last = rounds.last().copied().unwrap_or(0);
        let at_round = rounds.iter().rposition(|&round| round == drawn);
        if drawn < last && at_round.is_none() {
            let next = rounds.iter().copied().find(|&round| round > drawn).unwrap_or(last);
            let reason = format!("{drawn} samples lie before the round of {next}");
            return Decision { act: Act::DrawMore(next - drawn), chance: None, rate: None, reason };
        }
        // More samples than the last round are judged by its model.
        let round = at_round.unwrap_or(rounds.len().saturating_sub(1));
        let (selection, judgement, shared) = self.look(round, seen);
        let (rate, reached) = self.model.rate(round, &shared, &judgement);
        let percent = 100.0 * judgement.chance;
        let stop = |reason: String| Decision {
            act: Act::StopWith(selection),
            chance: Some(judgement.chance),
            rate: Some(rate),
            reason,
        };
        if drawn >= last {
            return stop(format!(
                "all {drawn} samples are drawn; {} is {percent:.1} % likely right",
                selection_name(selection)
            ));
        }
        if rate <= self.price {
            return stop(format!(
                "{} is {percent:.1} % likely right with {drawn} drawn, and another sample is predicted to add {:.3} points, below the price of {:.3}",
                selection_name(selection),
                100.0 * rate,
                100.0 * self.price
            ));
        }
        let reason = format!(
            "{percent:.1} % likely right with {drawn} drawn; going on to {} is predicted to add {:.3} points per sample, above the price of {:.3}",
            self.model.rounds[reached],
            100.0 * rate,
            100.0 * self.price
        );
        let act = Act::DrawMore(rounds[round + 1] - drawn);
        Decision { act, chance: Some(judgement.chance), rate: Some(rate), reason }
    }

    /// Predicted gain per generation of a question's next round, by which a total budget is spent: the question with
    /// the highest goes first. `None` between rounds; 0 after the last.
    pub fn rate(&self, seen: &[Seen]) -> Option<f64> {
        let round = self.model.rounds.iter().position(|&round| round as usize == seen.len())?;
        let (_, judgement, shared) = self.look(round, seen);
        Some(self.model.rate(round, &shared, &judgement).0)
    }

    /// Chance of being right of every candidate selection's answer, in the order of the model's selections; `None`
    /// where it has no answer or no model of this round exists.
    pub fn chances(&self, seen: &[Seen]) -> Vec<Option<f64>> {
        let round = self.model.rounds.iter().position(|&round| round as usize == seen.len());
        let tally = tally(seen);
        let shared = Shared::of(&tally);
        let chance = |selection: &Selection| {
            let answer = &tally.answers[tally.choose(*selection)?];
            let features = crate::features::answer_features(&tally, answer, &shared);
            Some(self.model.chance[round?].probability(&features))
        };
        self.model.selections.iter().map(chance).collect()
    }

    fn look(&self, round: usize, seen: &[Seen]) -> (Selection, Judgement, Shared) {
        let tally = tally(seen);
        let shared = Shared::of(&tally);
        let found = candidates(&tally, &shared, &self.model.selections).into_iter();
        let found: Vec<Candidate> =
            found.map(|(selection, features, _)| Candidate { features, selection, correct: false }).collect();
        let judgement = self.model.judge(round, &found);
        let place = judgement.candidate.map_or(0, |at| found[at].selection);
        (self.model.selections.get(place).copied().unwrap_or_default(), judgement, shared)
    }
}

fn tally(seen: &[Seen]) -> Tally {
    let mut tally = Tally::default();
    for (index, one) in seen.iter().enumerate() {
        tally.push(index as u32, one);
    }
    tally
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulated::a_perfect_verifier;
    use crate::{OnlineSettings, fit_online};

    fn online(price: f64) -> Online {
        let settings = OnlineSettings { orders: 4, ..OnlineSettings::default() };
        Online { price, ..fit_online(&a_perfect_verifier(100, 16, 1), &settings, 4.0) }
    }

    fn seen(samples: &[(u32, f64)]) -> Vec<Seen> {
        samples.iter().map(|&(class, score)| Seen::new(Some(class), &[score]).unwrap()).collect()
    }

    #[test]
    fn it_stops_when_sure_goes_on_when_not_and_says_why() {
        let sure = online(0.02).decide(&seen(&[(0, 0.95)]));
        assert!(matches!(sure.act, Act::StopWith(_)) && sure.chance.unwrap() > 0.9, "{sure:?}");
        assert!(sure.reason.contains("below the price"), "{}", sure.reason);
        let unsure = online(0.002).decide(&seen(&[(1, 0.05), (2, 0.05)]));
        assert!(
            matches!(unsure.act, Act::DrawMore(1)) && unsure.reason.contains("above the price"),
            "{unsure:?}"
        );
    }

    #[test]
    fn it_never_draws_past_the_most_and_finishes_rounds() {
        let online = online(0.0);
        assert_eq!(online.decide(&[]).act, Act::DrawMore(1));
        assert_eq!(online.decide(&seen(&[(1, 0.05); 5])).act, Act::DrawMore(1));
        assert!(matches!(online.decide(&seen(&[(1, 0.05); 16])).act, Act::StopWith(_)));
        assert!(matches!(online.decide(&seen(&[(1, 0.05); 20])).act, Act::StopWith(_)));
        let unanswered = vec![Seen::new(None, &[0.5]).unwrap(); 16];
        assert!(matches!(online.decide(&unanswered).act, Act::StopWith(_)));
    }

    #[test]
    fn every_candidate_rule_has_a_chance() {
        let online = online(0.01);
        let chances = online.chances(&seen(&[(0, 0.95), (1, 0.05)]));
        assert_eq!(chances.len(), online.model.selections.len());
        assert!(chances.iter().all(|chance| chance.is_some_and(|chance| (0.0..=1.0).contains(&chance))));
    }
}
