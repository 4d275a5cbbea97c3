//! Folders are read as they were written, and refused where they hold something else.

use super::{model, qwen};
use crate::{Encoder, Fault, Model};
use half::{bf16, f16};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

fn written(model: &Model) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    model.write_hugging_face(folder.path()).expect("a folder");
    folder
}

#[test]
fn a_folder_comes_back_bit_for_bit() {
    for mut model in [model(true), model(false), qwen()] {
        let folder = written(&model);
        assert_eq!(Model::read_hugging_face(folder.path()).expect("the same folder"), model);
        // Over the old files, and with everything that a vocabulary can have.
        model.vocabulary.chat_template = Some("{{ messages }}".to_owned());
        model.vocabulary.beginning = Some(0);
        model.vocabulary.endings = vec![0, 5];
        model.vocabulary.literals = vec![3, 9];
        model.write_hugging_face(folder.path()).expect("a folder");
        assert_eq!(Model::read_hugging_face(folder.path()).expect("the same folder"), model);
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 4);
    }
}

#[test]
fn a_new_folder_is_made() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("a/b");
    let mut model = model(true);
    model.name = String::new();
    model.write_hugging_face(&path).expect("a folder");
    assert_eq!(Model::read_hugging_face(&path).expect("the same folder").name, "b");
}

#[test]
fn halves_of_heads_there_are_pairs_here() {
    let mut model = model(true);
    let hidden = model.shape.hidden as usize;
    // Every row of the second key head holds its own number.
    for (row, values) in model.weights.blocks[0].key.chunks_mut(hidden).enumerate() {
        values.fill(row as f32);
    }
    let folder = written(&model);
    let bytes = fs::read(folder.path().join("model.safetensors")).expect("weights");
    let file = SafeTensors::deserialize(&bytes).expect("a sound file");
    let key = file.tensor("model.layers.0.self_attn.k_proj.weight").expect("a key");
    assert_eq!(key.shape(), [32, 64]);
    let rows: Vec<f32> =
        key.data().as_chunks().0.iter().step_by(hidden).map(|&four| f32::from_le_bytes(four)).collect();
    let expected = [0, 2, 4, 6, 8, 10, 12, 14, 1, 3, 5, 7, 9, 11, 13, 15_u8].map(f32::from);
    assert_eq!(rows[..16], expected);
    assert_eq!(rows[16..], expected.map(|row| row + 16.0));
}

#[test]
fn half_precision_is_read() {
    for dtype in [Dtype::F16, Dtype::BF16] {
        let mut model = model(true);
        // Two bits and a sign, which all formats hold.
        for value in model.weights.named_mut().into_iter().flat_map(|(_, values)| values) {
            *value = (*value * 4.0).round() / 4.0;
        }
        let folder = written(&model);
        let path = folder.path().join("model.safetensors");
        let bytes = fs::read(&path).expect("weights");
        let file = SafeTensors::deserialize(&bytes).expect("a sound file");
        let narrow = |four: &[u8; 4]| match dtype {
            Dtype::F16 => f16::from_f32(f32::from_le_bytes(*four)).to_le_bytes(),
            _ => bf16::from_f32(f32::from_le_bytes(*four)).to_le_bytes(),
        };
        let narrowed: Vec<(String, Vec<usize>, Vec<u8>)> = file
            .iter()
            .map(|(name, tensor)| {
                let data = tensor.data().as_chunks().0.iter().flat_map(narrow).collect();
                (name.to_owned(), tensor.shape().to_vec(), data)
            })
            .collect();
        let views = narrowed.iter().map(|(name, shape, data)| {
            (name, TensorView::new(dtype, shape.clone(), data).expect("as many bytes"))
        });
        fs::write(&path, safetensors::serialize(views, None).expect("a file")).expect("a small file");
        assert_eq!(Model::read_hugging_face(folder.path()).expect("a sound folder"), model);
    }
}

