//! Where the models of a family are made, one training after another: a plan, a folder, a device, and who watches.

use crate::bundle::FAMILY;
use crate::folder::{Folder, replace};
use crate::watch::Watch;
use crate::{BuildError, Card, Learning, Observer, Plan, Words};
use deliberate_decoder::{Asking, Model, Precision, Shape};
use deliberate_train::{Decoder, Device, Epochs, Example, Outcome, Report, Source, grown, train};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// What the weights of a model begin as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// Random numbers.
    Nothing,
    /// Those of a model made before, grown to the shape if that is larger.
    From(&'static str),
}

/// What all models but the proposer begin as.
pub(crate) const PROPOSER: Start = Start::From("proposer");

/// A training.
#[derive(Debug, Clone, Copy)]
pub struct Task<'a> {
    /// The model's name in the family, and that of its folder.
    pub name: &'static str,
    /// What it does, in a sentence.
    pub role: &'static str,
    /// Its sizes.
    pub shape: Shape,
    /// How it learns.
    pub learning: &'a Learning,
    /// What it begins as.
    pub start: Start,
}

/// What a model learns from.
pub(crate) struct Lessons<'a> {
    pub(crate) source: &'a mut dyn Source,
    /// Examples that training is stopped by.
    pub(crate) validation: Vec<Example>,
    /// Number of examples, where they are a fixed set.
    pub(crate) examples: Option<usize>,
}

/// Makes the models of a family, and keeps them in its folder.
pub struct Workshop<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) folder: Folder,
    pub(crate) device: &'a Device,
    pub(crate) observer: &'a mut dyn Observer,
    pub(crate) made: Vec<(Card, PathBuf)>,
}

impl<'a> Workshop<'a> {
    /// Opens or creates a folder; one that holds a family of another plan is refused.
    ///
    /// # Errors
    /// [`BuildError::OtherPlan`], or a folder that cannot be used.
    pub fn open(
        plan: &'a Plan,
        path: &Path,
        device: &'a Device,
        observer: &'a mut dyn Observer,
    ) -> Result<Self, BuildError> {
        Ok(Self { plan, folder: Folder::open(path, plan)?, device, observer, made: Vec::new() })
    }

    /// Takes a finished model as it is, under a name of this family.
    ///
    /// # Errors
    /// [`BuildError::File`] if it cannot be copied.
    pub fn adopt(&self, name: &str, file: &Path) -> Result<(), BuildError> {
        let bytes = std::fs::read(file).map_err(BuildError::file(file))?;
        replace(&self.model(name)?, &bytes)
    }

    /// Sizes of verifiers and of revisers.
    pub fn judging(&self, words: &Words) -> Shape {
        self.plan.proposer.deeper(self.plan.judging_blocks).shape(words.size())
    }

    /// Trains a copy of a model on a fixed set of examples, one row a question, unless it is there already. The last
    /// questions are held out.
    ///
    /// # Errors
    /// [`BuildError::Nothing`] without examples; what files and training may fail with.
    pub fn copy(
        &mut self,
        words: &Words,
        task: Task<'_>,
        mut rows: Vec<Vec<Example>>,
    ) -> Result<(), BuildError> {
        rows.retain(|row| !row.is_empty());
        let held_out = rows.len() * self.plan.held_out as usize / 100;
        let validation: Vec<Example> = rows.split_off(rows.len() - held_out).into_iter().flatten().collect();
        let examples: Vec<Example> = rows.into_iter().flatten().collect();
        if examples.is_empty() {
            return Err(BuildError::Nothing { stage: task.name });
        }
        let count = examples.len();
        let mut source = Epochs::new(examples, task.learning.batch_tokens, self.plan.seed);
        self.learn(task, words, Lessons { source: &mut source, validation, examples: Some(count) })
    }

    /// Trains a model unless it is there, and writes its file and its card.
    pub(crate) fn learn(
        &mut self,
        task: Task<'_>,
        words: &Words,
        lessons: Lessons<'_>,
    ) -> Result<(), BuildError> {
        self.observer.stage(task.name);
        let file = self.model(task.name)?;
        if let Some(card) = self.folder.done::<Card>(task.name) {
            self.made.push((card, file));
            return Ok(());
        }
        let Lessons { source, validation, examples } = lessons;
        let decoder = self.beginning(&task)?.on(self.device)?;
        let settings = task.learning.settings(self.plan.seed);
        let folder = self.folder.of(task.name)?.join("training");
        let mut watch = Watch::new(self.observer);
        let report = train(&decoder, source, &validation, &settings, &folder, &mut watch)?;
        if report.outcome == Outcome::Interrupted {
            return Err(BuildError::Interrupted);
        }
        let (name, vocabulary) = (task.name.to_owned(), words.vocabulary().clone());
        let asking = Asking { team: Some(FAMILY.to_owned()), prompt: None };
        let model = Model { name, shape: task.shape, weights: decoder.to_weights()?, vocabulary, asking };
        model.write_gguf(&file, Precision::Q8_0)?;
        let card = Card { examples, ..self.card(&task, &file, &report)? };
        let written = serde_json::to_vec_pretty(&card).expect("cards are plain data");
        replace(&file.with_extension("card.json"), &written)?;
        self.folder.finish(task.name, &card)?;
        self.made.push((card, file));
        Ok(())
    }

    /// A decoder before its training.
    fn beginning(&self, task: &Task<'_>) -> Result<Decoder, BuildError> {
        let (shape, seed) = (&task.shape, self.plan.seed);
        Ok(match task.start {
            Start::Nothing => Decoder::random(shape, seed)?,
            Start::From(model) => {
                let Model { weights, shape: from, .. } = Model::read_gguf(self.model(model)?)?;
                Decoder::from_weights(shape, &grown(&weights, &from, shape, seed)?)?
            }
        })
    }

    fn card(&self, task: &Task<'_>, file: &Path, report: &Report) -> Result<Card, BuildError> {
        let bytes = std::fs::read(file).map_err(BuildError::file(file))?;
        let at = |at: &deliberate_train::Validated| (at.step, at.evaluation.loss, at.evaluation.accuracy);
        Ok(Card {
            name: task.name.to_owned(),
            role: task.role.to_owned(),
            sha256: format!("{:x}", Sha256::digest(&bytes)),
            bytes: bytes.len() as u64,
            shape: task.shape,
            parameters: task.shape.parameters(),
            seed: self.plan.seed,
            from: match task.start {
                Start::Nothing => None,
                Start::From(model) => Some(model.to_owned()),
            },
            examples: None,
            steps: (report.steps, report.chosen),
            tokens: report.tokens,
            seconds: report.seconds,
            validation: report.validated.iter().map(at).collect(),
        })
    }

    /// The file of a finished model.
    pub(crate) fn model(&self, name: &str) -> Result<PathBuf, BuildError> {
        Ok(self.folder.of(name)?.join(format!("{name}.gguf")))
    }
}
