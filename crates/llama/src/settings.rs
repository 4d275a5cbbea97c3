//! What can be chosen when a model is loaded.

use crate::error::LoadError;

/// How much a runtime shall hold, and on what it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Sequences held at the same time: 1 to 256.
    pub slots: u32,
    /// Tokens of one sequence.
    pub context: u32,
    /// Tokens of one forward pass.
    pub batch_tokens: u32,
    /// Threads that compute; `None` chooses for the model and the machine.
    pub threads: Option<u32>,
    /// Layers kept on a GPU, where the build supports one; `None` is all of them.
    pub gpu_layers: Option<u32>,
}

/// Most sequences of one llama.cpp context.
const SLOTS: u32 = 256;

impl Default for Settings {
    fn default() -> Self {
        Self { slots: 64, context: 2048, batch_tokens: 512, threads: None, gpu_layers: None }
    }
}

impl Settings {
    /// Checks the values on their own.
    pub(crate) fn check(&self) -> Result<(), LoadError> {
        let check = |setting, value: u32, most: u32, expected| {
            let value = u64::from(value);
            if (1..=u64::from(most)).contains(&value) {
                Ok(())
            } else {
                Err(LoadError::Setting { setting, value, expected })
            }
        };
        check("slots", self.slots, SLOTS, "1 to 256")?;
        check("context", self.context, 1 << 22, "1 to 4194304")?;
        check("batch_tokens", self.batch_tokens, 1 << 16, "1 to 65536")?;
        check("threads", self.threads.unwrap_or(1), 512, "1 to 512")?;
        check("context", self.stored_context(), (i32::MAX as u32) / self.slots, "less (all slots together)")
    }

    /// Tokens per sequence that llama.cpp stores: the context rounded up as it does.
    pub(crate) fn stored_context(&self) -> u32 {
        self.context.next_multiple_of(256)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_out_of_range_are_named() {
        let check = |settings: Settings, words: &str| {
            let error = settings.check().expect_err("out of range").to_string();
            assert!(error.contains(words), "{error}");
        };
        let sound = Settings::default();
        sound.check().expect("the default");
        check(Settings { slots: 0, ..sound }, "`slots` is 0, expected 1 to 256");
        check(Settings { slots: 257, ..sound }, "`slots` is 257");
        check(Settings { context: 0, ..sound }, "`context` is 0");
        check(Settings { context: u32::MAX, ..sound }, "`context` is 4294967295");
        check(Settings { batch_tokens: 0, ..sound }, "`batch_tokens` is 0");
        check(Settings { threads: Some(0), ..sound }, "`threads` is 0");
        check(Settings { slots: 256, context: 1 << 23, ..sound }, "`context`");
    }
}
