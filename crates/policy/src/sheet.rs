//! A pool under one verifier, reduced to what statistics needs: numbers and class ids.
//!
//! The samples of a question stand in an order that follows from what they are, not from where the file has them, so a
//! file that is sorted by anything gives the same numbers as one that is mixed.

use crate::pool::{Pool, PoolError, PoolQuestion, Sample};
use deliberate_search::{Aggregation, mix};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use sha2::{Digest, Sha256};

/// Number of aggregations, and so of scores of a sample.
pub const AGGREGATIONS: usize = Aggregation::ALL.len();

/// What may be known of a sample while deciding: nothing of its correctness.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Seen {
    /// The class of its answer among this question's samples; `None` if no answer was found.
    pub class: Option<u32>,
    /// Number of scored steps.
    pub steps: u32,
    /// Its score under each of [`Aggregation::ALL`]. Single precision, so that sums do not depend on the order of
    /// adding and ties are ties.
    pub scores: [f32; AGGREGATIONS],
}

impl Seen {
    /// A sample from its step scores, which should be probabilities; `None` if there are none.
    pub fn new(class: Option<u32>, steps: &[f64]) -> Option<Self> {
        let mut scores = [0.0; AGGREGATIONS];
        for (score, aggregation) in scores.iter_mut().zip(Aggregation::ALL) {
            *score = aggregation.of(steps)? as f32;
        }
        Some(Self { class, steps: steps.len() as u32, scores })
    }

    /// Its score under one aggregation.
    pub fn score(&self, aggregation: Aggregation) -> f32 {
        self.scores[place(aggregation)]
    }
}

/// The place of an aggregation in [`Aggregation::ALL`].
pub(crate) fn place(aggregation: Aggregation) -> usize {
    match aggregation {
        Aggregation::Last => 0,
        Aggregation::Min => 1,
        Aggregation::Product => 2,
        Aggregation::Mean => 3,
    }
}

/// A recorded sample: what may be known while deciding, and what is only measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Draw {
    /// What a policy may see.
    pub seen: Seen,
    /// Whether its answer is right.
    pub correct: bool,
    /// Tokens decoded for it; 0 where they were not counted.
    pub tokens: u32,
}

/// One step of a recorded sample.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepScore {
    /// The verifier's score of the prefix that ends with it.
    pub score: f32,
    /// Tokens from the beginning to its end over those of the whole sample, in 0..=1.
    pub spent: f32,
}

/// All questions of a pool under one verifier.
#[derive(Debug, Clone, PartialEq)]
pub struct Sheet {
    /// The verifier's name.
    pub verifier: String,
    /// Ids of the questions.
    pub ids: Vec<String>,
    /// Samples of each question, in an order that does not depend on the file's.
    pub questions: Vec<Vec<Draw>>,
    /// Their steps: `[questions][samples][steps]`; no questions where only whole solutions are known.
    pub steps: Vec<Vec<Vec<StepScore>>>,
}

impl Sheet {
    /// The pool as `verifier` sees it.
    ///
    /// # Errors
    /// [`PoolError::UnknownVerifier`] and [`PoolError::Unscored`].
    pub fn new(pool: &Pool, verifier: &str) -> Result<Self, PoolError> {
        let column = pool.verifiers.iter().position(|name| name == verifier).ok_or_else(|| {
            PoolError::UnknownVerifier { verifier: verifier.to_owned(), known: pool.verifiers.join(", ") }
        })?;
        let mut sheet = Self {
            verifier: verifier.to_owned(),
            ids: Vec::with_capacity(pool.questions.len()),
            questions: Vec::with_capacity(pool.questions.len()),
            steps: Vec::with_capacity(pool.questions.len()),
        };
        for question in &pool.questions {
            let (mut draws, mut steps) = (Vec::new(), Vec::new());
            for at in mixed_order(question) {
                let sample = &question.samples[at];
                let scores: Vec<f64> = sample.scores[column].iter().map(|&score| f64::from(score)).collect();
                let seen = Seen::new(sample.class, &scores).ok_or_else(|| PoolError::Unscored {
                    id: question.id.clone(),
                    sample: at,
                    verifier: verifier.to_owned(),
                })?;
                draws.push(Draw { seen, correct: sample.correct, tokens: sample.tokens.unwrap_or(0) });
                steps.push(step_scores(sample, &sample.scores[column]));
            }
            sheet.ids.push(question.id.clone());
            sheet.questions.push(draws);
            sheet.steps.push(steps);
        }
        Ok(sheet)
    }

    /// The questions for which `keep` holds.
    #[must_use]
    pub fn only(&self, keep: impl Fn(&str) -> bool) -> Self {
        self.picked(|at| keep(&self.ids[at]).then_some((0, self.questions[at].len())))
    }

    /// Every question with the first half of its samples, and with the rest: one half to sort questions by difficulty,
    /// the other to measure on, so that no sample takes part in both.
    pub fn halves(&self) -> (Self, Self) {
        let half = |at: usize| self.questions[at].len() / 2;
        (self.picked(|at| Some((0, half(at)))), self.picked(|at| Some((half(at), self.questions[at].len()))))
    }

