//! Trims decisions to what the budget allows, before anything is performed.

use super::{Admitted, Executor, SearchError};
use crate::{Charge, Decision, Expand, Granularity, NodeId, Origin, Reach, Revise, State, Status};

/// Units that a draw may take where only floating-point operations bound it.
const FAR: u64 = 1 << 20;

impl<S: State> Executor<'_, S> {
    pub(super) fn affords(&self, more: Charge) -> bool {
        let charged = self.ledger.charged;
        self.budget.tokens.is_none_or(|limit| charged.tokens + more.tokens <= limit)
            && self.budget.flops.is_none_or(|limit| charged.flops + more.flops <= limit)
    }

    pub(super) fn admit(&mut self, decision: Decision) -> Result<Admitted, SearchError> {
        Ok(match decision {
            Decision::Expand(acts) => {
                let (acts, limit) = self.admit_expansions(acts)?;
                Admitted { decision: Decision::Expand(acts), limit }
            }
            Decision::Revise(acts) => {
                let (acts, limit) = self.admit_revisions(acts)?;
                Admitted { decision: Decision::Revise(acts), limit }
            }
            Decision::Verify(nodes) => {
                Admitted { decision: Decision::Verify(self.admit_verifications(nodes)?), limit: None }
            }
            stop @ Decision::Stop(_) => Admitted { decision: stop, limit: None },
        })
    }

    fn admit_expansions(&mut self, acts: Vec<Expand>) -> Result<(Vec<Expand>, Option<u64>), SearchError> {
        let mut meter = self.meter.clone();
        let mut admitted: Vec<Expand> = Vec::with_capacity(acts.len());
        let mut starts = Vec::new();
        let mut read = self.read.clone();
        let mut unread = 0.0;
        for act in acts {
            let node = self.existing(act.node)?;
            if node.status != Status::Open || node.origin == Origin::Lookahead {
                return Err(SearchError::BadDecision {
                    reason: format!("node {} cannot be extended", act.node.0),
                });
            }
            let (from, units) = (node.steps, node.units);
            let reach = match act.reach {
                Reach::Steps(steps) => Some(steps.max(1)),
                Reach::End => None,
            };
            let mut draws = 0;
            while draws < act.draws
                && self.budget.generations.is_none_or(|limit| meter.with_one_more(from, reach) <= limit)
            {
                meter.book(from, reach);
                starts.push(units);
                draws += 1;
            }
            self.trimmed |= draws < act.draws;
            // What is drawn is to be verified, and with it what leads there.
            unread += self.reading(act.node, &mut read).iter().map(|(_, flops)| flops).sum::<f64>();
            admitted.push(Expand { draws, ..act });
        }
        let limit = self.share(&mut starts, unread, |executor, start, units| {
            let positions = start..start + units;
            executor.roles.proposer.flops(positions.clone())
                + executor.roles.verifier.map_or(0.0, |verifier| verifier.flops(positions))
        });
        keep_first(&mut admitted, starts.len(), |act| &mut act.draws);
        Ok((admitted, limit))
    }

    fn admit_revisions(&mut self, acts: Vec<Revise>) -> Result<(Vec<Revise>, Option<u64>), SearchError> {
        let reviser = self.roles.reviser.ok_or(SearchError::NoReviser)?;
        let mut meter = self.meter.clone();
        let mut admitted: Vec<Revise> = Vec::with_capacity(acts.len());
        let mut starts = Vec::new();
        for act in acts {
            if act.attempts.is_empty() {
                return Err(SearchError::BadDecision { reason: "a revision without an attempt".to_owned() });
            }
            for &id in &act.attempts {
                if self.existing(id)?.status != Status::Complete {
                    return Err(SearchError::BadDecision {
                        reason: format!("node {} is not finished", id.0),
                    });
                }
            }
            let earlier: Vec<&S> = act.attempts.iter().map(|id| &self.states[id.index()]).collect();
            let opening = reviser.opening(&earlier);
            let mut draws = 0;
            while draws < act.draws
                && self.budget.generations.is_none_or(|limit| meter.with_one_more(0, None) <= limit)
            {
                meter.book(0, None);
                starts.push(opening);
                draws += 1;
            }
            self.trimmed |= draws < act.draws;
            admitted.push(Revise { draws, ..act });
        }
        let limit = self.share(&mut starts, 0.0, |executor, start, units| {
            let positions = 0..start + units;
            reviser.flops(positions.clone())
                + executor.roles.verifier.map_or(0.0, |verifier| verifier.flops(positions))
        });
        keep_first(&mut admitted, starts.len(), |act| &mut act.draws);
        Ok((admitted, limit))
    }

    /// Nodes not yet scored whose verification the budget affords, in order, each once.
    fn admit_verifications(&mut self, nodes: Vec<NodeId>) -> Result<Vec<NodeId>, SearchError> {
        if self.roles.verifier.is_none() {
            return Err(SearchError::NoVerifier);
        }
        let mut read = self.read.clone();
        let mut total = Charge::default();
        let mut admitted = Vec::with_capacity(nodes.len());
        for id in nodes {
            if self.existing(id)?.scores.is_some() || admitted.contains(&id) {
                continue;
            }
            let path = self.reading(id, &mut read);
            let price: f64 = path.iter().map(|(_, flops)| flops).sum();
            if self.affords(Charge { tokens: 0, flops: total.flops + price }) {
                total.flops += price;
                admitted.push(id);
            } else {
                self.trimmed = true;
                for (id, _) in path {
                    read[id.index()] = false;
                }
            }
        }
        Ok(admitted)
    }

    /// What the verifier has yet to work through to score a node: `(node, flops)` for each unread node on the path to
    /// it, which become read.
    pub(super) fn reading(&self, id: NodeId, read: &mut [bool]) -> Vec<(NodeId, f64)> {
        let Some(verifier) = self.roles.verifier else { return Vec::new() };
        let mut path = Vec::new();
        let mut next = Some(id);
        while let Some(id) = next {
            if std::mem::replace(&mut read[id.index()], true) {
                break;
            }
            let node = self.tree.node(id);
            // A revision's state starts anew: nothing of its parent stands in it.
            next = if node.origin == Origin::Revised { None } else { node.parent };
            let start = next.map_or(0, |parent| self.tree.node(parent).units);
            path.push((id, verifier.flops(start..node.units)));
        }
        path
    }

    /// Scores known from the nearest verified ancestor.
    pub(super) fn known(&self, id: NodeId, granularity: Granularity) -> &[f64] {
        if granularity == Granularity::Whole {
            return &[];
        }
        let mut node = self.tree.node(id);
        loop {
            if let Some(scores) = &node.scores {
                return scores;
            }
            match node.parent {
                Some(parent) if node.origin != Origin::Revised => node = self.tree.node(parent),
                _ => return &[],
            }
        }
    }

    fn existing(&self, id: NodeId) -> Result<&crate::Node, SearchError> {
        self.tree
            .get(id)
            .ok_or_else(|| SearchError::BadDecision { reason: format!("there is no node {}", id.0) })
    }

    /// Drops draws from the end until each can take at least one unit, and returns how many each may take, when
    /// `reserved` operations are set aside.
    fn share(
        &mut self,
        starts: &mut Vec<u64>,
        reserved: f64,
        flops: impl Fn(&Self, u64, u64) -> f64,
    ) -> Option<u64> {
        if self.budget.tokens.is_none() && self.budget.flops.is_none() {
            return None;
        }
        while !starts.is_empty() {
            let draws = starts.len() as u64;
            let by_tokens =
                self.budget.tokens.map_or(FAR, |limit| (limit - self.ledger.charged.tokens) / draws);
            let affordable = |units: u64| {
                let price: f64 = starts.iter().map(|&start| flops(self, start, units)).sum();
                self.affords(Charge { tokens: 0, flops: reserved + price })
            };
            let units = largest(by_tokens, affordable);
            if units > 0 {
                return Some(units);
            }
            starts.pop();
            self.trimmed = true;
        }
        None
    }
}

/// The largest `n` up to `most` for which a falling predicate holds; 0 if it holds for none.
fn largest(most: u64, holds: impl Fn(u64) -> bool) -> u64 {
    if most == 0 || holds(most) {
        return most;
    }
    let (mut good, mut bad) = (0, most);
    while bad - good > 1 {
        let middle = good + (bad - good) / 2;
        if holds(middle) {
            good = middle;
        } else {
            bad = middle;
        }
    }
    good
}

/// Keeps the first `total` draws of a batch, and drops acts that are left with none.
fn keep_first<T>(acts: &mut Vec<T>, total: usize, draws: impl Fn(&mut T) -> &mut u32) {
    let mut left = u32::try_from(total).unwrap_or(u32::MAX);
    acts.retain_mut(|act| {
        let draws = draws(act);
        *draws = (*draws).min(left);
        left -= *draws;
        *draws > 0
    });
}
