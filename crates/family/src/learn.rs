//! One training of one model of the family.

use crate::build::Build;
use crate::bundle::FAMILY;
use crate::folder::replace;
use crate::{BuildError, Card, Learning, Observer, Words};
use deliberate_decoder::{Asking, Model, Precision, Shape};
use deliberate_train::{Decoder, Example, LogLine, Outcome, Progress, Source, grown, train};
use sha2::{Digest, Sha256};
use std::ops::ControlFlow;

/// What the weights begin as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Start {
    /// Random numbers.
    Nothing,
    /// Those of a model made before, grown to the shape if that is larger.
    From(&'static str),
}

/// A training.
#[derive(Clone, Copy)]
pub(crate) struct Task<'a> {
    pub(crate) name: &'static str,
    pub(crate) role: &'static str,
    pub(crate) shape: Shape,
    pub(crate) learning: &'a Learning,
    pub(crate) start: Start,
}

impl Build<'_> {
    /// Trains a model unless it is there, and writes its file and its card.
    pub(crate) fn learn(
        &mut self,
        task: Task<'_>,
        words: &Words,
        source: &mut dyn Source,
        validation: &[Example],
        examples: Option<usize>,
    ) -> Result<(), BuildError> {
        let Task { name, role, shape, learning, start } = task;
        self.observer.stage(name);
        let file = self.model(name)?;
        if let Some(card) = self.folder.done::<Card>(name) {
            self.built.models.push((card, file));
            return Ok(());
        }
        let decoder = match start {
            Start::Nothing => Decoder::random(&shape, self.plan.seed)?,
            Start::From(model) => {
                let Model { weights, shape: from, .. } = self.weights(model)?;
                Decoder::from_weights(&shape, &grown(&weights, &from, &shape, self.plan.seed)?)?
            }
        };
        let decoder = decoder.on(self.device)?;
        let settings = learning.settings(self.plan.seed);
        let folder = self.folder.of(name)?.join("training");
        let mut watch = Watch { observer: self.observer, note: String::new() };
        let report = train(&decoder, source, validation, &settings, &folder, &mut watch)?;
        if report.outcome == Outcome::Interrupted {
            return Err(BuildError::Interrupted);
        }
        let weights = decoder.to_weights()?;
        let vocabulary = words.vocabulary().clone();
        let asking = Asking { team: Some(FAMILY.to_owned()), prompt: None };
        let model = Model { name: name.to_owned(), shape, weights, vocabulary, asking };
        model.write_gguf(&file, Precision::Q8_0)?;
        let bytes = std::fs::read(&file).map_err(BuildError::file(&file))?;
        let card = Card {
            name: name.to_owned(),
            role: role.to_owned(),
            sha256: format!("{:x}", Sha256::digest(&bytes)),
            bytes: bytes.len() as u64,
            shape,
            parameters: shape.parameters(),
            seed: self.plan.seed,
            from: match start {
                Start::Nothing => None,
                Start::From(model) => Some(model.to_owned()),
            },
            examples,
            steps: (report.steps, report.chosen),
            tokens: report.tokens,
            seconds: report.seconds,
            validation: report
                .validated
                .iter()
                .map(|at| (at.step, at.evaluation.loss, at.evaluation.accuracy))
                .collect(),
        };
        let written = serde_json::to_vec_pretty(&card).expect("cards are plain data");
        replace(&file.with_extension("card.json"), &written)?;
        self.folder.finish(name, &card)?;
        self.built.models.push((card, file));
        Ok(())
    }
}

/// Passes a training's progress on.
struct Watch<'a> {
    observer: &'a mut dyn Observer,
    note: String,
}

impl Progress for Watch<'_> {
    fn stepped(&mut self, step: u64, steps: u64, _loss: f32) -> ControlFlow<()> {
        self.observer.at(step, steps, &self.note)
    }

    fn logged(&mut self, line: &LogLine) {
        if let Some(loss) = line.validation_loss {
            self.note = format!("held-out loss {loss:.3}");
        } else if let (Some(loss), Some(speed)) = (line.loss, line.tokens_per_second) {
            self.note = format!("loss {loss:.3}, {speed:.0} tokens/s");
        }
    }
}
