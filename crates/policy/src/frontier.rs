//! Accuracy against cost of the sequential policies, every question judged by a model fitted on other questions.

use crate::decide::Online;
use crate::folds::folds;
use crate::online::{CrossFitted, Judgement, OnlineModel, Penalties, cross_fit};
use crate::outcomes::Cell;
use crate::sheet::Sheet;
use crate::states::{Look, look};
use deliberate_search::{Aggregation, Rule, Selection};

/// A vote, a vote that the verifier weighs (the paper's best-of-N weighted), and the verifier's own favourite: where
/// they differ the model of a question says which.
const CANDIDATES: [Selection; 3] = [
    Selection::MAJORITY,
    Selection { rule: Rule::Weighted, aggregation: Aggregation::Last },
    Selection { rule: Rule::Best, aggregation: Aggregation::Product },
];

/// How a sequential policy is fitted and tested.
#[derive(Debug, Clone, PartialEq)]
pub struct OnlineSettings {
    /// Samples drawn by the end of each round; what the pool is not deep enough for is left out.
    pub rounds: Vec<u32>,
    /// What may be presented.
    pub selections: Vec<Selection>,
    /// Random orders of each question's samples.
    pub orders: u32,
    /// Folds of cross-validation.
    pub folds: usize,
    /// Of the regressions.
    pub penalties: Penalties,
    /// Of folds and orders.
    pub seed: u64,
}

impl Default for OnlineSettings {
    fn default() -> Self {
        Self {
            rounds: crate::doubling_rounds(512),
            selections: CANDIDATES.to_vec(),
            orders: 64,
            folds: 5,
            penalties: Penalties::default(),
            seed: 0,
        }
    }
}

/// A question in one order after one round, as the model of its fold sees it, and what stopping there would give.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Point {
    /// Predicted gain per generation of going on.
    pub(crate) rate: f64,
    /// Place of the selection that would be presented.
    pub(crate) selection: usize,
    /// Whether stopping here would be right.
    pub(crate) correct: bool,
    /// Tokens so far.
    pub(crate) tokens: f64,
}

/// All questions along all orders, each judged by the model of its fold: `[questions][orders][rounds]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    pub(crate) rounds: Vec<u32>,
    pub(crate) fold: Vec<usize>,
    pub(crate) points: Vec<Vec<Vec<Point>>>,
    /// By fold: its training questions, cross-fitted: what prices are set on.
    pub(crate) training: Vec<Vec<Vec<Vec<Point>>>>,
}

/// What a policy achieved with one setting, per question (means over orders).
#[derive(Debug, Clone, PartialEq)]
pub struct Spent {
    /// The budget it was set to: mean generations per question.
    pub budget: f64,
    /// Share of orders in which the answer was right.
    pub accuracy: Vec<f64>,
    /// Mean samples drawn.
    pub generations: Vec<f64>,
    /// Mean tokens of all samples drawn.
    pub tokens: Vec<f64>,
}

impl Spent {
    /// From what every question was given and gave.
    pub(crate) fn of(budget: f64, cells: impl Iterator<Item = Cell>) -> Self {
        let mut spent = Self { budget, accuracy: Vec::new(), generations: Vec::new(), tokens: Vec::new() };
        for cell in cells {
            spent.accuracy.push(cell.accuracy);
            spent.generations.push(cell.generations);
            spent.tokens.push(cell.tokens);
        }
        spent
    }

    /// The same per question; `sample_flops` are FLOPs of one sample of each, none where nobody counted.
    pub fn cells(&self, sample_flops: &[f64]) -> Vec<Cell> {
        let cell = |at: usize| Cell {
            accuracy: self.accuracy[at],
            runs: 1.0,
            generations: self.generations[at],
            tokens: self.tokens[at],
            flops: sample_flops.get(at).map_or(0.0, |flops| flops * self.generations[at]),
        };
        (0..self.accuracy.len()).map(cell).collect()
    }
}

/// The rounds that every question has samples for; the last is the pool's depth if it lies between two rounds.
fn usable_rounds(rounds: &[u32], depth: usize) -> Vec<u32> {
    let mut usable: Vec<u32> = rounds.iter().copied().filter(|&round| round as usize <= depth).collect();
    if rounds.iter().any(|&round| round as usize > depth)
        && usable.last().is_some_and(|&last| (last as usize) < depth)
    {
        usable.push(depth as u32);
    }
    usable
}

