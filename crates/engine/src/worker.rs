//! The model thread: takes requests off the queue, runs what the scheduler plans, draws tokens, answers.

use crate::draft::Draft;
use crate::logits::{LogitError, Row};
use crate::metrics::Counters;
use crate::sampler::Distribution;
use crate::scheduler::{Batch, Purpose, RequestId, Scheduler, SequenceId};
use crate::slots::Operation;
use crate::{ModelRuntime, RuntimeError, Serving, Tokenizer, Turns, Variant};
use deliberate_lm::{
    GenerateRequest, Generation, Listener, LmError, ModelFacts, Reading, ScoreRequest, Scoring, Token,
    TokenStat, Usage,
};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

/// Where an answer goes; closed when the caller has lost interest.
type Reply<T> = oneshot::Sender<Result<T, LmError>>;

/// A request on its way to the model thread.
pub(crate) enum Job {
    /// Draw; a listener hears the first continuation.
    Generate(Variant, GenerateRequest, Option<Listener>, Reply<Generation>),
    /// Read.
    Score(Variant, ScoreRequest, Reply<Scoring>),
}

/// A request that the scheduler knows.
enum Live {
    Generate { request: GenerateRequest, drafts: Vec<Draft>, reply: Reply<Generation> },
    Score { request: ScoreRequest, readings: Vec<Reading>, reply: Reply<Scoring> },
}

impl Live {
    fn is_abandoned(&self) -> bool {
        match self {
            Self::Generate { reply, .. } => reply.is_closed(),
            Self::Score { reply, .. } => reply.is_closed(),
        }
    }

    /// Answers with an error; a caller that is gone does not mind.
    fn fail(self, error: LmError) {
        match self {
            Self::Generate { reply, .. } => drop(reply.send(Err(error))),
            Self::Score { reply, .. } => drop(reply.send(Err(error))),
        }
    }
}

/// What a forward pass gave, kept aside until all of it is known to have succeeded.
#[derive(Default)]
struct Harvest {
    rows: usize,
    /// A row came that was not planned, or did not come.
    astray: bool,
    drawn: Vec<(SequenceId, Token, TokenStat)>,
    read: Vec<(RequestId, Reading)>,
    spoilt: Vec<(RequestId, LogitError)>,
}

/// What the model thread shares with others.
pub(crate) struct Shares {
    pub(crate) facts: Arc<ModelFacts>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) serving: Serving,
}

/// Everything that lives on the model thread.
pub(crate) struct Worker<R> {
    runtime: R,
    facts: Arc<ModelFacts>,
    counters: Arc<Counters>,
    turns: Turns,
    tokenizer: Arc<dyn Tokenizer>,
    scheduler: Scheduler,
    live: BTreeMap<RequestId, Live>,
    /// Requests that the scheduler looks at; the others wait in the queue, which holds their callers back.
    window: usize,
}

impl<R: ModelRuntime> Worker<R> {
    pub(crate) fn new(runtime: R, shares: Shares) -> Self {
        let Shares { facts, counters, serving: Serving { turns, prefix_cache } } = shares;
        let capacity = runtime.capacity();
        let variants = 1 + runtime.adapters().len() as Variant;
        let scheduler = Scheduler::new(capacity, variants, facts.architecture.unwrap_or_default());
        Self {
            tokenizer: runtime.tokenizer(),
            scheduler: if prefix_cache { scheduler } else { scheduler.without_prefix_cache() },
            runtime,
            facts,
            counters,
            turns,
            live: BTreeMap::new(),
            window: (2 * capacity.slots as usize).max(16),
        }
    }

    /// Works until no handle is left.
    pub(crate) fn run(&mut self, queue: &mut mpsc::Receiver<Job>) {
        loop {
            if self.live.is_empty() {
                // Nothing to compute: sleep until someone asks.
                let Some(job) = queue.blocking_recv() else { return };
                self.accept(job);
            }
            while self.live.len() < self.window
                && let Ok(job) = queue.try_recv()
            {
                self.accept(job);
            }
            self.forget_abandoned();
            if let Some(batch) = self.scheduler.next() {
                self.compute(&batch);
            }
            self.counters.observe(&self.scheduler);
        }
    }

    fn accept(&mut self, job: Job) {
        match job {
            Job::Generate(variant, request, listener, reply) if !reply.is_closed() => {
                let samples = request.seeds.len() as u32;
                let id = self.scheduler.generate(variant, Arc::clone(&request.prompt), samples);
                let draft = |&seed: &u64| Draft::new(&request, seed, self.facts.context);
                let mut drafts: Vec<Draft> = request.seeds.iter().map(draft).collect();
                drafts[0].listener = listener;
                self.live.insert(id, Live::Generate { request, drafts, reply });
            }
            Job::Score(variant, request, reply) if !reply.is_closed() => {
                let marks = request.marks.iter().map(|mark| mark.position).collect();
                let id = self.scheduler.score(variant, Arc::clone(&request.tokens), marks);
                self.live.insert(id, Live::Score { request, readings: Vec::new(), reply });
            }
            Job::Generate(..) | Job::Score(..) => {}
        }
    }

    /// Frees what dropped futures held.
    fn forget_abandoned(&mut self) {
        let scheduler = &mut self.scheduler;
        self.live.retain(|&id, live| {
            let keep = !live.is_abandoned();
            if !keep {
                scheduler.remove(id);
            }
            keep
        });
    }

