//! The scheduler alone, over a memory of plain vectors: random requests, endings, withdrawals and failures.

mod common;

use common::capacity;
use deliberate_engine::scheduler::{Batch, Purpose, RequestId, Scheduler, SequenceId};
use deliberate_engine::slots::Operation;
use deliberate_engine::{Capacity, Variant};
use deliberate_lm::{Architecture, Token};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

const VARIANTS: Variant = 3;
const SHAPE: Architecture = Architecture { parameters: 10, layers: 1, attention_width: 4 };

/// What a request is known to be, besides what the scheduler believes.
struct Known {
    variant: Variant,
    given: Arc<[Token]>,
    samples: u32,
    /// Tokens of each sample that goes on.
    drawn: BTreeMap<u32, Vec<Token>>,
    unfinished: BTreeSet<u32>,
    marks: Option<Vec<usize>>,
    read: usize,
    waited: u32,
}

struct World {
    scheduler: Scheduler,
    capacity: Capacity,
    memory: Vec<Vec<Token>>,
    /// What each slot was evaluated with.
    variants: Vec<Variant>,
    known: BTreeMap<RequestId, Known>,
    rng: ChaCha8Rng,
    /// Batches whose spans were not next to each other, and batches.
    gaps: (u32, u32),
}

impl World {
    fn new(capacity: Capacity, seed: u64) -> Self {
        Self {
            scheduler: Scheduler::new(capacity, VARIANTS, SHAPE),
            capacity,
            variants: vec![0; capacity.slots as usize],
            memory: vec![Vec::new(); capacity.slots as usize],
            known: BTreeMap::new(),
            rng: ChaCha8Rng::seed_from_u64(seed),
            gaps: (0, 0),
        }
    }

    fn ask(&mut self) {
        let limit = self.capacity.slot_tokens.min(self.capacity.total_tokens);
        let length = self.rng.random_range(1..limit);
        // Few different tokens, in runs: many shared prefixes of all lengths.
        let mut token = self.rng.random_range(0..2);
        let mut given: Vec<Token> = Vec::new();
        for _ in 0..length {
            given.push(token);
            if self.rng.random_bool(0.1) {
                token = self.rng.random_range(0..2);
            }
        }
        let given: Arc<[Token]> = given.into();
        let score = self.rng.random_bool(0.3);
        let marks: Vec<usize> = (0..length).filter(|_| self.rng.random_bool(0.2)).collect();
        let samples = if score { 1 } else { self.rng.random_range(1..6) };
        let variant = self.rng.random_range(0..VARIANTS);
        let id = if score {
            self.scheduler.score(variant, Arc::clone(&given), marks.clone())
        } else {
            self.scheduler.generate(variant, Arc::clone(&given), samples)
        };
        let unfinished = (0..samples).collect();
        let marks = score.then_some(marks);
        let drawn = BTreeMap::new();
        let known = Known { variant, given, samples, drawn, unfinished, marks, read: 0, waited: 0 };
        self.known.insert(id, known);
    }

    fn step(&mut self) {
        let Some(batch) = self.scheduler.next() else {
            assert!(self.known.is_empty(), "requests are left but nothing is planned");
            return;
        };
        self.apply(&batch);
        if self.rng.random_bool(0.02) {
            for span in &batch.spans {
                self.memory[span.slot as usize] = vec![99; span.start];
            }
            for id in self.scheduler.failed(&batch) {
                self.known.remove(&id).expect("only live requests fail");
            }
            return;
        }
        self.scheduler.evaluated(&batch);
        self.check_slots();
        for row in &batch.rows {
            match row.purpose.clone() {
                Purpose::Draw(request, samples) => self.draw(request, samples),
                Purpose::Read(request, mark) => {
                    let known = self.known.get_mut(&request).expect("only live requests are read");
                    assert_eq!(mark, known.read, "every mark is read once, in order");
                    known.read += 1;
                }
            }
        }
        let scored: Vec<RequestId> =
            self.known.keys().copied().filter(|&id| self.scheduler.is_scored(id)).collect();
        for id in scored {
            if let Some(marks) = &self.known[&id].marks {
                assert_eq!(self.known[&id].read, marks.len());
                self.end(id);
            }
        }
        for known in self.known.values_mut() {
            known.waited += 1;
            assert!(known.waited < 20_000, "a request starves");
        }
    }

