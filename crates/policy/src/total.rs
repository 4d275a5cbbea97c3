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

/// Spends `generations` over paths `[questions][rounds]` that are revealed round by round: the round each question
/// stops in. The first round of each is drawn in any case, for a question needs an answer. A round that the rest of the
/// budget cannot pay is passed over for the next best.
fn allocate(paths: &[&Vec<Point>], rounds: &[u32], generations: u64) -> Vec<usize> {
    let mut reached = vec![0; paths.len()];
    let mut left = generations.saturating_sub(u64::from(rounds[0]) * paths.len() as u64);
    let waiting = |(question, path): (usize, &&Vec<Point>)| Waiting { rate: path[0].rate, question };
    let mut heap: BinaryHeap<Waiting> = paths.iter().enumerate().map(waiting).collect();
    while let Some(Waiting { rate, question }) = heap.pop() {
        let round = reached[question];
        let Some(&next) = rounds.get(round + 1) else { continue };
        let cost = u64::from(next - rounds[round]);
        if rate <= 0.0 || cost > left {
            continue;
        }
        left -= cost;
        reached[question] = round + 1;
        heap.push(Waiting { rate: paths[question][round + 1].rate, question });
    }
    reached
}

/// Every fold is a set of questions that shares `budget` generations per question; within each order the budget is
/// hard. Questions are judged by the model fitted on the other folds. Budgets below one sample each are raised to it.
pub fn total_frontier(judged: &Judged, budgets: &[f64]) -> Vec<Spent> {
    let folds = judged.training.len();
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
                    for (&question, round) in
                        members.iter().zip(allocate(&paths, &judged.rounds, generations))
                    {
                        reached[question] = round;
                    }
                }
            }
            spend(judged, budget, |question, order| reached[order][question])
        })
        .collect()
}
