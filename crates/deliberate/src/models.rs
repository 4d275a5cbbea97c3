//! Which models answer, complete.

use crate::bytes::Bytes;
use crate::options::{ModelOptions, RuntimeChoice};
use serde::Serialize;
use std::num::NonZeroU32;

/// Which models answer and what runs them, complete.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct ModelSettings {
    /// Who answers; the catalogue's default, or a server's only one, where it is left open.
    pub model: Option<String>,
    // Where servers are says nothing of what they answer.
    /// Servers that answer.
    #[serde(skip)]
    pub server: Option<Vec<String>>,
    /// Servers that score.
    #[serde(skip)]
    pub verifier_server: Option<Vec<String>>,
    /// Servers that revise.
    #[serde(skip)]
    pub reviser_server: Option<Vec<String>>,
    /// Who scores.
    pub verifier_model: Option<String>,
    /// Who scores where the strategy revises.
    pub revision_verifier_model: Option<String>,
    /// Who revises.
    pub reviser_model: Option<String>,
    /// Memory for all models together.
    pub memory: Option<Bytes>,
    /// What runs the models.
    pub runtime: RuntimeChoice,
    /// What each of them may take; left open where nobody chose.
    #[serde(flatten)]
    pub takes: deliberate_engine::Settings,
    /// Off only for measurements.
    #[serde(skip)]
    pub prefix_cache: bool,
}

impl ModelSettings {
    /// Fills in what was left open.
    pub fn resolve(options: ModelOptions) -> Self {
        Self {
            model: options.model,
            server: options.server,
            verifier_server: options.verifier_server,
            reviser_server: options.reviser_server,
            verifier_model: options.verifier_model,
            revision_verifier_model: options.revision_verifier_model,
            reviser_model: options.reviser_model,
            memory: options.memory,
            runtime: options.runtime.unwrap_or_default(),
            takes: deliberate_engine::Settings {
                slots: options.slots.map(NonZeroU32::get),
                context: options.context.map(NonZeroU32::get),
                batch_tokens: options.batch_tokens.map(NonZeroU32::get),
                threads: options.threads.map(NonZeroU32::get),
                gpu_layers: None,
            },
            prefix_cache: true,
        }
    }
}
