//! Adapters in the format of llama.cpp (`convert_lora_to_gguf.py`, `llama-adapter.cpp`).

use super::{FAMILY, expect_shape, expect_text};
use crate::adapter::{check_settings, names};
use crate::{Adapter, Fault, LowRank, Precision, Shape};
use deliberate_gguf::{Content, Entry, GgufError, Matrix, Tensor, TensorFile};
use std::collections::HashMap;
use std::path::Path;

const ALPHA: &str = "adapter.lora.alpha";
/// Tokens from which on an adapter of another kind counts.
const INVOCATION: &str = "adapter.alora.invocation_tokens";

/// Reads a file.
pub(crate) fn read_adapter(path: &Path, shape: &Shape) -> Result<Adapter, Fault> {
    shape.check()?;
    let mut file = TensorFile::open(path)?;
    let header = file.header();
    for (key, expected) in
        [("general.type", "adapter"), ("general.architecture", FAMILY), ("adapter.type", "lora")]
    {
        expect_text(header, key, expected)?;
    }
    if header.get(INVOCATION).is_some() {
        let expected = "absent (adapters that begin to count at a token are not supported)";
        return Err(Fault::Setting { key: INVOCATION.to_owned(), value: "given".to_owned(), expected });
    }
    let alpha = header.float(ALPHA)?.ok_or_else(|| GgufError::Missing { key: ALPHA.to_owned() })? as f32;
    let mut there: HashMap<&str, &Tensor> =
        header.tensors().iter().map(|tensor| (tensor.name.as_str(), tensor)).collect();
    // Halves that are in the file, with the place that they are for.
    let mut halves: Vec<(usize, usize, [Tensor; 2])> = Vec::new();
    for layer in 0..shape.layers as usize {
        for (place, matrix) in Adapter::MATRICES.into_iter().enumerate() {
            let [a, b] = names(layer, matrix);
            match (there.remove(a.as_str()), there.remove(b.as_str())) {
                (None, None) => {}
                (Some(_), None) => return Err(Fault::MissingTensor { name: b }),
                (None, Some(_)) => return Err(Fault::MissingTensor { name: a }),
                (Some(a), Some(b)) => halves.push((layer, place, [a.clone(), b.clone()])),
            }
        }
    }
    if let Some(name) = there.into_keys().min() {
        return Err(Fault::ForeignTensor { name: name.to_owned(), layers: shape.layers });
    }
    let sizes = Adapter::sizes(shape);
    let Some((_, place, [first, _])) = halves.first() else {
        let [name, _] = names(0, Adapter::MATRICES[0]);
        return Err(Fault::MissingTensor { name });
    };
    // Nothing above the last change: what was made for a model with fewer blocks would fit one with more.
    let blocks = halves.iter().map(|(layer, ..)| layer + 1).max().unwrap_or(0);
    if blocks != shape.layers as usize {
        return Err(Fault::AdapterBlocks { found: blocks, expected: shape.layers });
    }
    // The first one says the rank, the others are held against it.
    let rank = first.elements() / u64::from(sizes[*place][1]);
    let rank = u32::try_from(rank).unwrap_or(u32::MAX);
    for (_, place, [a, b]) in &halves {
        let [outputs, inputs] = sizes[*place].map(u64::from);
        expect_shape(a, &[inputs, rank.into()])?;
        expect_shape(b, &[rank.into(), outputs])?;
    }
    check_settings(rank, alpha)?;
    let mut blocks = vec![<[LowRank; 7]>::default(); shape.layers as usize];
    for (layer, place, [a, b]) in halves {
        blocks[layer][place] = LowRank { a: file.read(&a)?, b: file.read(&b)? };
    }
    Ok(Adapter { rank, alpha, blocks })
}

/// Writes a file.
pub(crate) fn write_adapter(
    adapter: &Adapter,
    path: &Path,
    shape: &Shape,
    precision: Precision,
) -> Result<(), Fault> {
    adapter.check(shape)?;
    Ok(adapter_content(adapter, precision).write(path)?)
}

/// What the file of a checked adapter contains.
pub(crate) fn adapter_content(adapter: &Adapter, precision: Precision) -> Content<'_> {
    let text = |key: &str, value: &str| (key.to_owned(), Entry::Text(value.to_owned()));
    let entries = vec![
        text("general.type", "adapter"),
        text("general.architecture", FAMILY),
        text("adapter.type", "lora"),
        (ALPHA.to_owned(), Entry::F32(adapter.alpha)),
    ];
    let rank = u64::from(adapter.rank);
    let matrices = adapter.named().into_iter().map(|(name, values)| {
        let other = values.len() as u64 / rank;
        let shape = if name.ends_with("lora_a") { vec![other, rank] } else { vec![rank, other] };
        Matrix { name, shape, values, precision }
    });
    Content { entries, matrices: matrices.collect() }
}
