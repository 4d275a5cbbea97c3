//! When to stop thinking: what more thinking gained on development episodes, against the price of a step.
//!
//! At every doubling of the imagined steps there is a look. What is known there is how much has been thought, whether the
//! last doubling found anything better, and how far the model has been off lately. Development episodes tell, for each
//! such case, how much better the move got *in truth* by thinking on; where the best rate of gain lies below the price,
//! thinking stops.

use crate::strategies::{Look, StopRule};
use serde::{Deserialize, Serialize};

/// Imagined steps at the first look; every further one doubles them.
pub const FIRST_LOOK: u64 = 32;

/// Doublings that are told apart.
const LEVELS: usize = 12;

/// Classes of surprise.
const SURPRISES: usize = 3;

/// Samples that a case needs to speak for itself.
const ENOUGH: usize = 30;

/// A rise of the best score that counts as one.
const RISE: f64 = 1e-3;

/// What is known at a look.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Case {
    /// Doublings so far.
    pub level: usize,
    /// Whether the last doubling found something better.
    pub rising: bool,
    /// Running mean of how far the model was off, in 0..=1.
    pub surprise: f64,
}

/// A look of a development episode.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// What was known.
    pub case: Case,
    /// For every later look: imagined steps until then, and by how much the move was better in truth.
    pub later: Vec<(u64, f64)>,
}

/// Gains of thinking on, by case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Gains {
    /// Surprises between classes.
    pub between: [f64; SURPRISES - 1],
    /// Best gain for an imagined step, by level, by class of surprise, by whether it was rising.
    pub rates: Vec<[[f64; 2]; SURPRISES]>,
}

/// Gains, and what a step costs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Price {
    /// From development episodes.
    pub gains: Gains,
    /// Score that an imagined step must gain.
    pub step: f64,
}

impl Gains {
    /// Fits the gains. Cases with few samples take the gain of their level.
    pub fn fit(samples: &[Sample]) -> Self {
        let mut surprises: Vec<f64> = samples.iter().map(|sample| sample.case.surprise).collect();
        surprises.sort_unstable_by(f64::total_cmp);
        let at = |part: usize| surprises.get(surprises.len() * part / SURPRISES).copied().unwrap_or(1.0);
        let mut gains = Self { between: [at(1), at(2)], rates: Vec::new() };
        let of_case = |level: usize, class: Option<(usize, bool)>| -> Vec<&Sample> {
            samples
                .iter()
                .filter(|s| s.case.level == level)
                .filter(|s| {
                    class.is_none_or(|(surprise, rising)| {
                        gains.class(s.case.surprise) == surprise && s.case.rising == rising
                    })
                })
                .collect()
        };
        let rates = (0..LEVELS)
            .map(|level| {
                let all = rate(&of_case(level, None));
                std::array::from_fn(|surprise| {
                    std::array::from_fn(|rising| {
                        let own = of_case(level, Some((surprise, rising == 1)));
                        if own.len() < ENOUGH { all } else { rate(&own) }
                    })
                })
            })
            .collect();
        gains.rates = rates;
        gains
    }

    /// Gain for an imagined step, as far as was seen.
    pub fn rate(&self, case: Case) -> f64 {
        let level = self.rates.get(case.level).or(self.rates.last());
        level.map_or(0.0, |rates| rates[self.class(case.surprise)][usize::from(case.rising)])
    }

    fn class(&self, surprise: f64) -> usize {
        self.between.iter().filter(|between| surprise > **between).count()
    }
}

/// The best mean gain for a step over all later looks; nothing where there is none.
fn rate(samples: &[&Sample]) -> f64 {
    let longest = samples.iter().map(|sample| sample.later.len()).max().unwrap_or(0);
    let at = |look: usize| {
        let seen = || samples.iter().filter_map(|sample| sample.later.get(look));
        let steps: u64 = seen().map(|(steps, _)| steps).sum();
        seen().map(|(_, gain)| gain).sum::<f64>() / steps.max(1) as f64
    };
    (0..longest).map(at).fold(0.0, f64::max)
}

/// Stops one thought.
#[derive(Debug, Clone)]
pub(crate) struct Patience {
    price: Price,
    surprise: f64,
    next: u64,
    level: usize,
    best: f64,
}

impl Patience {
    pub(crate) fn new(price: &Price, surprise: f64) -> Self {
        Self { price: price.clone(), surprise, next: FIRST_LOOK, level: 0, best: 0.0 }
    }
}

impl StopRule for Patience {
    fn enough(&mut self, now: Look) -> bool {
        if now.imagined < self.next {
            return false;
        }
        let rising = now.best > self.best + RISE;
        let case = Case { level: self.level, rising, surprise: self.surprise };
        (self.best, self.level) = (now.best, self.level + 1);
        while self.next <= now.imagined {
            self.next *= 2;
        }
        self.price.gains.rate(case) < self.price.step
    }
}

/// The cases of one thought's looks, as a price would meet them: for development.
pub fn cases(looks: &[Look], surprise: f64) -> Vec<Case> {
    let mut best = 0.0;
    looks
        .iter()
        .enumerate()
        .map(|(level, look)| {
            let rising = look.best > best + RISE;
            best = look.best;
            Case { level, rising, surprise }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Thinking on gains a lot for little surprise and nothing for much.
    fn samples() -> Vec<Sample> {
        (0..300)
            .map(|index| {
                let surprise = f64::from(index % 3) / 2.0;
                let gain = if index % 3 == 2 { -0.1 } else { 0.3 };
                let case = Case { level: 0, rising: index % 2 == 0, surprise };
                Sample { case, later: vec![(32, gain / 2.0), (96, gain)] }
            })
            .collect()
    }

    #[test]
    fn thinking_stops_where_it_gained_nothing() {
        let price = Price { gains: Gains::fit(&samples()), step: 1e-3 };
        let enough = |surprise| Patience::new(&price, surprise).enough(Look { imagined: 40, best: 0.5 });
        assert!(!enough(0.0));
        assert!(!enough(0.5));
        assert!(enough(1.0));
    }

    #[test]
    fn nothing_is_decided_between_looks() {
        let price = Price { gains: Gains::fit(&[]), step: 1.0 };
        let mut patience = Patience::new(&price, 0.0);
        assert!(!patience.enough(Look { imagined: 31, best: 0.9 }));
        assert!(patience.enough(Look { imagined: 32, best: 0.9 }));
        assert!(!patience.enough(Look { imagined: 63, best: 0.9 }));
    }

    #[test]
    fn the_rate_is_that_of_the_best_later_look() {
        let gains = Gains::fit(&samples());
        let rate = gains.rate(Case { level: 0, rising: true, surprise: 0.0 });
        assert!((rate - 0.15 / 32.0).abs() < 1e-12, "{rate}");
    }
}
