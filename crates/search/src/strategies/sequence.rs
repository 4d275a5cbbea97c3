//! Stages that run one after the other on the same tree: the one way in which strategies are combined.

use crate::{Choice, Decision, StopReason, Strategy, Tree};

/// Runs its stages in order; each finds what the earlier ones left in the tree.
///
/// The stage that is running when the search ends chooses the answer, among all answers of the tree.
pub struct Sequence {
    stages: Vec<Box<dyn Strategy>>,
    running: usize,
}

impl Sequence {
    /// A sequence of these stages.
    pub fn new(stages: Vec<Box<dyn Strategy>>) -> Self {
        Self { stages, running: 0 }
    }
}

impl Strategy for Sequence {
    fn decide(&mut self, tree: &Tree) -> Decision {
        while let Some(stage) = self.stages.get_mut(self.running) {
            let decision = stage.decide(tree);
            let last = self.running + 1 == self.stages.len();
            if last || decision != Decision::Stop(StopReason::Finished) {
                return decision;
            }
            self.running += 1;
        }
        Decision::Stop(StopReason::Finished)
    }

    fn choose(&self, tree: &Tree) -> Choice {
        self.stages.get(self.running).map(|stage| stage.choose(tree)).unwrap_or_default()
    }

    fn generations(&self) -> Option<u32> {
        self.stages.iter().try_fold(0_u32, |sum, stage| Some(sum.saturating_add(stage.generations()?)))
    }
}
