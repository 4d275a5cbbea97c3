//! Performs what a strategy decides. The only place that meters.
//!
//! One loop: decide, admit (trim to the budget), perform in parts (or replay their records), grow the tree, tell the
//! observer.

mod admit;
mod grow;
mod parts;

use crate::journal::{Record, Reply};
use crate::meter::Meter;
use crate::{
    Answers, Assessed, Attempt, Budget, Charge, Choice, Decision, Drawn, Expansion, Failure, Ledger, Node,
    NodeId, Observer, ObserverError, Origin, Proposer, Revise, Reviser, State, Status, StopReason, Strategy,
    Tree, Verification, Verifier, mix,
};
use futures::future::{BoxFuture, Either, Shared, select};
use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};
use serde::{Deserialize, Serialize};
use std::num::NonZeroU32;
use std::time::Instant;

/// Resolves when a search should end with the best it has; many searches can share one.
pub type Cancellation = Shared<BoxFuture<'static, ()>>;

/// Who does the work.
pub struct Roles<'a, S> {
    /// Extends states.
    pub proposer: &'a dyn Proposer<S>,
    /// Scores states, if the strategy asks for it.
    pub verifier: Option<&'a dyn Verifier<S>>,
    /// Rewrites solutions, if the strategy asks for it.
    pub reviser: Option<&'a dyn Reviser<S>>,
    /// Tells which answers are equal.
    pub answers: &'a dyn Answers<S>,
}

/// How a search is run.
pub struct Settings<S> {
    /// Hard limits.
    pub budget: Budget,
    /// Every draw's seed derives from it and from the node's place in the tree.
    pub seed: u64,
    /// Ends the search early, with the best so far.
    pub cancel: Option<Cancellation>,
    /// Records of an earlier, interrupted search with the same settings: replayed, not performed again.
    pub checkpoint: Vec<Record<S>>,
    /// Whole solutions asked for in one call to a role; all calls of a decision are under way together. Small parts
    /// are recorded as they arrive, so that an interruption loses less; the tree does not depend on it.
    pub part: Option<NonZeroU32>,
}

impl<S> Settings<S> {
    /// A fresh search that only its budget ends early.
    pub fn new(budget: Budget, seed: u64) -> Self {
        Self { budget, seed, cancel: None, checkpoint: Vec::new(), part: None }
    }
}

/// Why a search ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ended {
    /// The strategy stopped.
    Stopped(StopReason),
    /// The budget did not allow all that the strategy decided.
    Budget,
    /// It was told to.
    Cancelled,
    /// A role failed for a whole batch.
    Failed {
        /// Which role: `proposer`, `verifier` or `reviser`.
        role: String,
        /// What it said.
        failure: Failure,
    },
}

impl Ended {
    /// What failed, if a role did, as a sentence.
    pub fn failure(&self) -> Option<String> {
        match self {
            Self::Failed { role, failure } => Some(format!("the {role} failed: {failure}")),
            _ => None,
        }
    }
}

/// What a search found and what it cost.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Outcome<S> {
    /// The chosen answer, and what spoke for each.
    pub choice: Choice,
    /// Why it ended.
    pub ended: Ended,
    /// The bill.
    pub ledger: Ledger,
    /// Generations that the strategy would have spent if nothing had stopped it.
    pub planned: Option<u32>,
    /// Everything that happened.
    pub tree: Tree,
    /// The states, by node id.
    pub states: Vec<S>,
}

impl<S> Outcome<S> {
    /// The chosen state, if any solution is complete.
    pub fn answer(&self) -> Option<&S> {
        self.choice.node.map(|id| self.state(id))
    }

    /// The state of a node of this tree.
    pub fn state(&self, id: NodeId) -> &S {
        &self.states[id.index()]
    }

    /// Generations left unspent by stopping early.
    pub fn saved(&self) -> u32 {
        match self.ended {
            Ended::Stopped(StopReason::Confident { .. }) => {
                self.planned.unwrap_or(0).saturating_sub(self.ledger.generations)
            }
            _ => 0,
        }
    }
}

