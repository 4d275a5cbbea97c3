//! Adapters in the format of llama.cpp (`convert_lora_to_gguf.py`, `llama-adapter.cpp`).

use super::{ARCHITECTURE, architecture, expect_shape, expect_text, order};
use crate::adapter::{check_settings, names};
use crate::{Adapter, Fault, LowRank, Precision, Shape};
use deliberate_gguf::{Content, Entry, Gguf, GgufError, Matrix, Tensor, TensorFile};
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
    expect_adapter(header, shape)?;
    let alpha = header.float(ALPHA)?.ok_or_else(|| GgufError::Missing { key: ALPHA.to_owned() })? as f32;
    let halves = halves(header, shape)?;
    let sizes = Adapter::sizes(shape);
    let (_, _, [first, _]) = halves.first().ok_or(Fault::EmptyAdapter)?;
    // The first one says the rank, the others are held against it.
    let rank = first.shape.get(1).map_or(1, |&rank| u32::try_from(rank).unwrap_or(u32::MAX));
    for (_, place, [a, b]) in &halves {
        let [outputs, inputs] = sizes[*place].map(u64::from);
        expect_change(a, &[inputs, rank.into()])?;
        expect_change(b, &[rank.into(), outputs])?;
    }
    check_settings(rank, alpha)?;
    let mut blocks = vec![<[LowRank; 7]>::default(); shape.layers as usize];
    for (layer, place, [a, b]) in halves {
        let change = LowRank { a: file.read(&a)?, b: order(shape).read(&b.name, shape, file.read(&b)?) };
        blocks[layer][place] = change;
    }
    Ok(Adapter { rank, alpha, blocks })
}

/// Checks what kind of file it is.
fn expect_adapter(header: &Gguf, shape: &Shape) -> Result<(), Fault> {
    match header.text("general.type").as_deref() {
        Some("adapter") => {}
        None | Some("model") => return Err(Fault::NotAnAdapter),
        Some(kind) => return Err(Fault::OtherKind { kind: kind.to_owned() }),
    }
    if header.get(INVOCATION).is_some() {
        return Err(Fault::Activated);
    }
    expect_text(header, ARCHITECTURE, architecture(shape))?;
    expect_text(header, "adapter.type", "lora")?;
    // An adapter may leave out blocks, so the tensors alone do not tell a model of the same widths and fewer of them.
    match header.integer(&blocks(shape))? {
        Some(found) if found != u64::from(shape.layers) => {
            Err(Fault::AdapterBlocks { found: found as usize, expected: shape.layers })
        }
        _ => Ok(()),
    }
}

/// Where our files say how many blocks the model has that the adapter was made for; others' need not.
fn blocks(shape: &Shape) -> String {
    format!("{}.block_count", architecture(shape))
}

/// A change's block, its place among [`Adapter::MATRICES`], and its halves.
type Change = (usize, usize, [Tensor; 2]);

/// The changes that are in the file. It may leave out matrices, and blocks.
fn halves(header: &Gguf, shape: &Shape) -> Result<Vec<Change>, Fault> {
    let mut there: HashMap<&str, &Tensor> =
        header.tensors().iter().map(|tensor| (tensor.name.as_str(), tensor)).collect();
    let mut halves = Vec::new();
    for layer in 0..shape.layers as usize {
        for (place, matrix) in Adapter::MATRICES.into_iter().enumerate() {
            let [a, b] = names(layer, matrix);
            match (there.remove(a.as_str()), there.remove(b.as_str())) {
                (None, None) => {}
                (Some(_), None) => return Err(half_change(layer, matrix, b)),
                (None, Some(_)) => return Err(half_change(layer, matrix, a)),
                (Some(a), Some(b)) => halves.push((layer, place, [a.clone(), b.clone()])),
            }
        }
    }
    match there.into_keys().min() {
        Some(name) => Err(Fault::ForeignTensor { name: name.to_owned(), layers: shape.layers }),
        None => Ok(halves),
    }
}

fn half_change(layer: usize, matrix: &str, half: String) -> Fault {
    Fault::HalfChange { matrix: format!("blk.{layer}.{matrix}.weight"), half }
}

/// Checks the dimensions of one half.
fn expect_change(tensor: &Tensor, expected: &[u64]) -> Result<(), Fault> {
    expect_shape(tensor, expected).map_err(|fault| match fault {
        Fault::TensorShape { name, found, expected } => Fault::OtherBase { name, found, expected },
        other => other,
    })
}

/// Writes a file.
pub(crate) fn write_adapter(
    adapter: &Adapter,
    path: &Path,
    shape: &Shape,
    precision: Precision,
) -> Result<(), Fault> {
    adapter.check(shape)?;
    Ok(adapter_content(adapter, shape, precision).write(path)?)
}

/// What the file of a checked adapter contains.
pub(crate) fn adapter_content<'a>(adapter: &'a Adapter, shape: &Shape, precision: Precision) -> Content<'a> {
    let text = |key: &str, value: &str| (key.to_owned(), Entry::Text(value.to_owned()));
    let entries = vec![
        text("general.type", "adapter"),
        text(ARCHITECTURE, architecture(shape)),
        text("adapter.type", "lora"),
        (blocks(shape), Entry::U32(shape.layers)),
        (ALPHA.to_owned(), Entry::F32(adapter.alpha)),
    ];
    let rank = u64::from(adapter.rank);
    let matrices = adapter.named().into_iter().map(|(name, values)| {
        let other = values.len() as u64 / rank;
        let sizes = if name.ends_with("lora_a") { vec![other, rank] } else { vec![rank, other] };
        let values = order(shape).written(&name, shape, values);
        Matrix { name, shape: sizes, values, precision }
    });
    Content { entries, matrices: matrices.collect() }
}
