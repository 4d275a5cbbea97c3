//! Files that are either as before or whole, whenever the process is killed.

use crate::{Decoder, TrainError};
use candle_core::{Device, Tensor};
use deliberate_decoder::{Shape, Weights};
use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::path::Path;

/// Writes tensors as a safetensors file.
pub(crate) fn write_tensors(path: &Path, tensors: &HashMap<String, Tensor>) -> Result<(), TrainError> {
    let beside = path.with_extension("tensors");
    candle_core::safetensors::save(tensors, &beside)?;
    let renamed =
        File::open(&beside).and_then(|file| file.sync_all()).and_then(|()| std::fs::rename(&beside, path));
    renamed.map_err(TrainError::write(path))
}

/// Reads a safetensors file; nothing if there is none.
pub(crate) fn read_tensors(path: &Path) -> Result<Option<HashMap<String, Tensor>>, TrainError> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(TrainError::read(path)(error)),
    };
    let tensors = candle_core::safetensors::load_buffer(&bytes, &Device::Cpu);
    tensors
        .map(Some)
        .map_err(|error| TrainError::Checkpoint { path: path.to_owned(), reason: error.to_string() })
}

/// Writes weights as a safetensors file under the names of GGUF files, matrices as `[out, in]`.
///
/// # Errors
/// [`TrainError::Write`] and [`TrainError::Tensor`] if the file cannot be written.
pub fn write_weights(path: &Path, shape: &Shape, weights: &Weights) -> Result<(), TrainError> {
    let tensor = |(name, data): (String, &[f32])| {
        let columns = if name.contains("ffn_down") { shape.feed_forward } else { shape.hidden } as usize;
        let rows = data.len() / columns;
        let dims = if name.contains("norm") { vec![data.len()] } else { vec![rows, columns] };
        Ok((name, Tensor::from_slice(data, dims, &Device::Cpu)?))
    };
    let tensors = weights.named().into_iter().map(tensor).collect::<Result<_, TrainError>>()?;
    write_tensors(path, &tensors)
}

/// Reads what [`write_weights`] wrote.
///
/// # Errors
/// [`TrainError::Checkpoint`] if the file is missing or holds weights of another shape.
pub fn read_weights(path: &Path, shape: &Shape) -> Result<Weights, TrainError> {
    let fault = |reason: String| TrainError::Checkpoint { path: path.to_owned(), reason };
    let tensors = read_tensors(path)?.ok_or_else(|| fault("the file is missing".to_owned()))?;
    let mut weights = Weights::zeros(shape);
    for (name, data) in weights.named_mut() {
        *data = vector(&tensors, &name, data.len()).map_err(fault)?;
    }
    Ok(weights)
}

/// Writes what learns of a decoder: its adapter, or all of it.
pub(crate) fn write_learnt(path: &Path, decoder: &Decoder) -> Result<(), TrainError> {
    let Some(adapter) = decoder.to_adapter()? else {
        return write_weights(path, decoder.shape(), &decoder.to_weights()?);
    };
    let rank = adapter.rank as usize;
    let tensor = |(name, data): (String, &[f32])| {
        let other = data.len() / rank;
        let dims = if name.ends_with("lora_a") { (rank, other) } else { (other, rank) };
        Ok((name, Tensor::from_slice(data, dims, &Device::Cpu)?))
    };
    write_tensors(path, &adapter.named().into_iter().map(tensor).collect::<Result<_, TrainError>>()?)
}

/// Puts into a decoder what [`write_learnt`] wrote of it.
pub(crate) fn read_learnt(path: &Path, decoder: &Decoder) -> Result<(), TrainError> {
    let Some(mut adapter) = decoder.to_adapter()? else {
        return decoder.set_weights(&read_weights(path, decoder.shape())?);
    };
    let fault = |reason: String| TrainError::Checkpoint { path: path.to_owned(), reason };
    let tensors = read_tensors(path)?.ok_or_else(|| fault("the file is missing".to_owned()))?;
    for (name, data) in adapter.named_mut() {
        *data = vector(&tensors, &name, data.len()).map_err(fault)?;
    }
    decoder.set_adapter(&adapter)
}

/// The numbers of a tensor of a known size.
pub(crate) fn vector(tensors: &HashMap<String, Tensor>, name: &str, size: usize) -> Result<Vec<f32>, String> {
    let tensor = tensors.get(name).ok_or_else(|| format!("`{name}` is missing"))?;
    let numbers = tensor.flatten_all().and_then(|flat| flat.to_vec1::<f32>());
    let numbers = numbers.map_err(|error| format!("`{name}`: {error}"))?;
    if numbers.len() == size {
        Ok(numbers)
    } else {
        Err(format!("`{name}` has {} entries, not {size}", numbers.len()))
    }
}
