//! Adapters: merged as in the textbook, read as they were written, refused where they do not fit.

use super::model;
use crate::{Adapter, AdapterError, Fault, LowRank, Model, ModelFile, Precision, Shape};
use deliberate_gguf::{Content, Entry, Matrix};
use std::fs;
use tempfile::TempDir;

fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

/// An adapter of the small model, the values of which are all different.
fn adapter(shape: &Shape) -> Adapter {
    let mut adapter = Adapter::zeros(shape, 3, 6.0);
    let mut state = 7_u64;
    for (_, values) in adapter.named_mut() {
        for value in values {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            *value = (state >> 40) as f32 / (1 << 23) as f32 - 1.0;
        }
    }
    adapter
}

#[test]
fn merging_adds_the_scaled_product() {
    let mut model = model(true);
    let adapter = adapter(&model.shape);
    let before = model.weights.clone();
    adapter.merge_into(&model.shape, &mut model.weights).expect("they fit");
    let (hidden, inner) = (64, 96);
    let LowRank { a, b } = &adapter.blocks[1][6];
    for (output, input) in [(0, 0), (5, 95), (63, 17)] {
        let product: f64 =
            (0..3).map(|at| f64::from(b[output * 3 + at]) * f64::from(a[at * inner + input])).sum();
        let place = output * inner + input;
        let expected = f64::from(before.blocks[1].down[place]) + 6.0 / 3.0 * product;
        let found = f64::from(model.weights.blocks[1].down[place]);
        assert!((found - expected).abs() < 1e-6, "{found} {expected}");
    }
    let changed = |left: &[f32], right: &[f32]| {
        left.iter().zip(right).filter(|(l, r)| l.to_bits() != r.to_bits()).count()
    };
    for (layer, block) in model.weights.blocks.iter().enumerate() {
        let old = &before.blocks[layer];
        assert!(changed(&block.key, &old.key) > hidden * 31 && changed(&block.gate, &old.gate) > hidden * 95);
        assert_eq!(
            (&block.attention_norm, &block.feed_forward_norm),
            (&old.attention_norm, &old.feed_forward_norm)
        );
    }
    assert_eq!(
        (&model.weights.embedding, &model.weights.final_norm),
        (&before.embedding, &before.final_norm)
    );
}

#[test]
fn matrices_without_a_change_stay_as_they_are() {
    let mut model = model(false);
    let mut adapter = adapter(&model.shape);
    for block in &mut adapter.blocks {
        for place in [0, 1, 3, 4, 5, 6] {
            block[place] = LowRank::default();
        }
    }
    let folder = folder();
    let path = folder.path().join("values.gguf");
    adapter.write_gguf(&path, &model.shape, Precision::F32).expect("a file");
    assert_eq!(Adapter::read_gguf(&path, &model.shape).expect("the same file"), adapter);
    let before = model.weights.clone();
    adapter.merge_into(&model.shape, &mut model.weights).expect("they fit");
    for (block, old) in model.weights.blocks.iter().zip(&before.blocks) {
        assert_ne!(block.value, old.value);
        assert_eq!((&block.query, &block.down), (&old.query, &old.down));
    }
}

#[test]
fn files_come_back_as_they_were_written() {
    let shape = model(true).shape;
    let folder = folder();
    let path = folder.path().join("a.gguf");
    for rank in [1, 3, 32] {
        let mut adapter = adapter(&shape);
        if rank != 3 {
            adapter = Adapter::zeros(&shape, rank, 16.5);
            adapter.named_mut().into_iter().for_each(|(_, values)| values[0] = 0.25);
        }
        adapter.write_gguf(&path, &shape, Precision::F32).expect("a file");
        assert_eq!(Adapter::read_gguf(&path, &shape).expect("the same file"), adapter);
        // Half of the bits hold eleven digits.
        adapter.write_gguf(&path, &shape, Precision::F16).expect("a file");
        let copy = Adapter::read_gguf(&path, &shape).expect("the same file");
        assert_eq!((copy.rank, copy.alpha), (adapter.rank, adapter.alpha));
        for ((name, found), (_, values)) in copy.named().into_iter().zip(adapter.named()) {
            assert!(found.iter().zip(values).all(|(a, b)| (a - b).abs() <= 1.0 / 4096.0), "{name}");
        }
    }
}

