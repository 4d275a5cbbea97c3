//! The roles that search calls: plans are drawn and redrawn in the model, and every imagined step is counted.

use crate::policy::Place;
use crate::verifier::Judge;
use crate::{Dice, Model, Plan, Policy, Task};
use deliberate_search::{
    Answer, Assessed, Attempt, Draw, Drawn, Expansion, Granularity, Proposal, Proposer, Reach, Reviser,
    State, Status, Usage, Verification, Verifier, mix,
};
use rand::{Rng, SeedableRng};
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;

/// A model, and what is tried in it.
pub struct Imagination<'m, T: Task> {
    /// Rules and repertoire.
    pub task: &'m T,
    /// What was observed last: where all plans begin.
    pub now: T::Situation,
    /// What is believed of the world.
    pub model: &'m dyn Model<T>,
    /// Where moves come from.
    pub policy: &'m dyn Policy<T>,
    /// What scores plans.
    pub judge: &'m Judge<T>,
    /// Moves of a whole plan.
    pub horizon: u32,
    /// Moves of all futures of a plan.
    pub futures: u32,
    /// How a plan is made from others.
    pub refit: Refit,
    /// Steps really imagined, those included that a deadline made useless before the executor saw them.
    pub made: AtomicU64,
}

/// How much each of several plans counts when a new one is drawn from them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Refit {
    /// All the same: they are the elites (cross-entropy method).
    Elites,
    /// By the exponential of their scores over this temperature (model-predictive path integral).
    Softmax {
        /// In units of score.
        temperature: f64,
    },
}

/// Probability that a draw keeps to what remains of the last plan.
const WARM: f64 = 0.5;

impl<T: Task> Imagination<'_, T> {
    /// Nothing planned yet, and what remains of the last plan.
    pub fn root(&self, guess: Arc<[T::Action]>) -> Plan<T> {
        Plan::new(&self.now, self.futures as usize, guess)
    }

    fn status(&self, plan: &Plan<T>) -> Status {
        if plan.over() || plan.actions.len() as u32 >= self.horizon { Status::Complete } else { Status::Open }
    }

    /// Goes on to `furthest` moves, choosing each by `next`, within a limit of imagined steps.
    fn roll(
        &self,
        from: &Plan<T>,
        furthest: u32,
        limit: Option<u64>,
        seed: u64,
        mut next: impl FnMut(&Plan<T>) -> T::Action,
    ) -> Proposal<Plan<T>> {
        let (mut plan, before) = (from.clone(), from.units());
        let mut status = self.status(&plan);
        while status == Status::Open && plan.steps() < furthest {
            let price = plan.futures.iter().filter(|future| future.end.is_none()).count() as u64;
            if limit.is_some_and(|limit| plan.units() - before + price > limit) {
                status = Status::Truncated;
                break;
            }
            let action = next(&plan);
            plan.advance(self.task, self.model, action, seed);
            status = self.status(&plan);
        }
        let drawn = plan.units() - before;
        self.made.fetch_add(drawn, Ordering::Relaxed);
        Proposal { state: plan, status, drawn }
    }

    fn extend(&self, expansion: &Expansion<'_, Plan<T>>, seed: u64) -> Proposal<Plan<T>> {
        let made = expansion.state.actions.len() as u32;
        let furthest = match expansion.reach {
            Reach::Steps(steps) => made.saturating_add(steps),
            Reach::End => self.horizon,
        };
        let mut dice = Dice::seed_from_u64(mix(seed, 0));
        let sampled = expansion.draw == Draw::Sample;
        let warm = if sampled { dice.random_bool(WARM) } else { true };
        // One in four of the warm draws keeps to the plan exactly, so that a good one is never lost to noise.
        let exact = if sampled { dice.random_bool(0.25) } else { true };
        self.roll(expansion.state, furthest, expansion.limit, seed, |plan| {
            let guess = plan.guess.get(plan.actions.len()).filter(|_| warm);
            match guess {
                Some(action) if exact => action.clone(),
                Some(action) => self.task.draw(&self.task.near(action), &mut dice),
                None => {
                    let alive = plan.futures.iter().find(|future| future.end.is_none());
                    let situation = &alive.unwrap_or(&plan.futures[0]).situation;
                    let place = Place { situation, before: plan.actions.last() };
                    let spread = self.policy.moves(self.task, &place, &mut dice);
                    if sampled { self.task.draw(&spread, &mut dice) } else { self.task.likeliest(&spread) }
                }
            }
        })
    }

    /// The distribution of each move over several plans.
    fn fit(&self, plans: &[&Plan<T>]) -> Vec<T::Spread> {
        let scores: Vec<f64> = plans.iter().map(|plan| self.judge.score(self.task, plan)).collect();
        let highest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let weight = |score: f64| match self.refit {
            Refit::Elites => 1.0,
            Refit::Softmax { temperature } => ((score - highest) / temperature).exp(),
        };
        (0..self.horizon as usize)
            .map(|place| {
                let at = plans
                    .iter()
                    .zip(&scores)
                    .filter_map(|(plan, &s)| Some((plan.actions.get(place)?, weight(s))));
                let weighted: Vec<(&T::Action, f64)> = at.collect();
                if weighted.is_empty() { self.task.any() } else { self.task.fit(&weighted) }
            })
            .collect()
    }
}

