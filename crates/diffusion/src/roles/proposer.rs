//! A process as a proposer: continuations are walks down the levels. Operations are counted in function evaluations.

use crate::{Latent, Process, Walk};
use deliberate_search::{
    Answer, Answers, Draw, Drawn, Expansion, Failure, Proposal, Proposer, Reach, Status, Usage,
};
use std::ops::Range;
use std::sync::Arc;

impl Process {
    /// What a walk of at most `limit` steps came to, and its function evaluations.
    pub(crate) fn proposal(
        &self,
        from: u32,
        state: Latent,
        limit: Option<u64>,
    ) -> (Result<Proposal<Latent>, Failure>, u64) {
        let drawn = u64::from(state.step - from);
        let evaluations = self.evaluations(from.into()..state.step.into());
        if !state.x.iter().all(|x| x.is_finite()) {
            let sigma = self.sigma(state.step);
            let reason =
                format!("the sample is no longer finite at sigma {sigma} (take more or smaller steps)");
            return (Err(Failure { reason }), evaluations);
        }
        let status = if self.finished(&state) {
            Status::Complete
        } else if limit.is_some_and(|limit| drawn >= limit) {
            Status::Truncated
        } else {
            Status::Open
        };
        (Ok(Proposal { state, status, drawn }), evaluations)
    }
}

/// Steps that a limit of units leaves of those asked for; the limit itself only where it is what ends the walk.
pub(crate) fn bounded(asked: u32, limit: Option<u64>) -> (u32, Option<u64>) {
    match limit {
        Some(limit) if limit < u64::from(asked) => (limit as u32, Some(limit)),
        _ => (asked, None),
    }
}

impl Proposer<Latent> for Process {
    fn propose<'a>(&'a self, batch: &'a [Expansion<'a, Latent>]) -> Answer<'a, Drawn<Latent>> {
        let steps = |expansion: &Expansion<'_, Latent>| match expansion.reach {
            Reach::Steps(steps) => bounded(steps.max(1), expansion.limit),
            Reach::End => bounded(self.last_step() - expansion.state.step, expansion.limit),
        };
        let walks = batch.iter().flat_map(|expansion| {
            let (steps, _) = steps(expansion);
            let greedy = expansion.draw == Draw::Greedy;
            expansion.seeds.iter().map(move |&seed| Walk {
                steps,
                greedy,
                from: expansion.state.clone(),
                ..Walk::whole(seed)
            })
        });
        let mut ends = self.walk(walks.collect()).into_iter();
        let mut usage = Usage::default();
        let drawn = batch.iter().map(|expansion| {
            let (_, limit) = steps(expansion);
            let row = ends.by_ref().take(expansion.seeds.len()).map(|state| {
                let (proposal, evaluations) = self.proposal(expansion.state.step, state, limit);
                usage += Usage {
                    decoded: proposal.as_ref().map_or(0, |proposal| proposal.drawn),
                    flops: evaluations as f64,
                    ..Usage::default()
                };
                proposal
            });
            row.collect()
        });
        let drawn = drawn.collect();
        Box::pin(std::future::ready(Ok(Drawn { drawn, usage })))
    }

    fn longest(&self, reach: Reach) -> Option<u64> {
        let all = u64::from(self.last_step());
        Some(match reach {
            Reach::Steps(steps) => u64::from(steps).min(all),
            Reach::End => all,
        })
    }

    /// Function evaluations.
    fn flops(&self, positions: Range<u64>) -> f64 {
        self.evaluations(positions) as f64
    }
}

/// No two samples are the same answer, unless they are one and the same.
impl Answers<Latent> for Process {
    fn given(&self, _: &Latent) -> bool {
        true
    }

    fn same(&self, one: &Latent, other: &Latent) -> bool {
        Arc::ptr_eq(&one.x, &other.x)
    }
}
