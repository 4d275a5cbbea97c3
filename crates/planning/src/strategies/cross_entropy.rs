//! The cross-entropy method: each round is drawn from a distribution fitted to the best plans so far.

use super::rounds::{Rounds, sizes};
use deliberate_search::{Choice, Decision, Rule, Selection, Strategy, Tree, select};
use serde::{Deserialize, Serialize};

/// Options of the cross-entropy method (de Boer et al. 2005), in the core's words: elites are earlier attempts, and a round
/// is a revision of them. Elites of earlier rounds stay (Pinneri et al. 2020), so the best plan is never lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct CrossEntropy {
    /// Rounds, if there are plans enough for four in each.
    pub rounds: u32,
    /// One plan in so many is an elite, of those of one round; at least two are.
    pub elites: u32,
}

impl Default for CrossEntropy {
    fn default() -> Self {
        Self { rounds: 4, elites: 5 }
    }
}

impl CrossEntropy {
    /// With so many plans.
    pub fn build(self, plans: u32) -> Box<dyn Strategy> {
        let sizes = sizes(plans, self.rounds);
        let elites = sizes.first().map_or(2, |first| first / self.elites.max(1)).max(2) as usize;
        Box::new(Search { rounds: Rounds::new(sizes), elites, plans })
    }
}

struct Search {
    rounds: Rounds,
    elites: usize,
    plans: u32,
}

impl Strategy for Search {
    fn decide(&mut self, tree: &Tree) -> Decision {
        self.rounds.decide(tree, |ranked| ranked.all.iter().copied().take(self.elites).collect())
    }

    fn choose(&self, tree: &Tree) -> Choice {
        let best = Selection { rule: Rule::Best, ..Selection::default() };
        select(tree, &tree.answers().collect::<Vec<_>>(), best)
    }

    fn generations(&self) -> Option<u32> {
        Some(self.plans)
    }
}
