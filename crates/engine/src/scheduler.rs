//! Decides what the model computes next, for all requests together.
//!
//! Pure: no tokio, no tensors, no clock. [`Scheduler::next`] plans one forward pass; whoever runs it reports back with
//! [`Scheduler::evaluated`] or [`Scheduler::failed`] and hands in the drawn tokens with [`Scheduler::push`].
//!
//! - Sequences that decode come first, then prompts in the order of their arrival, in chunks, up to the size of a
//!   batch.
//! - Sequences are admitted to slots in the order of their requests, but no prompt holds more than a quarter of the slots
//!   while others wait: one question with many samples does not keep the rest from theirs. One whose prefix is being evaluated by another
//!   right now waits for it and then copies, instead of evaluating it again.
//! - The samples of one request share one evaluation of the prompt: all draw their first token from the same row.
//! - When the pool is full the youngest sequence gives up its slot, keeps its drawn tokens and comes back later.

pub use crate::batch::{Batch, Purpose, RequestId, RowPlan, SequenceId, Tally};
use crate::compaction;
use crate::radix::common_prefix;
use crate::slots::{Claim, Lease, Operation, Slots};
use crate::{Capacity, Slot, Span, Variant};
use deliberate_lm::{Architecture, Token, Usage};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;
use std::sync::Arc;

#[derive(Debug)]
enum Work {
    /// Samples to draw; until the prompt is evaluated only the first one exists.
    Generate { samples: u32, forked: bool },
    /// Positions to read at, and how many of them have been read.
    Score { marks: Vec<usize>, read: usize },
}

#[derive(Debug)]
struct Request {
    variant: Variant,
    given: Arc<[Token]>,
    /// The same for all requests of this variant with these given tokens.
    prompt: u64,
    work: Work,
    /// Given tokens below this have been counted, as cached or as prefilled.
    counted: Option<usize>,
    prefilled: u64,
    flops: f64,
}

#[derive(Debug, Default)]
struct Sequence {
    drawn: Vec<Token>,
    lease: Option<Lease>,
    /// The first so many tokens are being evaluated by another sequence.
    awaits: Option<(SequenceId, usize)>,
    /// Tokens that it has ever evaluated or copied.
    reached: usize,
    /// When it was last part of a batch.
    served: u64,
}

/// A shared prefix shorter than this, and shorter than half of what a sequence has to evaluate, is not waited for.
const WORTH_WAITING: usize = 8;
/// Slots that a prompt may hold whatever waits: with fewer, prompts would drive one another out of the cache.
const LEAST_SHARE: usize = 4;
/// Tokens of the pool per busy sequence that must be free before another is admitted.
const HEADROOM: usize = 8;

/// Plans forward passes.
#[derive(Debug)]
pub struct Scheduler {
    slots: Slots,
    batch_tokens: usize,
    architecture: Architecture,
    prefix_cache: bool,
    requests: BTreeMap<RequestId, Request>,
    sequences: BTreeMap<SequenceId, Sequence>,
    pending: BTreeSet<SequenceId>,
    active: BTreeSet<SequenceId>,
    arrivals: RequestId,
    now: u64,
    tally: Tally,
}

impl Scheduler {
    /// A scheduler over empty slots, for so many variants of a model.
    pub fn new(capacity: Capacity, variants: Variant, architecture: Architecture) -> Self {
        // Slots with memory of their own never run into one another.
        let separate = capacity.slots as usize * capacity.slot_tokens <= capacity.total_tokens;
        let pool = if separate { usize::MAX } else { capacity.total_tokens };
        Self {
            slots: Slots::new(capacity.slots, variants, pool),
            batch_tokens: capacity.batch_tokens,
            architecture,
            prefix_cache: true,
            requests: BTreeMap::new(),
            sequences: BTreeMap::new(),
            pending: BTreeSet::new(),
            active: BTreeSet::new(),
            arrivals: 0,
            now: 0,
            tally: Tally::default(),
        }
    }

