//! Stops another strategy once its leading answer is as good as certain.

use super::asked::Asked;
use super::options::{OptionInfo, OptionValue};
use crate::{Choice, Decision, Expand, Purpose, Reach, Revise, Status, StopReason, Strategy, Tree};
use num_bigint::BigUint;
use num_traits::{One, ToPrimitive};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::num::NonZeroU32;

/// A probability above one half and below 1.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Threshold(f64);

impl Threshold {
    /// The adaptive-consistency default: 0.95.
    pub const DEFAULT: Self = Self(0.95);

    /// The probability.
    pub const fn get(self) -> f64 {
        self.0
    }
}

/// A number that is no useful threshold.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("threshold {0} is not above 0.5 and below 1")]
pub struct BadThreshold(pub f64);

impl TryFrom<f64> for Threshold {
    type Error = BadThreshold;

    fn try_from(value: f64) -> Result<Self, BadThreshold> {
        if value > 0.5 && value < 1.0 { Ok(Self(value)) } else { Err(BadThreshold(value)) }
    }
}

impl From<Threshold> for f64 {
    fn from(value: Threshold) -> Self {
        value.0
    }
}

impl OptionValue for Threshold {
    fn read(text: &str) -> Result<Self, String> {
        let number = text.parse::<f64>().ok().and_then(|value| Self::try_from(value).ok());
        number.ok_or_else(|| "a probability above 0.5 and below 1".to_owned())
    }
    fn show(&self) -> Option<String> {
        Some(self.0.to_string())
    }
}

/// Draws between two looks at the votes, unless said otherwise.
pub(super) const CHUNK: NonZeroU32 = NonZeroU32::new(4).expect("4 is not 0");

pub(super) const ABOUT: &str = "Stops the strategy in parentheses once its leading answer is as good as certain \
    (adaptive consistency, Aggarwal et al. 2023): when, with the votes so far, the probability that it would also \
    beat the runner-up with unlimited samples passes the threshold. Full solutions and revisions are drawn in \
    chunks, with a look at the votes after each. Costs what the strategy costs, or less.";

/// Its options, for help texts.
pub(super) fn infos() -> Vec<OptionInfo> {
    vec![
        OptionInfo {
            name: "threshold",
            help: "Probability at which to stop, above 0.5 and below 1.",
            default: Threshold::DEFAULT.show(),
        },
        OptionInfo {
            name: "chunk",
            help: "Draws between two looks at the votes: fewer save more, more keep the proposer busier.",
            default: CHUNK.show(),
        },
    ]
}

/// The wrapper; see [`leads`] for the probability.
pub struct EarlyStop {
    inner: Box<dyn Strategy>,
    threshold: f64,
    chunk: u32,
    /// Whether the inner strategy's votes need scores.
    scored: bool,
    asked: Asked,
    /// Parts of the inner strategy's last decision that are yet to be performed.
    parts: VecDeque<Decision>,
}

impl EarlyStop {
    /// Stops `inner` above the threshold; `scored` tells whether its votes need scores.
    pub fn new(inner: Box<dyn Strategy>, threshold: Threshold, chunk: NonZeroU32, scored: bool) -> Self {
        Self {
            inner,
            threshold: threshold.get(),
            chunk: chunk.get(),
            scored,
            asked: Asked::default(),
            parts: VecDeque::new(),
        }
    }

    /// Probability that the answer that would be chosen now also wins in the long run.
    fn posterior(&self, tree: &Tree) -> Option<f64> {
        let votes = self.inner.choose(tree).votes;
        let leading = votes.first().filter(|vote| vote.class.is_some())?;
        let next = votes.iter().skip(1).map(|vote| vote.count).max().unwrap_or(0);
        Some(leads(leading.count, next))
    }
}

impl Strategy for EarlyStop {
    fn decide(&mut self, tree: &Tree) -> Decision {
        if self.parts.is_empty() {
            self.parts = split(self.inner.decide(tree), self.chunk);
        } else if self.scored {
            // Between two parts the inner strategy has no say, so its votes are scored here.
            let answers = tree.answers().filter(|&id| tree.node(id).status == Status::Complete);
            if let Some(decision) = self.asked.verify(tree, answers) {
                return decision;
            }
        }
        let next = self.parts.front();
        if matches!(next, Some(Decision::Expand(_) | Decision::Revise(_)))
            && let Some(posterior) = self.posterior(tree).filter(|&posterior| posterior > self.threshold)
        {
            return Decision::Stop(StopReason::Confident { posterior });
        }
        self.parts.pop_front().unwrap_or(Decision::Stop(StopReason::Finished))
    }

