//! Trims decisions to what the budget allows, before anything is performed.

use super::parts::{Act, split};
use super::{Admitted, Executor, SearchError};
use crate::{
    Charge, Continuation, Decision, Expand, Granularity, NodeId, Origin, Reach, Revise, State, Status,
};

/// Units that a draw may take where neither its role nor a budget of units bounds it.
const FAR: u64 = 1 << 20;

impl<S: State> Executor<'_, S> {
    pub(super) fn affords(&self, more: Charge) -> bool {
        let charged = self.ledger.charged;
        self.budget.units.is_none_or(|limit| charged.units.saturating_add(more.units) <= limit)
            && self.budget.flops.is_none_or(|limit| charged.flops + more.flops <= limit)
    }

    /// What the budget allows of a decision at once; nodes from index `since` on come from earlier parts of it.
    pub(super) fn admit(&mut self, decision: Decision, since: usize) -> Result<Admitted, SearchError> {
        Ok(match decision {
            Decision::Expand(acts) => self.admit_expansions(acts, since)?,
            Decision::Revise(acts) => self.admit_revisions(acts, since)?,
            Decision::Verify(nodes) => {
                let decision = Decision::Verify(self.admit_verifications(nodes)?);
                Admitted { decision, limit: None, rest: None }
            }
            stop @ Decision::Stop(_) => Admitted { decision: stop, limit: None, rest: None },
        })
    }

    fn admit_expansions(&mut self, acts: Vec<Expand>, since: usize) -> Result<Admitted, SearchError> {
        let mut meter = self.meter.clone();
        let mut admitted: Vec<Expand> = Vec::with_capacity(acts.len());
        let mut starts = Vec::new();
        let mut longest = Some(0);
        let mut read = self.read.clone();
        let mut unread = self.owed(since, &mut read);
        for act in acts {
            let node = self.existing(act.node)?;
            if node.status != Status::Open || node.origin == Origin::Lookahead {
                return Err(SearchError::BadDecision {
                    reason: format!("node {} cannot be extended", act.node.0),
                });
            }
            let (from, units) = (node.steps, node.units);
            if self.roles.proposer.continuation() == Continuation::Once {
                let again =
                    self.drawn[act.node.index()] > 0 || admitted.iter().any(|other| other.node == act.node);
                if again || act.draws > 1 {
                    return Err(SearchError::ContinuedTwice { node: act.node });
                }
            }
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
            longest = longest.zip(self.roles.proposer.longest(act.reach)).map(|(one, other)| one.max(other));
            // What is drawn is to be verified, and with it what leads there.
            unread += self.reading(act.node, &mut read).iter().map(|(_, flops)| flops).sum::<f64>();
            admitted.push(Expand { draws, ..act });
        }
        let (draws, limit) = self.share(&starts, longest, unread, |executor, start, units| {
            let positions = start..start + units;
            executor.roles.proposer.flops(positions.clone())
                + executor.roles.verifier.map_or(0.0, |verifier| verifier.flops(positions))
        });
        Ok(self.admitted(admitted, draws, limit, Decision::Expand))
    }

    fn admit_revisions(&mut self, acts: Vec<Revise>, since: usize) -> Result<Admitted, SearchError> {
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
        let owed = self.owed(since, &mut self.read.clone());
        let (draws, limit) = self.share(&starts, reviser.longest(), owed, |executor, start, units| {
            let positions = 0..start + units;
            reviser.flops(positions.clone())
                + executor.roles.verifier.map_or(0.0, |verifier| verifier.flops(positions))
        });
        Ok(self.admitted(admitted, draws, limit, Decision::Revise))
    }

    /// Keeps the first draws; the others wait, unless the budget allows none at all.
    fn admitted<A: Act>(
        &mut self,
        acts: Vec<A>,
        draws: usize,
        limit: Option<u64>,
        decision: fn(Vec<A>) -> Decision,
    ) -> Admitted {
        let (now, later) = split(acts, draws);
        let rest = !now.is_empty() && !later.is_empty();
        self.trimmed |= now.is_empty() && !later.is_empty();
        Admitted { decision: decision(now), limit, rest: rest.then(|| decision(later)) }
    }

    /// Operations to verify what was drawn since the tree had this size; it becomes read.
    fn owed(&self, since: usize, read: &mut [bool]) -> f64 {
        let drawn = self.tree.iter().skip(since).map(|(id, _)| id);
        drawn.flat_map(|id| self.reading(id, read)).map(|(_, flops)| flops).sum()
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
            if self.affords(Charge { units: 0, flops: total.flops + price }) {
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

    /// How many draws, from the first on, may begin now, and how many units each may take, when `reserved` operations
    /// are set aside.
    ///
    /// As if they were drawn one after the other, each taking at most `longest` units or what is left: those that can
    /// all be drawn to their full length begin together, and the last units go to one alone. Sharing them evenly
    /// would leave many cut draws and no answer.
    fn share(
        &self,
        starts: &[u64],
        longest: Option<u64>,
        reserved: f64,
        flops: impl Fn(&Self, u64, u64) -> f64,
    ) -> (usize, Option<u64>) {
        if self.budget.units.is_none() && self.budget.flops.is_none() {
            return (starts.len(), None);
        }
        let affordable = |draws: u64, units: u64| {
            let price: f64 = starts[..draws as usize].iter().map(|&start| flops(self, start, units)).sum();
            self.affords(Charge { units: draws.saturating_mul(units), flops: reserved + price })
        };
        let longest = longest.unwrap_or(FAR);
        match largest(starts.len() as u64, |draws| affordable(draws, longest)) {
            0 if starts.is_empty() => (0, None),
            0 => match largest(longest, |units| affordable(1, units)) {
                0 => (0, None),
                units => (1, Some(units)),
            },
            draws => (draws as usize, Some(longest)),
        }
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
