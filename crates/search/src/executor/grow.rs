//! Turns the roles' answers into nodes, scores and charges; nothing that a role says is trusted unchecked.

use super::{Executor, SearchError};
use crate::{
    Charge, ClassId, Expand, Failure, Granularity, Node, NodeId, Origin, Proposal, Purpose, Reach, Revise,
    State, Status, mix,
};

/// One row a request, one entry a seed.
type Rows<S> = Vec<Vec<Result<Proposal<S>, Failure>>>;

impl<S: State> Executor<'_, S> {
    pub(super) fn grow_by_expansion(&mut self, acts: &[Expand], mut drawn: Rows<S>, limit: Option<u64>) {
        drawn.resize_with(acts.len(), Vec::new);
        for (act, row) in acts.iter().zip(drawn) {
            let parent = self.tree.node(act.node);
            let (from, start) = (parent.steps, parent.units);
            let furthest = match act.reach {
                Reach::Steps(steps) => from.saturating_add(steps.max(1)),
                Reach::End => u32::MAX,
            };
            let origin = match act.purpose {
                Purpose::Extend => Origin::Extended,
                Purpose::Lookahead => Origin::Lookahead,
            };
            let bounds = Bounds { from, furthest, start, opening: start, limit };
            for proposal in pad(row, act.draws) {
                let seed = self.next_seed(act.node);
                match proposal.and_then(|p| bounds.check(p)) {
                    Ok(proposal) => {
                        self.meter.record(from, proposal.state.steps());
                        let flops = self.roles.proposer.flops(start..proposal.state.units());
                        self.verdict.proposer.succeeded();
                        self.push(act.node, origin, seed, proposal, flops);
                    }
                    Err(failure) => {
                        self.fail(from, &failure);
                        self.verdict.proposer.failed(failure);
                    }
                }
            }
        }
    }

    pub(super) fn grow_by_revision(&mut self, acts: &[Revise], mut drawn: Rows<S>, limit: Option<u64>) {
        let Some(reviser) = self.roles.reviser else { return };
        drawn.resize_with(acts.len(), Vec::new);
        for (act, row) in acts.iter().zip(drawn) {
            let parent = *act.attempts.last().expect("admitted revisions have attempts");
            let earlier: Vec<&S> = act.attempts.iter().map(|id| &self.states[id.index()]).collect();
            let opening = reviser.opening(&earlier);
            // The first revision pays for reading the attempts; the others share it.
            let mut start = 0;
            let bounds = Bounds { from: 0, furthest: u32::MAX, start: 0, opening, limit };
            for proposal in pad(row, act.draws) {
                let seed = self.next_seed(parent);
                match proposal.and_then(|p| bounds.check(p)) {
                    Ok(proposal) => {
                        self.meter.record(0, proposal.state.steps());
                        let units = proposal.state.units();
                        let flops = reviser.flops(start.min(units)..units);
                        self.verdict.reviser.succeeded();
                        self.push(parent, Origin::Revised, seed, proposal, flops);
                        start = opening;
                    }
                    Err(failure) => {
                        self.fail(0, &failure);
                        self.verdict.reviser.failed(failure);
                    }
                }
            }
        }
    }

    /// Seed of a node's next draw; failed draws use theirs up too, so that none is ever drawn twice.
    fn next_seed(&mut self, parent: NodeId) -> u64 {
        let ordinal = &mut self.drawn[parent.index()];
        *ordinal += 1;
        mix(self.tree.node(parent).seed, *ordinal - 1)
    }

    fn push(&mut self, parent: NodeId, origin: Origin, seed: u64, proposal: Proposal<S>, flops: f64) {
        let Proposal { state, status, drawn } = proposal;
        let drawing = Charge { units: drawn, flops };
        self.ledger.charged += drawing;
        let answers = status == Status::Complete && origin != Origin::Lookahead;
        let class = answers.then(|| self.class(&state)).flatten();
        let copies = status != Status::Truncated && origin != Origin::Lookahead;
        let copy_of = copies.then(|| self.original(&state, status)).flatten();
        let id = self.tree.push(Node {
            parent: Some(parent),
            origin,
            status,
            steps: state.steps(),
            units: state.units(),
            seed,
            drawing,
            verifying: Charge::default(),
            scores: None,
            failure: None,
            copy_of,
            class,
            children: Vec::new(),
        });
        if copies && copy_of.is_none() {
            self.originals.entry((status, state.steps())).or_default().push(id);
        }
        if class.is_some_and(|class| class.0 as usize == self.classes.len()) {
            self.classes.push(id);
        }
        self.states.push(state);
        self.read.push(false);
        self.drawn.push(0);
    }

    /// Class of a complete state's answer: that of the first equal one, or a new one.
    fn class(&self, state: &S) -> Option<ClassId> {
        let answers = self.roles.answers;
        if !answers.given(state) {
            return None;
        }
        let known = self.classes.iter().position(|first| answers.same(&self.states[first.index()], state));
        Some(ClassId(known.unwrap_or(self.classes.len()) as u32))
    }

    /// The first node with the same state, if there is one.
    fn original(&self, state: &S, status: Status) -> Option<NodeId> {
        let alike = self.originals.get(&(status, state.steps()))?;
        let copies = |first: &&NodeId| self.roles.answers.copies(&self.states[first.index()], state);
        alike.iter().find(copies).copied()
    }

    fn fail(&mut self, from: u32, failure: &Failure) {
        tracing::warn!(%failure, "a draw failed");
        self.meter.record(from, from + 1);
        self.ledger.failures += 1;
    }

    pub(super) fn score(
        &mut self,
        nodes: &[NodeId],
        mut scores: Vec<Result<Vec<f64>, Failure>>,
    ) -> Result<(), SearchError> {
        let granularity = self.roles.verifier.ok_or(SearchError::NoVerifier)?.granularity();
        scores.resize_with(nodes.len(), || Err(missing()));
        // As it was when they were asked: scoring one node can score an ancestor that it shares with the next.
        let known: Vec<Vec<f64>> = nodes.iter().map(|&id| self.known(id, granularity).to_vec()).collect();
        for ((&id, scores), known) in nodes.iter().zip(scores).zip(known) {
            let mut read = std::mem::take(&mut self.read);
            for (node, flops) in self.reading(id, &mut read) {
                self.tree.node_mut(node).verifying.flops += flops;
                self.ledger.charged.flops += flops;
            }
            self.read = read;
            match scores.and_then(|new| check_scores(&new, known, self.tree.node(id).steps, granularity)) {
                Ok(scores) => {
                    self.verdict.verifier.succeeded();
                    self.write_scores(id, scores, granularity);
                }
                Err(failure) => {
                    tracing::warn!(%failure, "a verification failed");
                    self.ledger.failures += 1;
                    self.tree.node_mut(id).failure = Some(failure.clone());
                    self.verdict.verifier.failed(failure);
                }
            }
        }
        Ok(())
    }

    /// Stores a node's scores. Step scores depend on nothing after their step, so unscored ancestors get theirs too.
    fn write_scores(&mut self, id: NodeId, scores: Vec<f64>, granularity: Granularity) {
        if granularity == Granularity::Step {
            let mut node = self.tree.node(id);
            while let (Some(parent), true) = (node.parent, node.origin != Origin::Revised) {
                node = self.tree.node(parent);
                if node.scores.is_some() || node.steps == 0 {
                    break;
                }
                let own = scores[..node.steps as usize].to_vec();
                self.scored(parent, own);
                node = self.tree.node(parent);
            }
        }
        self.scored(id, scores);
    }

    fn scored(&mut self, id: NodeId, scores: Vec<f64>) {
        let node = self.tree.node_mut(id);
        node.scores = Some(scores);
        node.failure = None;
    }
}

