//! A total budget over a set of questions: the next round goes where it promises most per generation.

use crate::frontier::{Judged, Point, Spent, spend};
use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// A question that waits for its next round.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Waiting {
    rate: f64,
    question: usize,
}

impl Eq for Waiting {}

impl Ord for Waiting {
    fn cmp(&self, other: &Self) -> Ordering {
        self.rate.total_cmp(&other.rate).then(other.question.cmp(&self.question))
    }
}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Spends `generations` over paths `[questions][rounds]` that are revealed round by round: (the round each question
/// stops in, `None` where the budget did not reach it). A round that the rest of the budget cannot pay is passed over
/// for the next best. `prior` is what the first sample of a question promises.
pub(crate) fn allocate(
    paths: &[&Vec<Point>],
    rounds: &[u32],
    generations: u64,
    prior: f64,
) -> Vec<Option<usize>> {
    let mut reached: Vec<Option<usize>> = vec![None; paths.len()];
    let mut left = generations;
    let mut heap: BinaryHeap<Waiting> =
        (0..paths.len()).map(|question| Waiting { rate: prior / f64::from(rounds[0]), question }).collect();
    while let Some(Waiting { rate, question }) = heap.pop() {
        let next = reached[question].map_or(0, |round| round + 1);
        let before = reached[question].map_or(0, |round| rounds[round]);
        let cost = u64::from(rounds[next] - before);
        if rate <= 0.0 || cost > left {
            continue;
        }
        left -= cost;
        reached[question] = Some(next);
        if next + 1 < rounds.len() {
            heap.push(Waiting { rate: paths[question][next].rate, question });
        }
    }
    reached
}

/// Every fold is a set of questions that shares `budget` generations per question; within each order the budget is
/// hard. Questions are judged by the model fitted on the other folds. Budgets below one sample each are raised to it.
pub fn total_frontier(judged: &Judged, budgets: &[f64]) -> Vec<Spent> {
    let folds = judged.prior.len();
    let orders = judged.points.first().map_or(0, Vec::len);
    budgets
        .iter()
        .map(|&budget| {
            let mut reached = vec![vec![0; judged.points.len()]; orders];
            for fold in 0..folds {
                let members: Vec<usize> =
                    (0..judged.fold.len()).filter(|&at| judged.fold[at] == fold).collect();
                let generations =
                    (budget.max(f64::from(judged.rounds[0])) * members.len() as f64).floor() as u64;
                for (order, reached) in reached.iter_mut().enumerate() {
                    let paths: Vec<&Vec<Point>> =
                        members.iter().map(|&at| &judged.points[at][order]).collect();
                    let found = allocate(&paths, &judged.rounds, generations, judged.prior[fold].max(1e-6));
                    for (&question, round) in members.iter().zip(found) {
                        reached[question] = round.unwrap_or(0);
                    }
                }
            }
            spend(judged, budget, |question, order| reached[order][question])
        })
        .collect()
}