    fn compute(&mut self, batch: &Batch) {
        let _span =
            tracing::trace_span!("batch", spans = batch.spans.len(), rows = batch.rows.len()).entered();
        let turns = self.turns.clone();
        let turn = turns.take();
        self.apply(&batch.operations);
        let mut harvest = Harvest::default();
        let live = &mut self.live;
        let outcome = self.runtime.forward(&batch.spans, &mut |span, token, logits| {
            gather(batch, live, &mut harvest, (span, token), logits);
        });
        drop(turn);
        let tokens: usize = batch.spans.iter().map(|span| span.tokens.len()).sum();
        Counters::add(&self.counters.batches, 1);
        Counters::add(&self.counters.batch_tokens, tokens as u64);
        let outcome = outcome.and_then(|()| {
            let complete = harvest.rows == batch.rows.len() && !harvest.astray;
            let reason = || "the runtime did not give the logits that were asked for".to_string();
            if complete { Ok(()) } else { Err(RuntimeError { reason: reason() }) }
        });
        match outcome {
            Ok(()) => self.settle(batch, harvest),
            Err(error) => {
                tracing::warn!(model = self.facts.name, %error, "a batch failed");
                for id in self.scheduler.failed(batch) {
                    self.fail(id, &error.reason);
                }
            }
        }
    }

    fn apply(&mut self, operations: &[Operation]) {
        for &operation in operations {
            match operation {
                Operation::Copy { from, to, tokens } => self.runtime.copy(from, to, tokens),
                Operation::Truncate { slot, tokens } => self.runtime.truncate(slot, tokens),
            }
        }
    }

    /// Books a batch that succeeded.
    fn settle(&mut self, batch: &Batch, harvest: Harvest) {
        self.scheduler.evaluated(batch);
        for (id, error) in harvest.spoilt {
            self.scheduler.discard(id);
            self.fail(id, &error.to_string());
        }
        let mut touched: Vec<RequestId> = harvest.drawn.iter().map(|(id, ..)| id.request).collect();
        for (id, token, stat) in harvest.drawn {
            let Some(Live::Generate { request, drafts, .. }) = self.live.get_mut(&id.request) else {
                continue;
            };
            let draft = &mut drafts[id.sample as usize];
            Counters::add(&self.counters.drawn, 1);
            if draft.take((token, stat), request, &self.facts, &*self.tokenizer) {
                self.scheduler.finish(id);
            } else {
                self.scheduler.push(id, token);
            }
        }
        for (id, reading) in harvest.read {
            if let Some(Live::Score { readings, .. }) = self.live.get_mut(&id) {
                readings.push(reading);
            }
        }
        touched.dedup();
        touched.extend(
            self.live.iter().filter(|(_, live)| matches!(live, Live::Score { .. })).map(|(&id, _)| id),
        );
        for id in touched {
            self.answer(id);
        }
    }

    /// Answers a request if it is done.
    fn answer(&mut self, id: RequestId) {
        let done = match self.live.get(&id) {
            Some(Live::Generate { drafts, .. }) => drafts.iter().all(Draft::is_finished),
            Some(Live::Score { .. }) => self.scheduler.is_scored(id),
            None => false,
        };
        if !done {
            return;
        }
        let usage = self.scheduler.remove(id);
        Counters::add(&self.counters.cached, usage.cached);
        Counters::add(&self.counters.answered, 1);
        // So that a caller that reads the counters after its answer finds itself in them.
        self.counters.observe(&self.scheduler);
        match self.live.remove(&id) {
            Some(Live::Generate { drafts, reply, .. }) => {
                let samples: Vec<_> = drafts.into_iter().map(Draft::into_sample).collect();
                let decoded = samples.iter().map(|sample| sample.tokens.len() as u64).sum();
                drop(reply.send(Ok(Generation { samples, usage: Usage { decoded, ..usage } })));
            }
            Some(Live::Score { readings, reply, .. }) => drop(reply.send(Ok(Scoring { readings, usage }))),
            None => {}
        }
    }

    fn fail(&mut self, id: RequestId, reason: &str) {
        if let Some(live) = self.live.remove(&id) {
            Counters::add(&self.counters.answered, 1);
            live.fail(LmError::Backend { model: self.facts.name.clone(), reason: reason.to_string() });
        }
    }
}

/// Takes one row of logits while it is there.
fn gather(
    batch: &Batch,
    live: &mut BTreeMap<RequestId, Live>,
    harvest: &mut Harvest,
    (span, token): (usize, usize),
    logits: &[f32],
) {
    let Some(plan) = batch.rows.get(harvest.rows).filter(|plan| plan.span == span && plan.token == token)
    else {
        harvest.astray = true;
        return;
    };
    harvest.rows += 1;
    let (Purpose::Draw(id, _) | Purpose::Read(id, _)) = plan.purpose;
    let row = match Row::new(logits) {
        Ok(row) => row,
        Err(error) => {
            harvest.spoilt.push((id, error));
            return;
        }
    };
    match (&plan.purpose, live.get_mut(&id)) {
        (Purpose::Draw(_, samples), Some(Live::Generate { request, drafts, .. })) => {
            let distribution = Distribution::new(&row, &request.sampling);
            for sample in samples.clone() {
                let token = distribution.draw(&row, drafts[sample as usize].uniform());
                harvest.drawn.push((SequenceId { request: id, sample }, token, row.stat(token)));
            }
        }
        (Purpose::Read(_, mark), Some(Live::Score { request, .. })) => {
            let candidates = &request.marks[*mark].candidates;
            let logprobs = candidates.iter().map(|&token| row.logprob(token)).collect();
            harvest.read.push((id, Reading { logprobs, certainty: row.certainty() }));
        }
        _ => harvest.astray = true,
    }
}