fn missing() -> Failure {
    Failure { reason: "the role did not answer this request".to_owned() }
}

/// Exactly `draws` entries: absent ones are failures, surplus ones are not looked at.
fn pad<S>(
    row: Vec<Result<Proposal<S>, Failure>>,
    draws: u32,
) -> impl Iterator<Item = Result<Proposal<S>, Failure>> {
    row.into_iter().chain(std::iter::repeat_with(|| Err(missing()))).take(draws as usize)
}

/// What a continuation or revision may be.
struct Bounds {
    /// Steps that it starts from, and the most that it may reach.
    from: u32,
    furthest: u32,
    /// Units of the state that it continues.
    start: u64,
    /// Units that stand before its first drawn one.
    opening: u64,
    /// Units that it may take.
    limit: Option<u64>,
}

impl Bounds {
    fn check<S: State>(&self, proposal: Proposal<S>) -> Result<Proposal<S>, Failure> {
        let (steps, units) = (proposal.state.steps(), proposal.state.units());
        let stuck = proposal.status == Status::Open && steps == self.from;
        let taken = proposal.drawn.max(units.saturating_sub(self.opening));
        let reason = if let Some(limit) = self.limit.filter(|&limit| taken > limit) {
            format!("took {taken} units where {limit} were allowed")
        } else if steps < self.from || units < self.start || stuck {
            "the state did not grow".to_owned()
        } else if steps > self.furthest {
            format!("took {} steps where {} were asked for", steps - self.from, self.furthest - self.from)
        } else {
            return Ok(proposal);
        };
        Err(Failure { reason })
    }
}

fn check_scores(
    new: &[f64],
    known: Vec<f64>,
    steps: u32,
    granularity: Granularity,
) -> Result<Vec<f64>, Failure> {
    let expected = match granularity {
        Granularity::Step => (steps as usize).saturating_sub(known.len()),
        Granularity::Whole => 1,
    };
    if new.len() != expected {
        return Err(Failure { reason: format!("{} scores where {expected} were expected", new.len()) });
    }
    if let Some(score) = new.iter().find(|score| !(0.0..=1.0).contains(*score)) {
        return Err(Failure { reason: format!("score {score} is not in 0..=1") });
    }
    let mut scores = known;
    scores.extend_from_slice(new);
    Ok(scores)
}
