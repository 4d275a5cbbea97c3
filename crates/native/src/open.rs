//! From a file to a running engine.

use crate::error::LoadError;
use crate::runtime::{Named, NativeRuntime, Parts, Reader, USUAL};
use crate::tensors::BLOCK;
use crate::tokenizer::NativeTokenizer;
use deliberate_decoder::{Adapter, Model, ModelFile, Shape, Weights};
use deliberate_engine::{Engine, MemoryRequest, Serving, Settings, StartError, Tokenizer};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

/// Reads a GGUF file of a decoder and those of its adapters, and serves them on a thread of its own. Blocks until the
/// model is loaded.
///
/// # Errors
/// [`StartError::Load`] with the [`LoadError`] that says what to change.
pub fn open(
    path: impl Into<PathBuf>,
    adapters: Vec<PathBuf>,
    settings: Settings,
    serving: Serving,
) -> Result<Engine, StartError<LoadError>> {
    let path = path.into();
    Engine::start(serving, move || {
        let file = ModelFile::open(&path)?;
        let adapters = read(&adapters, &file.shape)?;
        NativeRuntime::of_file(file, adapters, &settings)
    })
}

/// Adapters of a model of this shape, called as their files.
fn read(paths: &[PathBuf], shape: &Shape) -> Result<Vec<Named>, LoadError> {
    let name = |path: &Path| path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    paths.iter().map(|path| Ok((name(path), Adapter::read_gguf(path, shape)?))).collect()
}

/// The memory that a model and its adapters would like with these settings; it can do with one slot. Reads the adapters,
/// and the header alone of the model.
///
/// # Errors
/// [`LoadError`] if a file cannot be read or holds no model that this runtime knows, or no adapter of it, or if the
/// settings do not fit it.
pub fn demand(path: &Path, adapters: &[PathBuf], settings: &Settings) -> Result<MemoryRequest, LoadError> {
    let file = ModelFile::open(path)?;
    let shape = &file.shape;
    let adapters: u64 = read(adapters, shape)?.iter().map(|(_, adapter)| adapter.parameters() * 4).sum();
    let reserve = settings.reserve(shape.context, USUAL)?;
    Ok(MemoryRequest {
        model: path.display().to_string(),
        weight_bytes: weight_bytes(&file) + adapters,
        kv_bytes_per_token: u64::from(shape.kv_width()) * u64::from(shape.layers) * 2 * 2,
        slot_tokens: reserve.context.into(),
        slots: reserve.slots,
        least_slots: 1,
    })
}

/// What the tensors of a file take in memory: a byte each and a scale for a block, or four.
fn weight_bytes(file: &ModelFile) -> u64 {
    let scale = size_of::<f32>() as u64;
    let bytes = |(name, sizes): (String, Vec<u64>)| {
        let values: u64 = sizes.iter().product();
        if file.is_eight(&name) { values + values / BLOCK as u64 * scale } else { values * scale }
    };
    Weights::layout(&file.shape).into_iter().map(bytes).sum()
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
        let parts = Parts { name, shape, weights, adapters: Vec::new(), beginning, endings, tokenizer };
        Self::new(parts, settings)
    }

    /// Takes a model from a file, tensor by tensor, with its adapters; matrices of eight bits and fewer are kept in eight.
    ///
    /// # Errors
    /// As [`NativeRuntime::load`], and for a file whose values are no numbers.
    pub fn of_file(
        mut file: ModelFile,
        adapters: Vec<Named>,
        settings: &Settings,
    ) -> Result<Self, LoadError> {
        let vocabulary = std::mem::take(&mut file.vocabulary);
        let (beginning, endings) = (vocabulary.beginning, vocabulary.endings.clone());
        // A vocabulary of a hundred thousand tokens takes half as long as half a gigabyte of weights.
        let made = thread::spawn(move || NativeTokenizer::new(&vocabulary));
        let tokenizer = Box::new(|| -> Result<Arc<dyn Tokenizer>, LoadError> {
            Ok(Arc::new(made.join().expect("a vocabulary is made ready or refused")?))
        });
        let reader = Reader { name: file.name.clone(), adapters, beginning, endings, tokenizer };
        let shape = file.shape;
        Self::build(reader, &shape, &mut file, settings)
    }
}
