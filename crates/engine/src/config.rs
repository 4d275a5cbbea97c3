//! How much an engine may take on at once.

use crate::Capacity;
use serde::{Deserialize, Serialize};
use std::num::{NonZeroU32, NonZeroUsize};

/// Settings of one engine. Every value that can be written is valid; that a runtime offers as much is checked when
/// the engine starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct EngineConfig {
    /// Name of the model for people and provenance, instead of the file's own.
    pub name: Option<String>,
    /// Sequences held at once, busy and cached together; `None` takes all that the runtime has. A search runs best
    /// with some more than it draws at a time, because what idle slots hold need not be computed again.
    pub slots: Option<NonZeroU32>,
    /// Tokens per sequence; `None` takes what the runtime has.
    pub context: Option<NonZeroUsize>,
    /// Tokens per forward pass; `None` takes what the runtime has.
    pub batch_tokens: Option<NonZeroUsize>,
    /// Whether prefixes that were evaluated before, and prompts that samples share, are evaluated once. Without it
    /// every sample evaluates all of its prompt: a yardstick, and a way to rule the cache out when in doubt.
    pub prefix_cache: bool,
    /// Requests that may wait outside the scheduler before callers are held back.
    pub queue: NonZeroUsize,
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self {
            name: None,
            slots: None,
            context: None,
            batch_tokens: None,
            prefix_cache: true,
            queue: const { NonZeroUsize::new(256).unwrap() },
        }
    }
}

/// A runtime holds less than was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the runtime has {offered} {what}, {asked} were asked for (load it with more, or lower `{setting}`)")]
pub struct Shortage {
    /// What is short.
    pub what: &'static str,
    /// The setting that asks for it.
    pub setting: &'static str,
    /// How much was asked for.
    pub asked: usize,
    /// How much there is.
    pub offered: usize,
}

impl EngineConfig {
    /// What to use of a runtime that holds `offered`.
    ///
    /// # Errors
    /// [`Shortage`] if it holds less than is asked for, or too little to do anything.
    pub fn within(&self, offered: Capacity) -> Result<Capacity, Shortage> {
        let fit = |what, setting, asked: Option<usize>, offered: usize, least: usize| {
            let used = asked.unwrap_or(offered);
            if used > offered || used < least {
                let asked = used.max(least);
                return Err(Shortage { what, setting, asked, offered: offered.min(used) });
            }
            Ok(used)
        };
        let slots = self.slots.map(|slots| slots.get() as usize);
        let slots = fit("slots", "slots", slots, offered.slots as usize, 1)?;
        let context = self.context.map(NonZeroUsize::get);
        let held = offered.slot_tokens.min(offered.total_tokens);
        // A token to start from and one to draw.
        let slot_tokens = fit("tokens per slot", "context", context, held, 2)?;
        let batch_tokens = self.batch_tokens.map(NonZeroUsize::get);
        let batch_tokens = fit("tokens per batch", "batch-tokens", batch_tokens, offered.batch_tokens, 1)?;
        Ok(Capacity { slots: slots as u32, slot_tokens, batch_tokens, ..offered })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OFFERED: Capacity =
        Capacity { slots: 8, slot_tokens: 100, total_tokens: 800, batch_tokens: 64, kv_bytes_per_token: 1 };

    #[test]
    fn nothing_asked_takes_everything() {
        assert_eq!(EngineConfig::default().within(OFFERED), Ok(OFFERED));
    }

    #[test]
    fn asking_for_more_than_there_is_names_the_setting() {
        let config = EngineConfig { context: NonZeroUsize::new(4096), ..EngineConfig::default() };
        let message = config.within(OFFERED).unwrap_err().to_string();
        assert_eq!(
            message,
            "the runtime has 100 tokens per slot, 4096 were asked for (load it with more, or lower `context`)"
        );
        let config = EngineConfig { slots: NonZeroU32::new(4), ..EngineConfig::default() };
        assert_eq!(config.within(OFFERED).map(|capacity| capacity.slots), Ok(4));
    }
}
