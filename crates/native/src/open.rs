//! From a file to a running engine.

use crate::error::LoadError;
use crate::runtime::{NativeRuntime, Parts, USUAL};
use crate::tokenizer::NativeTokenizer;
use deliberate_decoder::{Adapter, Model};
use deliberate_engine::{Engine, MemoryRequest, Serving, Settings, StartError};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Reads a GGUF file of a small decoder, with the adapter of another merged into it, and serves it on a thread of its
/// own. Blocks until the model is loaded.
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
    Engine::start(serving, move || NativeRuntime::load(read(&path, adapter.as_deref())?, &settings))
}

/// Reads a model, and merges the adapter of a file into it.
///
/// # Errors
/// [`LoadError::File`] and [`LoadError::Adapter`] name what is damaged, or does not fit.
pub fn read(path: &Path, adapter: Option<&Path>) -> Result<Model, LoadError> {
    let mut model = Model::read_gguf(path)?;
    if let Some(adapter) = adapter {
        let read = Adapter::read_gguf(adapter, &model.shape)?;
        read.merge_into(&model.shape, &mut model.weights).expect("it was read for this shape");
    }
    Ok(model)
}

/// The memory that a model would like with these settings; it can do with one slot. Reads the header alone.
///
/// # Errors
/// [`LoadError`] if the file cannot be read or holds no model that this runtime knows, or the settings do not fit it.
pub fn demand(path: &Path, settings: &Settings) -> Result<MemoryRequest, LoadError> {
    let shape = Model::read_gguf_shape(path)?;
    let reserve = settings.reserve(shape.context, USUAL)?;
    Ok(MemoryRequest {
        model: path.display().to_string(),
        weight_bytes: shape.parameters() * 4,
        kv_bytes_per_token: u64::from(shape.kv_width()) * u64::from(shape.layers) * 2 * 2,
        slot_tokens: reserve.context.into(),
        slots: reserve.slots,
        least_slots: 1,
    })
}

impl NativeRuntime {
    /// Takes over a model that has been read or trained.
    ///
    /// # Errors
    /// As [`NativeRuntime::new`], and if the vocabulary contradicts itself.
    pub fn load(model: Model, settings: &Settings) -> Result<Self, LoadError> {
        let Model { name, shape, weights, vocabulary, .. } = model;
        let tokenizer = Arc::new(NativeTokenizer::new(&vocabulary)?);
        let (beginning, endings) = (vocabulary.beginning, vocabulary.endings);
        Self::new(Parts { name, shape, weights, beginning, endings, tokenizer }, settings)
    }
}
