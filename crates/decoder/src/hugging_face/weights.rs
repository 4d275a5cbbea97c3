//! `model.safetensors`: the weights, their rows in the order of `transformers`.

use crate::tensors::{Order, of_name};
use crate::{Fault, Shape, Weights};
use half::{bf16, f16};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors, View};
use std::borrow::Cow;
use std::collections::HashSet;
use std::fs;
use std::path::Path;

const FILE: &str = "model.safetensors";

/// Reads all weights, after checking that the file has these, so large, and no others.
pub(super) fn read(folder: &Path, shape: &Shape) -> Result<Weights, Fault> {
    let bytes = fs::read(folder.join(FILE)).map_err(|source| Fault::Io { file: FILE.to_owned(), source })?;
    let file = SafeTensors::deserialize(&bytes)
        .map_err(|source| Fault::Safetensors { file: FILE.to_owned(), source })?;
    let mut tensors = Vec::new();
    let mut known = HashSet::new();
    for (own, expected) in Weights::layout(shape) {
        let name = foreign(&own);
        let tensor = file.tensor(&name).map_err(|_| Fault::MissingTensor { name: name.clone() })?;
        let found: Vec<u64> = tensor.shape().iter().map(|&size| size as u64).collect();
        if found != expected {
            return Err(Fault::TensorShape { name, found, expected });
        }
        tensors.push((name.clone(), tensor));
        known.insert(name);
    }
    // A tied output layer may be stored all the same; the buffers of rotary positions follow from the settings.
    let extra = |name: &&str| {
        let harmless = name.ends_with("rotary_emb.inv_freq") || (shape.tied && *name == "lm_head.weight");
        !known.contains(*name) && !harmless
    };
    if let Some(name) = file.names().into_iter().filter(extra).min() {
        return Err(Fault::ExtraTensor { name: name.to_owned() });
    }
    let mut weights = Weights::zeros(shape);
    for ((own, slot), (name, tensor)) in weights.named_mut().into_iter().zip(tensors) {
        *slot = Order::Halves.read(&own, shape, floats(name, &tensor)?);
    }
    Ok(weights)
}

/// Writes all weights, and others besides.
pub(super) fn write_with<'a>(
    weights: &'a Weights,
    shape: &Shape,
    others: impl IntoIterator<Item = (String, Stored<'a>)>,
    folder: &Path,
) -> Result<(), Fault> {
    let tensors =
        weights.named().into_iter().zip(Weights::layout(shape)).map(|((own, values), (_, size))| {
            let values = Order::Halves.written(&own, shape, values);
            (foreign(&own), Stored { shape: size.into_iter().map(|size| size as usize).collect(), values })
        });
    let tensors = tensors.chain(others);
    let about = [("format".to_owned(), "pt".to_owned())].into_iter().collect();
    let path = folder.join(FILE);
    safetensors::serialize_to_file(tensors, Some(about), &path)
        .map_err(|source| Fault::Safetensors { file: FILE.to_owned(), source })?;
    // It comes out as private as the temporary file that it was.
    let like_others = fs::metadata(folder.join("tokenizer.json")).map(|metadata| metadata.permissions());
    like_others
        .and_then(|permissions| fs::set_permissions(&path, permissions))
        .map_err(|source| Fault::Io { file: FILE.to_owned(), source })
}

/// The name here of a name in [`Weights::named`].
fn foreign(own: &str) -> String {
    if let Some((index, part)) = of_name(own) {
        return part.foreign_name(index);
    }
    match own {
        "token_embd.weight" => "model.embed_tokens.weight",
        "output_norm.weight" => "model.norm.weight",
        _ => "lm_head.weight",
    }
    .to_owned()
}

fn floats(name: String, tensor: &TensorView<'_>) -> Result<Vec<f32>, Fault> {
    let pairs = || tensor.data().as_chunks::<2>().0.iter();
    match tensor.dtype() {
        Dtype::F32 => Ok(tensor.data().as_chunks().0.iter().map(|&four| f32::from_le_bytes(four)).collect()),
        Dtype::F16 => Ok(pairs().map(|&two| f16::from_le_bytes(two).to_f32()).collect()),
        Dtype::BF16 => Ok(pairs().map(|&two| bf16::from_le_bytes(two).to_f32()).collect()),
        other => Err(Fault::TensorType { name, kind: format!("{other:?}") }),
    }
}

/// Values on their way into a file.
pub(super) struct Stored<'a> {
    pub(super) shape: Vec<usize>,
    pub(super) values: Cow<'a, [f32]>,
}

impl View for Stored<'_> {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Owned(self.values.iter().flat_map(|value| value.to_le_bytes()).collect())
    }

    fn data_len(&self) -> usize {
        size_of_val(self.values.as_ref())
    }
}