    /// Runs a batch on the plain memory, and checks all that a runtime relies on.
    fn apply(&mut self, batch: &Batch) {
        for &operation in &batch.operations {
            match operation {
                Operation::Copy { from, to, tokens } => {
                    assert_ne!(from, to);
                    self.memory[to as usize] = self.memory[from as usize][..tokens].to_vec();
                    self.variants[to as usize] = self.variants[from as usize];
                }
                Operation::Truncate { slot, tokens } => self.memory[slot as usize].truncate(tokens),
            }
        }
        let slots: Vec<_> = batch.spans.iter().map(|span| span.slot).collect();
        assert!(!slots.is_empty() && slots.windows(2).all(|pair| pair[0] < pair[1]), "leases never overlap");
        self.gaps.0 += u32::from(slots.windows(2).any(|pair| pair[0] + 1 != pair[1]));
        self.gaps.1 += 1;
        let total: usize = batch.spans.iter().map(|span| span.tokens.len()).sum();
        assert!(total <= self.capacity.batch_tokens);
        for span in &batch.spans {
            let memory = &mut self.memory[span.slot as usize];
            assert_eq!(memory.len(), span.start);
            let variant = &mut self.variants[span.slot as usize];
            if memory.is_empty() {
                *variant = span.variant;
            }
            assert_eq!(*variant, span.variant, "a slot holds tokens of one variant");
            memory.extend_from_slice(&span.tokens);
            assert!(memory.len() <= self.capacity.slot_tokens);
        }
        assert!(self.memory.iter().map(Vec::len).sum::<usize>() <= self.capacity.total_tokens);
        let mut rows = batch.rows.iter().map(|row| (row.span, row.token));
        for (index, span) in batch.spans.iter().enumerate() {
            for &token in &span.read {
                assert_eq!(rows.next(), Some((index, token)));
            }
        }
        assert_eq!(rows.next(), None);
        // What a row is read after is exactly what its request says.
        for row in &batch.rows {
            let span = &batch.spans[row.span];
            let held = &self.memory[span.slot as usize][..=span.start + row.token];
            match &row.purpose {
                Purpose::Read(request, mark) => {
                    let known = &self.known[request];
                    assert_eq!(span.variant, known.variant);
                    assert_eq!(held, &known.given[..=known.marks.as_ref().unwrap()[*mark]]);
                }
                Purpose::Draw(request, samples) => {
                    let known = &self.known[request];
                    assert_eq!(span.variant, known.variant);
                    let drawn = known.drawn.get(&samples.start).cloned().unwrap_or_default();
                    assert_eq!(held, [&known.given[..], &drawn].concat());
                    assert!(samples.len() == 1 || *samples == (0..known.samples) && known.drawn.is_empty());
                }
            }
        }
    }

    fn check_slots(&self) {
        for slot in 0..self.capacity.slots {
            assert_eq!(self.scheduler.slots().tokens(slot), self.memory[slot as usize]);
        }
    }

    fn draw(&mut self, request: RequestId, samples: std::ops::Range<u32>) {
        let room = self.capacity.slot_tokens.min(self.capacity.total_tokens);
        for sample in samples {
            let known = self.known.get_mut(&request).expect("only live requests draw");
            let drawn = known.drawn.entry(sample).or_default();
            let id = SequenceId { request, sample };
            let token = self.rng.random_range(0..2);
            if self.rng.random_bool(0.1) || known.given.len() + drawn.len() + 1 >= room {
                self.scheduler.finish(id);
                known.unfinished.remove(&sample);
            } else {
                drawn.push(token);
                self.scheduler.push(id, token);
            }
        }
        if self.known[&request].unfinished.is_empty() {
            self.end(request);
        }
    }

    fn end(&mut self, id: RequestId) {
        let known = self.known.remove(&id).expect("it was there");
        let usage = self.scheduler.remove(id);
        assert_eq!(usage.prefilled + usage.cached, known.given.len() as u64 * u64::from(known.samples));
        assert!(usage.prefilled > 0 && usage.prefilled <= known.given.len() as u64);
        assert!(usage.flops >= SHAPE.flops(0..1));
    }

    fn withdraw(&mut self) {
        let ids: Vec<RequestId> = self.known.keys().copied().collect();
        if !ids.is_empty() {
            let id = ids[self.rng.random_range(0..ids.len())];
            self.known.remove(&id);
            if self.rng.random_bool(0.5) {
                self.scheduler.discard(id);
            } else {
                self.scheduler.remove(id);
            }
        }
    }

    fn live(&mut self, steps: u32) {
        for _ in 0..steps {
            if self.known.len() < 12 && self.rng.random_bool(0.4) {
                self.ask();
            }
            if self.rng.random_bool(0.02) {
                self.withdraw();
            }
            self.step();
        }
        while !self.known.is_empty() {
            self.step();
        }
        assert!(self.scheduler.is_idle() && self.scheduler.active() == 0 && self.scheduler.pending() == 0);
    }
}

#[test]
fn thousands_of_random_operations_keep_memory_and_plan_in_step() {
    for seed in 0..12 {
        World::new(capacity(8, 60, 32), seed).live(800);
        World::new(capacity(1, 40, 16), seed).live(300);
        World::new(capacity(2, 40, 1), seed).live(300);
        World::new(capacity(16, 60, 7), seed).live(500);
    }
}

#[test]
fn a_shared_pool_is_never_exceeded_and_nobody_starves() {
    for seed in 0..12 {
        for total_tokens in [40, 60, 100, 200] {
            let pooled = Capacity { total_tokens, ..capacity(8, 60, 32) };
            World::new(pooled, seed).live(400);
        }
    }
}

#[test]
fn busy_slots_stay_next_to_each_other() {
    let mut world = World::new(capacity(48, 60, 512), 3);
    world.live(3000);
    let (gaps, batches) = world.gaps;
    assert!(gaps * 50 < batches, "{gaps} of {batches} batches had gaps");
}

#[test]
fn a_question_with_many_samples_does_not_keep_another_from_its_first() {
    let mut scheduler = Scheduler::new(capacity(16, 100, 512), 1, SHAPE);
    let crowd: Arc<[Token]> = vec![1; 10].into();
    for _ in 0..64 {
        scheduler.generate(0, Arc::clone(&crowd), 1);
    }
    // The prompt is evaluated before the other question comes.
    let first = scheduler.next().expect("there is work");
    scheduler.evaluated(&first);
    scheduler.push(SequenceId { request: 0, sample: 0 }, 5);
    let other = scheduler.generate(0, vec![2; 10].into(), 1);
    let second = scheduler.next().expect("there is work");
    let drawn = |purpose: &Purpose| matches!(purpose, Purpose::Draw(request, _) if *request == other);
    assert!(second.rows.iter().any(|row| drawn(&row.purpose)), "the other question waits for 64 samples");
    assert_eq!(scheduler.active(), 16, "and no slot is left idle for it");
}
