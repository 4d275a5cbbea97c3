//! From a file to a running engine.

use crate::error::LoadError;
use crate::gguf::ModelHeader;
use crate::load;
use crate::runtime::LlamaRuntime;
use deliberate_engine::{Engine, MemoryRequest, Serving, Settings, StartError};
use std::path::{Path, PathBuf};

/// Loads a model on a thread of its own, with the adapter of a file on top, and serves it. Blocks until the model is
/// loaded.
///
/// # Errors
/// [`StartError::Load`] with the [`LoadError`] that says what to change.
pub fn open(
    path: impl Into<PathBuf>,
    adapter: Option<PathBuf>,
    settings: Settings,
    serving: Serving,
) -> Result<Engine, StartError<LoadError>> {
    let path = path.into();
    Engine::start(serving, move || LlamaRuntime::load_with(&path, adapter.as_deref(), &settings))
}

/// The memory that a model would like with these settings, from its file's header; it can do with one slot.
///
/// # Errors
/// [`LoadError`] if the file cannot be read or is no model, or the settings do not fit it.
pub fn demand(path: &Path, settings: &Settings) -> Result<MemoryRequest, LoadError> {
    let fault = |source| LoadError::File { path: path.to_owned(), source };
    let header = ModelHeader::open(path).map_err(fault)?;
    let reserve = load::reserve(settings, &header)?;
    let bytes = std::fs::metadata(path).map_or(0, |metadata| metadata.len());
    Ok(MemoryRequest {
        model: path.display().to_string(),
        weight_bytes: bytes,
        kv_bytes_per_token: header.kv_width * load::KV_BYTES,
        slot_tokens: load::stored_context(reserve.context).into(),
        slots: reserve.slots,
        least_slots: 1,
    })
}
