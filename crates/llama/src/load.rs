//! Loading: the checks before llama.cpp sees the file, and the parameters that it is given.

use crate::adapter;
use crate::backend::{backend, complaints};
use crate::error::LoadError;
use crate::gguf::ModelHeader;
use crate::machine;
use crate::runtime::token;
use crate::tokenizer::LlamaTokenizer;
use deliberate_engine::{Reserve, Settings, SettingsError, Tokenizer, Usual};
use deliberate_gguf::TensorFile;
use deliberate_lm::{Fingerprint, ModelFacts};
use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::context::params::{KvCacheType, LlamaContextParams};
use llama_cpp_2::model::params::LlamaModelParams;
use llama_cpp_2::model::{LlamaLoraAdapter, LlamaModel};
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::Arc;

/// Bytes of one stored key or value (half precision).
pub(crate) const KV_BYTES: u64 = 2;

/// A loaded model without key-value stores.
pub(crate) struct Loaded {
    pub(crate) header: ModelHeader,
    pub(crate) reserve: Reserve,
    pub(crate) facts: ModelFacts,
    pub(crate) tokenizer: Arc<LlamaTokenizer>,
    /// Belongs to the model, and counts in contexts that it is set in.
    pub(crate) adapter: Option<LlamaLoraAdapter>,
}

/// What is taken where nobody chose: the memory of all slots is reserved at once.
const USUAL: Usual = Usual { slots: 64, most_slots: 256, batch_tokens: 512 };
/// Most tokens of one sequence.
const CONTEXT: u32 = 1 << 22;

/// The numbers for a model, within what one llama.cpp context can count.
pub(crate) fn reserve(settings: &Settings, header: &ModelHeader) -> Result<Reserve, SettingsError> {
    let reserve = settings.reserve(header.context, USUAL)?;
    let most = CONTEXT.min(i32::MAX as u32 / reserve.slots / 256 * 256);
    if reserve.context > most {
        return Err(SettingsError::Range { setting: "context", value: reserve.context, most });
    }
    Ok(reserve)
}

/// Tokens per sequence that llama.cpp stores: the context rounded up as it does.
pub(crate) fn stored_context(context: u32) -> u32 {
    context.next_multiple_of(256)
}

/// Whether this build and these settings put the model on a GPU.
pub(crate) fn on_gpu(settings: &Settings) -> bool {
    cfg!(any(feature = "cuda", feature = "metal", feature = "vulkan")) && settings.gpu_layers != Some(0)
}

/// Checks the files and the settings, then loads the weights, the vocabulary and the adapter.
pub(crate) fn model(path: &Path, adapter: Option<&Path>, settings: &Settings) -> Result<Loaded, LoadError> {
    let fault = |source| LoadError::File { path: path.to_owned(), source };
    let header = ModelHeader::open(path).map_err(fault)?;
    let reserve = reserve(settings, &header)?;
    if path.to_str().is_none_or(|path| path.contains('\0')) {
        return Err(LoadError::Path { path: path.to_owned() });
    }
    check_memory(&header, &reserve, machine::available_memory().filter(|_| !on_gpu(settings)))?;
    // A weight that is no number makes every logit none. llama.cpp reads the file next, from memory.
    let values = TensorFile::open(path).and_then(|mut file| file.check_values());
    values.map_err(|source| fault(source.into()))?;
    let backend = backend()?;
    let layers = if on_gpu(settings) { settings.gpu_layers.unwrap_or(i32::MAX as u32) } else { 0 };
    let parameters = LlamaModelParams::default().with_n_gpu_layers(layers.min(i32::MAX as u32));
    let _ = complaints();
    let mut model = LlamaModel::load_from_file(backend, path, &parameters)
        .map_err(|_| LoadError::Refused { path: path.to_owned(), reason: complaints() })?;
    if model.is_recurrent() || model.is_hybrid() {
        return Err(LoadError::Recurrent { path: path.to_owned() });
    }
    let adapter = adapter.map(|adapter| adapter::load(adapter, &mut model, path, &header)).transpose()?;
    let mut facts = facts(&header, &model, path, reserve.context);
    let tokenizer = Arc::new(LlamaTokenizer::new(model));
    facts.spelling = tokenizer.spelling(facts.vocabulary);
    Ok(Loaded { header, reserve, facts, tokenizer, adapter })
}

/// Creates the key-value stores. The context borrows the model in `loaded.tokenizer`.
pub(crate) fn context<'model>(
    loaded: &'model Loaded,
    path: &Path,
    settings: &Settings,
) -> Result<LlamaContext<'model>, LoadError> {
    let threads = settings.threads.unwrap_or_else(|| machine::threads(loaded.header.sizes.parameters)) as i32;
    // Off, flash attention is both faster on a CPU and independent of what else is in the batch.
    let flash = if on_gpu(settings) {
        llama_cpp_sys_2::LLAMA_FLASH_ATTN_TYPE_AUTO
    } else {
        llama_cpp_sys_2::LLAMA_FLASH_ATTN_TYPE_DISABLED
    };
    // It asserts that a batch can have as many outputs as there are sequences.
    let Reserve { slots, context, batch_tokens } = loaded.reserve;
    let batch = batch_tokens.max(slots);
    let parameters = LlamaContextParams::default()
        // The total over all sequences.
        .with_n_ctx(NonZeroU32::new(slots * stored_context(context)))
        .with_n_seq_max(slots)
        .with_n_batch(batch)
        .with_n_ubatch(batch)
        .with_n_threads(threads)
        .with_n_threads_batch(threads)
        .with_type_k(KvCacheType::F16)
        .with_type_v(KvCacheType::F16)
        .with_flash_attention_policy(flash)
        // One store for all sequences would be slower and not reproducible.
        .with_kv_unified(false)
        // A sliding window that forgot its past could not be cut back to a prefix.
        .with_swa_full(true)
        .with_no_perf(true);
    let _ = complaints();
    loaded
        .tokenizer
        .model()
        .new_context(backend()?, parameters)
        .map_err(|_| LoadError::Prepare { path: path.to_owned(), reason: complaints() })
}

/// llama.cpp clears the stores when it creates them: too large a request would get this process killed.
fn check_memory(header: &ModelHeader, reserve: &Reserve, available: Option<u64>) -> Result<(), LoadError> {
    let Reserve { slots, context, .. } = *reserve;
    let tokens = u64::from(slots) * u64::from(stored_context(context));
    let needed = tokens.saturating_mul(header.kv_width).saturating_mul(KV_BYTES);
    match available {
        Some(available) if needed > available => Err(LoadError::Memory { slots, context, needed, available }),
        _ => Ok(()),
    }
}

fn facts(header: &ModelHeader, model: &LlamaModel, path: &Path, context: u32) -> ModelFacts {
    let vocabulary = model.vocab();
    let mut endings: Vec<_> =
        vocabulary.tokens().filter(|&id| vocabulary.is_eog(id)).filter_map(token).collect();
    endings.extend(header.endings.iter().copied());
    endings.sort_unstable();
    endings.dedup();
    let beginning = if vocabulary.should_add_bos() { token(vocabulary.bos()) } else { None };
    ModelFacts {
        // The name in the metadata is often that of a base model; the file name tells the quantisation, too.
        name: path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy().into_owned(),
        context: context as usize,
        vocabulary: header.vocabulary,
        spelling: Fingerprint::default(),
        beginning: beginning.filter(|&id| id < header.vocabulary),
        endings,
        architecture: Some(header.sizes),
        abilities: deliberate_lm::Abilities::default(),
    }
}
