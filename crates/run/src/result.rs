//! What a question came to, and what a whole run came to.

use crate::{Interval, bootstrap_share, pass_at_k};
use deliberate_search::{Charge, Ledger};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One answer that was found, and what spoke for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Found {
    /// The answer's text; `None` for a solution that gives none.
    pub answer: Option<String>,
    /// Solutions that give it.
    pub count: u32,
    /// What the selection rule compared.
    pub weight: f64,
    /// Whether it is right; `None` if the dataset does not say.
    pub correct: Option<bool>,
}

/// One finished question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QuestionResult {
    /// The question's id.
    pub id: String,
    /// The right answer, where it is known.
    pub expected: Option<String>,
    /// The chosen answer.
    pub answer: Option<String>,
    /// Whether the chosen answer is right; `None` if the dataset does not say.
    pub correct: Option<bool>,
    /// Complete solutions.
    pub solutions: u32,
    /// Those that are right; `None` if the dataset does not say.
    pub right_solutions: Option<u32>,
    /// All answers, the chosen one first.
    pub found: Vec<Found>,
    /// Why the search ended.
    pub ended: String,
    /// Generations spent.
    pub generations: u32,
    /// What the budget was charged.
    pub charged: Charge,
    /// Why there is no answer, where a role failed.
    pub error: Option<String>,
    /// What was measured. Differs between equal runs, so it is kept out of `results.jsonl`.
    pub measured: Ledger,
}

impl QuestionResult {
    /// The part that is the same whenever the run is the same.
    pub(crate) fn reproducible(&self) -> serde_json::Value {
        let mut value = serde_json::to_value(self).expect("a result is plain data with finite numbers");
        if let Some(object) = value.as_object_mut() {
            object.remove("measured");
        }
        value
    }
}

/// What a run came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Finished questions.
    pub questions: usize,
    /// Questions without an answer because a role failed.
    pub failed: usize,
    /// Questions to which no answer was found, failed ones included.
    pub unanswered: usize,
    /// Questions whose right answer is known: what accuracy and pass@k are taken over.
    pub graded: usize,
    /// Share of graded questions answered right, with a 95 % bootstrap interval over questions.
    pub accuracy: Option<Interval>,
    /// Unbiased pass@k over the solutions of each question that has at least k of them, by k; each k only where every
    /// graded question has enough. Solutions that a search chose to go on with are no independent samples.
    pub pass_at: BTreeMap<u32, f64>,
    /// Share of graded questions with a right solution among those found.
    pub coverage: Option<f64>,
    /// Solutions found, mean per question.
    pub solutions: f64,
    /// Generations, mean per question.
    pub generations: f64,
    /// Tokens drawn, mean per question.
    pub tokens: f64,
    /// FLOPs charged, mean per question.
    pub flops: f64,
    /// The bill of the whole run, as measured.
    pub measured: Ledger,
}

impl Summary {
    /// Sums up results; `seed` is for the bootstrap.
    pub fn of(results: &[QuestionResult], seed: u64) -> Self {
        let per_question = results.len().max(1) as f64;
        let graded: Vec<&QuestionResult> = results.iter().filter(|r| r.correct.is_some()).collect();
        let right: Vec<bool> = graded.iter().map(|r| r.correct == Some(true)).collect();
        let mean = |of: fn(&QuestionResult) -> f64| results.iter().map(of).sum::<f64>() / per_question;
        let mut measured = Ledger::default();
        for result in results {
            measured += result.measured;
        }
        let coverage = (!graded.is_empty()).then(|| {
            graded.iter().filter(|r| r.right_solutions.unwrap_or(0) > 0).count() as f64 / graded.len() as f64
        });
        Self {
            questions: results.len(),
            failed: results.iter().filter(|r| r.error.is_some()).count(),
            unanswered: results.iter().filter(|r| r.answer.is_none()).count(),
            graded: graded.len(),
            accuracy: bootstrap_share(&right, seed),
            pass_at: pass_table(&graded),
            coverage,
            solutions: mean(|r| f64::from(r.solutions)),
            generations: mean(|r| f64::from(r.generations)),
            tokens: mean(|r| r.charged.units as f64),
            flops: mean(|r| r.charged.flops),
            measured,
        }
    }
}

/// pass@1, 2, 4 … up to the smallest number of solutions that any graded question has.
fn pass_table(graded: &[&QuestionResult]) -> BTreeMap<u32, f64> {
    let fewest = graded.iter().map(|r| r.solutions).min().unwrap_or(0);
    std::iter::successors(Some(1_u32), |k| k.checked_mul(2))
        .take_while(|&k| k <= fewest)
        .filter_map(|k| {
            let sum: Option<f64> = graded
                .iter()
                .map(|r| pass_at_k(u64::from(r.solutions), u64::from(r.right_solutions?), u64::from(k)))
                .sum();
            Some((k, sum? / graded.len() as f64))
        })
        .collect()
}