#[test]
fn rows_beyond_the_tokens_get_names() {
    let mut model = model(true);
    let tokens = model.vocabulary.tokens.len();
    model.vocabulary.tokens.push("x".to_owned());
    model.vocabulary.specials.push(tokens as u32);
    model.shape.vocabulary += 1;
    model.weights.embedding.extend([0.5; 64]);
    model.vocabulary.tokens[tokens] = "<|spare|>".to_owned();
    let folder = written(&model);
    change(folder.path(), "tokenizer.json", |file| {
        file["added_tokens"].as_array_mut().expect("a list").pop();
        file["model"]["vocab"].as_object_mut().expect("a table").remove("<|spare|>");
    });
    let copy = Model::read_hugging_face(folder.path()).expect("a sound folder");
    assert_eq!(copy.vocabulary.tokens[tokens], "[PAD300]");
    assert_eq!(copy.weights, model.weights);
}

#[test]
fn older_files_are_read() {
    let model = model(true);
    let folder = written(&model);
    change(folder.path(), "config.json", |file| {
        let base = file.as_object_mut().expect("a table").remove("rope_theta");
        file["rope_parameters"] = json!({ "rope_type": "default", "rope_theta": base });
        file["eos_token_id"] = json!([0]);
    });
    change(folder.path(), "tokenizer.json", |file| {
        let lines = file["model"]["merges"].as_array().expect("a list").iter().map(|pair| {
            json!(format!("{} {}", pair[0].as_str().expect("a text"), pair[1].as_str().expect("a text")))
        });
        file["model"]["merges"] = lines.collect();
    });
    let copy = Model::read_hugging_face(folder.path()).expect("a sound folder");
    assert_eq!(copy, model);
    Encoder::new(&copy.vocabulary).expect("a sound vocabulary");
}

fn change(folder: &Path, file: &str, damage: impl FnOnce(&mut Value)) {
    let path = folder.join(file);
    let mut value = serde_json::from_slice(&fs::read(&path).expect("a file")).expect("JSON");
    damage(&mut value);
    fs::write(path, value.to_string()).expect("a small file");
}

/// Writes the small model's folder with one change and expects an error that contains `words`.
#[track_caller]
fn check(words: &str, damage: impl FnOnce(&Path)) {
    let folder = written(&model(true));
    damage(folder.path());
    let error = Model::read_hugging_face(folder.path()).expect_err("a damaged folder");
    let source = std::error::Error::source(&error.fault).map(ToString::to_string).unwrap_or_default();
    let text = format!("{}: {source}", error.fault);
    assert!(text.contains(words), "`{text}` lacks `{words}`");
}

fn set(file: &'static str, pointer: &'static str, value: Value) -> impl FnOnce(&Path) {
    move |folder| {
        change(folder, file, |json| *json.pointer_mut(pointer).expect("a known place") = value);
    }
}

#[test]
fn folders_that_hold_another_model_are_refused() {
    for file in ["config.json", "tokenizer.json", "model.safetensors"] {
        check(&format!("cannot read or write `{file}`"), |folder| {
            fs::remove_file(folder.join(file)).expect("a file");
        });
        check(&format!("`{file}` is not"), |folder| fs::write(folder.join(file), "{").expect("a small file"));
    }
    let config = |pointer, value| set("config.json", pointer, value);
    check("`model_type` is mistral", config("/model_type", json!("mistral")));
    check("`hidden_act` is gelu", config("/hidden_act", json!("gelu")));
    check("`attention_bias` is true", config("/attention_bias", json!(true)));
    check("`rope_scaling` is {\"factor\":2}", config("/rope_scaling", json!({ "factor": 2 })));
    check("`head_dim` is 32", config("/head_dim", json!(32)));
    check("is 0", config("/hidden_size", json!(0)));
    check("`layers` is 1000, at most 512", config("/num_hidden_layers", json!(1000)));
    check("invalid value", config("/hidden_size", json!(1_u64 << 40)));
    check("`model.layers.2.input_layernorm.weight` is missing", config("/num_hidden_layers", json!(3)));
    check("`model.layers.1.input_layernorm.weight` is not part", config("/num_hidden_layers", json!(1)));
    check("has dimensions [300, 64], expected [16777216, 64]", config("/vocab_size", json!(1 << 24)));
    check("`lm_head.weight` is missing", config("/tie_word_embeddings", json!(false)));
    check("no token ends", config("/eos_token_id", Value::Null));
    check("token 301 of the endings", config("/eos_token_id", json!(301)));
}

