//! The three roles, and what the domain must say of answers. All batch-first and generic over the state.

use crate::{Draw, Reach, Status, Usage};
use serde::{Deserialize, Serialize};
use std::future::Future;
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;

/// A role's future answer. Dropping it withdraws the work.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, Failure>> + Send + 'a>>;

/// Why a role could not do what it was asked: for one draw, or for a whole batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{reason}")]
pub struct Failure {
    /// In the role's own words, causes included.
    pub reason: String,
}

impl Failure {
    /// The chain of an error's messages, outermost first.
    pub fn from_error(error: &dyn std::error::Error) -> Self {
        let mut reason = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            reason = format!("{reason}: {cause}");
            source = cause.source();
        }
        Self { reason }
    }
}

/// A request for continuations of one state, one for each seed.
#[derive(Debug, Clone)]
pub struct Expansion<'a, S> {
    /// What to continue.
    pub state: &'a S,
    /// One continuation is drawn for each.
    pub seeds: Vec<u64>,
    /// How far to go.
    pub reach: Reach,
    /// Whether to sample or to take the likeliest.
    pub draw: Draw,
    /// Units that each continuation may take, at most; a cut one comes back as [`Status::Truncated`].
    pub limit: Option<u64>,
}

/// One continuation or revision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Proposal<S> {
    /// The state reached.
    pub state: S,
    /// Whether it can go on.
    pub status: Status,
    /// Units drawn for it.
    pub drawn: u64,
}

/// The answer to a batch: `drawn[i][j]` answers seed `j` of request `i`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Drawn<S> {
    /// One bad draw fails its node, not the batch.
    pub drawn: Vec<Vec<Result<Proposal<S>, Failure>>>,
    /// What the whole batch cost.
    pub usage: Usage,
}

/// How often one state can be continued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Continuation {
    /// As often as anybody likes: text, a latent, a plan in a model of the world.
    Freely,
    /// One time, by one draw, after which the state is gone: a process that cannot be copied or taken back.
    Once,
}

/// Draws continuations.
pub trait Proposer<S>: Send + Sync {
    /// `batch[i]` is answered by `drawn[i]`.
    fn propose<'a>(&'a self, batch: &'a [Expansion<'a, S>]) -> Answer<'a, Drawn<S>>;

    /// How often one state can be continued. A strategy that wants more is refused before anything is drawn.
    fn continuation(&self) -> Continuation {
        Continuation::Freely
    }

    /// Units that one continuation takes at most, if there is a bound. Under a budget of units, those draws begin
    /// together that can all be drawn so far.
    fn longest(&self, _reach: Reach) -> Option<u64> {
        None
    }

    /// Floating-point operations to work through these positions (units) of a state, earlier ones being shared.
    fn flops(&self, _positions: Range<u64>) -> f64 {
        0.0
    }
}

/// What a verifier's scores belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Granularity {
    /// One score per step, each a function of the steps up to it alone (a PRM).
    Step,
    /// One score for the whole (an ORM).
    Whole,
}

/// A state to be scored.
#[derive(Debug, Clone)]
pub struct Verification<'a, S> {
    /// What to score.
    pub state: &'a S,
    /// Scores of its first steps, known from an ancestor; empty for a verifier of wholes.
    pub known: &'a [f64],
}

/// The answer to a batch of verifications.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Assessed {
    /// For each state the scores in 0..=1 of the steps past the known ones, or one score for the whole.
    pub scores: Vec<Result<Vec<f64>, Failure>>,
    /// What the whole batch cost.
    pub usage: Usage,
}

/// Scores states.
pub trait Verifier<S>: Send + Sync {
    /// `batch[i]` is answered by `scores[i]`.
    fn verify<'a>(&'a self, batch: &'a [Verification<'a, S>]) -> Answer<'a, Assessed>;

    /// What the scores belong to.
    fn granularity(&self) -> Granularity {
        Granularity::Step
    }

    /// How likely a right answer is judging by the question alone, before anything is drawn; `None` from a verifier that
    /// cannot tell. What it reads, the question, is read by every later verification as well.
    fn prior<'a>(&'a self, _root: &'a S) -> Answer<'a, Option<f64>> {
        Box::pin(async { Ok(None) })
    }

    /// Floating-point operations, at most, to score a state that grew by these positions since it was last scored.
    fn flops(&self, _positions: Range<u64>) -> f64 {
        0.0
    }

    /// What speaks against believing the scores, found out when the verifier was put together; `None` where nothing does.
    fn doubt(&self) -> Option<&str> {
        None
    }
}