    /// The same scheduler, evaluating every prompt from its start, once for each sample.
    #[must_use]
    pub fn without_prefix_cache(mut self) -> Self {
        self.prefix_cache = false;
        self
    }

    /// Takes a prompt to be continued by so many samples. The prompt is not empty and fits a slot with a token to
    /// spare.
    pub fn generate(&mut self, variant: Variant, prompt: Arc<[Token]>, samples: u32) -> RequestId {
        self.add(variant, prompt, Work::Generate { samples, forked: false })
    }

    /// Takes a sequence to be read at some positions, which rise and are below its length. It is not empty and fits
    /// a slot.
    pub fn score(&mut self, variant: Variant, tokens: Arc<[Token]>, marks: Vec<usize>) -> RequestId {
        self.add(variant, tokens, Work::Score { marks, read: 0 })
    }

    /// Whether there is nothing to do.
    pub fn is_idle(&self) -> bool {
        self.sequences.is_empty()
    }

    /// Sequences in slots.
    pub fn active(&self) -> usize {
        self.active.len()
    }

    /// Sequences that wait for a slot or for a prefix.
    pub fn pending(&self) -> usize {
        self.pending.len()
    }

    /// What has happened so far.
    pub fn tally(&self) -> Tally {
        self.tally
    }

    /// The slots, to look at.
    pub fn slots(&self) -> &Slots {
        &self.slots
    }

    /// Plans the next forward pass; `None` if there is nothing to do.
    #[expect(clippy::should_implement_trait, reason = "it plans; it does not iterate")]
    pub fn next(&mut self) -> Option<Batch> {
        if self.sequences.is_empty() {
            return None;
        }
        self.now += 1;
        self.slots.tick();
        self.make_room();
        self.admit();
        self.close_gaps();
        let mut batch = self.fill();
        batch.operations = self.slots.take_operations();
        let copies = batch.operations.iter().filter(|operation| matches!(operation, Operation::Copy { .. }));
        self.tally.copies += copies.count() as u64;
        // A batch of nothing would be planned again and again.
        assert!(!batch.spans.is_empty(), "whatever waits, waits for something that is computed");
        Some(batch)
    }

    /// Notes that a batch has been computed. Drawn tokens follow by [`Self::push`] or [`Self::finish`].
    pub fn evaluated(&mut self, batch: &Batch) {
        for (span, id) in batch.spans.iter().zip(&batch.owners) {
            self.slots.extend(span.slot, span.variant, &span.tokens);
            let end = span.start + span.tokens.len();
            let request = self.requests.get_mut(&id.request).expect("a batch is of live requests");
            let sequence = self.sequences.get_mut(id).expect("a batch is of live sequences");
            request.flops += self.architecture.flops(span.start as u64..end as u64);
            let counted = request.counted.unwrap_or(0);
            let new = end.min(request.given.len()).saturating_sub(counted.max(span.start));
            let drawn = end.saturating_sub(span.start.max(request.given.len()).max(sequence.reached));
            request.counted = Some(counted.max(end.min(request.given.len())));
            request.prefilled += new as u64;
            self.tally.prefilled += new as u64;
            self.tally.decoded += drawn as u64;
            self.tally.repeated += (span.tokens.len() - new - drawn) as u64;
            sequence.reached = sequence.reached.max(end);
            sequence.served = self.now;
            if let Work::Score { marks, read } = &mut request.work {
                *read = marks.partition_point(|&mark| mark < end).max(*read);
            }
        }
    }

    /// Notes that a batch could not be computed: its requests are dropped and its slots emptied. Gives the requests.
    pub fn failed(&mut self, batch: &Batch) -> Vec<RequestId> {
        let requests: BTreeSet<RequestId> = batch.owners.iter().map(|id| id.request).collect();
        for &request in &requests {
            self.remove(request);
        }
        for span in &batch.spans {
            self.slots.clear(span.slot);
        }
        requests.into_iter().collect()
    }

