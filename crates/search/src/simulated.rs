//! A simulated reasoning model with known step quality: nothing here thinks, everything is seeded.
//!
//! For tests, benches and examples of strategies, where "beam search beats best-of-N on hard questions" must be an
//! assertion and not a hope. Each step of a solution is right with a known probability, and one wrong step makes the
//! rest wrong. Wrong answers collide. Some steps are repetitions, which say nothing, often derail, and please an
//! exploitable verifier.

use crate::{
    Answer, Answers, Assessed, Attempt, Draw, Drawn, Expansion, Granularity, Proposal, Proposer, Reach,
    Reviser, State, Status, Usage, Verification, Verifier, mix,
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// A question and the simulated model's way with it.
#[derive(Debug, Clone, PartialEq)]
pub struct World {
    /// Size of the question, in units.
    pub question: u64,
    /// Steps of a solution without repetitions; at least 1.
    pub length: u32,
    /// Units of a step, at most; at least 1.
    pub step_units: u64,
    /// Probability that a step is right if all before it are.
    pub right: f64,
    /// Different wrong answers; at least 1.
    pub wrong_answers: u32,
    /// Probability that a step is a repetition, which brings the solution no further.
    pub repetition: f64,
    /// Probability that a repetition makes the rest wrong.
    pub derailed: f64,
    /// Probability that a finished solution gives no answer.
    pub silent: f64,
    /// Probability that a solution ends before its first step.
    pub empty: f64,
    /// Different steps that can follow a state, all equally likely; `None` if no two draws are ever alike.
    pub choices: Option<u64>,
}

impl Default for World {
    fn default() -> Self {
        Self {
            question: 20,
            length: 5,
            step_units: 8,
            right: 0.8,
            wrong_answers: 6,
            repetition: 0.0,
            derailed: 0.7,
            silent: 0.0,
            empty: 0.0,
            choices: None,
        }
    }
}

/// One step of a [`Sketch`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Whether the solution is right up to here.
    pub right: bool,
    /// Repetitions up to here.
    pub repetitions: u32,
    /// Tells this step, and what leads to it, from every other one that can be drawn.
    pub trail: u64,
}

/// A simulated partial or finished solution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sketch {
    /// Its steps.
    pub steps: Vec<Step>,
    /// What stands before its first step: the question, and for a revision the attempts shown.
    pub opening: u64,
    /// Its size, the opening included.
    pub units: u64,
    /// Its answer, once it has one; 0 is the right one.
    pub answer: Option<u32>,
}

impl Sketch {
    /// Whether its answer is the right one.
    pub fn right(&self) -> bool {
        self.answer == Some(0)
    }

    fn sound(&self) -> bool {
        self.steps.last().is_none_or(|step| step.right)
    }

    fn repetitions(&self) -> u32 {
        self.steps.last().map_or(0, |step| step.repetitions)
    }

    fn trail(&self) -> u64 {
        self.steps.last().map_or(0, |step| step.trail)
    }
}

impl State for Sketch {
    fn steps(&self) -> u32 {
        self.steps.len() as u32
    }

    fn units(&self) -> u64 {
        self.units
    }
}

/// Operations for positions of a state: each costs 100, and 2 for every position before it. Whole numbers, so sums
/// are exact.
pub fn flops(positions: Range<u64>) -> f64 {
    let square = |n: u64| (n * n) as f64;
    100.0 * positions.end.saturating_sub(positions.start) as f64 + square(positions.end)
        - square(positions.start)
}

impl World {
    /// The question, before anything was drawn.
    pub fn root(&self) -> Sketch {
        Sketch { steps: Vec::new(), opening: self.question, units: self.question, answer: None }
    }

