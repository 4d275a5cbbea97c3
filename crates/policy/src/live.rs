//! Policies at work: strategies that draw a few samples, look at their scores, and decide from there.
//!
//! They are strategies like any other, so budgets, bills, checkpoints and interruptions hold for them as well.

use crate::decide::{Act, Online};
use crate::file::{Fixed, FixedBudget};
use crate::sheet::Seen;
use deliberate_search::strategies::Asked;
use deliberate_search::{
    Choice, Decision, Expand, NodeId, Selection, SpecError, StopReason, Strategy, StrategySpec, Tree, select,
};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

/// Why a policy did what it did, in words, oldest first. Shared with whoever shows it.
#[derive(Debug, Clone, Default)]
pub struct Reasons(Arc<Mutex<Vec<String>>>);

impl Reasons {
    fn add(&self, reason: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(reason);
    }

    /// All so far.
    pub fn all(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The samples so far, as a policy sees them, in the order of drawing. One that was cut off gives no answer and scores
/// 0, as in a recorded pool.
pub(crate) fn seen(tree: &Tree) -> Vec<(NodeId, Seen)> {
    let samples = tree.iter().filter(|(_, node)| node.parent == Some(NodeId::ROOT));
    samples
        .filter_map(|(id, node)| {
            let class = node.class.map(|class| class.0);
            Some((id, Seen::new(class, node.scores.as_deref().unwrap_or(&[0.0]))?))
        })
        .collect()
}

/// The same without their places.
fn seen_alone(tree: &Tree) -> Vec<Seen> {
    seen(tree).into_iter().map(|(_, seen)| seen).collect()
}

/// Draws round by round, and stops when another round is not worth its price.
pub struct Sequential {
    online: Online,
    asked: Asked,
    selection: Selection,
    reasons: Reasons,
}

impl Sequential {
    /// Obeys the sequential part of a policy.
    pub fn new(online: Online, reasons: Reasons) -> Self {
        let selection = online.model.selections.first().copied().unwrap_or_default();
        Self { online, asked: Asked::default(), selection, reasons }
    }
}

impl Strategy for Sequential {
    fn decide(&mut self, tree: &Tree) -> Decision {
        if let Some(verify) = self.asked.verify(tree, tree.answers()) {
            return verify;
        }
        let decision = self.online.decide(&seen_alone(tree));
        if decision.chance.is_some() {
            self.reasons.add(decision.reason);
        }
        match decision.act {
            Act::StopWith(selection) => {
                self.selection = selection;
                Decision::Stop(StopReason::Finished)
            }
            Act::DrawMore(samples) => Decision::Expand(vec![Expand::solve(NodeId::ROOT, samples)]),
        }
    }

    fn choose(&self, tree: &Tree) -> Choice {
        select(tree, &tree.answers().collect::<Vec<_>>(), self.selection)
    }

    fn generations(&self) -> Option<u32> {
        Some(self.online.most)
    }
}

/// Guesses a question's bin from a few samples, and spends the rest of the budget as that bin's choice says.
///
/// A choice that only samples goes on to as many as it was measured with, and all of them take part in the answer. A
/// search is given its own budget beside the first samples, and its answers alone vote: that is what
/// [`deployed`](crate::deployed) measures.
pub struct ByDifficulty {
    at: Option<FixedBudget>,
    budget: u32,
    asked: Asked,
    phase: Phase,
    /// How samples are chosen among.
    selection: Selection,
    reasons: Reasons,
}

/// How far a question has come.
enum Phase {
    /// Nothing is drawn.
    Begin,
    /// The first samples are drawn.
    Look,
    /// All samples are drawn.
    Sampled,
    /// A search is under way, beside the answers that were there before it.
    Search { search: Box<dyn Strategy>, before: BTreeSet<NodeId> },
}

impl ByDifficulty {
    /// Obeys the fixed part of a policy with a budget in generations. Below all budgets that it was fitted for it is
    /// best-of-N weighted.
    ///
    /// # Errors
    /// [`SpecError`] if a choice is no strategy of this build, or cannot be had at its budget.
    pub fn new(fixed: &Fixed, budget: u32, reasons: Reasons) -> Result<Self, SpecError> {
        let at = fixed.at(budget).cloned();
        for choice in at.iter().flat_map(|at| &at.choices) {
            choice.arm.parse::<StrategySpec>()?.with_generations(choice.arm_budget)?;
        }
        let (asked, phase, selection) = (Asked::default(), Phase::Begin, Selection::default());
        Ok(Self { at, budget, asked, phase, selection, reasons })
    }

    /// What comes after the first samples.
    fn go_on(&mut self, tree: &Tree) -> Option<Decision> {
        let seen = seen_alone(tree);
        let at = self.at.as_ref()?;
        let bin = at.bin(&seen)?;
        let choice = &at.choices[bin];
        self.reasons.add(format!(
            "{} samples look like bin {} of {} (1 is the easiest); there {} at {} generations was best",
            seen.len(),
            bin + 1,
            at.bins.count(),
            choice.arm,
            choice.arm_budget
        ));
        let spec = choice.arm.parse::<StrategySpec>().ok()?.with_generations(choice.arm_budget).ok()?;
        if matches!(spec, StrategySpec::BestOfN(_)) {
            self.selection = spec.selection();
            let more = choice.arm_budget.saturating_sub(seen.len() as u32);
            return (more > 0).then(|| Decision::Expand(vec![Expand::solve(NodeId::ROOT, more)]));
        }
        let mut search = spec.build().ok()?;
        self.selection = spec.selection();
        let first = search.decide(tree);
        self.phase = Phase::Search { search, before: tree.answers().collect() };
        Some(first)
    }
}

impl Strategy for ByDifficulty {
    fn decide(&mut self, tree: &Tree) -> Decision {
        match &mut self.phase {
            Phase::Search { search, .. } => return search.decide(tree),
            Phase::Begin => {
                self.phase = Phase::Look;
                let first = self.at.as_ref().map_or(self.budget, |at| at.predictor.samples);
                return Decision::Expand(vec![Expand::solve(NodeId::ROOT, first)]);
            }
            Phase::Look | Phase::Sampled => {}
        }
        if let Some(verify) = self.asked.verify(tree, tree.answers()) {
            return verify;
        }
        if matches!(self.phase, Phase::Look) {
            self.phase = Phase::Sampled;
            if let Some(decision) = self.go_on(tree) {
                return decision;
            }
        }
        Decision::Stop(StopReason::Finished)
    }

    fn choose(&self, tree: &Tree) -> Choice {
        let all: Vec<NodeId> = tree.answers().collect();
        if let Phase::Search { before, .. } = &self.phase {
            let found: Vec<NodeId> = all.iter().copied().filter(|id| !before.contains(id)).collect();
            if !found.is_empty() {
                return select(tree, &found, self.selection);
            }
        }
        select(tree, &all, self.selection)
    }

    fn generations(&self) -> Option<u32> {
        Some(self.budget)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bins::Bins;
    use crate::difficulty::{EASE_FEATURES, EasePredictor};
    use crate::file::BinChoice;
    use crate::regression::Linear;
    use deliberate_search::{Charge, Origin, Status};

    /// A tree of complete solutions by (class, score).
    fn tree(samples: &[(u32, f64)]) -> Tree {
        let charge = serde_json::to_value(Charge::default()).unwrap();
        let node = |class: Option<u32>, score: f64| {
            serde_json::json!({
                "parent": class.map(|_| 0), "origin": if class.is_some() { Origin::Extended } else { Origin::Root },
                "status": if class.is_some() { Status::Complete } else { Status::Open }, "steps": 1, "units": 1,
                "seed": 0, "drawing": charge, "verifying": charge, "scores": [score], "class": class, "children": [],
            })
        };
        let nodes = std::iter::once(node(None, 0.0));
        let nodes: Vec<_> =
            nodes.chain(samples.iter().map(|&(class, score)| node(Some(class), score))).collect();
        serde_json::from_value(nodes.into()).unwrap()
    }

    /// Two samples tell the bin by their mean last score: above one half majority of 4, below it a beam of 4.
    fn policy() -> ByDifficulty {
        let mut weights = vec![0.0; EASE_FEATURES.len()];
        weights[0] = 1.0;
        let choice = |arm: &str| BinChoice { arm: arm.to_owned(), arm_budget: 4 };
        let at = FixedBudget {
            budget: 6,
            predictor: EasePredictor { samples: 2, model: Linear { bias: 0.0, weights } },
            bins: Bins { edges: vec![0.5] },
            choices: vec![choice("majority"), choice("beam")],
        };
        ByDifficulty::new(&Fixed { budgets: vec![at] }, 8, Reasons::default()).unwrap()
    }

    fn draws(decision: &Decision) -> u32 {
        match decision {
            Decision::Expand(acts) => acts.iter().map(|act| act.draws).sum(),
            _ => 0,
        }
    }

    #[test]
    fn samples_that_told_the_bin_are_part_of_the_number_that_the_choice_was_measured_with() {
        let mut policy = policy();
        assert_eq!(draws(&policy.decide(&tree(&[]))), 2);
        assert_eq!(draws(&policy.decide(&tree(&[(0, 0.9), (1, 0.8)]))), 2);
        let all = tree(&[(0, 0.9), (1, 0.8), (1, 0.1), (2, 0.1)]);
        assert!(matches!(policy.decide(&all), Decision::Stop(_)));
        assert_eq!(policy.choose(&all).node, Some(NodeId(2)));
    }

    #[test]
    fn ranked_answers_present_the_answer_that_is_worth_most() {
        let mut weights = vec![0.0; crate::RANKING_FEATURES.len()];
        weights[6] = 1.0;
        let mut policy = crate::ByRanking::new(crate::Ranking { weights }, 3);
        assert_eq!(draws(&policy.decide(&tree(&[]))), 3);
        let all = tree(&[(0, 0.6), (0, 0.6), (1, 0.7)]);
        assert!(matches!(policy.decide(&all), Decision::Stop(_)));
        let choice = policy.choose(&all);
        assert_eq!((choice.node, choice.votes[1].count), (Some(NodeId(3)), 2));
    }

    #[test]
    fn a_search_has_its_whole_budget_and_its_answers_alone_vote() {
        let mut policy = policy();
        policy.decide(&tree(&[]));
        let first = [(0, 0.1), (0, 0.2)];
        assert_eq!(draws(&policy.decide(&tree(&first))), 4);
        let all = tree(&[first[0], first[1], (1, 0.15), (2, 0.1)]);
        assert_eq!(policy.choose(&all).node, Some(NodeId(3)), "the first two would have won together");
        assert_eq!(policy.choose(&tree(&first)).node, Some(NodeId(2)), "without any answer of the search");
    }
}
