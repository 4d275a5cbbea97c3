//! What findings rest on: recorded samples, and searches if any were run.

use crate::{Grid, Sampled, Searched, Study, StudyError};
use deliberate_policy::{Cell, Outcomes, Pool, PoolError, Portion, Sheet};
use deliberate_run::{Folder, Question};
use deliberate_search::{Aggregation, Rule, Selection};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The samples, in the format of recorded samples.
const SAMPLES: &str = "samples.jsonl";
/// Everything else that findings rest on.
const OUTCOMES: &str = "outcomes.json";

/// Where evidence comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Source {
    /// Who drew.
    pub proposer: String,
    /// Who scored.
    pub verifier: String,
    /// What the questions are called.
    pub dataset: String,
    /// SHA-256 of the samples.
    pub sha256: String,
    /// Of every draw, fold and bootstrap.
    pub seed: u64,
    /// The command that gathered it.
    pub command: String,
    /// The part of the questions that counts; `None` for all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only: Option<Portion>,
}

/// Evidence as a file, the samples aside.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Kept {
    source: Source,
    sample_flops: Vec<f64>,
    #[serde(default)]
    answer_flops: Vec<f64>,
    searches: Outcomes,
    found: Vec<Vec<Found>>,
    chain: Option<Vec<Vec<Vec<bool>>>>,
    priors: Option<Vec<f64>>,
    larger: Option<Larger>,
}

/// Best-of-N weighted by the last step's score: the paper's reference.
pub const WEIGHTED: Selection = Selection { rule: Rule::Weighted, aggregation: Aggregation::Last };

/// What findings rest on. All parts speak of the same questions in the same order.
pub struct Evidence {
    /// Samples under one verifier.
    pub sheet: Sheet,
    /// The same samples under every other verifier that scored them all, to compare verifiers.
    pub others: Vec<Sheet>,
    /// FLOPs of one sample of each question, its share of reading the question included; empty where nobody counted.
    pub sample_flops: Vec<f64>,
    /// FLOPs of the proposer alone for one answer to each question, reading it included: the unit in which pretraining
    /// is credited. Empty where nobody counted.
    pub answer_flops: Vec<f64>,
    /// Searches that were run for real; no arms if there were none.
    pub searches: Outcomes,
    /// What the solutions of those searches were, `[arms][questions]`.
    pub found: Vec<Vec<Found>>,
    /// The longest chain of revisions that was run alone: whether each attempt is right, `[questions][runs][attempts]`.
    pub chain: Option<Vec<Vec<Vec<bool>>>>,
    /// The verifier's score of each bare question, if it gives any.
    pub priors: Option<Vec<f64>>,
    /// A larger model's greedy answers, if there is one.
    pub larger: Option<Larger>,
}

/// What a search found, whatever it chose; mean over its runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Found {
    /// Share of runs in which at least one solution is right.
    pub covered: f64,
    /// Solutions.
    pub solutions: f64,
    /// Solutions that differ from each other.
    pub distinct: f64,
}

/// A larger model to exchange test-time compute against.
#[derive(Debug, Clone, Serialize, Deserialize)]
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
                runs: 1.0,
                generations: 1.0,
                tokens: charged.units as f64,
                flops: charged.flops,
            })
        };
        let cells = questions.iter().map(cell).collect::<Result<_, StudyError>>()?;
        Ok(Self { scale, cells })
    }
}

impl Evidence {
    /// Writes it beside its samples, so that everything can be found again without any model.
    ///
    /// # Errors
    /// [`StudyError::Folder`] if it cannot be written.
    pub fn write(&self, folder: &Folder, source: &Source) -> Result<(), StudyError> {
        let kept = Kept {
            source: source.clone(),
            sample_flops: self.sample_flops.clone(),
            answer_flops: self.answer_flops.clone(),
            searches: self.searches.clone(),
            found: self.found.clone(),
            chain: self.chain.clone(),
            priors: self.priors.clone(),
            larger: self.larger.clone(),
        };
        let text = serde_json::to_vec(&kept).expect("evidence is plain data");
        Ok(folder.write(OUTCOMES, &text)?)
    }

    /// Reads what [`Evidence::write`] wrote.
    ///
    /// # Errors
    /// [`StudyError::NoEvidence`] if there is none yet, [`StudyError::Damaged`] if it is not that of these samples.
    pub fn read(folder: &Folder) -> Result<(Self, Source), StudyError> {
        let path = folder.path().join(OUTCOMES);
        let missing = |_| StudyError::NoEvidence { path: folder.path().to_owned() };
        let damaged = |reason: String| StudyError::Damaged { path: path.clone(), reason };
        let text = std::fs::read(&path).map_err(missing)?;
        let kept: Kept = serde_json::from_slice(&text).map_err(|error| damaged(error.to_string()))?;
        let Kept { source, sample_flops, answer_flops, searches, found, chain, priors, larger } = kept;
        let pool = Pool::read(&folder.path().join(SAMPLES))?;
        let (sheet, others) = sheets(&pool, &source.verifier, source.only)?;
        let counts = [
            (!sample_flops.is_empty()).then_some(sample_flops.len()),
            (!answer_flops.is_empty()).then_some(answer_flops.len()),
            larger.as_ref().map(|l| l.cells.len()),
            priors.as_ref().map(Vec::len),
        ];
        if pool.sha256 != source.sha256
            || sheet.ids != searches.questions
            || counts.into_iter().flatten().any(|count| count != sheet.ids.len())
        {
            return Err(damaged("it belongs to other samples than those beside it".to_owned()));
        }
        Ok((
            Self { sheet, others, sample_flops, answer_flops, searches, found, chain, priors, larger },
            source,
        ))
    }