/// A search that could not be carried out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SearchError {
    /// The strategy wants scores and nobody gives any.
    #[error("this strategy needs a verifier (choose one, or a strategy that votes)")]
    NoVerifier,
    /// The strategy wants revisions and nobody writes any.
    #[error("this strategy needs a reviser")]
    NoReviser,
    /// A strategy asked for something impossible: a fault in the strategy.
    #[error("the strategy made an impossible decision: {reason}")]
    BadDecision {
        /// What is wrong with it.
        reason: String,
    },
    /// A strategy kept deciding things that change nothing: a fault in the strategy.
    #[error("the strategy goes on without effect")]
    Stalled,
    /// The checkpoint belongs to another search. Records do not name the seed: whoever stores them stores it beside
    /// them.
    #[error(
        "record {index} of the checkpoint does not fit this search (other strategy, budget or question?)"
    )]
    ForeignCheckpoint {
        /// Which record, from 0.
        index: usize,
    },
    /// The observer could not do its part.
    #[error("the search could not be recorded")]
    Observer(#[from] ObserverError),
}

/// Runs `strategy` from `root` until it stops, the budget ends, or it is cancelled.
///
/// Deterministic: the same root, strategy, budget and seed give the same tree, as far as the roles answer the same
/// seed with the same draw; neither concurrency nor interruption and resumption changes it.
///
/// # Errors
/// [`SearchError`] if the search cannot be carried out at all. Failures of roles are part of the [`Outcome`].
pub async fn search<S: State>(
    root: S,
    strategy: &mut dyn Strategy,
    roles: &Roles<'_, S>,
    settings: Settings<S>,
    observer: &mut dyn Observer<S>,
) -> Result<Outcome<S>, SearchError> {
    let Settings { budget, seed, cancel, checkpoint, part } = settings;
    let mut executor = Executor::new(root, roles, budget, seed, part);
    let ended = executor.run(strategy, cancel, checkpoint, observer).await?;
    let choice = strategy.choose(&executor.tree);
    Ok(Outcome {
        choice,
        ended,
        ledger: executor.ledger,
        planned: strategy.generations(),
        tree: executor.tree,
        states: executor.states,
    })
}

struct Executor<'a, S> {
    roles: &'a Roles<'a, S>,
    budget: Budget,
    part: Option<NonZeroU32>,
    tree: Tree,
    states: Vec<S>,
    meter: Meter,
    ledger: Ledger,
    /// Whether the verifier has worked through a node's own positions, by node id.
    read: Vec<bool>,
    /// Draws asked for so far, failed ones included, by node id: ordinals of seeds.
    drawn: Vec<u64>,
    /// First node of each answer class, by class id.
    classes: Vec<NodeId>,
    trimmed: bool,
}

/// What the budget allows of a decision, at once.
struct Admitted {
    decision: Decision,
    /// Units that each draw may take.
    limit: Option<u64>,
    /// What can be admitted only once it is known what these draws cost.
    rest: Option<Decision>,
}

/// A decision, or what is left of it, and the size of the tree when it was made.
struct Unfinished {
    decision: Decision,
    since: usize,
}

