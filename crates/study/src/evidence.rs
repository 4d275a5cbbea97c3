//! What findings rest on: recorded samples, and searches if any were run.

use crate::{Grid, Study, StudyError};
use deliberate_policy::{Cell, Outcomes, Sheet};
use deliberate_run::Question;
use deliberate_search::{Aggregation, Rule, Selection};

/// Best-of-N weighted by the last step's score: the paper's reference.
pub const WEIGHTED: Selection = Selection { rule: Rule::Weighted, aggregation: Aggregation::Last };

/// What findings rest on. All parts speak of the same questions in the same order.
pub struct Evidence {
    /// Samples under one verifier.
    pub sheet: Sheet,
    /// FLOPs of one sample of each question, its share of reading the question included; empty where nobody counted.
    pub sample_flops: Vec<f64>,
    /// Searches that were run for real; no arms if there were none.
    pub searches: Outcomes,
    /// A larger model's greedy answers, if there is one.
    pub larger: Option<Larger>,
}

/// A larger model to exchange test-time compute against.
pub struct Larger {
    /// Its parameters over the proposer's.
    pub scale: f64,
    /// Whether its greedy answer is right, and what it cost.
    pub cells: Vec<Cell>,
}

impl Larger {
    /// The first sample of each question in a study of the larger model.
    ///
    /// # Errors
    /// [`StudyError::Missing`] if a question was not asked.
    pub fn of(study: &Study, questions: &[Question], scale: f64) -> Result<Self, StudyError> {
        let cell = |question: &Question| {
            let parts = study.samples(&question.id, 1).unwrap_or_default();
            let first = parts.first().and_then(|part| Some((part.samples.first()?, part.charged)));
            let (sample, charged) = first.ok_or_else(|| StudyError::Missing {
                question: question.id.clone(),
                arm: "the larger model".to_owned(),
            })?;
            Ok(Cell {
                accuracy: if sample.correct { 1.0 } else { 0.0 },
                generations: 1.0,
                tokens: charged.tokens as f64,
                flops: charged.flops,
            })
        };
        let cells = questions.iter().map(cell).collect::<Result<_, StudyError>>()?;
        Ok(Self { scale, cells })
    }
}

impl Evidence {
    /// Recorded samples alone.
    pub fn replayed(sheet: Sheet) -> Self {
        let searches = Outcomes { questions: sheet.ids.clone(), ..Outcomes::default() };
        Self { sheet, sample_flops: Vec::new(), searches, larger: None }
    }

    /// What a study holds of these questions.
    ///
    /// # Errors
    /// [`StudyError::Missing`] if the grid was not swept to its end.
    pub fn of(
        study: &Study,
        grid: &Grid,
        questions: &[Question],
        sheet: Sheet,
        larger: Option<Larger>,
    ) -> Result<Self, StudyError> {
        let missing = |question: &Question, arm: &str| StudyError::Missing {
            question: question.id.clone(),
            arm: arm.to_owned(),
        };
        let samples = grid.samples.get();
        let per_sample = |question: &Question| {
            let parts = study.samples(&question.id, samples).ok_or_else(|| missing(question, "the pool"))?;
            let flops: f64 = parts.iter().map(|part| part.charged.flops).sum();
            let drawn: usize = parts.iter().map(|part| part.samples.len()).sum();
            Ok::<_, StudyError>(flops / drawn.max(1) as f64)
        };
        let sample_flops = questions.iter().map(per_sample).collect::<Result<_, _>>()?;
        let mut searches = Outcomes { questions: sheet.ids.clone(), ..Outcomes::default() };
        for arm in grid.arms()? {
            let cell = |question: &Question| {
                let one = study.searched(&question.id, &arm).ok_or_else(|| missing(question, &arm.name))?;
                Ok::<_, StudyError>(Cell {
                    accuracy: if one.correct { 1.0 } else { 0.0 },
                    generations: one.generations.into(),
                    tokens: one.charged.tokens as f64,
                    flops: one.charged.flops,
                })
            };
            searches.cells.push(questions.iter().map(cell).collect::<Result<_, _>>()?);
            searches.arms.push(deliberate_policy::Arm { name: arm.name, budget: arm.budget });
        }
        Ok(Self { sheet, sample_flops, searches, larger })
    }
}
