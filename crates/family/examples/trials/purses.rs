//! Solutions cut into steps in two ways: one line each, or one purse each.

use deliberate_lab::{Facts, Question};
use deliberate_search::{
    Answer, Answers, Assessed, Drawn, Expansion, Proposal, Proposer, Reach, State, Verification, Verifier,
};
use deliberate_text::Trace;
use std::sync::Arc;

/// A solution and the lines after which its steps end; every line past the last of them is a step.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Cut {
    pub(crate) trace: Trace,
    ends: Arc<[usize]>,
}

impl Cut {
    /// One line a step.
    pub(crate) fn lines(trace: Trace) -> Self {
        Self { trace, ends: Arc::from([]) }
    }

    /// One purse a step.
    pub(crate) fn purses(trace: Trace, question: &Question) -> Self {
        let Facts::Purses(purses) = &question.facts else { return Self::lines(trace) };
        let mut lines = 0;
        let end = |purse: &deliberate_lab::Purse| {
            lines += purse.offers.len();
            lines
        };
        Self { trace, ends: purses.0.iter().map(end).collect() }
    }

    fn at(&self, trace: Trace) -> Self {
        Self { trace, ends: Arc::clone(&self.ends) }
    }

    /// Lines after which the steps so far end. The last one may be cut short by the end of the solution.
    fn bounds(&self) -> Vec<usize> {
        let lines = self.trace.step_count();
        let mut bounds: Vec<usize> = self.ends.iter().copied().filter(|end| *end <= lines).collect();
        let last = self.ends.last().copied().unwrap_or(0);
        bounds.extend(last + 1..=lines);
        if lines > bounds.last().copied().unwrap_or(0) {
            bounds.push(lines);
        }
        bounds
    }

    /// Lines that so many steps more take.
    fn ahead(&self, steps: u32) -> u32 {
        let lines = self.trace.step_count();
        let next = |line: usize| self.ends.iter().copied().find(|end| *end > line).unwrap_or(line + 1);
        ((0..steps).fold(lines, |line, _| next(line)) - lines) as u32
    }
}

impl State for Cut {
    fn steps(&self) -> u32 {
        self.bounds().len() as u32
    }

    fn units(&self) -> u64 {
        self.trace.units()
    }
}

/// A proposer of lines draws steps.
pub(crate) struct Drawing<'a>(pub(crate) &'a dyn Proposer<Trace>);

impl Proposer<Cut> for Drawing<'_> {
    fn propose<'a>(&'a self, batch: &'a [Expansion<'a, Cut>]) -> Answer<'a, Drawn<Cut>> {
        Box::pin(async move {
            let of_lines = |one: &Expansion<'a, Cut>| Expansion {
                state: &one.state.trace,
                seeds: one.seeds.clone(),
                reach: match one.reach {
                    Reach::Steps(steps) => Reach::Steps(one.state.ahead(steps)),
                    Reach::End => Reach::End,
                },
                draw: one.draw,
                limit: one.limit,
            };
            let lines: Vec<Expansion<'_, Trace>> = batch.iter().map(of_lines).collect();
            let drawn = self.0.propose(&lines).await?;
            let rows = batch.iter().zip(drawn.drawn).map(|(from, row)| {
                let cut = |Proposal { state, status, drawn }| Proposal {
                    state: from.state.at(state),
                    status,
                    drawn,
                };
                row.into_iter().map(|draw| draw.map(cut)).collect()
            });
            Ok(Drawn { drawn: rows.collect(), usage: drawn.usage })
        })
    }
}

/// A verifier of lines scores steps, each by its last line.
pub(crate) struct Scoring<'a>(pub(crate) &'a dyn Verifier<Trace>);

impl Verifier<Cut> for Scoring<'_> {
    fn verify<'a>(&'a self, batch: &'a [Verification<'a, Cut>]) -> Answer<'a, Assessed> {
        Box::pin(async move {
            let whole: Vec<Verification<'_, Trace>> =
                batch.iter().map(|one| Verification { state: &one.state.trace, known: &[] }).collect();
            let mut assessed = self.0.verify(&whole).await?;
            for (one, scores) in batch.iter().zip(&mut assessed.scores) {
                let Ok(lines) = scores else { continue };
                let bounds = one.state.bounds();
                *lines = bounds[one.known.len()..].iter().map(|bound| lines[bound - 1]).collect();
            }
            Ok(assessed)
        })
    }
}

/// Answers are the traces'.
pub(crate) struct Final<'a>(pub(crate) &'a dyn Answers<Trace>);

impl Answers<Cut> for Final<'_> {
    fn given(&self, state: &Cut) -> bool {
        self.0.given(&state.trace)
    }

    fn same(&self, one: &Cut, other: &Cut) -> bool {
        self.0.same(&one.trace, &other.trace)
    }

    fn copies(&self, one: &Cut, other: &Cut) -> bool {
        self.0.copies(&one.trace, &other.trace)
    }
}