/// A role's future reply; its name stands beside a failure.
type Call<'a, S> = BoxFuture<'a, Result<Reply<S>, (&'static str, Failure)>>;

impl<'a, S: State> Executor<'a, S> {
    fn new(root: S, roles: &'a Roles<'a, S>, budget: Budget, seed: u64, part: Option<NonZeroU32>) -> Self {
        let drawing = Charge { tokens: 0, flops: roles.proposer.flops(0..root.units()) };
        let node = Node {
            parent: None,
            origin: Origin::Root,
            status: Status::Open,
            steps: root.steps(),
            units: root.units(),
            seed: mix(seed, 0),
            drawing,
            verifying: Charge::default(),
            scores: None,
            class: None,
            children: Vec::new(),
        };
        Self {
            roles,
            budget,
            part,
            tree: Tree::new(node),
            states: vec![root],
            meter: Meter::default(),
            ledger: Ledger::default(),
            read: vec![false],
            drawn: vec![0],
            classes: Vec::new(),
            trimmed: false,
        }
    }

    async fn run(
        &mut self,
        strategy: &mut dyn Strategy,
        cancel: Option<Cancellation>,
        checkpoint: Vec<Record<S>>,
        observer: &mut dyn Observer<S>,
    ) -> Result<Ended, SearchError> {
        let reading = self.tree.node(NodeId::ROOT).drawing;
        if !self.affords(reading) {
            self.tree.node_mut(NodeId::ROOT).drawing = Charge::default();
            return Ok(Ended::Budget);
        }
        self.ledger.charged += reading;
        let mut checkpoint = Replay::new(checkpoint);
        let mut unfinished = None;
        let mut idle = 0;
        loop {
            let begun = unfinished.take();
            let fresh = begun.is_none();
            let Unfinished { decision, since } = begun.unwrap_or_else(|| Unfinished {
                decision: strategy.decide(&self.tree),
                since: self.tree.len(),
            });
            if let Decision::Stop(reason) = decision {
                let bound = self.trimmed && reason == StopReason::Finished;
                checkpoint.end()?;
                return Ok(if bound { Ended::Budget } else { Ended::Stopped(reason) });
            }
            let trimmed_before = std::mem::take(&mut self.trimmed);
            let Admitted { decision, limit, rest } = self.admit(decision, since)?;
            if decision.is_empty() && !fresh {
                // What was drawn of it can still be verified.
                self.trimmed |= trimmed_before;
                continue;
            }
            if decision.is_empty() {
                if self.trimmed {
                    checkpoint.end()?;
                    return Ok(Ended::Budget);
                }
                self.trimmed = trimmed_before;
                idle += 1;
                if idle > 3 {
                    return Err(SearchError::Stalled);
                }
                continue;
            }
            self.trimmed |= trimmed_before;
            idle = 0;
            unfinished = rest.map(|decision| Unfinished { decision, since });
            observer.decided(&decision, &self.tree);
            let parts = decision.parts(self.part);
            let mut records = checkpoint.take(&parts)?;
            let ended = self.perform(&parts, &mut records, limit, cancel.as_ref(), observer).await?;
            let last = records.iter().rposition(Option::is_some).map_or(0, |last| last + 1);
            for (part, record) in parts.iter().zip(records).take(last) {
                match record {
                    Some(record) => self.apply(record, limit)?,
                    None => self.skip(part),
                }
            }
            observer.changed(&self.tree, &self.states, &self.ledger);
            if let Some(ended) = ended {
                return Ok(ended);
            }
        }
    }

    /// Carries out the parts of an admitted decision that have no record yet, all at once, and records each as it
    /// arrives. Says why if not all came.
    async fn perform(
        &self,
        parts: &[Decision],
        records: &mut [Option<Record<S>>],
        limit: Option<u64>,
        cancel: Option<&Cancellation>,
        observer: &mut dyn Observer<S>,
    ) -> Result<Option<Ended>, SearchError> {
        let mut next = NextSeed::new(&self.tree, &self.drawn);
        let mut calls = FuturesUnordered::new();
        for (index, (part, record)) in parts.iter().zip(&*records).enumerate() {
            // Called for recorded parts too, whose seeds are used up.
            let call = self.call(part, limit, &mut next)?;
            if record.is_none() {
                calls.push(async move { (index, call.await) });
            }
        }
        let mut since = Instant::now();
        loop {
            let arrived = match cancel {
                None => calls.next().await,
                Some(cancel) => match select(cancel.clone(), calls.next()).await {
                    Either::Left(_) => return Ok(Some(Ended::Cancelled)),
                    Either::Right((arrived, _)) => arrived,
                },
            };
            let Some((index, answer)) = arrived else { return Ok(None) };
            let reply = match answer {
                Ok(reply) => reply,
                Err((role, failure)) => return Ok(Some(Ended::Failed { role: role.to_owned(), failure })),
            };
            let now = Instant::now();
            let seconds = (now - since).as_secs_f64();
            since = now;
            let record = Record { asked: parts[index].clone(), part: index as u32, reply, seconds };
            observer.performed(&record)?;
            records[index] = Some(record);
        }
    }

    /// The call that carries out a part of an admitted decision.
    fn call<'s>(
        &'s self,
        part: &Decision,
        limit: Option<u64>,
        next: &mut NextSeed<'_>,
    ) -> Result<Call<'s, S>, SearchError> {
        match part {
            Decision::Expand(acts) => {
                let batch: Vec<Expansion<'_, S>> = acts
                    .iter()
                    .map(|act| Expansion {
                        state: &self.states[act.node.index()],
                        seeds: next.seeds(act.node, act.draws),
                        reach: act.reach,
                        draw: act.draw,
                        limit,
                    })
                    .collect();
                let proposer = self.roles.proposer;
                Ok(async move { proposer.propose(&batch).await.map(Reply::Drawn).map_err(|f| ("proposer", f)) }
                    .boxed())
            }
            Decision::Verify(nodes) => {
                let verifier = self.roles.verifier.ok_or(SearchError::NoVerifier)?;
                let batch: Vec<Verification<'_, S>> = nodes
                    .iter()
                    .map(|&id| Verification {
                        state: &self.states[id.index()],
                        known: self.known(id, verifier.granularity()),
                    })
                    .collect();
                Ok(async move { verifier.verify(&batch).await.map(Reply::Assessed).map_err(|f| ("verifier", f)) }
                    .boxed())
            }
            Decision::Revise(acts) => {
                let reviser = self.roles.reviser.ok_or(SearchError::NoReviser)?;
                let batch: Vec<Attempt<'_, S>> = acts
                    .iter()
                    .map(|act| Attempt {
                        earlier: act.attempts.iter().map(|id| &self.states[id.index()]).collect(),
                        seeds: next.seeds(latest(act), act.draws),
                        limit,
                    })
                    .collect();
                Ok(async move { reviser.revise(&batch).await.map(Reply::Drawn).map_err(|f| ("reviser", f)) }
                    .boxed())
            }
            Decision::Stop(_) => unreachable!("stopping is not performed"),
        }
    }

    /// Passes over a part whose answer never came but that of a later one did: its seeds stay its own.
    fn skip(&mut self, part: &Decision) {
        match part {
            Decision::Expand(acts) => {
                for act in acts {
                    self.drawn[act.node.index()] += u64::from(act.draws);
                }
            }
            Decision::Revise(acts) => {
                for act in acts {
                    self.drawn[latest(act).index()] += u64::from(act.draws);
                }
            }
            Decision::Verify(_) | Decision::Stop(_) => {}
        }
    }

    /// Grows the tree by a role's answer and books its cost.
    fn apply(&mut self, record: Record<S>, limit: Option<u64>) -> Result<(), SearchError> {
        self.ledger.seconds += record.seconds;
        match (record.asked, record.reply) {
            (Decision::Expand(acts), Reply::Drawn(Drawn { drawn, usage })) => {
                self.ledger.proposer += usage;
                self.grow_by_expansion(&acts, drawn, limit);
            }
            (Decision::Verify(nodes), Reply::Assessed(Assessed { scores, usage })) => {
                self.ledger.verifier += usage;
                self.score(&nodes, scores)?;
            }
            (Decision::Revise(acts), Reply::Drawn(Drawn { drawn, usage })) => {
                self.ledger.reviser += usage;
                self.grow_by_revision(&acts, drawn, limit);
            }
            _ => return Err(SearchError::BadDecision { reason: "the reply is of another kind".to_owned() }),
        }
        self.ledger.generations = self.meter.generations();
        Ok(())
    }
}

