//! Policies at work: strategies that draw a few samples, look at their scores, and decide from there.
//!
//! They are strategies like any other, so budgets, bills, checkpoints and interruptions hold for them as well.

use crate::decide::{Act, Online};
use crate::file::Fixed;
use crate::sheet::Seen;
use deliberate_search::strategies::Asked;
use deliberate_search::{
    Aggregation, Choice, Decision, Expand, NodeId, Rule, Selection, SpecError, StopReason, Strategy,
    StrategySpec, Tree, select,
};
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
fn seen(tree: &Tree) -> Vec<Seen> {
    let samples = tree.iter().filter(|(_, node)| node.parent == Some(NodeId::ROOT));
    samples
        .filter_map(|(_, node)| {
            let class = node.class.map(|class| class.0);
            Seen::new(class, node.scores.as_deref().unwrap_or(&[0.0]))
        })
        .collect()
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
        let decision = self.online.decide(&seen(tree));
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

/// Guesses a question's bin from a few samples, and spends the rest of the budget as that bin's choice says. The
/// samples take part in the answer.
pub struct ByDifficulty {
    fixed: Fixed,
    budget: u32,
    asked: Asked,
    drawn: bool,
    chosen: Option<Box<dyn Strategy>>,
    reasons: Reasons,
}

impl ByDifficulty {
    /// Obeys the fixed part of a policy with a budget in generations.
    ///
    /// # Errors
    /// [`SpecError`] if a choice is no strategy of this build.
    pub fn new(fixed: Fixed, budget: u32, reasons: Reasons) -> Result<Self, SpecError> {
        for choice in &fixed.choices {
            choice.arm.parse::<StrategySpec>()?;
        }
        Ok(Self { fixed, budget, asked: Asked::default(), drawn: false, chosen: None, reasons })
    }

    /// The strategy for what is left of the budget; `None` if nothing useful is.
    fn choice(&self, tree: &Tree) -> Option<Box<dyn Strategy>> {
        let seen = seen(tree);
        let bin = self.fixed.bin(&seen)?;
        let choice = self.fixed.choice(bin, self.budget)?;
        let bins = self.fixed.bins.count();
        let left = choice.arm_budget.saturating_sub(seen.len() as u32);
        self.reasons.add(format!(
            "{} samples look like bin {} of {bins} (1 is the easiest); there {} at {} generations was best",
            seen.len(),
            bin + 1,
            choice.arm,
            choice.arm_budget
        ));
        let spec = choice.arm.parse::<StrategySpec>().ok()?;
        spec.with_generations(left).ok()?.build().ok()
    }
}

impl Strategy for ByDifficulty {
    fn decide(&mut self, tree: &Tree) -> Decision {
        if let Some(chosen) = &mut self.chosen {
            return chosen.decide(tree);
        }
        if !self.drawn {
            self.drawn = true;
            let first = self.fixed.predictor.samples.min(self.budget);
            return Decision::Expand(vec![Expand::solve(NodeId::ROOT, first)]);
        }
        if let Some(verify) = self.asked.verify(tree, tree.answers()) {
            return verify;
        }
        self.chosen = self.choice(tree);
        match &mut self.chosen {
            Some(chosen) => chosen.decide(tree),
            None => Decision::Stop(StopReason::Finished),
        }
    }

    fn choose(&self, tree: &Tree) -> Choice {
        if let Some(chosen) = &self.chosen {
            return chosen.choose(tree);
        }
        let weighted = Selection { rule: Rule::Weighted, aggregation: Aggregation::Last };
        select(tree, &tree.answers().collect::<Vec<_>>(), weighted)
    }

    fn generations(&self) -> Option<u32> {
        Some(self.budget)
    }
}
