//! From a file to a running engine.

use crate::error::LoadError;
use crate::runtime::{NativeRuntime, Parts, Reader, USUAL};
use crate::tensors::BLOCK;
use crate::tokenizer::NativeTokenizer;
use deliberate_decoder::{Adapter, Model, ModelFile, Weights};
use deliberate_engine::{Engine, MemoryRequest, Serving, Settings, StartError, Tokenizer};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

/// Reads a GGUF file of a decoder, with the adapter of another merged into it, and serves it on a thread of its
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
    Engine::start(serving, move || match adapter {
        Some(adapter) => NativeRuntime::load(read(&path, Some(&adapter))?, &settings),
        None => NativeRuntime::of_file(ModelFile::open(&path)?, &settings),
    })
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

/// The memory that a model would like with these settings; it can do with one slot. With an adapter all weights are floats,
/// because it is merged into them. Reads the header alone.
///
/// # Errors
/// [`LoadError`] if the file cannot be read or holds no model that this runtime knows, or the settings do not fit it.
pub fn demand(path: &Path, adapter: bool, settings: &Settings) -> Result<MemoryRequest, LoadError> {
    let file = ModelFile::open(path)?;
    let shape = &file.shape;
    let reserve = settings.reserve(shape.context, USUAL)?;
    Ok(MemoryRequest {
        model: path.display().to_string(),
        weight_bytes: if adapter { shape.parameters() * 4 } else { weight_bytes(&file) },
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
        Self::new(Parts { name, shape, weights, beginning, endings, tokenizer }, settings)
    }

    /// Takes a model from a file, tensor by tensor; those of eight bits and fewer are kept in eight.
    ///
    /// # Errors
    /// As [`NativeRuntime::load`], and for a file whose values are no numbers.
    pub fn of_file(mut file: ModelFile, settings: &Settings) -> Result<Self, LoadError> {
        let vocabulary = std::mem::take(&mut file.vocabulary);
        let (beginning, endings) = (vocabulary.beginning, vocabulary.endings.clone());
        // A vocabulary of a hundred thousand tokens takes half as long as half a gigabyte of weights.
        let made = thread::spawn(move || NativeTokenizer::new(&vocabulary));
        let tokenizer = Box::new(|| -> Result<Arc<dyn Tokenizer>, LoadError> {
            Ok(Arc::new(made.join().expect("a vocabulary is made ready or refused")?))
        });
        let reader = Reader { name: file.name.clone(), beginning, endings, tokenizer };
        let shape = file.shape;
        Self::build(reader, &shape, &mut file, settings)
    }
}
