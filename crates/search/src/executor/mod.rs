//! Performs what a strategy decides. The only place that meters.
//!
//! One loop: decide, admit (trim to the budget), perform (or replay a record), grow the tree, tell the observer.

mod admit;
mod grow;

use crate::journal::{Record, Reply};
use crate::meter::Meter;
use crate::{
    Answers, Assessed, Attempt, Budget, Charge, Choice, Decision, Drawn, Expansion, Failure, Ledger, Node,
    NodeId, Observer, ObserverError, Origin, Proposer, Reviser, State, Status, StopReason, Strategy, Tree,
    Verification, Verifier, mix,
};
use futures::FutureExt;
use futures::future::{BoxFuture, Either, Shared, select};
use serde::{Deserialize, Serialize};
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
}

impl<S> Settings<S> {
    /// A fresh search that only its budget ends early.
    pub fn new(budget: Budget, seed: u64) -> Self {
        Self { budget, seed, cancel: None, checkpoint: Vec::new() }
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
        self.choice.node.map(|id| &self.states[id.index()])
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
    let Settings { budget, seed, cancel, checkpoint } = settings;
    let mut executor = Executor::new(root, roles, budget, seed);
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

/// A decision cut to what the budget allows, and the units that each draw may take.
struct Admitted {
    decision: Decision,
    limit: Option<u64>,
}

impl<'a, S: State> Executor<'a, S> {
    fn new(root: S, roles: &'a Roles<'a, S>, budget: Budget, seed: u64) -> Self {
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
        let mut checkpoint = checkpoint.into_iter().enumerate();
        let mut idle = 0;
        loop {
            let decision = strategy.decide(&self.tree);
            if let Decision::Stop(reason) = decision {
                let bound = self.trimmed && reason == StopReason::Finished;
                all_replayed(checkpoint.next())?;
                return Ok(if bound { Ended::Budget } else { Ended::Stopped(reason) });
            }
            let trimmed_before = std::mem::take(&mut self.trimmed);
            let Admitted { decision, limit } = self.admit(decision)?;
            if decision_is_empty(&decision) {
                if self.trimmed {
                    all_replayed(checkpoint.next())?;
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
            observer.decided(&decision, &self.tree);
            let record = if let Some((index, record)) = checkpoint.next() {
                if record.asked != decision {
                    return Err(SearchError::ForeignCheckpoint { index });
                }
                record
            } else {
                let started = Instant::now();
                let work = self.perform(&decision, limit)?;
                let answer = match &cancel {
                    None => work.await,
                    Some(cancel) => match select(cancel.clone(), work).await {
                        Either::Left(_) => return Ok(Ended::Cancelled),
                        Either::Right((answer, _)) => answer,
                    },
                };
                let reply = match answer {
                    Ok(reply) => reply,
                    Err((role, failure)) => return Ok(Ended::Failed { role: role.to_owned(), failure }),
                };
                let record = Record { asked: decision, reply, seconds: started.elapsed().as_secs_f64() };
                observer.performed(&record)?;
                record
            };
            self.apply(record, limit)?;
            observer.changed(&self.tree, &self.states, &self.ledger);
        }
    }

    /// The call that carries out an admitted decision.
    #[expect(clippy::type_complexity, reason = "one private future with the role's name in its error")]
    fn perform(
        &self,
        decision: &Decision,
        limit: Option<u64>,
    ) -> Result<BoxFuture<'_, Result<Reply<S>, (&'static str, Failure)>>, SearchError> {
        match decision {
            Decision::Expand(acts) => {
                let mut next = NextSeed::new(&self.tree, &self.drawn);
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
                let mut next = NextSeed::new(&self.tree, &self.drawn);
                let batch: Vec<Attempt<'_, S>> = acts
                    .iter()
                    .map(|act| {
                        let last = *act.attempts.last().expect("admitted revisions have attempts");
                        Attempt {
                            earlier: act.attempts.iter().map(|id| &self.states[id.index()]).collect(),
                            seeds: next.seeds(last, act.draws),
                            limit,
                        }
                    })
                    .collect();
                Ok(async move { reviser.revise(&batch).await.map(Reply::Drawn).map_err(|f| ("reviser", f)) }
                    .boxed())
            }
            Decision::Stop(_) => unreachable!("stopping is not performed"),
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

/// A search that ends before its checkpoint does is not the one that wrote it.
fn all_replayed<S>(left: Option<(usize, Record<S>)>) -> Result<(), SearchError> {
    left.map_or(Ok(()), |(index, _)| Err(SearchError::ForeignCheckpoint { index }))
}

fn decision_is_empty(decision: &Decision) -> bool {
    match decision {
        Decision::Expand(acts) => acts.is_empty(),
        Decision::Verify(nodes) => nodes.is_empty(),
        Decision::Revise(acts) => acts.is_empty(),
        Decision::Stop(_) => false,
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
