//! An adapter counts as if it were merged into the weights, and a file that is none of the model is refused by name.

mod support;

use deliberate_decoder::{Adapter, Model, Precision, Shape};
use deliberate_llama::{LlamaRuntime, LoadError};
use std::error::Error;
use std::path::{Path, PathBuf};
use support::writer::Vocabulary;
use support::{distance, forward, real_model, settings, span, tiny_model, tokens};
use tempfile::TempDir;

fn load(path: &Path, adapter: Option<&Path>) -> Result<LlamaRuntime, LoadError> {
    LlamaRuntime::load_with(path, adapter, &settings())
}

/// An adapter that matters, small and the same in every run.
fn adapter(shape: &Shape) -> Adapter {
    let mut adapter = Adapter::zeros(shape, 4, 8.0);
    let mut state = 3_u64;
    for (name, values) in adapter.named_mut() {
        let size = if name.ends_with("lora_a") { 0.1 } else { 0.02 };
        for value in values {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            *value = ((state >> 40) as f32 / (1 << 23) as f32 - 1.0) * size;
        }
    }
    adapter
}

/// The tiny model in 32 bits as a file that `decoder` reads as well, with its shape.
fn tiny(folder: &TempDir) -> (PathBuf, Shape) {
    let path = tiny_model(Vocabulary::Pairs);
    let header = deliberate_llama::gguf::ModelHeader::open(&path).expect("a sound file");
    let shape = Shape {
        vocabulary: header.vocabulary,
        context: header.context,
        hidden: header.embedding,
        layers: header.sizes.layers,
        heads: header.heads,
        kv_heads: support::writer::KV_HEADS,
        feed_forward: support::writer::INNER as u32,
        rope_base: 10_000.0,
        norm_epsilon: 1e-5,
        tied: true,
        bias: false,
    };
    let adapter_path = folder.path().join("adapter.gguf");
    adapter(&shape).write_gguf(&adapter_path, &shape, Precision::F32).expect("a file");
    (adapter_path, shape)
}

#[test]
fn an_adapter_counts_in_every_slot_and_every_cut() {
    let folder = tempfile::tempdir().expect("a folder");
    let (adapter, _) = tiny(&folder);
    let path = tiny_model(Vocabulary::Pairs);
    let mut plain = load(&path, None).expect("a sound model");
    let mut changed = load(&path, Some(&adapter)).expect("an adapter of it");
    let text = tokens(&plain, 30, 2);
    let before = forward(&mut plain, &[span(0, 0, &text)]);
    let after = forward(&mut changed, &[span(0, 0, &text)]);
    assert!(distance(&before[29], &after[29]) > 1e-2, "the adapter does nothing");
    // The same bits in another slot, in pieces, beside another text.
    forward(&mut changed, &[span(3, 0, &text[..11])]);
    let other = tokens(&changed, 17, 5);
    let rows = forward(&mut changed, &[span(3, 11, &text[11..]), span(5, 0, &other)]);
    let worst = rows.iter().zip(&after[11..]).map(|(l, r)| distance(l, r)).fold(0.0, f32::max);
    assert!(rows[..19] == after[11..], "differs by {worst}");
}

#[test]
fn an_adapter_equals_merged_weights_of_the_real_model() {
    let Some(path) = real_model() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let [base, adapter_path, merged] =
        ["base.gguf", "adapter.gguf", "merged.gguf"].map(|name| folder.path().join(name));
    let mut model = Model::read_gguf(path).expect("a sound file");
    model.write_gguf(&base, Precision::F32).expect("a file");
    let adapter = adapter(&model.shape);
    adapter.write_gguf(&adapter_path, &model.shape, Precision::F32).expect("a file");
    adapter.merge_into(&model.shape, &mut model.weights).expect("they fit");
    model.write_gguf(&merged, Precision::F32).expect("a file");
    drop(model);
    let rows = |path: &Path, adapter: Option<&Path>| {
        let mut runtime = load(path, adapter).expect("a sound model");
        let text = tokens(&runtime, 12, 1);
        forward(&mut runtime, &[span(0, 0, &text)])
    };
    let (plain, on_top, merged) = (rows(&base, None), rows(&base, Some(&adapter_path)), rows(&merged, None));
    let furthest = |left: &[Vec<f32>], right: &[Vec<f32>]| {
        left.iter().zip(right).map(|(left, right)| distance(left, right)).fold(0.0, f32::max)
    };
    assert!(furthest(&plain, &merged) > 0.1, "the adapter does nothing");
    assert!(furthest(&on_top, &merged) < 0.01 * furthest(&plain, &merged), "{}", furthest(&on_top, &merged));
}

#[test]
fn adapters_of_other_models_and_damaged_ones_are_refused_by_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let (adapter_path, shape) = tiny(&folder);
    let model = tiny_model(Vocabulary::Pairs);
    let refused = |path: &Path, words: &str| {
        let error = load(&model, Some(path)).expect_err("no adapter of this model");
        let source = error.source().map(ToString::to_string).unwrap_or_default();
        let text = format!("{error}: {source}");
        assert!(text.contains(words), "`{text}` lacks `{words}`");
    };
    let other = folder.path().join("other.gguf");
    for (layers, words) in [(3, "is for 3 blocks, the model has 2"), (1, "is for 1 blocks, the model has 2")]
    {
        let of_another = Shape { layers, ..shape };
        adapter(&of_another).write_gguf(&other, &of_another, Precision::F32).expect("a file");
        refused(&other, words);
    }
    let wider = Shape { feed_forward: 128, ..shape };
    adapter(&wider).write_gguf(&other, &wider, Precision::F32).expect("a file");
    refused(&other, "its `blk.0.ffn_gate.weight.lora_b` has dimensions [4, 128], here they are [4, 96]");
    // A model is no adapter: this one does not even say what it is.
    refused(&model, "it is a model and no adapter");
    refused(&folder.path().join("nowhere.gguf"), "nowhere.gguf");
    // One byte after the other: an error or a sound adapter, never the end of the process.
    let whole = std::fs::read(&adapter_path).expect("a file");
    for place in (4..1200).step_by(7) {
        let mut bytes = whole.clone();
        bytes[place] ^= 1 << (place % 8);
        std::fs::write(&other, bytes).expect("a small file");
        let _ = load(&model, Some(&other));
    }
}
