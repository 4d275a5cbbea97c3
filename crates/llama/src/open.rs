//! From a file to a running engine.

use crate::error::LoadError;
use crate::runtime::LlamaRuntime;
use crate::settings::Settings;
use deliberate_engine::{Engine, EngineConfig, StartError};
use std::path::PathBuf;

/// Loads a model on a thread of its own and serves it. Blocks until the model is loaded; the engine offers all that
/// `settings` reserve.
///
/// # Errors
/// [`StartError::Load`] with the [`LoadError`] that says what to change.
pub fn open(path: impl Into<PathBuf>, settings: Settings) -> Result<Engine, StartError<LoadError>> {
    open_with(path, settings, EngineConfig::default())
}

/// Like [`open`], with limits of the engine below those of the runtime.
///
/// # Errors
/// As [`open`], and [`StartError::Shortage`] if `config` asks for more than `settings` reserve.
pub fn open_with(
    path: impl Into<PathBuf>,
    settings: Settings,
    config: EngineConfig,
) -> Result<Engine, StartError<LoadError>> {
    let path = path.into();
    Engine::start(config, move || LlamaRuntime::load(&path, &settings))
}
