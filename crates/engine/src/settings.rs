//! How much a model may take: one set of settings for every runtime.

use serde::{Deserialize, Serialize};

/// What can be chosen when a model is loaded. What is left open the runtime chooses ([`Usual`]).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// Sequences held at the same time, busy and cached together. A search runs best with some more than it draws at
    /// a time, because what idle slots hold need not be computed again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slots: Option<u32>,
    /// Tokens of one sequence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<u32>,
    /// Tokens of one forward pass.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch_tokens: Option<u32>,
    /// Threads that compute; left open, as many as suit the model and the machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threads: Option<u32>,
    /// Layers kept on a GPU, where the build supports one; left open, all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gpu_layers: Option<u32>,
}

/// What a runtime takes where nobody chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usual {
    /// Sequences.
    pub slots: u32,
    /// Most sequences that it can hold.
    pub most_slots: u32,
    /// Tokens of a forward pass.
    pub batch_tokens: u32,
}

/// Settings of a model, complete and checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reserve {
    /// Sequences held at the same time.
    pub slots: u32,
    /// Tokens of one sequence.
    pub context: u32,
    /// Tokens of one forward pass.
    pub batch_tokens: u32,
}

/// Tokens of one sequence where nobody chose, as far as the model knows as many.
const CONTEXT: u32 = 2048;
/// Most threads that anyone has.
const THREADS: u32 = 512;
/// Most tokens of one forward pass.
const BATCH: u32 = 1 << 16;

/// Settings that a model cannot be loaded with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// Zero, or more than can be.
    #[error("setting `{setting}` is {value}, expected 1 to {most}")]
    Range {
        /// Its name.
        setting: &'static str,
        /// Its value.
        value: u32,
        /// What it may be at most.
        most: u32,
    },
    /// A context longer than the model was trained on.
    #[error(
        "a context of {context} tokens was asked for but the model was trained on {trained} (lower `context`, or leave it out)"
    )]
    Context {
        /// What was asked for.
        context: u32,
        /// What the model knows.
        trained: u32,
    },
}

impl Settings {
    /// The numbers for a model that was trained on sequences of `trained` tokens.
    ///
    /// # Errors
    /// [`SettingsError`] names the setting that cannot be.
    pub fn reserve(&self, trained: u32, usual: Usual) -> Result<Reserve, SettingsError> {
        let within = |setting, value: u32, most: u32| {
            if (1..=most).contains(&value) {
                Ok(value)
            } else {
                Err(SettingsError::Range { setting, value, most })
            }
        };
        let context = self.context.unwrap_or(CONTEXT.min(trained));
        if context > trained {
            return Err(SettingsError::Context { context, trained });
        }
        within("threads", self.threads.unwrap_or(1), THREADS)?;
        Ok(Reserve {
            slots: within("slots", self.slots.unwrap_or(usual.slots), usual.most_slots)?,
            context: within("context", context, i32::MAX as u32)?,
            batch_tokens: within("batch-tokens", self.batch_tokens.unwrap_or(usual.batch_tokens), BATCH)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const USUAL: Usual = Usual { slots: 64, most_slots: 256, batch_tokens: 512 };

    #[test]
    fn a_context_that_nobody_asked_for_is_no_longer_than_the_model_knows() {
        let context = |asked, trained| {
            Settings { context: asked, ..Settings::default() }
                .reserve(trained, USUAL)
                .map(|reserve| reserve.context)
        };
        assert_eq!(context(None, 1024), Ok(1024));
        assert_eq!(context(None, 8192), Ok(2048));
        assert_eq!(context(Some(8192), 8192), Ok(8192));
        assert_eq!(context(Some(2048), 1024), Err(SettingsError::Context { context: 2048, trained: 1024 }));
        assert!(context(Some(0), 1024).is_err());
    }

    #[test]
    fn settings_out_of_range_are_named() {
        let check = |settings: Settings, words: &str| {
            let error = settings.reserve(1024, USUAL).expect_err("out of range").to_string();
            assert!(error.contains(words), "{error}");
        };
        let open = Settings::default();
        assert_eq!(open.reserve(1024, USUAL), Ok(Reserve { slots: 64, context: 1024, batch_tokens: 512 }));
        check(Settings { slots: Some(0), ..open }, "`slots` is 0, expected 1 to 256");
        check(Settings { slots: Some(257), ..open }, "`slots` is 257");
        check(Settings { batch_tokens: Some(0), ..open }, "`batch-tokens` is 0, expected 1 to 65536");
        check(Settings { threads: Some(513), ..open }, "`threads` is 513, expected 1 to 512");
    }
}
