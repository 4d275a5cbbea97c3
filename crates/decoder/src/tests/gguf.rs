//! What is written is read; what is damaged is refused.

use super::{model, qwen, real_model};
use crate::{Asking, Fault, Model, Precision};
use deliberate_gguf::{Content, Entry, Gguf, Matrix};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

fn copied(model: &Model, precision: Precision) -> Model {
    let folder = folder();
    let path = folder.path().join("m.gguf");
    model.write_gguf(&path, precision).expect("a file");
    Model::read_gguf(&path).expect("the same file")
}

#[test]
fn full_precision_comes_back_bit_for_bit() {
    for mut model in [model(true), model(false), qwen()] {
        assert_eq!(copied(&model, Precision::F32), model);
        model.vocabulary.chat_template = Some("{{ messages }}".to_owned());
        model.vocabulary.beginning = Some(0);
        model.vocabulary.endings = vec![5, 0];
        model.vocabulary.literals = vec![3, 9];
        assert_eq!(copied(&model, Precision::F32), model);
    }
}

#[test]
fn less_precision_loses_what_it_says() {
    let model = model(false);
    // Values lie between -1 and 1: half a unit of 11 digits; half a digit of a scale of 1 / 127 and what it loses.
    for (precision, bound) in [(Precision::F16, 1.0 / 4096.0), (Precision::Q8_0, 0.5 / 127.0 + 1.0 / 2048.0)]
    {
        let copy = copied(&model, precision);
        assert_eq!((&copy.shape, &copy.vocabulary), (&model.shape, &model.vocabulary));
        for ((name, found), (_, values)) in copy.weights.named().into_iter().zip(model.weights.named()) {
            let furthest = found.iter().zip(values).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            let bound = if name.contains("norm") { 0.0 } else { bound };
            assert!(furthest <= bound, "{name} is off by {furthest} in {precision:?}");
        }
        // A second copy loses nothing more.
        if precision == Precision::F16 {
            assert_eq!(copied(&copy, precision), copy);
        }
    }
}

#[test]
fn a_model_with_biases_is_a_qwen2_whose_heads_are_halved() {
    let model = qwen();
    let content = crate::gguf::content(&model, Precision::F32).expect("a sound model");
    let has = |key: &str, text: &str| {
        let entry = (key.to_owned(), Entry::Text(text.to_owned()));
        assert!(content.entries.contains(&entry), "{key} is not {text}");
    };
    has("general.architecture", "qwen2");
    has("tokenizer.ggml.pre", "qwen2");
    assert!(content.entries.iter().any(|(key, _)| key == "qwen2.block_count"));
    let bias = content.matrices.iter().find(|matrix| matrix.name == "blk.1.attn_k.bias").expect("a bias");
    let own = &model.weights.blocks[1].key_bias;
    let expected = [0, 2, 4, 6, 8, 10, 12, 14, 1, 3, 5, 7, 9, 11, 13, 15].map(|row| own[row]);
    assert_eq!((bias.shape.as_slice(), &bias.values[..16]), (&[32][..], &expected[..]));
    let value = content.matrices.iter().find(|matrix| matrix.name == "blk.1.attn_v.bias").expect("a bias");
    assert_eq!(*value.values, model.weights.blocks[1].value_bias);
}

#[test]
fn how_a_model_wants_to_be_asked_goes_where_its_file_goes() {
    let mut model = model(true);
    assert_eq!(copied(&model, Precision::F16).asking, Asking::default());
    model.asking = Asking { team: Some("lab".to_owned()), prompt: Some("prompt.toml".to_owned()) };
    assert_eq!(copied(&model, Precision::F16).asking, model.asking);
    let folder = folder();
    let path = folder.path().join("m.gguf");
    model.write_gguf(&path, Precision::F16).expect("a file");
    assert_eq!(Asking::of_file(&path).expect("the same file"), model.asking);
}

#[test]
fn a_model_that_does_not_fit_leaves_no_file() {
    let folder = folder();
    let path = folder.path().join("m.gguf");
    let mut model = model(true);
    model.weights.final_norm.pop();
    let error = model.write_gguf(&path, Precision::F32).expect_err("a damaged model");
    assert!(matches!(error.fault, Fault::WeightSize { .. }) && error.to_string().contains("m.gguf"));
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 0);
}

fn read(path: &Path, bytes: &[u8]) -> Result<Model, String> {
    fs::write(path, bytes).expect("a small file");
    Model::read_gguf(path).map_err(|error| error.fault.to_string())
}

#[test]
fn a_file_cut_anywhere_in_its_header_is_refused() {
    let folder = folder();
    let path = folder.path().join("m.gguf");
    model(true).write_gguf(&path, Precision::F16).expect("a file");
    let whole = fs::read(&path).expect("the same file");
    let start = Gguf::open(&path).expect("a header").tensors()[0].start as usize;
    for cut in 0..start {
        Gguf::parse(&whole[..cut], cut as u64).expect_err("a cut file");
    }
    for cut in (0..whole.len()).step_by(1009).chain([whole.len() - 64]) {
        read(&path, &whole[..cut]).expect_err("a cut file");
    }
    read(&path, &whole).expect("the whole file");
}

