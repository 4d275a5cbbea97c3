//! How the models of a family are used: a settings file for whoever solves.

use crate::ground::Stock;
use crate::workshop::Workshop;
use crate::{Base, Beginning, BuildError, folder::replace};
use serde::Serialize;
use std::path::PathBuf;

/// As `deliberate --config FILE` reads it.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
struct Settings {
    search: Search,
    engine: Engine,
}

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
struct Search {
    prompt: String,
    max_tokens: u32,
    temperature: f32,
    top_p: Option<f32>,
    top_k: Option<u32>,
    verifier: Option<&'static str>,
    revision_verifier: Option<&'static str>,
}

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
struct Engine {
    model: String,
    verifier_model: Option<String>,
    reviser_model: Option<String>,
    revision_verifier_model: Option<String>,
}

/// Verifiers of a family answer with `+` or `-`.
const STEPS: &str = "prm:signs";
const WHOLE: &str = "orm:signs";

impl Workshop<'_> {
    /// Writes the settings of what a build made; a lab's family is asked by the name of its team.
    pub(crate) fn settings(&self) -> Result<Option<PathBuf>, BuildError> {
        let Beginning::Base(base) = &self.plan.from else { return Ok(None) };
        let made = |name: &str| self.made.iter().any(|(card, _)| card.name == name);
        let model = |name: &str| made(name).then(|| self.named(base, name)).transpose();
        let [proposer, prm, orm, reviser, revision_orm] =
            ["proposer", "prm", "orm", "reviser", "revision-orm"].map(model);
        let (prm, orm, reviser, revision_orm) = (prm?, orm?, reviser?, revision_orm?);
        let settings = Settings {
            search: Search {
                prompt: base.prompt.clone(),
                max_tokens: base.answer_tokens,
                temperature: self.plan.method.temperature,
                top_p: base.top_p,
                top_k: base.top_k,
                verifier: prm.as_ref().map(|_| STEPS).or(orm.as_ref().map(|_| WHOLE)),
                revision_verifier: revision_orm.as_ref().map(|_| WHOLE),
            },
            engine: Engine {
                model: proposer?.unwrap_or_else(|| base.model.clone()),
                verifier_model: prm.or(orm),
                reviser_model: reviser,
                revision_verifier_model: revision_orm,
            },
        };
        let text = toml::to_string(&settings).expect("settings are plain data");
        let text = format!(
            "# Written by `deliberate train`: what it made, for `deliberate solve --config`.\n{text}"
        );
        let file = self.folder.path().join("deliberate.toml");
        replace(&file, text.as_bytes())?;
        Ok(Some(file))
    }

    /// What a model is called on a command line.
    fn named(&self, base: &Base, name: &str) -> Result<String, BuildError> {
        let file = self.model(name)?;
        let file = file.canonicalize().map_err(BuildError::file(&file))?;
        Ok(match self.ground.stock {
            Stock::Adapters { .. } => format!("{}+{}", base.model, file.display()),
            _ => file.display().to_string(),
        })
    }
}
