//! What the cross-entropy method and path integrals share: rounds of plans, each drawn from the round before.

use deliberate_search::strategies::Asked;
use deliberate_search::{Aggregation, Decision, Expand, NodeId, Revise, StopReason, Tree};

/// Draws `first` plans, and then rounds of revisions of what was chosen of those drawn so far.
#[derive(Debug)]
pub(super) struct Rounds {
    /// Plans of each round, the first one drawn by the proposer.
    sizes: std::vec::IntoIter<u32>,
    begun: bool,
    /// Nodes at or past this index belong to the last round.
    mark: usize,
    asked: Asked,
}

impl Rounds {
    pub(super) fn new(sizes: Vec<u32>) -> Self {
        Self { sizes: sizes.into_iter(), begun: false, mark: 0, asked: Asked::default() }
    }

    /// The next decision; `parents` picks of all scored plans (best first) and of the last round's those that the next
    /// round is drawn from.
    pub(super) fn decide(&mut self, tree: &Tree, parents: impl Fn(&Ranked) -> Vec<NodeId>) -> Decision {
        if let Some(decision) = self.asked.verify(tree, tree.answers()) {
            return decision;
        }
        let Some(draws) = self.sizes.next() else { return Decision::Stop(StopReason::Finished) };
        if !std::mem::replace(&mut self.begun, true) {
            self.mark = tree.len();
            return Decision::Expand(vec![Expand::solve(NodeId::ROOT, draws)]);
        }
        let ranked = Ranked::of(tree, self.mark);
        self.mark = tree.len();
        let mut attempts = parents(&ranked);
        // The best one last: a revision is a child of the last attempt.
        attempts.reverse();
        if attempts.is_empty() {
            return Decision::Stop(StopReason::Finished);
        }
        Decision::Revise(vec![Revise { attempts, draws }])
    }
}

/// Scored plans, best first, ties to the lower id.
pub(super) struct Ranked {
    /// All.
    pub(super) all: Vec<NodeId>,
    /// Those of the last round.
    pub(super) last: Vec<NodeId>,
}

impl Ranked {
    fn of(tree: &Tree, mark: usize) -> Self {
        let score = |id: NodeId| tree.score(id, Aggregation::Last);
        let mut all: Vec<NodeId> = tree.answers().filter(|&id| score(id).is_some()).collect();
        all.sort_by(|&a, &b| score(b).unwrap_or(0.0).total_cmp(&score(a).unwrap_or(0.0)).then(a.cmp(&b)));
        let last = all.iter().copied().filter(|id| id.0 as usize >= mark).collect();
        Self { all, last }
    }
}

/// `plans` over so many rounds as leave each at least four.
pub(super) fn sizes(plans: u32, rounds: u32) -> Vec<u32> {
    let rounds = rounds.clamp(1, (plans / 4).max(1));
    (0..rounds).map(|round| plans / rounds + u32::from(round < plans % rounds)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_share_all_plans() {
        assert_eq!(sizes(42, 4), [11, 11, 10, 10]);
        assert_eq!(sizes(6, 4), [6]);
        assert_eq!(sizes(1, 4), [1]);
    }
}
