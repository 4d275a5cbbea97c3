//! Votes that stop early, without a verifier: adaptive consistency (Aggarwal et al. 2023, arXiv 2305.11860) and
//! early-stopping self-consistency (Li et al. 2024, arXiv 2401.10480).

use super::{Ended, Replayed, Stopping, WaySettings, held_out, limits, replay, way_folds};
use crate::sheet::{Seen, Sheet};
use crate::tally::Tally;
use deliberate_search::Selection;

/// Probabilities at which a leading answer is certain enough; the authors take 0.95.
const CERTAIN: [f64; 9] = [0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98, 0.99, 0.999];

/// Samples of a window of early-stopping self-consistency.
const WINDOWS: [usize; 6] = [2, 3, 4, 5, 6, 8];

/// Draws until the leading answer is as good as certain to be the most frequent one, or to the limit.
struct Adaptive {
    certain: f64,
    limit: usize,
}

impl Stopping for Adaptive {
    fn name(&self) -> String {
        format!("certain at {}, at most {}", self.certain, self.limit)
    }

    fn end(&self, seen: &[Seen]) -> Ended {
        let mut tally = Tally::default();
        for (at, one) in seen.iter().take(self.limit).enumerate() {
            tally.push(at as u32, one);
            let (mut first, mut second) = (0, 0);
            for count in tally.answers.iter().map(|answer| answer.count) {
                second = second.max(count.min(first));
                first = first.max(count);
            }
            if leads(first, second) >= self.certain {
                break;
            }
        }
        majority(&tally)
    }
}

/// Probability that the first of two answers is given more often in the long run, after so many votes for each and a flat
/// prior: that Beta(first + 1, second + 1) is above one half.
fn leads(first: u32, second: u32) -> f64 {
    // The chance that of first + second + 1 coins at most `first` show heads.
    let coins = first + second + 1;
    let mut term = 0.5_f64.powi(coins as i32);
    let mut sum = 0.0;
    for heads in 0..=first {
        sum += term;
        term *= f64::from(coins - heads) / f64::from(heads + 1);
    }
    sum
}

/// Draws window after window until all samples of one agree, or to the limit.
struct Windows {
    window: usize,
    limit: usize,
}

impl Stopping for Windows {
    fn name(&self) -> String {
        format!("windows of {}, at most {}", self.window, self.limit)
    }

    fn end(&self, seen: &[Seen]) -> Ended {
        let seen = &seen[..self.limit.min(seen.len())];
        let mut tally = Tally::default();
        for window in seen.chunks(self.window) {
            for one in window {
                tally.push(tally.drawn, one);
            }
            let agreed = window[0].class.is_some() && window.iter().all(|one| one.class == window[0].class);
            if agreed && window.len() == self.window {
                break;
            }
        }
        majority(&tally)
    }
}

fn majority(tally: &Tally) -> Ended {
    let presented = tally.presented(Selection::MAJORITY).map(|at| at as usize);
    Ended { drawn: tally.drawn as usize, presented }
}

/// Adaptive consistency; the certainty and the limit are chosen on the training folds.
pub fn adaptive_consistency(sheet: &Sheet, budgets: &[f64], settings: &WaySettings) -> Replayed {
    let rules =
        limits(sheet).into_iter().flat_map(|limit| CERTAIN.map(|certain| Adaptive { certain, limit }));
    let settled = replay(sheet, &rules.collect::<Vec<_>>(), settings);
    held_out("adaptive consistency", |_| &settled, &way_folds(sheet, settings), budgets)
}

/// Early-stopping self-consistency; the window and the limit are chosen on the training folds.
pub fn early_stopping(sheet: &Sheet, budgets: &[f64], settings: &WaySettings) -> Replayed {
    let rules = limits(sheet).into_iter().flat_map(|limit| {
        let fitting = WINDOWS.into_iter().filter(move |&window| window <= limit);
        fitting.map(move |window| Windows { window, limit })
    });
    let mut rules: Vec<Windows> = rules.collect();
    rules.push(Windows { window: 1, limit: 1 });
    let settled = replay(sheet, &rules, settings);
    held_out("early-stopping self-consistency", |_| &settled, &way_folds(sheet, settings), budgets)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(classes: &[u32]) -> Vec<Seen> {
        classes.iter().map(|&class| Seen::new(Some(class), &[0.5]).unwrap()).collect()
    }

    #[test]
    fn a_lead_is_as_certain_as_the_beta_distribution_has_it() {
        assert!((leads(0, 0) - 0.5).abs() < 1e-12);
        assert!((leads(1, 0) - 0.75).abs() < 1e-12);
        assert!((leads(4, 1) - 57.0 / 64.0).abs() < 1e-12);
        assert!(leads(60, 3) <= 1.0);
    }

    #[test]
    fn votes_that_agree_stop_and_votes_that_do_not_go_on() {
        let sure = Adaptive { certain: 0.9, limit: 8 };
        assert_eq!(sure.end(&seen(&[0; 8])), Ended { drawn: 3, presented: Some(0) });
        assert_eq!(sure.end(&seen(&[0, 1, 2, 3, 4, 5, 6, 6])).drawn, 8);
        let windows = Windows { window: 3, limit: 8 };
        assert_eq!(windows.end(&seen(&[1, 0, 0, 0, 0, 0, 1, 1])), Ended { drawn: 6, presented: Some(1) });
        assert_eq!(windows.end(&seen(&[1, 0, 0, 1, 1, 0, 1, 1])).drawn, 8);
    }
}