/// Writes the small model's file with one change and expects an error that contains `words`.
#[track_caller]
fn check(words: &str, damage: impl FnOnce(&mut Content<'_>)) {
    let model = model(true);
    let folder = folder();
    let path = folder.path().join("m.gguf");
    let mut content = crate::gguf::content(&model, Precision::F32).expect("a sound model");
    damage(&mut content);
    content.write(&path).expect("a file");
    let fault = Model::read_gguf(&path).expect_err("a damaged file").fault;
    let source = std::error::Error::source(&fault).map(ToString::to_string).unwrap_or_default();
    let text = format!("{fault}: {source}");
    assert!(text.contains(words), "`{text}` lacks `{words}`");
}

fn set(key: &'static str, entry: Entry) -> impl FnOnce(&mut Content<'_>) {
    move |content| {
        content.entries.retain(|(name, _)| name != key);
        content.entries.push((key.to_owned(), entry));
    }
}

fn remove(key: &'static str) -> impl FnOnce(&mut Content<'_>) {
    move |content| content.entries.retain(|(name, _)| name != key)
}

#[test]
fn settings_that_make_another_model_are_refused() {
    check(
        "`general.architecture` is gemma, expected llama or qwen2",
        set("general.architecture", Entry::Text("gemma".into())),
    );
    for key in ["llama.block_count", "llama.embedding_length", "llama.attention.head_count"] {
        check("is missing", remove(key));
        check("is 0", set(key, Entry::U32(0)));
        check("4294967295", set(key, Entry::U32(u32::MAX)));
        check("is not an integer", set(key, Entry::F32(1.0)));
    }
    check("layer_norm_rms_epsilon` is missing", remove("llama.attention.layer_norm_rms_epsilon"));
    check("epsilon of NaN", set("llama.attention.layer_norm_rms_epsilon", Entry::F32(f32::NAN)));
    check("rotary base of 0", set("llama.rope.freq_base", Entry::F32(0.0)));
    check("`llama.rope.dimension_count` is 8", set("llama.rope.dimension_count", Entry::U32(8)));
    check("`llama.vocab_size` is 299", set("llama.vocab_size", Entry::U32(299)));
    check("mixtures of experts", set("llama.expert_count", Entry::U32(8)));
    check("scaled positions", set("llama.rope.scaling.type", Entry::Text("yarn".into())));
    check("scaled positions", set("llama.rope.scaling.factor", Entry::F32(4.0)));
}

#[test]
fn vocabularies_of_another_kind_are_refused() {
    check("`tokenizer.ggml.model` is llama", set("tokenizer.ggml.model", Entry::Text("llama".into())));
    check("`tokenizer.ggml.pre` is missing", remove("tokenizer.ggml.pre"));
    check("`tokenizer.ggml.pre` is llama-bpe", set("tokenizer.ggml.pre", Entry::Text("llama-bpe".into())));
    check("tokens` is missing", remove("tokenizer.ggml.tokens"));
    check("an array of texts", set("tokenizer.ggml.merges", Entry::U32(1)));
    check("merges[0]` is `ab`", set("tokenizer.ggml.merges", Entry::Texts(vec!["ab".into()])));
    check("merge 0 joins", set("tokenizer.ggml.merges", Entry::Texts(vec!["q q".into()])));
    check("expected one for each token", set("tokenizer.ggml.token_type", Entry::I32s(vec![1])));
    check("is 6 for token 0", set("tokenizer.ggml.token_type", Entry::I32s(vec![6; 300])));
    check("token 300 of the endings", set("tokenizer.ggml.eos_token_id", Entry::U32(300)));
    check(
        "`llama.vocab_size` is 299, expected the number of tokens",
        set("llama.vocab_size", Entry::U32(299)),
    );
    check("has 1 tokens but the embedding has 300 rows", |content| {
        remove("tokenizer.ggml.token_type")(content);
        set("tokenizer.ggml.tokens", Entry::Texts(vec!["a".into()]))(content);
    });
}

#[test]
fn tensors_that_are_not_the_model_are_refused() {
    check("`output_norm.weight` is missing", |content| {
        content.matrices.retain(|matrix| matrix.name != "output_norm.weight");
    });
    check("`blk.0.attn_q.weight` has dimensions [32, 128], expected [64, 64]", |content| {
        let query = content.matrices.iter_mut().find(|matrix| matrix.name == "blk.0.attn_q.weight");
        query.expect("a query").shape = vec![32, 128];
    });
    check("tensor `rope_freqs.weight` is not part of", |file| {
        let (values, precision) = (vec![1.0; 8].into(), Precision::F32);
        file.matrices.push(Matrix { name: "rope_freqs.weight".into(), shape: vec![8], values, precision });
    });
    // Thirty more layers than the file holds.
    check("`blk.2.attn_norm.weight` is missing", set("llama.block_count", Entry::U32(32)));
}

#[test]
fn the_real_model_is_read_and_its_copy_is_close() {
    let Some(path) = real_model() else { return };
    let model = Model::read_gguf(path).expect("a sound file");
    assert_eq!((model.shape.layers, model.shape.heads, model.shape.kv_heads), (30, 9, 3));
    assert_eq!((model.shape.hidden, model.shape.feed_forward, model.shape.tied), (576, 1536, true));
    assert!(
        model.vocabulary.chat_template.as_ref().is_some_and(|template| template.contains("<|im_start|>"))
    );
    let copy = copied(&model, Precision::F16);
    assert_eq!((&copy.vocabulary, &copy.name), (&model.vocabulary, &model.name));
    let (left, right) = (&copy.weights.blocks[29].down, &model.weights.blocks[29].down);
    assert!(left.iter().zip(right).all(|(left, right)| (left - right).abs() <= right.abs() / 2048.0 + 1e-7));
}
