//! From a file to a running engine.

use crate::error::LoadError;
use crate::gguf::ModelHeader;
use crate::load::KV_BYTES;
use crate::runtime::LlamaRuntime;
use crate::settings::Settings;
use deliberate_engine::{Engine, EngineConfig, MemoryRequest, StartError, Turns};
use std::path::{Path, PathBuf};

/// Loads a model on a thread of its own and serves it. Blocks until the model is loaded; the engine offers all that
/// `settings` reserve.
///
/// # Errors
/// [`StartError::Load`] with the [`LoadError`] that says what to change.
pub fn open(path: impl Into<PathBuf>, settings: Settings) -> Result<Engine, StartError<LoadError>> {
    open_in_turn(path, None, settings, EngineConfig::default(), Turns::default())
}

/// Like [`open`], with limits of the engine below those of the runtime, computing in turn with other models, with the
/// adapter of a file on top.
///
/// # Errors
/// As [`open`] and [`LlamaRuntime::load_with`], and [`StartError::Shortage`] if `config` asks for more than `settings` reserve.
pub fn open_in_turn(
    path: impl Into<PathBuf>,
    adapter: Option<PathBuf>,
    settings: Settings,
    config: EngineConfig,
    turns: Turns,
) -> Result<Engine, StartError<LoadError>> {
    let path = path.into();
    Engine::start_in_turn(config, turns, move || {
        LlamaRuntime::load_with(&path, adapter.as_deref(), &settings)
    })
}

/// The memory that a model would like with these settings, from its file's header; it can do with one slot.
///
/// # Errors
/// [`LoadError::File`] if the file cannot be read or is no model.
pub fn demand(path: &Path, settings: &Settings) -> Result<MemoryRequest, LoadError> {
    let fault = |source| LoadError::File { path: path.to_owned(), source };
    let header = ModelHeader::open(path).map_err(fault)?;
    let bytes = std::fs::metadata(path).map_or(0, |metadata| metadata.len());
    Ok(MemoryRequest {
        model: path.display().to_string(),
        weight_bytes: bytes,
        kv_bytes_per_token: header.kv_width * KV_BYTES,
        slot_tokens: settings.stored_context().into(),
        slots: settings.slots,
        least_slots: 1,
    })
}
