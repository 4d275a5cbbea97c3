//! Where the models of a family are made, one training after another: a plan, a folder, a device, and who watches.

use crate::bundle::FAMILY;
use crate::folder::{Folder, replace};
use crate::ground::{Ground, Stock};
use crate::plan::{EPOCHS, Lora};
use crate::watch::Watch;
use crate::{BuildError, Card, Gathered, Learning, Observer, Plan, ServeError, serve};
use deliberate_decoder::{Adapter, Asking, Model, Precision, Shape};
use deliberate_engine::Engine;
use deliberate_train::{
    Decoder, Device, Epochs, Example, Outcome, Report, Source, fresh_adapter, grown, train,
};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// What the weights of a model begin as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// What the family grows from: random numbers in the lab, and else the base, with an adapter that changes nothing yet.
    Beginning,
    /// Those of a model made before, grown to the shape if that is larger.
    From(&'static str),
}

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
    /// Steps of the training.
    pub(crate) steps: u64,
    /// Examples that training is stopped by.
    pub(crate) validation: Vec<Example>,
    /// Number of examples, where they are a fixed set, and of those that were too long for it.
    pub(crate) examples: Option<(usize, usize)>,
}

/// Makes the models of a family, and keeps them in its folder.
pub struct Workshop<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) ground: Ground,
    pub(crate) folder: Folder,
    pub(crate) device: &'a Device,
    pub(crate) observer: &'a mut dyn Observer,
    pub(crate) made: Vec<(Card, PathBuf)>,
    pub(crate) gathered: Vec<Gathered>,
}

