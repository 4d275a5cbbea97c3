//! `model.safetensors`: the weights, their rows in the order of `transformers`.
//!
//! There, rotary positions turn the first half of a head against the second; here neighbouring pairs. The rows of
//! queries and keys are put in order accordingly.

use crate::{Fault, Model, Shape, Weights};
use half::{bf16, f16};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors, View};
use std::borrow::Cow;
use std::collections::HashSet;
use std::fs;
use std::path::Path;

const FILE: &str = "model.safetensors";

/// Names in a block: as in [`Weights::named`], and here.
const NAMES: [(&str, &str); 9] = [
    ("attn_norm", "input_layernorm"),
    ("attn_q", "self_attn.q_proj"),
    ("attn_k", "self_attn.k_proj"),
    ("attn_v", "self_attn.v_proj"),
    ("attn_output", "self_attn.o_proj"),
    ("ffn_norm", "post_attention_layernorm"),
    ("ffn_gate", "mlp.gate_proj"),
    ("ffn_up", "mlp.up_proj"),
    ("ffn_down", "mlp.down_proj"),
];

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
        let values = floats(name, &tensor)?;
        *slot = match heads(&own, shape) {
            Some(heads) => paired(&values, heads, shape),
            None => values,
        };
    }
    Ok(weights)
}

/// Writes all weights.
pub(super) fn write(model: &Model, folder: &Path) -> Result<(), Fault> {
    let shape = &model.shape;
    let tensors =
        model.weights.named().into_iter().zip(Weights::layout(shape)).map(|((own, values), (_, size))| {
            let values = match heads(&own, shape) {
                Some(heads) => Cow::Owned(halved(values, heads, shape)),
                None => Cow::Borrowed(values),
            };
            (foreign(&own), Stored { shape: size.into_iter().map(|size| size as usize).collect(), values })
        });
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
    let block = own.strip_prefix("blk.").and_then(|rest| rest.strip_suffix(".weight")?.split_once('.'));
    if let Some((index, part)) = block {
        let (_, name) = NAMES.iter().find(|(own, _)| *own == part).expect("all parts are listed");
        return format!("model.layers.{index}.{name}.weight");
    }
    match own {
        "token_embd.weight" => "model.embed_tokens.weight",
        "output_norm.weight" => "model.norm.weight",
        _ => "lm_head.weight",
    }
    .to_owned()
}

/// The heads whose rows are in another order, for weights that have such.
fn heads(own: &str, shape: &Shape) -> Option<u32> {
    if own.ends_with("attn_q.weight") {
        return Some(shape.heads);
    }
    own.ends_with("attn_k.weight").then_some(shape.kv_heads)
}

/// Rows `[first half, second half]` of each head as pairs `(first, second)`.
fn paired(values: &[f32], heads: u32, shape: &Shape) -> Vec<f32> {
    let half = shape.head_width() as usize / 2;
    reordered(values, heads, shape, |row| row % 2 * half + row / 2)
}

/// The way back.
fn halved(values: &[f32], heads: u32, shape: &Shape) -> Vec<f32> {
    let half = shape.head_width() as usize / 2;
    reordered(values, heads, shape, |row| row % half * 2 + row / half)
}

/// Takes each row of a head from another row of it.
fn reordered(values: &[f32], heads: u32, shape: &Shape, from: impl Fn(usize) -> usize) -> Vec<f32> {
    let (width, columns) = (shape.head_width() as usize, shape.hidden as usize);
    let mut out = Vec::with_capacity(values.len());
    for head in 0..heads as usize {
        for row in 0..width {
            let start = (head * width + from(row)) * columns;
            out.extend_from_slice(&values[start..start + columns]);
        }
    }
    out
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
struct Stored<'a> {
    shape: Vec<usize>,
    values: Cow<'a, [f32]>,
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