    /// Drops a request whose slots cannot be trusted, with their content.
    pub fn discard(&mut self, request: RequestId) {
        let of_request = SequenceId { request, sample: 0 }..=SequenceId { request, sample: u32::MAX };
        let leases = self.sequences.range(of_request).filter_map(|(_, sequence)| sequence.lease.as_ref());
        let slots: Vec<Slot> = leases.map(Lease::slot).collect();
        self.remove(request);
        for slot in slots {
            self.slots.clear(slot);
        }
    }

    /// Adds a drawn token to a sample, which goes on.
    pub fn push(&mut self, id: SequenceId, token: Token) {
        let sequence = self.sequences.entry(id).or_insert_with(|| {
            self.pending.insert(id);
            Sequence::default()
        });
        sequence.drawn.push(token);
        if let Some(Request { work: Work::Generate { forked, .. }, .. }) = self.requests.get_mut(&id.request)
        {
            *forked = true;
        }
    }

    /// Ends a sample: its slot becomes idle. A sample that ended with its first token was never added.
    pub fn finish(&mut self, id: SequenceId) {
        self.sequences.remove(&id);
        self.pending.remove(&id);
        self.active.remove(&id);
        if let Some(Request { work: Work::Generate { forked, .. }, .. }) = self.requests.get_mut(&id.request)
        {
            *forked = true;
        }
    }

    /// Whether all tokens of a score request have been evaluated.
    pub fn is_scored(&self, request: RequestId) -> bool {
        let id = SequenceId { request, sample: 0 };
        self.sequences
            .get(&id)
            .is_some_and(|sequence| sequence.reached >= self.requests[&request].given.len())
    }

    /// Ends a request, done or not: its slots become idle. Gives what it cost, drawn tokens not counted.
    pub fn remove(&mut self, request: RequestId) -> Usage {
        let of_request = SequenceId { request, sample: 0 }..=SequenceId { request, sample: u32::MAX };
        let ids: Vec<SequenceId> = self.sequences.range(of_request).map(|(&id, _)| id).collect();
        for id in ids {
            self.finish(id);
        }
        let Some(Request { given, work, prefilled, flops, .. }) = self.requests.remove(&request) else {
            return Usage::default();
        };
        let samples = if let Work::Generate { samples, .. } = work { samples } else { 1 };
        let all = given.len() as u64 * u64::from(samples);
        Usage { prefilled, cached: all - prefilled, decoded: 0, flops }
    }

    fn add(&mut self, variant: Variant, given: Arc<[Token]>, work: Work) -> RequestId {
        let request = self.arrivals;
        self.arrivals += 1;
        let mut hasher = DefaultHasher::new();
        (variant, &given).hash(&mut hasher);
        let prompt = hasher.finish();
        let new = Request { variant, given, prompt, work, counted: None, prefilled: 0, flops: 0.0 };
        self.requests.insert(request, new);
        let id = SequenceId { request, sample: 0 };
        self.sequences.insert(id, Sequence::default());
        self.pending.insert(id);
        request
    }

    /// Tokens that a sequence consists of so far.
    fn length(&self, id: SequenceId) -> usize {
        self.requests[&id.request].given.len() + self.sequences[&id].drawn.len()
    }

    fn tokens(&self, id: SequenceId, range: Range<usize>) -> Vec<Token> {
        let given = &self.requests[&id.request].given;
        let drawn = &self.sequences[&id].drawn;
        let mut tokens = Vec::with_capacity(range.len());
        tokens.extend_from_slice(&given[range.start.min(given.len())..range.end.min(given.len())]);
        let past = |position: usize| position.saturating_sub(given.len());
        tokens.extend_from_slice(&drawn[past(range.start)..past(range.end)]);
        tokens
    }

    /// Tokens of a sequence that need not be evaluated if they are cached.
    fn reusable(&self, id: SequenceId) -> usize {
        // What a sequence drew itself it never gives up but by preemption.
        if !self.prefix_cache {
            return 0;
        }
        let last = self.length(id) - 1;
        match &self.requests[&id.request].work {
            Work::Generate { .. } => last,
            Work::Score { marks, read } => marks.get(*read).map_or(last, |&mark| mark.min(last)),
        }
    }

