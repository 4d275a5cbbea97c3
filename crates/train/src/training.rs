//! The training loop.

use crate::checkpoint::{self, State};
use crate::files::{read_learnt, write_learnt};
use crate::kernels::dropout::spread;
use crate::log::Log;
use crate::{
    Batch, Decoder, Dropout, Evaluation, Example, LogLine, Progress, Settings, Source, Stepper, TrainError,
    evaluate,
};
use deliberate_decoder::Weights;
use deliberate_files::Lock;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How a training ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// All steps were made.
    Finished,
    /// The validation loss had no new minimum for too long.
    StoppedEarly,
    /// The observer broke it off; the same call goes on.
    Interrupted,
}

/// An evaluation and when it took place.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Validated {
    /// Steps made before.
    pub step: u64,
    /// What came out.
    pub evaluation: Evaluation,
}

/// What a training came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// How it ended.
    pub outcome: Outcome,
    /// Steps made.
    pub steps: u64,
    /// Tokens gone through.
    pub tokens: u64,
    /// Seconds spent in steps, over all processes.
    pub seconds: f64,
    /// All evaluations, in order.
    pub validated: Vec<Validated>,
    /// Steps made when the chosen weights were taken. They are in `weights` and in the decoder; none if interrupted.
    pub chosen: Option<u64>,
    /// The file of the chosen weights, for [`read_weights`](crate::read_weights); of the chosen adapter, where one
    /// learns.
    pub weights: PathBuf,
}

/// Trains a decoder in a folder, or goes on with the training in it.
///
/// | file | what |
/// |---|---|
/// | `checkpoint.safetensors` | weights, moments, step: replaced as a whole |
/// | `weights.safetensors` | the chosen weights or adapter, under the names of GGUF files |
/// | `log.jsonl` | one [`LogLine`] after another |
/// | `events.out.tfevents.*` | the same for `TensorBoard` |
///
/// A process that is killed loses what it did since the last checkpoint; the same call then goes on and ends with the
/// same weights to the bit, as if nothing had happened. Afterwards `decoder` holds the chosen weights; after an
/// interruption those reached so far. A training that has ended gives its report again.
///
/// # Errors
/// [`TrainError::OtherTraining`] if the folder holds one with other settings, [`TrainError::Busy`] if a process is at
/// work in it, [`TrainError::Diverged`] if loss or gradient is no longer a number, and what source, files and tensors
/// may fail with.
pub fn train(
    decoder: &Decoder,
    source: &mut dyn Source,
    validation: &[Example],
    settings: &Settings,
    folder: &Path,
    observer: &mut dyn Progress,
) -> Result<Report, TrainError> {
    settings.check()?;
    std::fs::create_dir_all(folder).map_err(TrainError::write(folder))?;
    let _lock = lock(folder)?;
    let identity = identity(decoder, validation, settings)?;
    let mut stepper = Stepper::new(decoder, settings.adamw)?;
    let found = checkpoint::read(&folder.join("checkpoint.safetensors"), &identity, &mut stepper.optimiser)?;
    if let Some(state) = &found {
        stepper.steps = state.step;
        observer.resumed(state.step);
    }
    let state = found.unwrap_or_else(|| State::new(identity));
    if let Some(outcome) = state.outcome {
        read_learnt(&folder.join("weights.safetensors"), decoder)?;
        return Ok(report(state, outcome, folder));
    }
    let log = Log::open(folder, state.step)?;
    let speed = Speed::default();
    Training { decoder, validation, settings, folder, stepper, state, log, speed, saved: Instant::now() }
        .run(source, observer)
}

/// Tokens and time since the last line of the log.
#[derive(Debug, Default)]
struct Speed {
    tokens: u64,
    time: Duration,
}

struct Training<'a> {
    decoder: &'a Decoder,
    validation: &'a [Example],
    settings: &'a Settings,
    folder: &'a Path,
    stepper: Stepper<'a>,
    state: State,
    log: Log,
    speed: Speed,
    /// When the last checkpoint was written.
    saved: Instant,
}

