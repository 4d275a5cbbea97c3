//! Writing a model.

use super::{ARCHITECTURE, architecture, order, vocabulary};
use crate::{Fault, Model, Precision, Weights};
use deliberate_gguf::{Content, Entry, Matrix};
use std::path::Path;

/// Writes a file.
pub(crate) fn write(model: &Model, path: &Path, precision: Precision) -> Result<(), Fault> {
    Ok(content(model, precision)?.write(path)?)
}

/// What the file of a model contains.
pub(crate) fn content(model: &Model, precision: Precision) -> Result<Content<'_>, Fault> {
    model.check()?;
    let shape = &model.shape;
    let family = architecture(shape);
    let mut entries = vec![
        (ARCHITECTURE.to_owned(), Entry::Text(family.to_owned())),
        ("general.type".to_owned(), Entry::Text("model".to_owned())),
        ("general.name".to_owned(), Entry::Text(model.name.clone())),
        ("general.file_type".to_owned(), Entry::U32(file_type(precision))),
        // The version of the block formats.
        ("general.quantization_version".to_owned(), Entry::U32(2)),
    ];
    entries.extend(settings(model).map(|(key, entry)| (format!("{family}.{key}"), entry)));
    entries.extend(vocabulary::entries(&model.vocabulary)?);
    entries.extend(model.asking.entries());
    let layout = Weights::layout(shape);
    let matrices = model.weights.named().into_iter().zip(layout).map(|((name, values), (_, mut sizes))| {
        sizes.reverse();
        let values = order(shape).written(&name, shape, values);
        Matrix { name, shape: sizes, values, precision }
    });
    Ok(Content { entries, matrices: matrices.collect() })
}

fn settings(model: &Model) -> [(&'static str, Entry); 10] {
    let shape = &model.shape;
    [
        ("block_count", Entry::U32(shape.layers)),
        ("context_length", Entry::U32(shape.context)),
        ("embedding_length", Entry::U32(shape.hidden)),
        ("feed_forward_length", Entry::U32(shape.feed_forward)),
        ("attention.head_count", Entry::U32(shape.heads)),
        ("attention.head_count_kv", Entry::U32(shape.kv_heads)),
        ("attention.layer_norm_rms_epsilon", Entry::F32(shape.norm_epsilon)),
        ("rope.freq_base", Entry::F32(shape.rope_base)),
        ("rope.dimension_count", Entry::U32(shape.head_width())),
        ("vocab_size", Entry::U32(shape.vocabulary)),
    ]
}

/// What most matrices are stored as. Source: `llama_ftype` in `llama.h`.
fn file_type(precision: Precision) -> u32 {
    match precision {
        Precision::F32 => 0,
        Precision::F16 => 1,
        Precision::Q8_0 => 7,
    }
}