    fn slot(&self, id: SequenceId) -> Option<Slot> {
        self.sequences.get(&id)?.lease.as_ref().map(Lease::slot)
    }

    /// Tokens of an active sequence that stand in its slot.
    fn progress(&self, id: SequenceId) -> Option<usize> {
        self.slot(id).map(|slot| self.slots.len(slot))
    }

    fn remaining(&self, id: SequenceId) -> usize {
        self.length(id) - self.progress(id).unwrap_or(0)
    }

    /// Makes sure that every active sequence can grow by a token.
    fn make_room(&mut self) {
        while !self.slots.free(self.active.len()) && self.active.len() > 1 {
            let youngest = self.active.pop_last().expect("there are at least two");
            self.sequences.get_mut(&youngest).expect("active sequences live").lease = None;
            self.pending.insert(youngest);
            self.tally.preemptions += 1;
        }
    }

    fn admit(&mut self) {
        if !self.slots.any_idle() {
            return;
        }
        for id in self.waiting() {
            if !self.slots.any_idle() {
                return;
            }
            if let Some((other, enough)) = self.sequences[&id].awaits
                && self.progress(other).is_some_and(|progress| progress < enough)
            {
                continue;
            }
            let tokens = self.tokens(id, 0..self.length(id));
            let reusable = self.reusable(id);
            let variant = self.requests[&id.request].variant;
            let awaits = self.worth_awaiting(variant, &tokens, reusable);
            self.sequences.get_mut(&id).expect("pending sequences live").awaits = awaits;
            if awaits.is_some() {
                continue;
            }
            let headroom = HEADROOM * self.active.len();
            let claim = Claim { variant, tokens: &tokens, reusable, headroom };
            let busy = self.busy();
            let near = busy.first().copied().zip(busy.last().copied());
            let Some(lease) = self.slots.acquire(claim, near) else { return };
            let cached = self.slots.len(lease.slot());
            let request = self.requests.get_mut(&id.request).expect("sequences belong to live requests");
            request.counted.get_or_insert(cached.min(request.given.len()));
            let sequence = self.sequences.get_mut(&id).expect("pending sequences live");
            sequence.reached = sequence.reached.max(cached);
            sequence.lease = Some(lease);
            self.pending.remove(&id);
            self.active.insert(id);
        }
    }

    /// Who waits, in the order of being served: of each prompt a quarter of the slots, then of each another, and so on.
    fn waiting(&self) -> Vec<SequenceId> {
        let share = (self.slots.count() as usize / 4).max(LEAST_SHARE);
        let mut held: HashMap<u64, usize> = HashMap::new();
        for id in &self.active {
            *held.entry(self.requests[&id.request].prompt).or_default() += 1;
        }
        let mut waiting: Vec<(usize, SequenceId)> = Vec::with_capacity(self.pending.len());
        for &id in &self.pending {
            let held = held.entry(self.requests[&id.request].prompt).or_default();
            waiting.push((*held / share, id));
            *held += 1;
        }
        waiting.sort_unstable();
        waiting.into_iter().map(|(_, id)| id).collect()
    }

    /// The active sequence that is about to evaluate more of these tokens than the cache holds, if that saves enough.
    fn worth_awaiting(
        &self,
        variant: Variant,
        tokens: &[Token],
        reusable: usize,
    ) -> Option<(SequenceId, usize)> {
        let cached = self.slots.cached(variant, tokens).min(reusable);
        let mut best = None;
        for &other in &self.active {
            let Request { variant: of_other, given, .. } = &self.requests[&other.request];
            let progress = self.progress(other).unwrap_or(0);
            // What a sequence draws is not known before: only given tokens can be waited for.
            if *of_other != variant || progress >= given.len() {
                continue;
            }
            let shared = common_prefix(given, tokens).min(reusable);
            let saved = shared.saturating_sub(cached);
            let enough = saved >= WORTH_WAITING.min((tokens.len() - cached).div_ceil(2)).max(1);
            if shared > progress && enough && best.is_none_or(|(_, most)| shared > most) {
                best = Some((other, shared));
            }
        }
        best
    }