impl<T: Task> Proposer<Plan<T>> for Imagination<'_, T> {
    fn propose<'a>(&'a self, batch: &'a [Expansion<'a, Plan<T>>]) -> Answer<'a, Drawn<Plan<T>>> {
        Box::pin(async move {
            let mut rows = Vec::with_capacity(batch.len());
            for expansion in batch {
                let mut row = Vec::with_capacity(expansion.seeds.len());
                for &seed in &expansion.seeds {
                    row.push(Ok(self.extend(expansion, seed)));
                    breath().await;
                }
                rows.push(row);
            }
            Ok(counted(rows))
        })
    }

    fn longest(&self, reach: Reach) -> Option<u64> {
        let moves = match reach {
            Reach::Steps(steps) => steps.min(self.horizon),
            Reach::End => self.horizon,
        };
        Some(u64::from(moves) * u64::from(self.futures))
    }
}

/// Draws new plans from the moves of earlier ones; a single one is their mean.
impl<T: Task> Reviser<Plan<T>> for Imagination<'_, T> {
    fn revise<'a>(&'a self, batch: &'a [Attempt<'a, Plan<T>>]) -> Answer<'a, Drawn<Plan<T>>> {
        Box::pin(async move {
            let mut rows = Vec::with_capacity(batch.len());
            for attempt in batch {
                let spreads = self.fit(&attempt.earlier);
                let now = self.root(Arc::clone(&attempt.earlier[0].guess));
                let mean = attempt.seeds.len() == 1;
                let mut row = Vec::with_capacity(attempt.seeds.len());
                for &seed in &attempt.seeds {
                    let mut dice = Dice::seed_from_u64(mix(seed, 0));
                    row.push(Ok(self.roll(&now, self.horizon, attempt.limit, seed, |plan| {
                        let spread = &spreads[plan.actions.len()];
                        if mean { self.task.likeliest(spread) } else { self.task.draw(spread, &mut dice) }
                    })));
                    breath().await;
                }
                rows.push(row);
            }
            Ok(counted(rows))
        })
    }

    fn longest(&self) -> Option<u64> {
        Some(u64::from(self.horizon) * u64::from(self.futures))
    }
}

/// Lets the executor look at the clock: between two plans a thought can be withdrawn.
async fn breath() {
    let mut taken = false;
    poll_fn(|context| {
        if std::mem::replace(&mut taken, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

fn counted<T: Task>(
    drawn: Vec<Vec<Result<Proposal<Plan<T>>, deliberate_search::Failure>>>,
) -> Drawn<Plan<T>> {
    let decoded = drawn.iter().flatten().flatten().map(|proposal| proposal.drawn).sum();
    Drawn { drawn, usage: Usage { decoded, ..Usage::default() } }
}

impl<T: Task> Verifier<Plan<T>> for Imagination<'_, T> {
    fn verify<'a>(&'a self, batch: &'a [Verification<'a, Plan<T>>]) -> Answer<'a, Assessed> {
        let scores = batch.iter().map(|asked| Ok(vec![self.judge.score(self.task, asked.state)])).collect();
        Box::pin(std::future::ready(Ok(Assessed { scores, usage: Usage::default() })))
    }

    fn granularity(&self) -> Granularity {
        Granularity::Whole
    }
}
