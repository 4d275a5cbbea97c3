//! GGUF files of the architectures `llama` and `qwen2`.

mod adapter;
mod model_file;
mod vocabulary;
mod write;

#[cfg(test)]
pub(crate) use adapter::adapter_content;
pub(crate) use adapter::{read_adapter, write_adapter};
pub use model_file::ModelFile;
#[cfg(test)]
pub(crate) use write::content;
pub(crate) use write::write;

use crate::tensors::Order;
use crate::{Fault, Model, ModelError, Shape, Weights};
use deliberate_gguf::{Gguf, GgufError, Tensor, Value};
use std::collections::HashMap;
use std::path::Path;

const ARCHITECTURE: &str = "general.architecture";

/// The architecture of a shape, which starts the names of its settings.
fn architecture(shape: &Shape) -> &'static str {
    if shape.bias { "qwen2" } else { "llama" }
}

/// The order of rows in files of a shape's architecture.
fn order(shape: &Shape) -> Order {
    if shape.bias { Order::Halves } else { Order::Pairs }
}

/// Reads a file.
pub(crate) fn read(path: &Path) -> Result<Model, ModelError> {
    let mut file = ModelFile::open(path)?;
    // Every value is in the file, so this is no more than a few times its size.
    let mut weights = Weights::zeros(&file.shape);
    for (name, slot) in weights.named_mut() {
        *slot = file.floats(&name)?;
    }
    file.vocabulary.check().map_err(|error| ModelError::at(path)(error.into()))?;
    let ModelFile { name, shape, vocabulary, asking, .. } = file;
    Ok(Model { name, shape, weights, vocabulary, asking })
}

/// The tensors of [`Weights::layout`], once it is certain that the file has these, so large, and no others.
fn check_tensors(header: &Gguf, shape: &Shape) -> Result<Vec<Tensor>, Fault> {
    let mut there: HashMap<&str, &Tensor> =
        header.tensors().iter().map(|tensor| (tensor.name.as_str(), tensor)).collect();
    let mut tensors = Vec::new();
    for (name, mut expected) in Weights::layout(shape) {
        let tensor =
            there.remove(name.as_str()).ok_or_else(|| Fault::MissingTensor { name: name.clone() })?;
        expected.reverse();
        expect_shape(tensor, &expected)?;
        if !tensor.is_readable() {
            return Err(GgufError::Unreadable { name, kind: tensor.kind }.into());
        }
        tensors.push(tensor.clone());
    }
    match there.into_keys().min() {
        Some(name) => Err(Fault::ExtraTensor { name: name.to_owned() }),
        None => Ok(tensors),
    }
}

/// Checks the dimensions of a tensor, in the order of the file; those of 1 at the end say nothing.
fn expect_shape(tensor: &Tensor, expected: &[u64]) -> Result<(), Fault> {
    let significant = |sizes: &[u64]| sizes.iter().rposition(|&size| size != 1).map_or(1, |last| last + 1);
    let found = &tensor.shape;
    if found[..significant(found)] == expected[..significant(expected)] {
        return Ok(());
    }
    let (name, found, expected) = (tensor.name.clone(), found.clone(), expected.to_vec());
    Err(Fault::TensorShape { name, found, expected })
}

/// Checks a text that must be there.
fn expect_text(header: &Gguf, key: &str, expected: &'static str) -> Result<(), Fault> {
    let value = header.required_text(key)?;
    if value == expected { Ok(()) } else { Err(Fault::Setting { key: key.to_owned(), value, expected }) }
}

/// An adapter, or a part of a model, would otherwise be a model that lacks everything.
fn expect_model(header: &Gguf) -> Result<(), Fault> {
    if let Some(parts) = header.integer("split.count")?.filter(|&parts| parts > 1) {
        return Err(Fault::Split { parts });
    }
    match header.text("general.type").as_deref() {
        None | Some("model") => Ok(()),
        Some("adapter") => Err(Fault::NotAModel),
        Some(kind) => Err(Fault::OtherKind { kind: kind.to_owned() }),
    }
}

