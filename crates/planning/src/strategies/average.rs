//! Flat Monte-Carlo: many plans, and the first move whose plans do best on average.

use deliberate_search::strategies::Asked;
use deliberate_search::{Aggregation, Choice, Decision, Expand, NodeId, StopReason, Strategy, Tree, Vote};
use std::collections::BTreeMap;

/// Draws plans and compares first moves by the mean score of the plans that begin with them. Where a model throws dice, the
/// best of many plans is the luckiest one; the mean is not fooled by that.
#[derive(Debug)]
pub struct Average {
    plans: u32,
    drawn: bool,
    asked: Asked,
}

impl Average {
    /// With so many plans.
    pub fn new(plans: u32) -> Self {
        Self { plans, drawn: false, asked: Asked::default() }
    }
}

impl Strategy for Average {
    fn decide(&mut self, tree: &Tree) -> Decision {
        if !std::mem::replace(&mut self.drawn, true) {
            return Decision::Expand(vec![Expand::solve(NodeId::ROOT, self.plans)]);
        }
        self.asked.verify(tree, tree.answers()).unwrap_or(Decision::Stop(StopReason::Finished))
    }

    fn choose(&self, tree: &Tree) -> Choice {
        let mut votes: BTreeMap<_, (Vote, f64, f64)> = BTreeMap::new();
        for id in tree.answers() {
            let (Some(class), Some(score)) = (tree.node(id).class, tree.score(id, Aggregation::Last)) else {
                continue;
            };
            let fresh = || (Vote { class: Some(class), node: id, count: 0, weight: 0.0 }, 0.0, score);
            let (vote, sum, best) = votes.entry(class).or_insert_with(fresh);
            *sum += score;
            vote.count += 1;
            vote.weight = *sum / f64::from(vote.count);
            if score > *best {
                (*best, vote.node) = (score, id);
            }
        }
        let mut votes: Vec<Vote> = votes.into_values().map(|(vote, ..)| vote).collect();
        votes.sort_by(|a, b| b.weight.total_cmp(&a.weight).then(a.class.cmp(&b.class)));
        Choice { node: votes.first().map(|vote| vote.node), votes }
    }

    fn generations(&self) -> Option<u32> {
        Some(self.plans)
    }
}