#[test]
fn names_and_dimensions_are_those_of_llama_cpp() {
    let shape = model(true).shape;
    let adapter = adapter(&shape);
    let content = crate::gguf::adapter_content(&adapter, &shape, Precision::F32);
    let tensors: Vec<_> =
        content.matrices.iter().map(|matrix| (matrix.name.as_str(), &matrix.shape[..])).collect();
    assert_eq!(tensors.len(), 28);
    assert_eq!(
        tensors[2..4],
        [("blk.0.attn_k.weight.lora_a", &[64, 3][..]), ("blk.0.attn_k.weight.lora_b", &[3, 32])]
    );
    assert_eq!(
        tensors[26..],
        [("blk.1.ffn_down.weight.lora_a", &[96, 3][..]), ("blk.1.ffn_down.weight.lora_b", &[3, 64])]
    );
    let keys: Vec<_> = content.entries.iter().map(|(key, _)| key.as_str()).collect();
    let of_the_base = "llama.block_count";
    assert_eq!(
        keys,
        ["general.type", "general.architecture", "adapter.type", of_the_base, "adapter.lora.alpha"]
    );
}

/// Writes an adapter of the small model with one change and expects an error that contains `words`.
#[track_caller]
fn check(words: &str, damage: impl FnOnce(&mut Content<'_>)) {
    let shape = model(true).shape;
    let adapter = adapter(&shape);
    let folder = folder();
    let path = folder.path().join("a.gguf");
    let mut content = crate::gguf::adapter_content(&adapter, &shape, Precision::F32);
    damage(&mut content);
    content.write(&path).expect("a file");
    let error = Adapter::read_gguf(&path, &shape).expect_err("a damaged file");
    assert!(error.to_string().contains("a.gguf"), "{error}");
    let source = std::error::Error::source(&error.fault).map(ToString::to_string).unwrap_or_default();
    let text = format!("{}: {source}", error.fault);
    assert!(text.contains(words), "`{text}` lacks `{words}`");
}

fn set(key: &'static str, entry: Entry) -> impl FnOnce(&mut Content<'_>) {
    move |content| {
        content.entries.retain(|(name, _)| name != key);
        content.entries.push((key.to_owned(), entry));
    }
}

fn tensor<'c, 'a>(content: &'c mut Content<'a>, name: &str) -> &'c mut Matrix<'a> {
    content.matrices.iter_mut().find(|matrix| matrix.name == name).expect("a tensor of this name")
}

#[test]
fn files_that_are_no_adapter_of_the_model_are_refused() {
    let text = |value: &str| Entry::Text(value.to_owned());
    check("it is a model and no adapter", set("general.type", text("model")));
    check("it is a model and no adapter", |content| content.entries.retain(|(key, _)| key != "general.type"));
    check("of kind `mmproj`", set("general.type", text("mmproj")));
    check("is for 5 blocks, the model has 2", set("llama.block_count", Entry::U32(5)));
    check("`general.architecture` is qwen2, expected llama", set("general.architecture", text("qwen2")));
    check("`adapter.type` is dora, expected lora", set("adapter.type", text("dora")));
    check("`adapter.type` is not a text", set("adapter.type", Entry::U32(1)));
    check("`adapter.lora.alpha` is missing", |content| drop(content.entries.pop()));
    check("`adapter.lora.alpha` is 0", set("adapter.lora.alpha", Entry::F32(0.0)));
    check("`adapter.lora.alpha` is NaN", set("adapter.lora.alpha", Entry::F32(f32::NAN)));
    check("`adapter.lora.alpha` is not a float", set("adapter.lora.alpha", Entry::U32(16)));
    check("activated adapter (aLoRA)", set("adapter.alora.invocation_tokens", Entry::I32s(vec![1])));
    check("the adapter changes nothing", |content| content.matrices.clear());
    check("`blk.1.ffn_up.weight` has no `blk.1.ffn_up.weight.lora_b`", |content| {
        content.matrices.retain(|matrix| matrix.name != "blk.1.ffn_up.weight.lora_b");
    });
    check("`blk.2.attn_q.weight.lora_a` changes none of the seven matrices of 2 blocks", |content| {
        tensor(content, "blk.1.attn_q.weight.lora_a").name = "blk.2.attn_q.weight.lora_a".to_owned();
        tensor(content, "blk.1.attn_q.weight.lora_b").name = "blk.2.attn_q.weight.lora_b".to_owned();
    });
    check("`output_norm.weight` changes none", |content| {
        tensor(content, "blk.0.attn_q.weight.lora_a").name = "output_norm.weight".to_owned();
        content.matrices.retain(|matrix| matrix.name != "blk.0.attn_q.weight.lora_b");
    });
    check(
        "another model: its `blk.0.attn_k.weight.lora_b` has dimensions [32, 3], here they are [3, 32]",
        |content| {
            tensor(content, "blk.0.attn_k.weight.lora_b").shape.reverse();
        },
    );
    check("its `blk.1.attn_v.weight.lora_a` has dimensions [96, 2], here they are [64, 3]", |content| {
        tensor(content, "blk.1.attn_v.weight.lora_a").shape = vec![96, 2];
    });
}

#[test]
fn an_adapter_of_some_blocks_changes_these_alone() {
    let mut model = model(true);
    let shape = model.shape;
    let whole = adapter(&shape);
    let folder = folder();
    let path = folder.path().join("a.gguf");
    let mut content = crate::gguf::adapter_content(&whole, &shape, Precision::F32);
    content.matrices.retain(|matrix| matrix.name.starts_with("blk.0.attn_q"));
    // As in files of others.
    content.entries.retain(|(key, _)| key != "llama.block_count");
    content.write(&path).expect("a file");
    let read = Adapter::read_gguf(&path, &shape).expect("the format allows it");
    assert_eq!(read.blocks[0][0], whole.blocks[0][0]);
    assert_eq!(read.blocks[1], <[LowRank; 7]>::default());
    let before = model.weights.clone();
    read.merge_into(&shape, &mut model.weights).expect("it fits");
    assert_ne!(model.weights.blocks[0].query, before.blocks[0].query);
    assert_eq!(model.weights.blocks[1], before.blocks[1]);
}

#[test]
fn a_cut_file_is_refused() {
    let shape = model(true).shape;
    let folder = folder();
    let path = folder.path().join("a.gguf");
    adapter(&shape).write_gguf(&path, &shape, Precision::F16).expect("a file");
    let whole = fs::read(&path).expect("the same file");
    for cut in (0..whole.len()).step_by(311).chain([whole.len() - 64]) {
        fs::write(&path, &whole[..cut]).expect("a small file");
        Adapter::read_gguf(&path, &shape).expect_err("a cut file");
    }
}

#[test]
fn a_model_is_no_adapter_and_an_adapter_no_model() {
    let model = model(true);
    let folder = folder();
    let path = folder.path().join("m.gguf");
    model.write_gguf(&path, Precision::F16).expect("a file");
    let AdapterError { fault, .. } = Adapter::read_gguf(&path, &model.shape).expect_err("a model");
    assert!(matches!(fault, Fault::NotAnAdapter), "{fault}");
    adapter(&model.shape).write_gguf(&path, &model.shape, Precision::F16).expect("a file");
    for fault in [Model::read_gguf(&path).expect_err("an adapter"), ModelFile::open(&path).expect_err("one")]
    {
        assert!(fault.fault.to_string().contains("goes on top of a model"), "{:?}", fault.fault);
    }
}

#[test]
fn an_adapter_that_does_not_fit_changes_nothing() {
    let check = |words: &str, damage: &dyn Fn(&mut Adapter)| {
        let mut model = model(true);
        let mut adapter = adapter(&model.shape);
        damage(&mut adapter);
        let before = model.weights.clone();
        let fault = adapter.merge_into(&model.shape, &mut model.weights).expect_err("they do not fit");
        assert!(fault.to_string().contains(words), "`{fault}` lacks `{words}`");
        assert_eq!(model.weights, before);
        let folder = folder();
        let error = adapter.write_gguf(folder.path().join("a.gguf"), &model.shape, Precision::F32);
        error.expect_err("they do not fit");
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 0);
    };
    check("`rank` is 0", &|adapter| adapter.rank = 0);
    check("`blk.0.attn_q.weight.lora_a` have 192 values, expected 256", &|adapter| adapter.rank = 4);
    check("`adapter.lora.alpha` is inf", &|adapter| adapter.alpha = f32::INFINITY);
    check("is for 1 blocks, the model has 2", &|adapter| drop(adapter.blocks.pop()));
    check("`blk.1.attn_v.weight.lora_b` have 0 values, expected 96", &|adapter| {
        adapter.blocks[1][2].b.clear();
    });
    let mut small = model(true);
    small.weights.blocks[0].up.pop();
    let fault =
        adapter(&small.shape).merge_into(&small.shape, &mut small.weights).expect_err("too few weights");
    assert!(matches!(fault, Fault::WeightSize { found: 6143, .. }), "{fault}");
}