impl Training<'_> {
    fn run(mut self, source: &mut dyn Source, observer: &mut dyn Progress) -> Result<Report, TrainError> {
        let Settings { steps, evaluate_every, .. } = *self.settings;
        let mut stop = false;
        while self.state.step < steps && !stop {
            let loss = self.step(source, observer)?;
            let broken = observer.stepped(self.state.step, steps, loss).is_break();
            let last = self.state.step == steps;
            if !self.validation.is_empty() && (last || self.state.step.is_multiple_of(evaluate_every)) {
                stop = self.validate(observer)?;
            }
            if broken && !last && !stop {
                self.save()?;
                return Ok(report(self.state, Outcome::Interrupted, self.folder));
            }
            if self.due() {
                self.save()?;
            }
        }
        let outcome = if self.state.step < steps { Outcome::StoppedEarly } else { Outcome::Finished };
        if self.pending() {
            self.choose()?;
        }
        self.state.outcome = Some(outcome);
        self.save()?;
        read_learnt(&self.folder.join("weights.safetensors"), self.decoder)?;
        Ok(report(self.state, outcome, self.folder))
    }

    /// One step of learning, and its line in the log.
    fn step(&mut self, source: &mut dyn Source, observer: &mut dyn Progress) -> Result<f32, TrainError> {
        let start = Instant::now();
        let step = self.state.step;
        let examples = source.batch(step).map_err(|source| TrainError::Source { step, source })?;
        let batch = Batch::pack(&examples, self.decoder.shape())?;
        let rate = self.settings.schedule.rate(step, self.settings.steps);
        let dropout =
            Dropout { share: self.settings.dropout, seed: spread(self.settings.seed ^ spread(step)) };
        let stepped = self.stepper.step(&batch, rate, Some(dropout))?;
        let time = start.elapsed();
        self.state.step += 1;
        self.state.tokens += batch.tokens() as u64;
        self.state.seconds += time.as_secs_f64();
        self.state.window.0 += f64::from(stepped.loss);
        self.state.window.1 += 1;
        self.speed.tokens += batch.tokens() as u64;
        self.speed.time += time;
        if self.state.step.is_multiple_of(self.settings.log_every) || self.state.step == self.settings.steps {
            let (sum, count) = std::mem::take(&mut self.state.window);
            let speed = std::mem::take(&mut self.speed);
            let line = LogLine {
                loss: Some(sum / count as f64),
                learning_rate: Some(f64::from(rate)),
                gradient_norm: Some(f64::from(stepped.gradient_norm)),
                tokens_per_second: Some(speed.tokens as f64 / speed.time.as_secs_f64()),
                ..self.line()
            };
            self.log.write(&line)?;
            observer.logged(&line);
        }
        Ok(stepped.loss)
    }

    /// Evaluates, chooses weights if their time has come, and says whether to stop.
    fn validate(&mut self, observer: &mut dyn Progress) -> Result<bool, TrainError> {
        let evaluation = evaluate(self.decoder, self.validation, self.settings.evaluation_tokens)?;
        let step = self.state.step;
        if !evaluation.loss.is_finite() {
            return Err(TrainError::Diverged { step });
        }
        self.state.validated.push(Validated { step, evaluation });
        let line = LogLine {
            validation_loss: Some(evaluation.loss),
            validation_accuracy: Some(evaluation.accuracy),
            ..self.line()
        };
        self.log.write(&line)?;
        observer.logged(&line);
        let since = since_minimum(&self.state.validated);
        if since == self.settings.after_minimum {
            self.choose()?;
        }
        Ok(self.settings.patience.is_some_and(|patience| since >= patience))
    }

    /// Whether the weights to choose would have come later than the training ended.
    fn pending(&self) -> bool {
        let since = (!self.state.validated.is_empty()).then(|| since_minimum(&self.state.validated));
        since.is_none_or(|since| since < self.settings.after_minimum)
    }

    /// Keeps the weights as they are now.
    fn choose(&mut self) -> Result<(), TrainError> {
        write_learnt(&self.folder.join("weights.safetensors"), self.decoder)?;
        self.state.chosen = Some(self.state.step);
        Ok(())
    }

    fn due(&self) -> bool {
        let Settings { checkpoint_every: every, checkpoint_seconds: seconds, .. } = *self.settings;
        let by_time = seconds > 0 && self.saved.elapsed() >= Duration::from_secs(seconds);
        by_time || (every > 0 && self.state.step.is_multiple_of(every))
    }

    fn save(&mut self) -> Result<(), TrainError> {
        let path = self.folder.join("checkpoint.safetensors");
        checkpoint::write(&path, &self.state, &self.stepper.optimiser)?;
        self.saved = Instant::now();
        Ok(())
    }

    fn line(&self) -> LogLine {
        LogLine { step: self.state.step, tokens: self.state.tokens, ..LogLine::default() }
    }
}

/// Evaluations since the first one with the lowest loss.
fn since_minimum(validated: &[Validated]) -> u32 {
    let losses = validated.iter().map(|validated| validated.evaluation.loss).enumerate();
    let lowest = losses.min_by(|(_, a), (_, b)| a.total_cmp(b)).map_or(0, |(index, _)| index);
    (validated.len().saturating_sub(1) - lowest) as u32
}

fn report(state: State, outcome: Outcome, folder: &Path) -> Report {
    Report {
        outcome,
        steps: state.step,
        tokens: state.tokens,
        seconds: state.seconds,
        validated: state.validated,
        chosen: if outcome == Outcome::Interrupted { None } else { state.chosen },
        weights: folder.join("weights.safetensors"),
    }
}

/// What must be equal for a training to go on.
fn identity(decoder: &Decoder, validation: &[Example], settings: &Settings) -> Result<Value, TrainError> {
    let tokens: usize = validation.iter().map(Example::len).sum();
    let mut identity = json!({
        "settings": settings.deciding(),
        "shape": decoder.shape(),
        "validation": { "examples": validation.len(), "tokens": tokens },
    });
    if let Some(adapter) = decoder.to_adapter()? {
        // A checkpoint holds the adapter alone, which means nothing on top of other weights.
        identity["adapter"] = json!({
            "rank": adapter.rank,
            "alpha": adapter.alpha,
            "matrices": adapter.named().len(),
            "base": checksum(&decoder.to_base()?),
        });
    }
    Ok(identity)
}

/// Tells weights from others of the same shape.
pub fn checksum(weights: &Weights) -> u32 {
    let mut bytes = Vec::new();
    let mut sum = 0;
    for piece in weights.named().iter().flat_map(|(_, values)| values.chunks(1 << 12)) {
        bytes.clear();
        bytes.extend(piece.iter().flat_map(|value| value.to_le_bytes()));
        sum = crc32c::crc32c_append(sum, &bytes);
    }
    sum
}

fn lock(folder: &Path) -> Result<Lock, TrainError> {
    let path = folder.join(".lock");
    let lock = Lock::try_take(&path).map_err(TrainError::write(&path))?;
    lock.ok_or_else(|| TrainError::Busy { path: folder.to_owned() })
}
