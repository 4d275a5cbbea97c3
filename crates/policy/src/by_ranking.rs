//! Ranked answers at work: samples are drawn at once, and the first of their ranked answers is presented. That is what
//! [`ranked_answers`](crate::ranked_answers) measures.

use crate::live::seen;
use crate::ways::Ranking;
use deliberate_search::strategies::Asked;
use deliberate_search::{Choice, Decision, Expand, NodeId, StopReason, Strategy, Tree, Vote};

/// As many samples as the budget allows, chosen among by a learnt vote.
pub struct ByRanking {
    ranking: Ranking,
    budget: u32,
    asked: Asked,
    drawn: bool,
}

impl ByRanking {
    /// Obeys the ranking of a policy with a budget in generations.
    pub fn new(ranking: Ranking, budget: u32) -> Self {
        Self { ranking, budget, asked: Asked::default(), drawn: false }
    }
}

impl Strategy for ByRanking {
    fn decide(&mut self, tree: &Tree) -> Decision {
        if !std::mem::replace(&mut self.drawn, true) {
            return Decision::Expand(vec![Expand::solve(NodeId::ROOT, self.budget)]);
        }
        self.asked.verify(tree, tree.answers()).unwrap_or(Decision::Stop(StopReason::Finished))
    }

    fn choose(&self, tree: &Tree) -> Choice {
        let (nodes, seen): (Vec<NodeId>, Vec<_>) = seen(tree).into_iter().unzip();
        let votes = self.ranking.rank(&seen).into_iter().map(|(place, weight)| {
            let class = tree.node(nodes[place]).class;
            let count = seen.iter().filter(|one| one.class == seen[place].class).count() as u32;
            Vote { class, node: nodes[place], count, weight }
        });
        let votes: Vec<Vote> = votes.collect();
        if votes.is_empty() {
            // Without any answer: whatever is complete, as every selection has it.
            return deliberate_search::select(tree, &nodes, deliberate_search::Selection::default());
        }
        Choice { node: votes.first().map(|vote| vote.node), votes }
    }

    fn generations(&self) -> Option<u32> {
        Some(self.budget)
    }
}
