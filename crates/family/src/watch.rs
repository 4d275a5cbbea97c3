//! Between what draws and trains, and who watches the whole.

use crate::{BuildError, Observer};
use deliberate_train::gather::{GatherError, Progress};
use deliberate_train::{LogLine, Progress as TrainingProgress};
use std::ops::ControlFlow;

/// Passes a stage's progress on, and remembers that the observer wants to stop.
pub(crate) struct Watch<'a> {
    observer: &'a mut dyn Observer,
    note: String,
}

impl<'a> Watch<'a> {
    pub(crate) fn new(observer: &'a mut dyn Observer) -> Self {
        Self { observer, note: String::new() }
    }
}

impl Progress for Watch<'_> {
    fn at(&mut self, done: usize, all: usize) -> ControlFlow<()> {
        self.observer.at(done as u64, all as u64, "questions")
    }
}

impl TrainingProgress for Watch<'_> {
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

/// Tells a stage that was broken off from one that failed.
pub(crate) fn unless_broken<T>(result: Result<T, GatherError>) -> Result<T, BuildError> {
    match result {
        Err(GatherError::Interrupted) => Err(BuildError::Interrupted),
        result => Ok(result?),
    }
}