fn read_shape(header: &Gguf, tokens: usize) -> Result<Shape, Fault> {
    let architecture = header.required_text(ARCHITECTURE)?;
    let bias = match architecture.as_str() {
        "llama" => false,
        "qwen2" => true,
        _ => {
            let (key, value) = (ARCHITECTURE.to_owned(), architecture);
            return Err(Fault::Setting { key, value, expected: "llama or qwen2" });
        }
    };
    let embedding = header.tensors().iter().find(|tensor| tensor.name == "token_embd.weight");
    if let Some(rows) = embedding.and_then(|table| table.shape.get(1)).filter(|&&rows| rows != tokens as u64)
    {
        return Err(Fault::VocabularySize { tokens, rows: u32::try_from(*rows).unwrap_or(u32::MAX) });
    }
    let keys = Keys { header, architecture };
    let hidden = keys.required("embedding_length")?;
    let heads = keys.required("attention.head_count")?;
    let shape = Shape {
        vocabulary: u32::try_from(tokens).unwrap_or(u32::MAX),
        context: keys.required("context_length")?,
        hidden,
        layers: keys.required("block_count")?,
        heads,
        kv_heads: keys.optional("attention.head_count_kv")?.unwrap_or(heads),
        feed_forward: keys.required("feed_forward_length")?,
        rope_base: keys.float("rope.freq_base")?.unwrap_or(10_000.0),
        norm_epsilon: keys
            .float("attention.layer_norm_rms_epsilon")?
            .ok_or_else(|| GgufError::Missing { key: keys.name("attention.layer_norm_rms_epsilon") })?,
        tied: !header.tensors().iter().any(|tensor| tensor.name == "output.weight"),
        bias,
    };
    shape.check()?;
    let width = shape.head_width();
    for key in ["rope.dimension_count", "attention.key_length", "attention.value_length"] {
        keys.only(key, width, "the embedding's length over the heads")?;
    }
    keys.only("vocab_size", shape.vocabulary, "the number of tokens")?;
    keys.only("expert_count", 0, "absent (mixtures of experts are not supported)")?;
    keys.plain_rotation()?;
    Ok(shape)
}

/// Access to the settings of the architecture.
struct Keys<'a> {
    header: &'a Gguf,
    architecture: String,
}

impl Keys<'_> {
    fn name(&self, key: &str) -> String {
        format!("{}.{key}", self.architecture)
    }

    fn fault(&self, key: &str, value: String, expected: &'static str) -> Fault {
        Fault::Setting { key: self.name(key), value, expected }
    }

    fn optional(&self, key: &str) -> Result<Option<u32>, Fault> {
        let value = self.header.integer(&self.name(key))?;
        let narrow = |value: u64| {
            u32::try_from(value).map_err(|_| self.fault(key, value.to_string(), "at most 4294967295"))
        };
        value.map(narrow).transpose()
    }

    fn required(&self, key: &str) -> Result<u32, Fault> {
        Ok(self.optional(key)?.ok_or_else(|| GgufError::Missing { key: self.name(key) })?)
    }

    fn float(&self, key: &str) -> Result<Option<f32>, Fault> {
        Ok(self.header.float(&self.name(key))?.map(|value| value as f32))
    }

    /// Accepts absence and one value.
    fn only(&self, key: &str, value: u32, expected: &'static str) -> Result<(), Fault> {
        match self.optional(key)? {
            Some(found) if found != value => Err(self.fault(key, found.to_string(), expected)),
            _ => Ok(()),
        }
    }

    /// Refuses positions that are scaled.
    fn plain_rotation(&self) -> Result<(), Fault> {
        let expected = "absent (scaled positions are not supported)";
        let kind = "rope.scaling.type";
        match self.header.get(&self.name(kind)) {
            None => {}
            Some(Value::Text(text)) if text == b"none" => return Ok(()),
            Some(value) => return Err(self.fault(kind, format!("{value:?}"), expected)),
        }
        for key in ["rope.scaling.factor", "rope.scale_linear"] {
            if let Some(factor) = self.float(key)?.filter(|factor| ![0.0, 1.0].contains(factor)) {
                return Err(self.fault(key, factor.to_string(), expected));
            }
        }
        Ok(())
    }
}