/// Fits on all questions: the model of a policy file, and the price at which it spends `budget` generations per
/// question on questions that it was not fitted on.
pub fn fit_online(sheet: &Sheet, settings: &OnlineSettings, budget: f64) -> Online {
    let rounds = usable_rounds(&settings.rounds, sheet.depth());
    let looks = look(sheet, &rounds, settings);
    let all: Vec<usize> = (0..looks.len()).collect();
    let CrossFitted { model, points } = cross_fit(&looks, &all, &rounds, settings);
    Online { price: price_for(&points, &rounds, budget), most: rounds.last().copied().unwrap_or(1), model }
}

/// Judges every question by a model that was fitted on the questions of the other folds.
pub fn judge_held_out(sheet: &Sheet, settings: &OnlineSettings) -> Judged {
    let rounds = usable_rounds(&settings.rounds, sheet.depth());
    let looks = look(sheet, &rounds, settings);
    let fold = folds(&vec![0; looks.len()], settings.folds, settings.seed);
    let mut points = vec![Vec::new(); looks.len()];
    let mut training = Vec::new();
    for tested in 0..settings.folds {
        let others: Vec<usize> = (0..looks.len()).filter(|&at| fold[at] != tested).collect();
        let fitted = cross_fit(&looks, &others, &rounds, settings);
        for (question, look) in looks.iter().enumerate().filter(|(at, _)| fold[*at] == tested) {
            points[question] = judge(&fitted.model, look);
        }
        training.push(fitted.points);
    }
    Judged { rounds, fold, points, training }
}

pub(crate) fn judge(model: &OnlineModel, orders: &[Vec<Look>]) -> Vec<Vec<Point>> {
    let point = |(round, look): (usize, &Look)| {
        let judgement: Judgement = model.judge(round, &look.candidates);
        let chosen = judgement.candidate.map(|at| &look.candidates[at]);
        Point {
            rate: model.rate(round, &look.shared, &judgement).0,
            selection: chosen.map_or(0, |candidate| candidate.selection),
            correct: chosen.is_some_and(|candidate| candidate.correct),
            tokens: look.tokens,
        }
    };
    orders.iter().map(|path| path.iter().enumerate().map(point).collect()).collect()
}

/// The round in which a path stops: the first whose rate does not pay the price.
pub(crate) fn stops(path: &[Point], price: f64) -> usize {
    path.iter().position(|point| point.rate <= price).unwrap_or(path.len() - 1)
}

/// The price per generation at which these paths draw `budget` samples on average, by bisection.
pub(crate) fn price_for(paths: &[Vec<Vec<Point>>], rounds: &[u32], budget: f64) -> f64 {
    let mean = |price: f64| {
        let drawn = paths.iter().flatten().map(|path| f64::from(rounds[stops(path, price)]));
        drawn.sum::<f64>() / paths.iter().map(Vec::len).sum::<usize>().max(1) as f64
    };
    let (mut low, mut high) = (1e-9_f64, 1.0_f64);
    for _ in 0..40 {
        let middle = (low * high).sqrt();
        if mean(middle) > budget {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

/// Stops every question when going on no longer pays, at the price that spends each of `budgets` generations per
/// question on the *training* questions of its fold, seen as questions that are not fitted on. Budgets and spending on
/// tested questions differ by chance alone.
pub fn online_frontier(judged: &Judged, budgets: &[f64]) -> Vec<Spent> {
    budgets
        .iter()
        .map(|&budget| {
            let prices: Vec<f64> =
                judged.training.iter().map(|paths| price_for(paths, &judged.rounds, budget)).collect();
            spend(judged, budget, |question, order| {
                stops(&judged.points[question][order], prices[judged.fold[question]])
            })
        })
        .collect()
}

/// Per-question means over orders, given the round in which each (question, order) stops.
pub(crate) fn spend(judged: &Judged, budget: f64, stop: impl Fn(usize, usize) -> usize) -> Spent {
    let mut spent = Spent { budget, accuracy: Vec::new(), generations: Vec::new(), tokens: Vec::new() };
    for (question, orders) in judged.points.iter().enumerate() {
        let count = orders.len().max(1) as f64;
        let (mut right, mut generations, mut tokens) = (0.0, 0.0, 0.0);
        for (order, path) in orders.iter().enumerate() {
            let round = stop(question, order);
            right += f64::from(u8::from(path[round].correct));
            generations += f64::from(judged.rounds[round]);
            tokens += path[round].tokens;
        }
        spent.accuracy.push(right / count);
        spent.generations.push(generations / count);
        spent.tokens.push(tokens / count);
    }
    spent
}
