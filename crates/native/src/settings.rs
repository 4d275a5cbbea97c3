//! What can be chosen when a model is loaded.

use crate::error::LoadError;
use deliberate_decoder::Shape;
use std::thread;

/// How much a runtime shall hold, and how many threads compute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Sequences held at the same time: 1 to 65536.
    pub slots: u32,
    /// Tokens of one sequence; `None` is all that the model knows.
    pub context: Option<u32>,
    /// Tokens of one forward pass: 1 to 65536.
    pub batch_tokens: u32,
    /// Threads that compute: 1 to 512; `None` is one for each core that this process may use.
    pub threads: Option<u32>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { slots: 256, context: None, batch_tokens: 1024, threads: None }
    }
}

impl Settings {
    /// Checks the values, on their own and against the model.
    pub(crate) fn check(&self, shape: &Shape) -> Result<(), LoadError> {
        let check = |setting, value: u32, most: u32, expected| {
            if (1..=most).contains(&value) {
                Ok(())
            } else {
                Err(LoadError::Setting { setting, value, expected })
            }
        };
        check("slots", self.slots, 1 << 16, "1 to 65536")?;
        check("context", self.context(shape), u32::MAX, "at least 1")?;
        check("batch_tokens", self.batch_tokens, 1 << 16, "1 to 65536")?;
        check("threads", self.threads.unwrap_or(1), 512, "1 to 512")?;
        if self.context(shape) > shape.context {
            return Err(LoadError::Context { context: self.context(shape), trained: shape.context });
        }
        Ok(())
    }

    /// Tokens of one sequence.
    pub(crate) fn context(&self, shape: &Shape) -> u32 {
        self.context.unwrap_or(shape.context)
    }

    /// Threads that compute.
    pub(crate) fn threads(&self) -> usize {
        let cores = || thread::available_parallelism().map_or(1, std::num::NonZero::get);
        self.threads.map_or_else(cores, |threads| threads as usize)
    }
}
