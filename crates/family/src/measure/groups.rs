//! Groups of attempts at every question: its chains of revisions, or as many parallel samples.

use super::choose::{aggregated, chosen_right, classes};
use deliberate_search::{Aggregation, Rule};
use deliberate_train::gather::{Chains, Sampled, Scores, Solution};
use std::collections::HashSet;

/// For every question its groups, and the attempts of each in order.
pub(super) struct Groups<'a>(Vec<Vec<Vec<&'a Solution>>>);

impl<'a> Groups<'a> {
    /// Every chain is a group.
    pub(super) fn of_chains(drawn: &'a [Chains]) -> Self {
        let of = |one: &'a Chains| one.chains.iter().map(|chain| chain.iter().collect()).collect();
        Self(drawn.iter().map(of).collect())
    }

    /// Every `size` samples in a row are a group.
    pub(super) fn of_samples(drawn: &'a [Sampled], size: usize) -> Self {
        let of = |one: &'a Sampled| {
            let samples: Vec<&Solution> = one.iter().collect();
            samples.chunks_exact(size).map(<[&Solution]>::to_vec).collect()
        };
        Self(drawn.iter().map(of).collect())
    }

    /// The first `count` groups of every question.
    pub(super) fn first(mut self, count: usize) -> Self {
        self.0.iter_mut().for_each(|groups| groups.truncate(count));
        self
    }

    /// All attempts of every question, in the order in which [`Self::right`] expects their scores.
    pub(super) fn attempts(&self) -> Vec<Vec<&'a Solution>> {
        self.0.iter().map(|groups| groups.concat()).collect()
    }

    /// For every question the share of its groups whose first `n` attempts give a right choice: by majority, or weighted
    /// by scores of [`Self::attempts`].
    pub(super) fn right(&self, n: usize, scores: Option<&[Scores]>) -> Vec<f64> {
        let of_question = |(index, groups): (usize, &Vec<Vec<&Solution>>)| {
            let (mut at, mut right) = (0, 0_u32);
            for group in groups {
                let some = &group[..n.min(group.len())];
                let (weights, rule) = match scores {
                    Some(scores) => {
                        let scores = &scores[index].scores[at..at + some.len()];
                        (aggregated(scores, Aggregation::Last), Rule::Weighted)
                    }
                    None => (vec![Some(1.0); some.len()], Rule::Majority),
                };
                right += u32::from(chosen_right(some, &classes(some), &weights, rule));
                at += group.len();
            }
            f64::from(right) / groups.len().max(1) as f64
        };
        self.0.iter().enumerate().map(of_question).collect()
    }

    /// For every question the mean number of different solutions in a group.
    pub(super) fn distinct(&self) -> Vec<f64> {
        let different = |group: &Vec<&Solution>| {
            group.iter().map(|attempt| attempt.trace.text()).collect::<HashSet<_>>().len() as f64
        };
        let of_question = |groups: &Vec<Vec<&Solution>>| {
            groups.iter().map(different).sum::<f64>() / groups.len().max(1) as f64
        };
        self.0.iter().map(of_question).collect()
    }
}
