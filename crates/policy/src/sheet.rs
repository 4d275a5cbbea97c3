//! A pool under one verifier, reduced to what statistics needs: numbers and class ids.

use crate::pool::{Pool, PoolError};
use deliberate_search::Aggregation;

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

/// All questions of a pool under one verifier.
#[derive(Debug, Clone, PartialEq)]
pub struct Sheet {
    /// The verifier's name.
    pub verifier: String,
    /// Ids of the questions.
    pub ids: Vec<String>,
    /// Samples of each question, in the order of drawing.
    pub questions: Vec<Vec<Draw>>,
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
        let mut steps = Vec::new();
        let mut questions = Vec::with_capacity(pool.questions.len());
        for question in &pool.questions {
            let mut draws = Vec::with_capacity(question.samples.len());
            for (at, sample) in question.samples.iter().enumerate() {
                steps.clear();
                steps.extend(sample.scores[column].iter().map(|&score| f64::from(score)));
                let seen = Seen::new(sample.class, &steps).ok_or_else(|| PoolError::Unscored {
                    id: question.id.clone(),
                    sample: at,
                    verifier: verifier.to_owned(),
                })?;
                draws.push(Draw { seen, correct: sample.correct, tokens: sample.tokens.unwrap_or(0) });
            }
            questions.push(draws);
        }
        let ids = pool.questions.iter().map(|question| question.id.clone()).collect();
        Ok(Self { verifier: verifier.to_owned(), ids, questions })
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
