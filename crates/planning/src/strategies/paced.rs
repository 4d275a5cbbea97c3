//! Makes any strategy one that can be stopped at every moment, and that stops by itself when thinking on does not pay.

use deliberate_search::strategies::Asked;
use deliberate_search::{
    Aggregation, Choice, Decision, Expand, NodeId, Purpose, Reach, StopReason, Strategy, Tree,
};
use std::collections::VecDeque;

/// What is known in the middle of a thought.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Look {
    /// Imagined steps so far.
    pub imagined: u64,
    /// Best score so far.
    pub best: f64,
}

/// Looks at a tree.
pub fn look(tree: &Tree) -> Look {
    let imagined = tree.iter().map(|(_, node)| node.drawing.units).sum();
    let scored = tree.iter().filter_map(|(id, _)| tree.score(id, Aggregation::Last));
    Look { imagined, best: scored.fold(0.0, f64::max) }
}

/// Says whether to stop, from the looks so far: one at the end of each part.
pub trait StopRule: Send {
    /// Whether what has been thought is enough.
    fn enough(&mut self, now: Look) -> bool;
}

/// A strategy whose plans are drawn in parts, each scored before the next one is drawn. So there is a scored plan soon, for
/// a deadline that comes early, and a moment to ask whether more thinking pays.
pub struct Paced {
    inner: Box<dyn Strategy>,
    part: u32,
    parts: VecDeque<Decision>,
    asked: Asked,
    rule: Option<Box<dyn StopRule>>,
}

impl Paced {
    /// `inner` in parts of so many plans.
    pub fn new(inner: Box<dyn Strategy>, part: u32, rule: Option<Box<dyn StopRule>>) -> Self {
        Self { inner, part: part.max(1), parts: VecDeque::new(), asked: Asked::default(), rule }
    }
}

impl Strategy for Paced {
    fn decide(&mut self, tree: &Tree) -> Decision {
        if self.parts.is_empty() {
            self.parts = split(self.inner.decide(tree), self.part);
        } else if let Some(decision) = self.asked.verify(tree, tree.answers()) {
            return decision;
        }
        let more = matches!(self.parts.front(), Some(Decision::Expand(_) | Decision::Revise(_)));
        if more && tree.len() > 1 && self.rule.as_mut().is_some_and(|rule| rule.enough(look(tree))) {
            return Decision::Stop(StopReason::Finished);
        }
        self.parts.pop_front().unwrap_or(Decision::Stop(StopReason::Finished))
    }

    fn choose(&self, tree: &Tree) -> Choice {
        self.inner.choose(tree)
    }

    fn generations(&self) -> Option<u32> {
        self.inner.generations()
    }
}

/// Cuts decisions that draw whole plans into parts of at most `part` draws.
fn split(decision: Decision, part: u32) -> VecDeque<Decision> {
    let pieces = |draws: u32| (0..draws).step_by(part as usize).map(move |from| part.min(draws - from));
    match decision {
        Decision::Expand(acts) if acts.iter().all(whole) => acts
            .into_iter()
            .flat_map(|act| {
                pieces(act.draws).map(move |draws| Decision::Expand(vec![Expand { draws, ..act }]))
            })
            .collect(),
        Decision::Revise(acts) => acts
            .into_iter()
            .flat_map(|act| {
                pieces(act.draws).map(move |draws| {
                    let act = deliberate_search::Revise { draws, ..act.clone() };
                    Decision::Revise(vec![act])
                })
            })
            .collect(),
        other => VecDeque::from([other]),
    }
}

fn whole(act: &Expand) -> bool {
    act.reach == Reach::End && act.purpose == Purpose::Extend && act.node == NodeId::ROOT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plans_come_in_parts_and_none_is_lost() {
        let draws = |decision| -> Vec<u32> {
            split(decision, 4)
                .iter()
                .map(|part| match part {
                    Decision::Expand(acts) => acts.iter().map(|act| act.draws).sum(),
                    _ => 0,
                })
                .collect()
        };
        assert_eq!(draws(Decision::Expand(vec![Expand::solve(NodeId::ROOT, 10)])), [4, 4, 2]);
        let level = vec![Expand::step(NodeId(1), 7), Expand::step(NodeId(2), 7)];
        assert_eq!(draws(Decision::Expand(level)), [14]);
    }
}