    /// Slots of active sequences, rising.
    fn busy(&self) -> Vec<Slot> {
        let mut busy: Vec<Slot> = self.active.iter().filter_map(|&id| self.slot(id)).collect();
        busy.sort_unstable();
        busy
    }

    /// Moves busy slots next to each other. A copy costs a fraction of a pass, a gap costs a pass in every batch from
    /// now on; and of what is cached at most the least recently used goes, once, for it leaves an empty slot.
    fn close_gaps(&mut self) {
        for (from, to) in compaction::moves(&self.busy()) {
            // While a copy is made both are held.
            let twice = self.slots.len(from).max(self.slots.len(to)) + self.active.len();
            if twice > self.slots.room() || !self.slots.evacuate(to) {
                continue;
            }
            let id = self.active.iter().copied().find(|&id| self.slot(id) == Some(from));
            let sequence = id.and_then(|id| self.sequences.get_mut(&id)).expect("a busy slot has a sequence");
            self.slots.relocate(sequence.lease.as_mut().expect("the slot is its own"), to);
        }
    }

    /// Distributes the tokens of a batch over the active sequences.
    fn fill(&mut self) -> Batch {
        let (mut decoding, prefilling): (Vec<SequenceId>, Vec<SequenceId>) =
            self.active.iter().partition(|&&id| self.remaining(id) == 1);
        // Longest not served first, which matters only when not all fit.
        decoding.sort_by_key(|id| (self.sequences[id].served, *id));
        let reserve = if prefilling.is_empty() { 0 } else { self.batch_tokens / 4 };
        decoding.truncate(self.batch_tokens - reserve);
        let mut budget = self.batch_tokens - decoding.len();
        let mut shares: Vec<(SequenceId, usize)> = decoding.into_iter().map(|id| (id, 1)).collect();
        for id in prefilling {
            if budget == 0 {
                break;
            }
            // A token for everyone else stays free.
            let others = self.active.len() - 1;
            let wanted = self.remaining(id).min(budget);
            self.slots.free(wanted + others);
            let planned: usize = shares.iter().map(|&(_, share)| share.saturating_sub(1)).sum();
            let share = wanted.min(self.slots.room().saturating_sub(others + planned).max(1));
            shares.push((id, share));
            budget -= share;
        }
        shares.sort_by_key(|&(id, _)| self.slot(id));
        let mut batch = Batch::default();
        for (id, share) in shares {
            self.plan(&mut batch, id, share);
        }
        batch
    }

    fn plan(&self, batch: &mut Batch, id: SequenceId, share: usize) {
        let slot = self.slot(id).expect("active sequences have a slot");
        let start = self.slots.len(slot);
        let end = start + share;
        let span = batch.spans.len();
        let mut read = Vec::new();
        let mut row = |position: usize, purpose| {
            read.push(position - start);
            batch.rows.push(RowPlan { span, token: position - start, purpose });
        };
        let Request { variant, work, .. } = &self.requests[&id.request];
        match work {
            Work::Generate { samples, forked } if end == self.length(id) => {
                let drawing = if *forked { id.sample..id.sample + 1 } else { 0..*samples };
                row(end - 1, Purpose::Draw(id.request, drawing));
            }
            Work::Generate { .. } => {}
            Work::Score { marks, read } => {
                for (index, &mark) in
                    marks.iter().enumerate().skip(*read).take_while(|&(_, &mark)| mark < end)
                {
                    row(mark, Purpose::Read(id.request, index));
                }
            }
        }
        batch.spans.push(Span { slot, variant: *variant, start, tokens: self.tokens(id, start..end), read });
        batch.owners.push(id);
    }
}
