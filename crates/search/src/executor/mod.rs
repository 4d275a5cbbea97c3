//! Performs what a strategy decides. The only place that meters.
//!
//! One loop: decide, admit (trim to the budget), perform in parts (or replay their records), grow the tree, tell the
//! observer.

mod admit;
mod grow;
mod outcome;
mod parts;
mod replay;
mod seeds;
mod verdict;

pub use outcome::{Ended, Outcome, SearchError};

use crate::journal::{Record, Reply};
use crate::meter::Meter;
use crate::{
    Answers, Assessed, Attempt, Budget, Charge, Decision, Drawn, Expansion, Failure, Ledger, Node, NodeId,
    Observer, Origin, Proposer, Revise, Reviser, State, Status, StopReason, Strategy, Tree, Verification,
    Verifier, mix,
};
use futures::future::{BoxFuture, Either, Shared, select};
use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};
use replay::Replay;
use seeds::NextSeed;
use std::collections::HashMap;
use std::num::NonZeroU32;
use std::time::Instant;
use verdict::Verdict;

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
    let around = Around { cancel, checkpoint: Replay::new(checkpoint), observer };
    let ended = executor.run(strategy, around).await?;
    let choice = strategy.choose(&executor.tree);
    executor.check_choice(&choice)?;
    let ended = executor.judge(ended, &choice);
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
    /// First node of each set of copies, by status and number of steps.
    originals: HashMap<(Status, u32), Vec<NodeId>>,
    verdict: Verdict,
    trimmed: bool,
}

/// What surrounds a search: what may end it, what it did before, who watches.
struct Around<'o, S> {
    cancel: Option<Cancellation>,
    checkpoint: Replay<S>,
    observer: &'o mut dyn Observer<S>,
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
        let drawing = Charge { units: 0, flops: roles.proposer.flops(0..root.units()) };
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
            failure: None,
            copy_of: None,
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
            originals: HashMap::new(),
            verdict: Verdict::default(),
            trimmed: false,
        }
    }

    async fn run(
        &mut self,
        strategy: &mut dyn Strategy,
        mut around: Around<'_, S>,
    ) -> Result<Ended, SearchError> {
        if !self.read_question() {
            return Ok(Ended::Budget);
        }
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
                around.checkpoint.end()?;
                return Ok(if bound { Ended::Budget } else { Ended::Stopped(reason) });
            }
            let trimmed_before = std::mem::take(&mut self.trimmed);
            let admitted = self.admit(decision, since)?;
            let (nothing, trimmed) = (admitted.decision.is_empty(), self.trimmed);
            self.trimmed |= trimmed_before;
            match (nothing, fresh) {
                (true, true) if trimmed => {
                    around.checkpoint.end()?;
                    return Ok(Ended::Budget);
                }
                (true, true) => {
                    idle += 1;
                    if idle > 3 {
                        return Err(SearchError::Stalled);
                    }
                }
                // What was drawn of it can still be verified.
                (true, false) => {}
                (false, _) => {
                    idle = 0;
                    if let Some(ended) = self.carry_out(&admitted, &mut around).await? {
                        return Ok(ended);
                    }
                    unfinished = admitted.rest.map(|decision| Unfinished { decision, since });
                }
            }
        }
    }

    /// Charges the question, if the budget affords to read it.
    fn read_question(&mut self) -> bool {
        let root = self.tree.node_mut(NodeId::ROOT);
        let reading = root.drawing;
        root.drawing = Charge::default();
        let affordable = self.affords(reading);
        if affordable {
            self.tree.node_mut(NodeId::ROOT).drawing = reading;
            self.ledger.charged += reading;
        }
        affordable
    }

    /// Performs what was admitted and grows the tree by it. Says why if not all of it came.
    async fn carry_out(
        &mut self,
        admitted: &Admitted,
        around: &mut Around<'_, S>,
    ) -> Result<Option<Ended>, SearchError> {
        around.observer.decided(&admitted.decision, &self.tree);
        let parts = admitted.decision.parts(self.part);
        let mut records = around.checkpoint.take(&parts)?;
        let ended = self.perform(&parts, &mut records, admitted.limit, around).await?;
        let last = records.iter().rposition(Option::is_some).map_or(0, |last| last + 1);
        for (part, record) in parts.iter().zip(records).take(last) {
            match record {
                Some(record) => self.apply(record, admitted.limit)?,
                None => self.skip(part),
            }
        }
        around.observer.changed(&self.tree, &self.states, &self.ledger);
        Ok(ended)
    }

    /// Carries out the parts of an admitted decision that have no record yet, all at once, and records each as it
    /// arrives. Says why if not all came.
    async fn perform(
        &self,
        parts: &[Decision],
        records: &mut [Option<Record<S>>],
        limit: Option<u64>,
        around: &mut Around<'_, S>,
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
            let arrived = match &around.cancel {
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
            around.observer.performed(&record)?;
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
