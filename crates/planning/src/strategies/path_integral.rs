//! Model-predictive path integral control: each round is drawn around the weighted mean of the round before.

use super::rounds::{Rounds, sizes};
use deliberate_search::{Choice, Decision, NodeId, Origin, Rule, Selection, Strategy, Tree, select};
use serde::{Deserialize, Serialize};

/// Options of path integrals (Williams et al. 2017). All plans of a round count, by the exponential of their scores, and the
/// plan that is acted on is their mean, which is imagined once more at the end, so that it has a score of its own.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct PathIntegral {
    /// Rounds, if there are plans enough for four in each.
    pub rounds: u32,
    /// In units of score: low makes the best plan count alone.
    pub temperature: f64,
}

impl Default for PathIntegral {
    fn default() -> Self {
        Self { rounds: 3, temperature: 0.02 }
    }
}

impl PathIntegral {
    /// With so many plans.
    pub fn build(self, plans: u32) -> Box<dyn Strategy> {
        let mut sizes = sizes(plans.saturating_sub(1).max(1), self.rounds);
        if plans > 1 {
            sizes.push(1);
        }
        Box::new(Search { rounds: Rounds::new(sizes), plans })
    }
}

struct Search {
    rounds: Rounds,
    plans: u32,
}

impl Strategy for Search {
    fn decide(&mut self, tree: &Tree) -> Decision {
        self.rounds.decide(tree, |ranked| ranked.last.clone())
    }

    /// The mean of the last round, which was drawn last; before it is drawn, the best plan so far.
    fn choose(&self, tree: &Tree) -> Choice {
        let best = Selection { rule: Rule::Best, ..Selection::default() };
        let answers: Vec<NodeId> = tree.answers().collect();
        let mean = answers
            .last()
            .copied()
            .filter(|&id| tree.node(id).origin == Origin::Revised && answers.len() as u32 == self.plans);
        match mean {
            Some(mean) => select(tree, &[mean], best),
            None => select(tree, &answers, best),
        }
    }

    fn generations(&self) -> Option<u32> {
        Some(self.plans)
    }
}
