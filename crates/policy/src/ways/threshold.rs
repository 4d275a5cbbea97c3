//! Draw until one sample's score passes a threshold: the simplest use of a verifier for stopping.

use super::{Ended, Replayed, Stopping, WaySettings, held_out, limits, replay, way_folds};
use crate::sheet::{Seen, Sheet};
use deliberate_search::Aggregation;

/// Scores that are high enough. Verifiers of strong models give most of their scores close to 1.
const ENOUGH: [f32; 14] = [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.93, 0.95, 0.97, 0.98, 0.99, 0.999];

/// Draws until a sample with an answer has a score that is enough, or to the limit, and presents the best.
struct Enough {
    aggregation: Aggregation,
    least: f32,
    limit: usize,
}

impl Stopping for Enough {
    fn name(&self) -> String {
        format!("{:?} above {}, at most {}", self.aggregation, self.least, self.limit)
    }

    fn end(&self, seen: &[Seen]) -> Ended {
        let mut best: Option<(f32, usize)> = None;
        let mut drawn = 0;
        for (at, one) in seen.iter().take(self.limit).enumerate() {
            drawn = at + 1;
            let score = one.score(self.aggregation);
            if one.class.is_some() && best.is_none_or(|(highest, _)| score > highest) {
                best = Some((score, at));
            }
            if best.is_some_and(|(highest, _)| highest >= self.least) {
                break;
            }
        }
        Ended { drawn, presented: best.map(|(_, at)| at) }
    }
}

/// The threshold on the best score; the score, the threshold and the limit are chosen on the training folds.
pub fn score_threshold(sheet: &Sheet, budgets: &[f64], settings: &WaySettings) -> Replayed {
    let scores = [Aggregation::Last, Aggregation::Product];
    let rules = limits(sheet).into_iter().flat_map(|limit| {
        scores
            .into_iter()
            .flat_map(move |aggregation| ENOUGH.map(|least| Enough { aggregation, least, limit }))
    });
    let settled = replay(sheet, &rules.collect::<Vec<_>>(), settings);
    held_out("threshold on the best score", |_| &settled, &way_folds(sheet, settings), budgets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stops_at_the_first_score_that_is_enough() {
        let seen: Vec<Seen> = [0.2, 0.9, 0.95].map(|score| Seen::new(Some(0), &[score]).unwrap()).into();
        let rule = |least, limit| Enough { aggregation: Aggregation::Last, least, limit };
        assert_eq!(rule(0.8, 3).end(&seen), Ended { drawn: 2, presented: Some(1) });
        assert_eq!(rule(0.99, 3).end(&seen), Ended { drawn: 3, presented: Some(2) });
        assert_eq!(rule(0.99, 1).end(&seen), Ended { drawn: 1, presented: Some(0) });
    }
}