    /// Continues `from`; `chance` is what a new step is right with.
    fn extend(&self, from: &Sketch, seed: u64, furthest: u32, limit: u64, chance: f64) -> Proposal<Sketch> {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut dice = ChaCha8Rng::seed_from_u64(mix(seed, 2));
        let mut state = from.clone();
        let mut drawn = 0;
        if state.steps.is_empty() && random.random_bool(self.empty) {
            return Proposal { state: self.finish(state, &mut random), status: Status::Complete, drawn };
        }
        while state.steps() < furthest {
            let before = state.trail();
            let trail = match self.choices {
                None => mix(mix(before, seed), u64::from(state.steps())),
                Some(choices) => {
                    // The same choice after the same steps has the same dice, whoever draws it.
                    let trail = mix(before, dice.random_range(0..choices.max(1)));
                    random = ChaCha8Rng::seed_from_u64(trail);
                    trail
                }
            };
            let units = random.random_range(1..=self.step_units);
            if drawn + units > limit {
                state.units += limit - drawn;
                return Proposal { state, status: Status::Truncated, drawn: limit };
            }
            drawn += units;
            state.units += units;
            let repeats = random.random_bool(self.repetition);
            let holds = if repeats { !random.random_bool(self.derailed) } else { random.random_bool(chance) };
            let step = Step {
                right: state.sound() && holds,
                repetitions: state.repetitions() + u32::from(repeats),
                trail,
            };
            state.steps.push(step);
            if state.steps() >= self.length + state.repetitions().min(self.length) {
                let state = self.finish(state, &mut random);
                return Proposal { state, status: Status::Complete, drawn };
            }
        }
        Proposal { state, status: Status::Open, drawn }
    }

    fn finish(&self, mut state: Sketch, random: &mut ChaCha8Rng) -> Sketch {
        let wrong = random.random_range(1..=self.wrong_answers);
        let sound = state.sound() && !state.steps.is_empty();
        state.answer = (!random.random_bool(self.silent)).then_some(if sound { 0 } else { wrong });
        state
    }
}

/// The simulated proposer.
#[derive(Debug, Clone)]
pub struct SimulatedProposer(pub World);

impl Proposer<Sketch> for SimulatedProposer {
    fn propose<'a>(&'a self, batch: &'a [Expansion<'a, Sketch>]) -> Answer<'a, Drawn<Sketch>> {
        let world = &self.0;
        let mut usage = Usage::default();
        let mut rows = Vec::new();
        for expansion in batch {
            let state = expansion.state;
            let furthest = match expansion.reach {
                Reach::Steps(steps) => state.steps() + steps,
                Reach::End => u32::MAX,
            };
            let mut row = Vec::new();
            for &seed in &expansion.seeds {
                // The likeliest continuation is the same for every seed.
                let seed = if expansion.draw == Draw::Greedy { mix(state.trail(), 1) } else { seed };
                let limit = expansion.limit.unwrap_or(u64::MAX);
                let proposal = world.extend(state, seed, furthest, limit, world.right);
                usage.decoded += proposal.drawn;
                usage.flops += flops(state.units..proposal.state.units);
                row.push(Ok(proposal));
            }
            rows.push(row);
        }
        Box::pin(std::future::ready(Ok(Drawn { drawn: rows, usage })))
    }

    fn longest(&self, reach: Reach) -> Option<u64> {
        let World { repetition, step_units, length, .. } = self.0;
        match reach {
            Reach::Steps(steps) => Some(step_units.saturating_mul(steps.into())),
            Reach::End => (repetition == 0.0).then(|| step_units.saturating_mul(length.into())),
        }
    }

    fn flops(&self, positions: Range<u64>) -> f64 {
        flops(positions)
    }
}

/// Answers are equal if they are the same number, states if they took the same steps.
impl Answers<Sketch> for SimulatedProposer {
    fn given(&self, state: &Sketch) -> bool {
        state.answer.is_some()
    }

    fn same(&self, one: &Sketch, other: &Sketch) -> bool {
        one.answer == other.answer
    }

    fn copies(&self, one: &Sketch, other: &Sketch) -> bool {
        one.steps == other.steps && one.answer == other.answer
    }
}

