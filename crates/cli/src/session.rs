//! Opens a model and composes the roles around it.

use crate::config::{EngineSettings, Search};
use crate::exit::bad_input;
use anyhow::Context;
use deliberate_engine::{Engine, EngineConfig};
use deliberate_lm::LanguageModel;
use deliberate_models::{ModelFile, Models};
use deliberate_search::strategies::Needs;
use deliberate_text::{Domain, DomainSettings, Layout, Prompt, PromptKind, TextReviser, TokenBytes};
use serde_json::{Value, json};
use std::sync::Arc;

/// A loaded model.
pub(crate) struct Loaded {
    pub(crate) file: ModelFile,
    pub(crate) engine: Engine,
}

impl Loaded {
    /// Opens the model that the settings name, or the default one.
    pub(crate) fn open(settings: &EngineSettings) -> anyhow::Result<Self> {
        let models = Models::from_env().map_err(bad_input)?;
        let name = settings.model.clone().unwrap_or_else(|| models.catalogue().default.clone());
        let file = models.resolve(&name).map_err(bad_input)?;
        let engine = open_engine(&file, settings)
            .with_context(|| format!("cannot open the model `{}`", file.path.display()))
            .map_err(bad_input)?;
        Ok(Self { file, engine })
    }

    /// What the results depend on besides the search settings.
    pub(crate) fn provenance(&self) -> Value {
        let facts = self.engine.facts();
        json!({"model": self.file.name, "architecture": facts.architecture, "context": facts.context})
    }

    /// The roles that a search needs, around this model.
    pub(crate) async fn domain(&self, search: &Search) -> anyhow::Result<Domain<Engine>> {
        let settings = DomainSettings {
            prompt: search.prompt.clone(),
            sampling: search.sampling,
            step_tokens: search.max_tokens,
            answer_tokens: search.max_tokens,
            steps: search.steps.clone(),
        };
        let tokenizer = Arc::clone(self.engine.tokenizer());
        let spelling: TokenBytes = Arc::new(move |token| tokenizer.piece(token));
        let domain = Domain::new(self.engine.clone(), &settings)
            .map_err(bad_input)?
            .with_spelling(Arc::clone(&spelling));
        let Needs { verifier, reviser } = search.strategy.needs();
        let domain = if verifier {
            let verifier =
                search.verifier.build(self.engine.clone(), self.engine.facts()).await.map_err(bad_input)?;
            domain.with_verifier(verifier)
        } else {
            domain
        };
        if !reviser {
            return Ok(domain);
        }
        let name = match domain.prompt().layout() {
            Layout::Chat => "revise",
            Layout::Plain => "revise-few-shot",
        };
        let prompt = Prompt::load_for(name, PromptKind::Revise).map_err(bad_input)?;
        let draw = settings.draw_settings(domain.prompt());
        let reviser = TextReviser::new(self.engine.clone(), prompt, None, draw).await.map_err(bad_input)?;
        Ok(domain.with_reviser(reviser.with_spelling(spelling)))
    }
}

#[cfg(feature = "llama")]
fn open_engine(file: &ModelFile, settings: &EngineSettings) -> anyhow::Result<Engine> {
    let config = EngineConfig { prefix_cache: settings.prefix_cache, ..EngineConfig::default() };
    Ok(deliberate_llama::open_with(&file.path, settings.llama(), config)?)
}

#[cfg(not(feature = "llama"))]
fn open_engine(_: &ModelFile, _: &EngineSettings) -> anyhow::Result<Engine> {
    anyhow::bail!("this build has no runtime for GGUF models (build with the feature `llama`)")
}