impl<'a> Workshop<'a> {
    /// Opens or creates a folder; one that holds a family of another plan is refused.
    ///
    /// # Errors
    /// [`BuildError::OtherPlan`], or a folder, a model or questions that cannot be used.
    pub fn open(
        plan: &'a Plan,
        path: &Path,
        device: &'a Device,
        observer: &'a mut dyn Observer,
    ) -> Result<Self, BuildError> {
        observer.stage("ground");
        let ground = Ground::of(plan)?;
        let folder = Folder::open(path, plan)?;
        if let Some(inputs) = &ground.inputs {
            folder.made_of(inputs)?;
        }
        Ok(Self { plan, ground, folder, device, observer, made: Vec::new(), gathered: Vec::new() })
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
    pub fn judging(&self) -> Shape {
        self.ground.judging
    }

    /// Trains a copy of a model on a fixed set of examples, one row a question, unless it is there already. The last
    /// questions are held out.
    ///
    /// # Errors
    /// [`BuildError::Nothing`] without examples; what files and training may fail with.
    pub fn copy(&mut self, task: Task<'_>, mut rows: Vec<Vec<Example>>) -> Result<(), BuildError> {
        let context = task.shape.context as usize;
        let all: usize = rows.iter().map(Vec::len).sum();
        for row in &mut rows {
            row.retain(|example| example.len() <= context);
        }
        rows.retain(|row| !row.is_empty());
        let held_out = rows.len() * self.plan.method.held_out as usize / 100;
        let validation: Vec<Example> = rows.split_off(rows.len() - held_out).into_iter().flatten().collect();
        let examples: Vec<Example> = rows.into_iter().flatten().collect();
        if examples.is_empty() {
            return Err(BuildError::Nothing { stage: task.name });
        }
        let count = (examples.len(), all - examples.len() - validation.len());
        let mut source = Epochs::new(examples, task.learning.batch_tokens, self.plan.seed);
        let steps = task.learning.steps().unwrap_or_else(|| source.steps(EPOCHS));
        self.learn(task, Lessons { source: &mut source, steps, validation, examples: Some(count) })
    }

    /// Trains a model unless it is there, and writes its file and its card.
    pub(crate) fn learn(&mut self, task: Task<'_>, lessons: Lessons<'_>) -> Result<(), BuildError> {
        self.observer.stage(task.name);
        let file = self.model(task.name)?;
        if let Some(card) = self.folder.done::<Card>(task.name) {
            self.made.push((card, file));
            return Ok(());
        }
        let Lessons { source, steps, validation, examples } = lessons;
        let decoder = self.beginning(&task)?;
        let begun = self.ground.stock != Stock::Lab;
        let mut settings = task.learning.settings(self.plan.seed, steps, begun);
        if validation.is_empty() {
            settings.patience = None;
        }
        let folder = self.folder.of(task.name)?.join("training");
        let mut watch = Watch::new(self.observer);
        let report = train(&decoder, source, &validation, &settings, &folder, &mut watch)?;
        if report.outcome == Outcome::Interrupted {
            return Err(BuildError::Interrupted);
        }
        let parameters = self.write(&task, &decoder, &file)?;
        let (examples, too_long) = examples.unzip();
        let too_long = too_long.unwrap_or_default();
        let card = Card { parameters, examples, too_long, ..self.card(&task, &file, &report)? };
        let written = serde_json::to_vec_pretty(&card).expect("cards are plain data");
        replace(&file.with_extension("card.json"), &written)?;
        self.folder.finish(task.name, &card)?;
        self.made.push((card, file));
        Ok(())
    }

    /// A decoder before its training.
    fn beginning(&self, task: &Task<'_>) -> Result<Decoder, BuildError> {
        let (shape, seed, device) = (&task.shape, self.plan.seed, self.device);
        let decoder = match (&self.ground.stock, task.start) {
            (Stock::Lab, Start::Beginning) => Decoder::random(shape, seed)?,
            (Stock::Lab, Start::From(model)) => {
                let Model { weights, shape: from, .. } = Model::read_gguf(self.model(model)?)?;
                Decoder::from_weights(shape, &grown(&weights, &from, shape, seed)?)?
            }
            (Stock::Whole { .. }, Start::From(model)) => {
                Decoder::from_weights(shape, &Model::read_gguf(self.model(model)?)?.weights)?
            }
            (Stock::Whole { base, .. }, Start::Beginning) | (Stock::Adapters { base, .. }, _) => {
                Decoder::from_weights(shape, &Model::read_gguf(base)?.weights)?
            }
        };
        let decoder = decoder.on(device)?;
        let Stock::Adapters { lora: Lora { rank, alpha, blocks }, .. } = self.ground.stock else {
            return Ok(decoder);
        };
        let adapter = match task.start {
            Start::Beginning => fresh_adapter(shape, rank, alpha, blocks, seed),
            Start::From(model) => Adapter::read_gguf(self.model(model)?, shape)?,
        };
        Ok(decoder.with_adapter(&adapter)?)
    }

    /// Keeps what has learnt; tells how many weights that are.
    fn write(&self, task: &Task<'_>, decoder: &Decoder, file: &Path) -> Result<u64, BuildError> {
        let (asking, precision) = match &self.ground.stock {
            Stock::Lab => (Asking { team: Some(FAMILY.to_owned()), prompt: None }, Precision::Q8_0),
            Stock::Whole { prompt, .. } => (Asking { team: None, prompt: prompt.clone() }, Precision::F16),
            Stock::Adapters { .. } => {
                let adapter = decoder.to_adapter()?.expect("it was begun with one");
                adapter.write_gguf(file, &task.shape, Precision::F32)?;
                return Ok(adapter.parameters());
            }
        };
        let (name, vocabulary) = (task.name.to_owned(), self.ground.words.vocabulary().clone());
        let model = Model { name, shape: task.shape, weights: decoder.to_weights()?, vocabulary, asking };
        model.write_gguf(file, precision)?;
        Ok(task.shape.parameters())
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
            parameters: 0,
            seed: self.plan.seed,
            from: match (task.start, &self.plan.from) {
                (Start::From(model), _) => Some(model.to_owned()),
                (Start::Beginning, crate::Beginning::Base(base)) => Some(base.model.clone()),
                (Start::Beginning, crate::Beginning::Lab(_)) => None,
            },
            examples: None,
            too_long: 0,
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

    /// Opens a finished model, or what the family grows from.
    pub(crate) fn engine(&self, model: Start) -> Result<Engine, BuildError> {
        let file = |model: Start| match (model, &self.ground.stock) {
            (Start::From(name), _) => self.model(name),
            (Start::Beginning, Stock::Whole { base, .. } | Stock::Adapters { base, .. }) => Ok(base.clone()),
            (Start::Beginning, Stock::Lab) => Err(ServeError::Nothing.into()),
        };
        Ok(match (&self.ground.stock, model) {
            (Stock::Adapters { base, .. }, Start::From(_)) => serve::serve_adapter(base, file(model)?)?,
            _ => serve::serve(&file(model)?)?,
        })
    }
}
