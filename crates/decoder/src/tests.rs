//! A small model, and facts about what becomes of it in files.

mod adapter;
mod gguf;
mod hugging_face;
mod vocabulary;

use crate::{Asking, Cut, Model, Shape, Vocabulary, Weights};
use std::path::PathBuf;

/// Texts of sums, in which pairs occur often.
fn texts() -> Vec<String> {
    let sum = |left: u32| {
        let right = left * 7 % 90;
        let sum =
            format!("Question: what is {left} + {right}?\n\nAnswer: {left} + {right} = {}\n", left + right);
        let why = "Step by step, the carry of each column moves one place to the left.";
        if left.is_multiple_of(2) { sum + why } else { sum }
    };
    (0..200).map(sum).collect()
}

fn vocabulary() -> Vocabulary {
    let texts = texts();
    Vocabulary::train(texts.iter().map(String::as_str), 300).expect("a sound vocabulary")
}

/// A model of two layers, the values of which are all different.
fn model(tied: bool) -> Model {
    of(tied, false)
}

/// The same with biases, and with text cut as a Qwen2 cuts it.
fn qwen() -> Model {
    let mut model = of(true, true);
    model.vocabulary.cut = Cut::Qwen2;
    model
}

fn of(tied: bool, bias: bool) -> Model {
    let vocabulary = vocabulary();
    let shape = Shape {
        vocabulary: vocabulary.tokens.len() as u32,
        context: 128,
        hidden: 64,
        layers: 2,
        heads: 4,
        kv_heads: 2,
        feed_forward: 96,
        rope_base: 12_345.0,
        norm_epsilon: 1e-5,
        tied,
        bias,
    };
    let mut weights = Weights::zeros(&shape);
    let mut state = 1_u64;
    for (_, values) in weights.named_mut() {
        for value in values {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            *value = (state >> 40) as f32 / (1 << 23) as f32 - 1.0;
        }
    }
    Model { name: "tiny sums".to_owned(), shape, weights, vocabulary, asking: Asking::default() }
}

/// `SmolLM2`, or a printed line and `None`.
fn real_model() -> Option<PathBuf> {
    let named = std::env::var_os("DELIBERATE_TEST_MODEL").map(PathBuf::from);
    let cache = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")));
    let path = named
        .or_else(|| Some(cache?.join("deliberate/models/SmolLM2-135M-Instruct.Q4_1.gguf")))
        .filter(|path| path.is_file());
    if path.is_none() {
        println!("SKIPPED: no model (set DELIBERATE_TEST_MODEL, or run `deliberate models pull smollm2`)");
    }
    path
}

#[test]
fn a_model_whose_parts_do_not_fit_is_refused() {
    let check = |words: &str, damage: &dyn Fn(&mut Model)| {
        let mut model = model(false);
        damage(&mut model);
        let fault = model.check().expect_err("a damaged model");
        let source = std::error::Error::source(&fault).map(ToString::to_string).unwrap_or_default();
        let text = format!("{fault}: {source}");
        assert!(text.contains(words), "`{text}` lacks `{words}`");
    };
    model(false).check().expect("a sound model");
    check("3 heads do not divide", &|model| model.shape.heads = 3);
    check("`layers` is 4294967295, at most 512", &|model| model.shape.layers = u32::MAX);
    check("`hidden` is 2147483648, at most 1048576", &|model| model.shape.hidden = 1 << 31);
    check("rotary base of NaN", &|model| model.shape.rope_base = f32::NAN);
    check("norm epsilon of -1", &|model| model.shape.norm_epsilon = -1.0);
    check("tokens but the embedding has 301 rows", &|model| model.shape.vocabulary += 1);
    check("`output.weight` have 0 values", &|model| model.weights.output = None);
    check("`output.weight` have 19200 values, expected 0", &|model| model.shape.tied = true);
    check("`blk.1.ffn_down.weight` have 6143 values, expected 6144", &|model| {
        model.weights.blocks[1].down.pop();
    });
    check("`output_norm.weight` have 64 values, expected 0", &|model| {
        model.weights.blocks.pop();
    });
    check("tokens 5 and 9 are both", &|model| {
        model.vocabulary.tokens[9] = model.vocabulary.tokens[5].clone();
    });
}