#[test]
fn tokenizers_of_another_kind_are_refused() {
    let tokenizer = |pointer, value| set("tokenizer.json", pointer, value);
    check("pre_tokenizer` is {\"type\":\"NFC\"}", tokenizer("/normalizer", json!({ "type": "NFC" })));
    check("pre_tokenizer` is", tokenizer("/pre_tokenizer/pretokenizers/0/individual_digits", json!(false)));
    check("pre_tokenizer` is", tokenizer("/pre_tokenizer", Value::Null));
    check("model.type` is Unigram", tokenizer("/model/type", json!("Unigram")));
    check("model.byte_fallback", tokenizer("/model/byte_fallback", json!(true)));
    check("model.ignore_merges", tokenizer("/model/ignore_merges", json!(true)));
    check("model.dropout", tokenizer("/model/dropout", json!(0.5)));
    check("model.merges[0]", tokenizer("/model/merges/0", json!("ab")));
    check("without token 1", tokenizer("/model/vocab/!", json!(5000)));
    check("leave the text around", tokenizer("/added_tokens/0/lstrip", json!(true)));
}

#[test]
fn cut_weights_are_refused() {
    let folder = written(&model(true));
    let path = folder.path().join("model.safetensors");
    let whole = fs::read(&path).expect("weights");
    let header = 8 + u64::from_le_bytes(whole[..8].try_into().expect("eight bytes")) as usize;
    for cut in (0..header).step_by(61).chain([header, whole.len() - 1]) {
        fs::write(&path, &whole[..cut]).expect("a small file");
        let error = Model::read_hugging_face(folder.path()).expect_err("a cut file");
        assert!(matches!(error.fault, Fault::Safetensors { .. }), "{:?}", error.fault);
    }
    let endless = [&[255; 8][..], &whole[8..]].concat();
    fs::write(&path, endless).expect("a small file");
    Model::read_hugging_face(folder.path()).expect_err("a damaged file");
}

#[test]
fn the_head_of_a_reward_model_tells_the_difference_of_two_logits() {
    for model in [model(true), model(false), qwen()] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        model.write_reward_model(folder.path(), [7, 9]).expect("a folder");
        let bytes = fs::read(folder.path().join("model.safetensors")).expect("weights");
        let file = SafeTensors::deserialize(&bytes).expect("a sound file");
        let values = |name: &str| -> Vec<f32> {
            let tensor = file.tensor(name).expect("a tensor");
            tensor.data().as_chunks().0.iter().map(|&four| f32::from_le_bytes(four)).collect()
        };
        let hidden = model.shape.hidden as usize;
        let product = |weights: &[f32], input: &[f32]| -> Vec<f32> {
            let row = |row: &[f32]| row.iter().zip(input).map(|(weight, value)| weight * value).sum();
            weights.chunks_exact(input.len()).map(row).collect()
        };
        let rows = model.weights.output.as_ref().unwrap_or(&model.weights.embedding);
        for sign in [1.0, -1.0] {
            let state: Vec<f32> = (0..hidden).map(|at| sign * ((at * 37 % 11) as f32 - 4.0)).collect();
            let logits = product(rows, &state);
            let between: Vec<f32> =
                product(&values("score.0.weight"), &state).into_iter().map(|value| value.max(0.0)).collect();
            let reward = product(&values("score.2.weight"), &between);
            assert_eq!(reward.len(), 1);
            assert!((reward[0] - (logits[7] - logits[9])).abs() < 1e-3, "{reward:?}");
        }
        assert!(values("score.0.bias").iter().chain(&values("score.2.bias")).all(|bias| *bias == 0.0));
        let bias = values("model.layers.1.self_attn.q_proj.bias");
        let known = &model.weights.blocks[1].query_bias;
        assert!(bias.len() == hidden && (known.is_empty() || bias.iter().sum::<f32>() != 0.0));
        assert!(file.tensor("lm_head.weight").is_err());
        let config: Value =
            serde_json::from_slice(&fs::read(folder.path().join("config.json")).expect("settings"))
                .expect("JSON");
        let told = [&config["architectures"][0], &config["model_type"]].map(|value| value.as_str());
        assert_eq!(told, [Some("Qwen2ForRewardModel"), Some("qwen2")]);
    }
}