/// A simulated verifier: 0.7 for what is right and 0.3 for what is wrong, give or take.
#[derive(Debug, Clone)]
pub struct SimulatedVerifier {
    /// PRM or ORM.
    pub granularity: Granularity,
    /// Scores are off by up to this much, evenly.
    pub noise: f64,
    /// What each repetition adds: the fault that search exploits.
    pub bias: f64,
    /// Tells the noise of one verifier from another's.
    pub seed: u64,
}

impl SimulatedVerifier {
    /// A PRM with this much noise and no bias.
    pub const fn steps(noise: f64) -> Self {
        Self { granularity: Granularity::Step, noise, bias: 0.0, seed: 0 }
    }

    fn score(&self, step: Option<&Step>) -> f64 {
        let (right, repetitions, trail) = step.map_or((false, 0, 0), |s| (s.right, s.repetitions, s.trail));
        let error: f64 = ChaCha8Rng::seed_from_u64(mix(trail, self.seed)).random_range(-1.0..=1.0);
        let score = if right { 0.7 } else { 0.3 } + self.noise * error + self.bias * f64::from(repetitions);
        score.clamp(0.0, 1.0)
    }
}

impl Verifier<Sketch> for SimulatedVerifier {
    fn verify<'a>(&'a self, batch: &'a [Verification<'a, Sketch>]) -> Answer<'a, Assessed> {
        let scores = batch.iter().map(|verification| {
            let steps = &verification.state.steps;
            Ok(match self.granularity {
                Granularity::Whole => vec![self.score(steps.last())],
                Granularity::Step => {
                    steps.iter().skip(verification.known.len()).map(|step| self.score(Some(step))).collect()
                }
            })
        });
        let prefilled = batch.iter().map(|verification| verification.state.units).sum();
        let usage = Usage { prefilled, flops: flops(0..prefilled), ..Usage::default() };
        Box::pin(std::future::ready(Ok(Assessed { scores: scores.collect(), usage })))
    }

    fn granularity(&self) -> Granularity {
        self.granularity
    }

    fn flops(&self, positions: Range<u64>) -> f64 {
        flops(positions)
    }
}

/// A simulated reviser: it rights a wrong attempt with one probability, and spoils a right one with another.
#[derive(Debug, Clone)]
pub struct SimulatedReviser {
    /// What it revises answers to.
    pub world: World,
    /// Probability that the revision of a wrong attempt is right.
    pub rights: f64,
    /// Probability that the revision of a right attempt is wrong; 0.38 in the paper.
    pub spoils: f64,
}

impl Reviser<Sketch> for SimulatedReviser {
    fn revise<'a>(&'a self, batch: &'a [Attempt<'a, Sketch>]) -> Answer<'a, Drawn<Sketch>> {
        let mut usage = Usage::default();
        let mut rows = Vec::new();
        for attempt in batch {
            let units = self.opening(&attempt.earlier);
            let opening = Sketch { opening: units, units, ..self.world.root() };
            let was_right = attempt.earlier.last().is_some_and(|last| last.right());
            let row = attempt.seeds.iter().map(|&seed| {
                let holds = if was_right { 1.0 - self.spoils } else { self.rights };
                let right = ChaCha8Rng::seed_from_u64(mix(seed, 1)).random_bool(holds);
                let chance = if right { 1.0 } else { 0.0 };
                let limit = attempt.limit.unwrap_or(u64::MAX);
                let proposal = self.world.extend(&opening, seed, u32::MAX, limit, chance);
                usage.decoded += proposal.drawn;
                usage.flops += flops(opening.units..proposal.state.units);
                Ok(proposal)
            });
            rows.push(row.collect());
        }
        Box::pin(std::future::ready(Ok(Drawn { drawn: rows, usage })))
    }

    fn opening(&self, earlier: &[&Sketch]) -> u64 {
        self.world.question + earlier.iter().map(|attempt| attempt.units - attempt.opening).sum::<u64>()
    }

    fn flops(&self, positions: Range<u64>) -> f64 {
        flops(positions)
    }
}
