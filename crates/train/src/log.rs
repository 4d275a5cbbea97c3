//! What a training leaves to be read: `log.jsonl` and event files for `TensorBoard`.

use crate::TrainError;
use crate::events::Events;
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// One line of `log.jsonl`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct LogLine {
    /// Steps made.
    pub step: u64,
    /// Tokens gone through.
    pub tokens: u64,
    /// Mean training loss since the line before, in nats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss: Option<f64>,
    /// Learning rate of the step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub learning_rate: Option<f64>,
    /// Norm of the step's gradient before clipping.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gradient_norm: Option<f64>,
    /// Training speed since the line before; evaluations and checkpoints do not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens_per_second: Option<f64>,
    /// Mean loss of the validation examples, in nats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation_loss: Option<f64>,
    /// Share of validation targets that were met.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation_accuracy: Option<f64>,
}

/// The open logs of a folder.
#[derive(Debug)]
pub(crate) struct Log {
    path: PathBuf,
    lines: File,
    events: Events,
}

impl Log {
    /// Opens the logs to go on after `step`: what an earlier process wrote about later steps is dropped, for it will
    /// be written again.
    pub(crate) fn open(folder: &Path, step: u64) -> Result<Self, TrainError> {
        let path = folder.join("log.jsonl");
        let earlier = match std::fs::read(&path) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(TrainError::read(&path)(error)),
        };
        let valid = |line: &&str| serde_json::from_str::<LogLine>(line).is_ok_and(|line| line.step <= step);
        let kept: String = earlier.lines().filter(valid).flat_map(|line| [line, "\n"]).collect();
        deliberate_files::replace(&path, |file| file.write_all(kept.as_bytes()))
            .map_err(TrainError::write(&path))?;
        let lines = OpenOptions::new().append(true).open(&path).map_err(TrainError::write(&path))?;
        let events = Events::create(folder, step).map_err(TrainError::write(folder))?;
        Ok(Self { path, lines, events })
    }

    /// Writes a line and its scalars.
    pub(crate) fn write(&mut self, line: &LogLine) -> Result<(), TrainError> {
        let mut text = serde_json::to_string(line).expect("a line is plain data");
        text.push('\n');
        let values = [
            ("loss/training", line.loss),
            ("loss/validation", line.validation_loss),
            ("accuracy/validation", line.validation_accuracy),
            ("learning-rate", line.learning_rate),
            ("gradient-norm", line.gradient_norm),
            ("tokens-per-second", line.tokens_per_second),
        ];
        let values: Vec<_> = values.into_iter().filter_map(|(tag, value)| Some((tag, value?))).collect();
        let written =
            self.lines.write_all(text.as_bytes()).and_then(|()| self.events.scalars(line.step, &values));
        written.map_err(TrainError::write(&self.path))
    }
}

/// Reads a training's `log.jsonl`; a torn last line is left out.
///
/// # Errors
/// [`TrainError::Read`] if the file cannot be read.
pub fn read_log(folder: &Path) -> Result<Vec<LogLine>, TrainError> {
    let path = folder.join("log.jsonl");
    let text = std::fs::read_to_string(&path).map_err(TrainError::read(&path))?;
    Ok(text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn going_on_drops_later_and_torn_lines() {
        let folder = tempfile::tempdir().unwrap();
        let line = |step| LogLine {
            step,
            tokens: step * 10,
            loss: Some(0.1 + step as f64),
            learning_rate: Some(1e-3),
            ..LogLine::default()
        };
        let mut log = Log::open(folder.path(), 0).unwrap();
        (1..=5).for_each(|step| log.write(&line(step)).unwrap());
        log.lines.write_all(b"{\"step\":").unwrap();
        let mut log = Log::open(folder.path(), 3).unwrap();
        log.write(&line(4)).unwrap();
        assert_eq!(read_log(folder.path()).unwrap(), [1, 2, 3, 4].map(line));
    }
}