    /// Copies recorded samples to where [`Evidence::read`] looks for them.
    ///
    /// # Errors
    /// [`StudyError::Folder`] if they cannot be copied.
    pub fn keep_samples(folder: &Folder, samples: &Path) -> Result<(), StudyError> {
        let source = samples.to_owned();
        let bytes = std::fs::read(samples)
            .map_err(|error| deliberate_run::DirectoryError::Read { path: source, source: error })?;
        Ok(folder.write(SAMPLES, &bytes)?)
    }

    /// Recorded samples alone; `verifier` is whose scores count, `only` which questions do.
    ///
    /// # Errors
    /// [`PoolError`] if that verifier did not score every sample.
    pub fn replayed(pool: &Pool, verifier: &str, only: Option<Portion>) -> Result<Self, PoolError> {
        let (sheet, others) = sheets(pool, verifier, only)?;
        let searches = Outcomes { questions: sheet.ids.clone(), ..Outcomes::default() };
        Ok(Self {
            sheet,
            others,
            sample_flops: Vec::new(),
            answer_flops: Vec::new(),
            searches,
            found: Vec::new(),
            chain: None,
            priors: None,
            larger: None,
        })
    }

    /// What a study holds of these questions.
    ///
    /// # Errors
    /// [`StudyError::Missing`] if the grid was not swept to its end.
    pub fn of(
        study: &Study,
        grid: &Grid,
        questions: &[Question],
        (pool, verifier): (&Pool, &str),
        larger: Option<Larger>,
    ) -> Result<Self, StudyError> {
        let (sheet, others) = sheets(pool, verifier, None)?;
        let missing = |question: &Question, arm: &str| StudyError::Missing {
            question: question.id.clone(),
            arm: arm.to_owned(),
        };
        let samples = grid.samples.get();
        let per_sample = |question: &Question| {
            let parts = study.samples(&question.id, samples).ok_or_else(|| missing(question, "the pool"))?;
            let mean = |of: &dyn Fn(&Sampled) -> f64| {
                let drawn: usize = parts.iter().map(|part| part.samples.len()).sum();
                parts.iter().map(|part| of(part)).sum::<f64>() / drawn.max(1) as f64
            };
            let flops = mean(&|part| part.charged.flops);
            Ok::<_, StudyError>((flops, mean(&|part| part.answer_flops * part.samples.len() as f64)))
        };
        let flops: Vec<(f64, f64)> = questions.iter().map(per_sample).collect::<Result<_, _>>()?;
        let (sample_flops, answer_flops) = flops.into_iter().unzip();
        let mut searches = Outcomes { questions: sheet.ids.clone(), ..Outcomes::default() };
        let (mut found, mut chain) = (Vec::new(), None);
        for arm in grid.arms()? {
            let runs = |question: &Question| {
                let run = |run| study.searched(&question.id, &arm, run);
                (0..grid.runs.get())
                    .map(run)
                    .collect::<Option<Vec<_>>>()
                    .ok_or_else(|| missing(question, &arm.name))
            };
            let runs = questions.iter().map(runs).collect::<Result<Vec<_>, StudyError>>()?;
            if arm.chain {
                let attempts = |runs: &Vec<&Searched>| runs.iter().map(|run| run.right.clone()).collect();
                chain = Some(runs.iter().map(attempts).collect());
            }
            searches.cells.push(runs.iter().map(|runs| outcome(runs)).collect());
            found.push(runs.iter().map(|runs| Found::of(runs)).collect());
            searches.arms.push(deliberate_policy::Arm { name: arm.name, budget: arm.budget });
        }
        let priors = questions.iter().map(|question| study.prior(&question.id)).collect();
        Ok(Self { sheet, others, sample_flops, answer_flops, searches, found, chain, priors, larger })
    }
}

fn mean(runs: &[&Searched], of: impl Fn(&Searched) -> f64) -> f64 {
    runs.iter().map(|run| of(run)).sum::<f64>() / runs.len().max(1) as f64
}

/// What several runs of a search came to, on average.
fn outcome(runs: &[&Searched]) -> Cell {
    Cell {
        accuracy: mean(runs, |run| f64::from(u8::from(run.correct))),
        runs: runs.len() as f64,
        generations: mean(runs, |run| run.generations.into()),
        tokens: mean(runs, |run| run.charged.units as f64),
        flops: mean(runs, |run| run.charged.flops),
    }
}

impl Found {
    /// The mean over questions.
    pub(crate) fn mean(questions: &[Self]) -> Self {
        let mean =
            |of: fn(&Self) -> f64| questions.iter().map(of).sum::<f64>() / questions.len().max(1) as f64;
        Self {
            covered: mean(|one| one.covered),
            solutions: mean(|one| one.solutions),
            distinct: mean(|one| one.distinct),
        }
    }

    fn of(runs: &[&Searched]) -> Self {
        Self {
            covered: mean(runs, |run| f64::from(u8::from(run.right.contains(&true)))),
            solutions: mean(runs, |run| run.right.len() as f64),
            distinct: mean(runs, |run| run.distinct.into()),
        }
    }
}

/// The samples as this verifier sees them, and as every other does that scored them all.
fn sheets(pool: &Pool, verifier: &str, only: Option<Portion>) -> Result<(Sheet, Vec<Sheet>), PoolError> {
    let sheet = |name: &str| {
        let sheet = Sheet::new(pool, name)?;
        Ok::<_, PoolError>(
            only.map_or_else(|| sheet.clone(), |part| sheet.only(|id| Portion::of(id) == part)),
        )
    };
    let others = pool.verifiers.iter().filter(|name| *name != verifier);
    Ok((sheet(verifier)?, others.filter_map(|name| sheet(name).ok()).collect()))
}
