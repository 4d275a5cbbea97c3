//! A trained model, ready to draw and to score.

use deliberate_engine::{Engine, Serving};
use deliberate_lm::{LanguageModel, Sampling};
use deliberate_native::Settings;
use deliberate_search::Verifier;
use deliberate_text::{
    Domain, DomainSettings, Prompt, PromptError, PromptKind, TextReviser, Trace, VerifierError, VerifierSpec,
};
use std::path::{Path, PathBuf};

/// Tokens of one solution, at most.
const SOLUTION: u32 = 256;

/// Why a model cannot be served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// There is none yet.
    #[error("nothing has been trained yet")]
    Nothing,
    /// It cannot be opened.
    #[error("the model cannot be opened")]
    Open(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Its prompt cannot be used.
    #[error(transparent)]
    Prompt(#[from] PromptError),
    /// It is no verifier.
    #[error(transparent)]
    Verifier(#[from] VerifierError),
}

/// Opens a model of the family.
///
/// # Errors
/// [`ServeError::Open`] with the reason.
pub fn serve(path: &Path) -> Result<Engine, ServeError> {
    deliberate_native::open(path, Vec::new(), Settings::default(), Serving::default())
        .map_err(|error| ServeError::Open(Box::new(error)))
}

/// Opens a model of the family that is an adapter of a base.
///
/// # Errors
/// [`ServeError::Open`] with the reason.
///
/// # Panics
/// Never: an engine has the adapters that it was opened with.
pub(crate) fn serve_adapter(base: &Path, adapter: PathBuf) -> Result<Engine, ServeError> {
    let engine = deliberate_native::open(base, vec![adapter], Settings::default(), Serving::default())
        .map_err(|error| ServeError::Open(Box::new(error)))?;
    Ok(engine.with_adapter(0).expect("it was opened with one"))
}

/// Asks questions as the lab's models were trained to be asked.
///
/// # Errors
/// [`ServeError::Prompt`] if the prompt cannot be used.
pub fn domain(proposer: &Engine, temperature: f32) -> Result<Domain<Engine>, ServeError> {
    Ok(Domain::new(proposer.clone(), &asking(temperature))?)
}

/// The same with a reviser. With the reviser in both roles first attempts are its own: revisions of nothing.
///
/// # Errors
/// [`ServeError::Prompt`] if a prompt cannot be used.
pub async fn revising(
    proposer: &Engine,
    reviser: &Engine,
    asking: &DomainSettings,
) -> Result<Domain<Engine>, ServeError> {
    let domain = Domain::new(proposer.clone(), asking)?;
    let prompt = Prompt::load_for(domain.prompt().reviser(), PromptKind::Revise)?;
    let draw = asking.draw_settings(domain.prompt());
    let reviser = TextReviser::new(reviser.clone(), prompt, None, draw).await?;
    Ok(domain.with_reviser(reviser))
}

/// A verifier of the family, by its specification: `prm:signs`.
///
/// # Errors
/// [`VerifierError`] if the model is none.
///
/// # Panics
/// If the text specifies no verifier that a model stands behind.
pub async fn verifier(engine: &Engine, spec: &str) -> Result<Box<dyn Verifier<Trace>>, VerifierError> {
    let spec: VerifierSpec = spec.parse().expect("the family's formats are built in");
    let verifier = spec.build(engine.clone(), engine.facts()).await?;
    Ok(verifier.expect("a model is behind it"))
}

/// How the lab's models are asked.
pub fn asking(temperature: f32) -> DomainSettings {
    DomainSettings {
        prompt: "lab".to_owned(),
        sampling: Sampling::at(temperature),
        step_tokens: SOLUTION,
        answer_tokens: SOLUTION,
        ..DomainSettings::default()
    }
}
