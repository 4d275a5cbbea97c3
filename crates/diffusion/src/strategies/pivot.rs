//! Zero-order search (Ma et al. 2025, arXiv 2501.09732): the neighbours of the best noise so far.

use super::spent;
use crate::FormError;
use crate::form::Form;
use deliberate_search::{
    Choice, Decision, Expand, NodeId, Revise, Rule, Selection, StopReason, Strategy, Tree, select,
};

/// Draws a few samples, and then again and again from the neighbourhood of the noise whose sample scores highest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pivot {
    /// Samples in each round.
    pub neighbours: u32,
    /// How far neighbours are, see [`Neighbours`](crate::Neighbours).
    pub radius: f64,
}

impl Pivot {
    pub(crate) fn read(form: &mut Form<'_>) -> Result<Self, FormError> {
        let share = |value: &f64| *value > 0.0 && *value <= 1.0;
        Ok(Self {
            neighbours: form.count("neighbours", 4)?,
            radius: form.take("radius", 0.5, "a number above 0, 1 at most", share)?,
        })
    }

    /// The strategy; it goes on until the budget ends.
    pub fn build(self) -> Box<dyn Strategy> {
        Box::new(Search(self))
    }
}

struct Search(Pivot);

const BEST: Selection = Selection { rule: Rule::Best, aggregation: deliberate_search::Aggregation::Last };

impl Strategy for Search {
    fn decide(&mut self, tree: &Tree) -> Decision {
        let unknown = |&id: &NodeId| tree.node(id).scores.is_none() && tree.node(id).failure.is_none();
        let unscored: Vec<NodeId> = tree.answers().filter(unknown).collect();
        if !unscored.is_empty() {
            return Decision::Verify(unscored);
        }
        match self.choose(tree).node {
            None if tree.len() == 1 => Decision::Expand(vec![Expand::solve(NodeId::ROOT, self.0.neighbours)]),
            Some(pivot) if !spent(tree) => {
                Decision::Revise(vec![Revise { attempts: vec![pivot], draws: self.0.neighbours }])
            }
            _ => Decision::Stop(StopReason::Finished),
        }
    }

    fn choose(&self, tree: &Tree) -> Choice {
        select(tree, &tree.answers().collect::<Vec<_>>(), BEST)
    }
}