    /// The samples `from..to` of the questions that have any.
    fn picked(&self, range: impl Fn(usize) -> Option<(usize, usize)>) -> Self {
        let mut part = Self { ids: Vec::new(), questions: Vec::new(), steps: Vec::new(), ..self.clone() };
        for (at, id) in self.ids.iter().enumerate() {
            let Some((from, to)) = range(at) else { continue };
            part.ids.push(id.clone());
            part.questions.push(self.questions[at][from..to].to_vec());
            if let Some(steps) = self.steps.get(at) {
                part.steps.push(steps[from..to].to_vec());
            }
        }
        part
    }

    /// The smallest number of samples that any question has.
    pub fn depth(&self) -> usize {
        self.questions.iter().map(Vec::len).min().unwrap_or(0)
    }

    /// Share of right samples of each question: the oracle's difficulty (section 3.2).
    pub fn pass_at_one(&self) -> Vec<f64> {
        let share = |draws: &Vec<Draw>| {
            draws.iter().filter(|draw| draw.correct).count() as f64 / draws.len().max(1) as f64
        };
        self.questions.iter().map(share).collect()
    }

    /// Mean tokens of a sample of each question.
    pub fn mean_tokens(&self) -> Vec<f64> {
        let mean = |draws: &Vec<Draw>| {
            draws.iter().map(|draw| f64::from(draw.tokens)).sum::<f64>() / draws.len().max(1) as f64
        };
        self.questions.iter().map(mean).collect()
    }
}

/// Places of a question's samples in an order that depends on the samples alone: sorted by all that is known of them,
/// then shuffled with a seed from the question's id.
fn mixed_order(question: &PoolQuestion) -> Vec<usize> {
    let key = |sample: &Sample| {
        let bits = |steps: &[f32]| steps.iter().map(|score| score.to_bits()).collect::<Vec<u32>>();
        let scores: Vec<Vec<u32>> = sample.scores.iter().map(|steps| bits(steps)).collect();
        (sample.answer.clone(), sample.correct, sample.tokens, scores)
    };
    let mut order: Vec<usize> = (0..question.samples.len()).collect();
    order.sort_by_cached_key(|&at| key(&question.samples[at]));
    let digest = Sha256::digest(question.id.as_bytes());
    let seed = digest[..8].iter().fold(0, |seed, &byte| mix(seed, u64::from(byte)));
    order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    order
}

/// Steps with their share of the tokens: as the file says, else all steps alike.
fn step_scores(sample: &Sample, scores: &[f32]) -> Vec<StepScore> {
    let counted = sample.notes.step_tokens.as_deref().filter(|tokens| tokens.len() == scores.len());
    let total = counted.map_or(scores.len() as f32, |tokens| tokens.iter().sum::<u32>().max(1) as f32);
    let mut spent = 0.0;
    let step = |(at, &score): (usize, &f32)| {
        spent += counted.map_or(1.0, |tokens| tokens[at] as f32);
        StepScore { score, spent: (spent / total).min(1.0) }
    };
    scores.iter().enumerate().map(step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool(samples: impl Iterator<Item = (bool, f32)>) -> Pool {
        let sample = |(correct, score): (bool, f32)| Sample {
            answer: Some(if correct { "4" } else { "5" }.to_owned()),
            class: Some(u32::from(!correct)),
            correct,
            tokens: Some(10),
            scores: vec![vec![score, score].into()],
            notes: crate::pool::Notes { step_tokens: Some(vec![1, 3]), ..Default::default() },
        };
        let question = PoolQuestion {
            id: "q".to_owned(),
            problem: None,
            answer: "4".to_owned(),
            samples: samples.map(sample).collect(),
        };
        Pool {
            path: "pool.jsonl".into(),
            sha256: String::new(),
            verifiers: vec!["v".to_owned()],
            questions: vec![question],
        }
    }

    #[test]
    fn a_sheet_does_not_depend_on_the_order_of_the_file() {
        let samples: Vec<(bool, f32)> = (0..8).map(|at| (at < 4, 0.1 * (at % 3) as f32)).collect();
        let forward = Sheet::new(&pool(samples.iter().copied()), "v").unwrap();
        let backward = Sheet::new(&pool(samples.iter().rev().copied()), "v").unwrap();
        // The classes are numbered by first appearance; which number a class has says nothing.
        assert_eq!(forward, backward);
        assert!(!forward.questions[0].is_sorted_by_key(|draw| draw.correct));
    }

    #[test]
    fn a_prefix_costs_what_its_steps_were_counted_to_cost() {
        let sheet = Sheet::new(&pool([(true, 0.5)].into_iter()), "v").unwrap();
        let spent: Vec<f32> = sheet.steps[0][0].iter().map(|step| step.spent).collect();
        assert_eq!(spent, [0.25, 1.0]);
    }

    #[test]
    fn halves_share_no_sample_and_questions_can_be_left_out() {
        let sheet = Sheet::new(&pool((0..9).map(|at| (at % 2 == 0, at as f32 / 10.0))), "v").unwrap();
        let (one, other) = sheet.halves();
        assert_eq!((one.questions[0].len(), other.questions[0].len()), (4, 5));
        assert_eq!([one.questions[0].clone(), other.questions[0].clone()].concat(), sheet.questions[0]);
        assert_eq!(sheet.only(|id| id != "q").questions.len(), 0);
    }
}
