//! Adapters on top of a model.
//!
//! llama.cpp ends the process over some of what an adapter's file may say. It is therefore given a copy: of what was
//! checked and nothing else, which it reads into memory before the copy is gone.

use crate::backend::complaints;
use crate::error::LoadError;
use crate::gguf::ModelHeader;
use deliberate_decoder::{Adapter, Precision, Shape};
use deliberate_gguf::Gguf;
use llama_cpp_2::model::{LlamaLoraAdapter, LlamaModel};
use std::path::Path;

/// Loads the adapter in a file for a model, which must not have a context yet.
pub(crate) fn load(
    adapter: &Path,
    model: &mut LlamaModel,
    model_path: &Path,
    header: &ModelHeader,
) -> Result<LlamaLoraAdapter, LoadError> {
    let shape = shape(model_path, header)?;
    let checked = Adapter::read_gguf(adapter, &shape)?;
    let refused = |reason: String| LoadError::AdapterRefused { path: adapter.to_owned(), reason };
    let folder = tempfile::tempdir().map_err(|error| refused(error.to_string()))?;
    let copy = folder.path().join("adapter.gguf");
    checked.write_gguf(&copy, &shape, Precision::F32)?;
    let _ = complaints();
    model.lora_adapter_init(&copy).map_err(|_| refused(complaints()))
}

/// The sizes of a dense model of the architectures `llama` and `qwen2` whose blocks are all alike; others have no adapters here.
fn shape(path: &Path, header: &ModelHeader) -> Result<Shape, LoadError> {
    let other = || LoadError::Unadaptable { path: path.to_owned() };
    let gguf = Gguf::open(path)
        .map_err(|source| LoadError::File { path: path.to_owned(), source: source.into() })?;
    let inner = gguf.tensors().iter().find(|tensor| tensor.name == "blk.0.ffn_up.weight");
    let [width, feed_forward] = *inner.ok_or_else(other)?.shape.as_slice() else { return Err(other()) };
    let layers = header.sizes.layers;
    let shape = Shape {
        vocabulary: header.vocabulary,
        context: header.context.min(i32::MAX as u32),
        hidden: header.embedding,
        layers,
        heads: header.heads,
        kv_heads: (header.kv_width / (2 * u64::from(layers) * u64::from(header.head_size))) as u32,
        feed_forward: u32::try_from(feed_forward).map_err(|_| other())?,
        // What follows has no part in the sizes of matrices.
        rope_base: 10_000.0,
        norm_epsilon: 1e-5,
        tied: true,
        bias: header.family == "qwen2",
    };
    let alike = ["llama", "qwen2"].contains(&header.family)
        && width == u64::from(header.embedding)
        && shape.check().is_ok()
        && shape.head_width() == header.head_size;
    if alike { Ok(shape) } else { Err(other()) }
}
