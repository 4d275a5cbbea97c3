//! Roles that fail, answer too little or too much, and lie.

use super::Simulation;
use deliberate_search::simulated::{Sketch, Step};
use deliberate_search::{
    Answer, Assessed, Attempt, Drawn, Expansion, Failure, Granularity, Proposal, Proposer, Reviser, Status,
    Verification, Verifier, mix,
};
use std::ops::Range;

/// How often things go wrong, in 0..=1; every fault follows from a seed.
#[derive(Debug, Clone)]
pub struct Faulty {
    pub inner: Simulation,
    pub rate: f64,
    /// Work through a batch backwards, as a concurrent backend might.
    pub backwards: bool,
}

impl Faulty {
    /// Which fault strikes at this seed, if any.
    fn fault(&self, seed: u64) -> Option<u64> {
        let roll = mix(seed, 77);
        ((roll % 1000) < (self.rate * 1000.0) as u64).then_some((roll / 1000) % 6)
    }

    fn spoil(
        &self,
        result: Result<Proposal<Sketch>, Failure>,
        seed: u64,
    ) -> Result<Proposal<Sketch>, Failure> {
        let mut proposal = result?;
        match self.fault(seed) {
            None => {}
            Some(0) => return Err(Failure { reason: "out of memory".to_owned() }),
            Some(1) => proposal.drawn = u64::MAX,
            Some(2) => proposal.state.units += 1 << 20,
            Some(3) => {
                let step = Step { right: true, repetitions: 0, trail: seed };
                proposal.state.steps.extend([step; 3]);
            }
            Some(4) => proposal.state.steps.clear(),
            Some(_) => proposal.status = Status::Open,
        }
        Ok(proposal)
    }

    /// Loses the last answers of a batch now and then.
    fn lose<T>(&self, rows: &mut Vec<T>, seed: u64) {
        if self.fault(mix(seed, 5)) == Some(1) {
            rows.pop();
        }
    }
}

/// Answers each request by itself, forwards or backwards; the order must not matter.
fn each<T, R>(batch: &[T], backwards: bool, mut answer: impl FnMut(&T) -> R) -> Vec<R> {
    if backwards {
        let mut rows: Vec<R> = batch.iter().rev().map(answer).collect();
        rows.reverse();
        return rows;
    }
    batch.iter().map(&mut answer).collect()
}

fn now<T>(mut future: Answer<'_, T>) -> Result<T, Failure> {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match future.as_mut().poll(&mut context) {
        std::task::Poll::Ready(answer) => answer,
        std::task::Poll::Pending => unreachable!("simulated roles answer at once"),
    }
}

fn gather(rows: Vec<Drawn<Sketch>>) -> Drawn<Sketch> {
    let mut all = Drawn { drawn: Vec::new(), usage: deliberate_search::Usage::default() };
    for row in rows {
        all.drawn.extend(row.drawn);
        all.usage += row.usage;
    }
    all
}

impl Proposer<Sketch> for Faulty {
    fn propose<'a>(&'a self, batch: &'a [Expansion<'a, Sketch>]) -> Answer<'a, Drawn<Sketch>> {
        let mut drawn = gather(each(batch, self.backwards, |expansion| {
            now(self.inner.proposer.propose(std::slice::from_ref(expansion))).unwrap()
        }));
        for (expansion, row) in batch.iter().zip(&mut drawn.drawn) {
            for (seed, entry) in expansion.seeds.iter().zip(row.iter_mut()) {
                *entry = self.spoil(entry.clone(), *seed);
            }
            self.lose(row, expansion.seeds[0]);
        }
        Box::pin(std::future::ready(Ok(drawn)))
    }

    fn flops(&self, positions: Range<u64>) -> f64 {
        self.inner.proposer.flops(positions)
    }
}

impl Reviser<Sketch> for Faulty {
    fn revise<'a>(&'a self, batch: &'a [Attempt<'a, Sketch>]) -> Answer<'a, Drawn<Sketch>> {
        let mut drawn = gather(each(batch, self.backwards, |attempt| {
            now(self.inner.reviser.revise(std::slice::from_ref(attempt))).unwrap()
        }));
        for (attempt, row) in batch.iter().zip(&mut drawn.drawn) {
            for (seed, entry) in attempt.seeds.iter().zip(row.iter_mut()) {
                *entry = self.spoil(entry.clone(), *seed);
            }
            self.lose(row, attempt.seeds[0]);
        }
        Box::pin(std::future::ready(Ok(drawn)))
    }

    fn opening(&self, earlier: &[&Sketch]) -> u64 {
        self.inner.reviser.opening(earlier)
    }

    fn flops(&self, positions: Range<u64>) -> f64 {
        Reviser::flops(&self.inner.reviser, positions)
    }
}

impl Verifier<Sketch> for Faulty {
    fn verify<'a>(&'a self, batch: &'a [Verification<'a, Sketch>]) -> Answer<'a, Assessed> {
        let rows = each(batch, self.backwards, |one| {
            now(self.inner.verifier.verify(std::slice::from_ref(one))).unwrap()
        });
        let mut all = Assessed { scores: Vec::new(), usage: deliberate_search::Usage::default() };
        for row in rows {
            all.scores.extend(row.scores);
            all.usage += row.usage;
        }
        let mut first = None;
        for (one, entry) in batch.iter().zip(&mut all.scores) {
            let seed = one.state.steps.iter().fold(one.state.units, |seed, step| mix(seed, step.trail));
            first.get_or_insert(seed);
            let Ok(scores) = entry else { continue };
            match self.fault(seed) {
                None => {}
                Some(0) => *entry = Err(Failure { reason: "timeout".to_owned() }),
                Some(1) => scores.push(0.5),
                Some(2) => scores.fill(f64::NAN),
                Some(3) => scores.fill(7.0),
                Some(4) => scores.fill(f64::NEG_INFINITY),
                Some(_) => scores.clear(),
            }
        }
        if let Some(seed) = first {
            self.lose(&mut all.scores, seed);
        }
        Box::pin(std::future::ready(Ok(all)))
    }

    fn granularity(&self) -> Granularity {
        self.inner.verifier.granularity
    }

    fn flops(&self, positions: Range<u64>) -> f64 {
        Verifier::flops(&self.inner.verifier, positions)
    }
}