/// A request for rewritten solutions, one for each seed.
#[derive(Debug, Clone)]
pub struct Attempt<'a, S> {
    /// Earlier attempts at the same question, oldest first; at least one.
    pub earlier: Vec<&'a S>,
    /// One revision is drawn for each.
    pub seeds: Vec<u64>,
    /// Units that each revision may take, at most.
    pub limit: Option<u64>,
}

/// Rewrites finished solutions.
pub trait Reviser<S>: Send + Sync {
    /// `batch[i]` is answered by `drawn[i]`.
    fn revise<'a>(&'a self, batch: &'a [Attempt<'a, S>]) -> Answer<'a, Drawn<S>>;

    /// Units that stand before the revision's first step: the question and the earlier attempts as it shows them.
    fn opening(&self, _earlier: &[&S]) -> u64 {
        0
    }

    /// Units that one revision takes at most, its opening not counted, if there is a bound.
    fn longest(&self) -> Option<u64> {
        None
    }

    /// Floating-point operations to work through these positions of a revision, earlier ones being shared.
    fn flops(&self, _positions: Range<u64>) -> f64 {
        0.0
    }
}

/// What the domain knows of answers, and of states that are the same.
pub trait Answers<S>: Send + Sync {
    /// Whether a complete state gives an answer at all; one that does not never votes.
    fn given(&self, state: &S) -> bool;
    /// Whether two complete states that give answers give the same one.
    fn same(&self, one: &S, other: &S) -> bool;
    /// Whether two states with as many steps, both open or both complete, are copies: everything that can be drawn from or
    /// said of one holds for the other. An equivalence; of no domain by default.
    fn copies(&self, _one: &S, _other: &S) -> bool {
        false
    }
}

impl<S, P: Proposer<S> + ?Sized> Proposer<S> for Arc<P> {
    fn propose<'a>(&'a self, batch: &'a [Expansion<'a, S>]) -> Answer<'a, Drawn<S>> {
        (**self).propose(batch)
    }
    fn continuation(&self) -> Continuation {
        (**self).continuation()
    }
    fn longest(&self, reach: Reach) -> Option<u64> {
        (**self).longest(reach)
    }
    fn flops(&self, positions: Range<u64>) -> f64 {
        (**self).flops(positions)
    }
}

impl<S, V: Verifier<S> + ?Sized> Verifier<S> for Arc<V> {
    fn verify<'a>(&'a self, batch: &'a [Verification<'a, S>]) -> Answer<'a, Assessed> {
        (**self).verify(batch)
    }
    fn granularity(&self) -> Granularity {
        (**self).granularity()
    }
    fn prior<'a>(&'a self, root: &'a S) -> Answer<'a, Option<f64>> {
        (**self).prior(root)
    }
    fn flops(&self, positions: Range<u64>) -> f64 {
        (**self).flops(positions)
    }
    fn doubt(&self) -> Option<&str> {
        (**self).doubt()
    }
}

impl<S, R: Reviser<S> + ?Sized> Reviser<S> for Arc<R> {
    fn revise<'a>(&'a self, batch: &'a [Attempt<'a, S>]) -> Answer<'a, Drawn<S>> {
        (**self).revise(batch)
    }
    fn opening(&self, earlier: &[&S]) -> u64 {
        (**self).opening(earlier)
    }
    fn longest(&self) -> Option<u64> {
        (**self).longest()
    }
    fn flops(&self, positions: Range<u64>) -> f64 {
        (**self).flops(positions)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::executor::block_on;

    struct Knowing;

    impl Verifier<u8> for Knowing {
        fn verify<'a>(&'a self, _: &'a [Verification<'a, u8>]) -> Answer<'a, Assessed> {
            Box::pin(async { Ok(Assessed { scores: Vec::new(), usage: Usage::default() }) })
        }
        fn granularity(&self) -> Granularity {
            Granularity::Whole
        }
        fn prior<'a>(&'a self, root: &'a u8) -> Answer<'a, Option<f64>> {
            Box::pin(async move { Ok(Some(f64::from(*root) / 10.0)) })
        }
        fn flops(&self, positions: Range<u64>) -> f64 {
            positions.end as f64
        }
    }

    #[test]
    fn a_shared_verifier_says_all_that_it_says_alone() {
        let shared: Arc<dyn Verifier<u8>> = Arc::new(Knowing);
        assert_eq!(block_on(Verifier::prior(&shared, &3)), Ok(Some(0.3)));
        assert_eq!(
            (Verifier::granularity(&shared), Verifier::flops(&shared, 0..5)),
            (Granularity::Whole, 5.0)
        );
    }
}
