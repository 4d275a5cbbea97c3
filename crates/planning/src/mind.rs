//! Decides on one move: searches in the model, within a budget and a deadline, and always comes back with something.

use crate::deadline::deadline;
use crate::imagination::{Imagination, Refit};
use crate::policy::Place;
use crate::price::{Patience, Price};
use crate::strategies::{Paced, StopRule, Thinking, ThinkingError};
use crate::{Dice, FirstMove, Judge, Model, Plan, Policy, Task};
use deliberate_search::{
    Aggregation, Budget, NodeId, Observer, Origin, Outcome, Roles, SearchError, Settings, Status, mix, search,
};
use futures::executor::block_on;
use rand::SeedableRng;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

/// How much thinking a move gets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Effort {
    /// How.
    pub thinking: Thinking,
    /// Imagined steps for each move, at most.
    pub budget: u64,
    /// Moves of a plan.
    pub horizon: u32,
    /// Futures of a plan: 1 unless the model throws dice.
    pub futures: u32,
    /// Time for each move.
    pub deadline: Option<Duration>,
}

/// One who acts: what is known, believed and wanted, and how hard it is thought about.
pub struct Mind<T: Task> {
    /// Rules and repertoire.
    pub task: Arc<T>,
    /// What is believed of the world.
    pub model: Box<dyn Model<T>>,
    /// Where moves come from.
    pub policy: Arc<dyn Policy<T>>,
    /// What scores plans.
    pub judge: Judge<T>,
    /// How hard it is thought.
    pub effort: Effort,
    /// Stops thinking where it does not pay, if there is a price.
    pub price: Option<Price>,
    /// All dice of thinking derive from it.
    pub seed: u64,
}

/// Where a move came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// The search chose it.
    Chosen,
    /// The search was cut short: the best of what it had scored until then.
    Anytime,
    /// Nothing was scored in time: the next move of the last plan.
    Remembered,
    /// There was no plan to fall back on: the task's own safe move.
    Safe,
    /// The policy's, without thinking.
    Reflex,
}

/// What a move costs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Bill {
    /// Steps imagined to choose it, prefixes that plans share paid once, and all that a deadline made useless included.
    pub imagined: u64,
    /// What they would have been without sharing.
    pub unshared: u64,
    /// Steps imagined to compare the model with what happened, and to learn from it.
    pub learning: u64,
    /// Wall time until the move was committed, in seconds.
    pub seconds: f64,
}

impl Bill {
    /// All imagined steps.
    pub fn steps(&self) -> u64 {
        self.imagined + self.learning
    }
}

/// A decision about one move.
#[derive(Debug, Clone)]
pub struct Thought<T: Task> {
    /// The move first, and what is planned after it.
    pub plan: Vec<T::Action>,
    /// Where it came from.
    pub source: Source,
    /// Its score, if it has one.
    pub score: Option<f64>,
    /// What it cost.
    pub bill: Bill,
}

/// A move that could not be decided on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MindError {
    /// The way of thinking does not fit the budget.
    #[error(transparent)]
    Thinking(#[from] ThinkingError),
    /// The search could not be carried out.
    #[error("thinking failed")]
    Search(#[from] SearchError),
}

impl<T: Task> Mind<T> {
    /// Thinks about move number `number`.
    ///
    /// # Errors
    /// [`MindError`] if thinking cannot be carried out at all.
    pub fn think(
        &self,
        now: &T::Situation,
        number: u32,
        guess: &Arc<[T::Action]>,
        surprise: f64,
        observer: &mut dyn Observer<Plan<T>>,
    ) -> Result<Thought<T>, MindError> {
        let begun = Instant::now();
        let seed = mix(self.seed, u64::from(number));
        let Effort { ref thinking, budget, horizon, futures, deadline: time } = self.effort;
        // No plan is longer than the time that is left.
        let horizon = horizon.min(self.task.left(now)).max(1);
        let each = u64::from(horizon) * u64::from(futures);
        let Some(strategy) = thinking.build(budget, each)? else { return Ok(self.reflex(now, seed, begun)) };
        let rule =
            self.price.as_ref().map(|price| Box::new(Patience::new(price, surprise)) as Box<dyn StopRule>);
        let mut strategy = Paced::new(strategy, part(each), rule);
        let refit = match thinking {
            Thinking::PathIntegral(options) => Refit::Softmax { temperature: options.temperature },
            _ => Refit::Elites,
        };
        let imagination = Imagination {
            task: &*self.task,
            now: now.clone(),
            model: &*self.model,
            policy: &*self.policy,
            judge: &self.judge,
            horizon,
            futures,
            refit,
            made: AtomicU64::new(0),
        };
        let roles = Roles {
            proposer: &imagination,
            verifier: Some(&imagination),
            reviser: Some(&imagination),
            answers: &FirstMove,
        };
        let budget = Budget { units: Some(budget), ..Budget::default() };
        let mut settings = Settings::new(budget, seed);
        settings.cancel = time.map(|time| deadline(begun + time.mul_f64(THINKING)));
        let root = imagination.root(Arc::clone(guess));
        let outcome = block_on(search(root, &mut strategy, &roles, settings, observer))?;
        let mut thought = self.concluded(&outcome, now, guess);
        thought.bill.imagined = imagination.made.into_inner();
        thought.bill.seconds = begun.elapsed().as_secs_f64();
        Ok(thought)
    }

    /// What a search came to: its choice, or else the best there is.
    fn concluded(&self, outcome: &Outcome<Plan<T>>, now: &T::Situation, guess: &[T::Action]) -> Thought<T> {
        let tree = &outcome.tree;
        let score = |id: NodeId| tree.score(id, Aggregation::Last);
        let node = |id: NodeId, source| (outcome.state(id).actions.clone(), source, score(id));
        let scored =
            tree.iter().skip(1).filter(|(id, n)| n.origin != Origin::Lookahead && score(*id).is_some());
        let best = scored.map(|(id, _)| id).reduce(|a, b| if score(b) > score(a) { b } else { a });
        let chosen = outcome.choice.node.filter(|&id| score(id).is_some());
        let (plan, source, score) = match (chosen, best) {
            (Some(id), _) => node(id, Source::Chosen),
            (None, Some(id)) => node(id, Source::Anytime),
            (None, None) if !guess.is_empty() => (guess.to_vec(), Source::Remembered, None),
            (None, None) => (vec![self.task.safe(now)], Source::Safe, None),
        };
        let leaves = tree.iter().filter(|(_, n)| n.children.is_empty() || n.status == Status::Complete);
        let bill = Bill { unshared: leaves.map(|(_, n)| n.units).sum(), ..Bill::default() };
        Thought { plan, source, score, bill }
    }

    fn reflex(&self, now: &T::Situation, seed: u64, begun: Instant) -> Thought<T> {
        let place = Place { situation: now, before: None };
        let spread = self.policy.moves(&self.task, &place, &mut Dice::seed_from_u64(seed));
        let bill = Bill { seconds: begun.elapsed().as_secs_f64(), ..Bill::default() };
        Thought { plan: vec![self.task.likeliest(&spread)], source: Source::Reflex, score: None, bill }
    }
}

/// Share of the deadline for thinking; the rest is for ending a thought.
const THINKING: f64 = 0.85;

/// Plans between two looks at the clock: about this many imagined steps.
const BETWEEN_LOOKS: u64 = 32;

/// At least two, for a single revision is the mean of its elders.
fn part(each: u64) -> u32 {
    (BETWEEN_LOOKS / each.max(1)).max(2) as u32
}