    fn choose(&self, tree: &Tree) -> Choice {
        self.inner.choose(tree)
    }

    fn generations(&self) -> Option<u32> {
        self.inner.generations()
    }
}

/// Splits a decision that draws whole solutions into parts of at most `chunk` draws, in order.
fn split(decision: Decision, chunk: u32) -> VecDeque<Decision> {
    let whole = |act: &Expand| act.reach == Reach::End && act.purpose == Purpose::Extend;
    match decision {
        Decision::Expand(acts) if acts.iter().all(whole) => {
            parts(acts, chunk, |act| &mut act.draws).map(Decision::Expand).collect()
        }
        Decision::Revise(acts) => {
            parts::<Revise>(acts, chunk, |act| &mut act.draws).map(Decision::Revise).collect()
        }
        other => VecDeque::from([other]),
    }
}

fn parts<T: Clone>(
    acts: Vec<T>,
    chunk: u32,
    draws: impl Fn(&mut T) -> &mut u32,
) -> impl Iterator<Item = Vec<T>> {
    let mut parts: Vec<Vec<T>> = Vec::new();
    let mut room = 0;
    for mut act in acts {
        while *draws(&mut act) > 0 {
            if room == 0 {
                parts.push(Vec::new());
                room = chunk;
            }
            let taken = room.min(*draws(&mut act));
            *draws(&mut act) -= taken;
            room -= taken;
            let mut part = act.clone();
            *draws(&mut part) = taken;
            parts.last_mut().expect("a part was just begun").push(part);
        }
    }
    parts.into_iter()
}

/// Probability that an answer with `leading` votes beats one with `next` votes in the long run.
///
/// The share p of the leader among the two has a uniform prior, so after the votes it is Beta(leading + 1, next + 1),
/// and P(p > 1/2) is the binomial tail Σ C(n, j) / 2ⁿ over j = 0..=leading with n = leading + next + 1, summed in
/// whole numbers. Source: Aggarwal et al. 2023, section 3 (the Beta criterion).
pub fn leads(leading: u32, next: u32) -> f64 {
    let n = u64::from(leading) + u64::from(next) + 1;
    let mut term = BigUint::one();
    let mut sum = BigUint::ZERO;
    for j in 0..=u64::from(leading) {
        sum += &term;
        term = term * (n - j) / (j + 1);
    }
    // The 64 leading binary places of a fraction below 1, without ever forming it in floating point.
    let places = (sum << 64_u32) >> n;
    places.to_f64().unwrap_or(0.0) / 2.0_f64.powi(64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::NodeId;

    #[test]
    fn the_posterior_is_the_exact_tail() {
        let check = |leading, next, expected: f64| assert!((leads(leading, next) - expected).abs() < 1e-12);
        check(0, 0, 0.5);
        check(3, 0, 15.0 / 16.0);
        check(4, 0, 31.0 / 32.0);
        check(3, 1, 26.0 / 32.0);
        check(1, 3, 6.0 / 32.0);
        check(200, 200, 0.5);
        assert!(leads(2000, 1000) <= 1.0 && leads(2000, 1000) > 0.999);
    }

    #[test]
    fn decisions_are_split_without_losing_a_draw() {
        let acts = vec![Expand::solve(NodeId(0), 5), Expand::solve(NodeId(1), 3)];
        let draws: Vec<Vec<u32>> = split(Decision::Expand(acts), 3)
            .into_iter()
            .map(|part| match part {
                Decision::Expand(acts) => acts.iter().map(|act| act.draws).collect(),
                _ => Vec::new(),
            })
            .collect();
        assert_eq!(draws, [vec![3], vec![2, 1], vec![2]]);
        assert_eq!(split(Decision::Expand(vec![Expand::step(NodeId(0), 9)]), 3).len(), 1);
    }
}