/// The attempt that a revision is a child of.
fn latest(act: &Revise) -> NodeId {
    *act.attempts.last().expect("admitted revisions have attempts")
}

/// The records of an earlier search, decision by decision.
struct Replay<S> {
    records: std::iter::Enumerate<std::vec::IntoIter<Record<S>>>,
}

impl<S> Replay<S> {
    fn new(records: Vec<Record<S>>) -> Self {
        Self { records: records.into_iter().enumerate() }
    }

    /// The records of a decision's parts, in whatever order they arrived; only the last decision's may be too few.
    fn take(&mut self, parts: &[Decision]) -> Result<Vec<Option<Record<S>>>, SearchError> {
        let mut taken: Vec<Option<Record<S>>> = parts.iter().map(|_| None).collect();
        for (index, record) in self.records.by_ref().take(parts.len()) {
            let part = record.part as usize;
            match (parts.get(part), taken.get_mut(part)) {
                (Some(asked), Some(empty @ None)) if *asked == record.asked => *empty = Some(record),
                _ => return Err(SearchError::ForeignCheckpoint { index }),
            }
        }
        Ok(taken)
    }

    /// A search that ends before its checkpoint does is not the one that wrote it.
    fn end(&mut self) -> Result<(), SearchError> {
        self.records.next().map_or(Ok(()), |(index, _)| Err(SearchError::ForeignCheckpoint { index }))
    }
}

/// Hands out the seeds of a batch's draws: each node's next ones, also when it is named twice.
struct NextSeed<'t> {
    tree: &'t Tree,
    drawn: &'t [u64],
    given: std::collections::HashMap<NodeId, u64>,
}

impl<'t> NextSeed<'t> {
    fn new(tree: &'t Tree, drawn: &'t [u64]) -> Self {
        Self { tree, drawn, given: std::collections::HashMap::new() }
    }

    fn seeds(&mut self, node: NodeId, draws: u32) -> Vec<u64> {
        let parent = self.tree.node(node);
        let next = self.given.entry(node).or_insert(self.drawn[node.index()]);
        let first = *next;
        *next += u64::from(draws);
        (first..*next).map(|ordinal| mix(parent.seed, ordinal)).collect()
    }
}
