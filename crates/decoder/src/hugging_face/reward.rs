//! A verifier by label tokens as a reward model: the same numbers from a head, which servers of reward models can read.
//!
//! The head of a `Qwen2ForRewardModel` has two layers with a `ReLU` between them. What labels come to is linear in the last hidden
//! state: the difference of two rows of the output layer. It passes through as it is and as its opposite, of which the `ReLU`
//! leaves one; their difference is the reward, whose sigmoid is the share of the good label in both.

use super::weights::Stored;
use super::{config, save, tokenizer, weights};
use crate::tensors::PARTS;
use crate::{Fault, Model, Shape};
use deliberate_lm::Token;
use std::fs;
use std::path::Path;

/// Writes a folder; `labels` are the good one and the bad one.
pub(crate) fn write(model: &Model, folder: &Path, [good, bad]: [Token; 2]) -> Result<(), Fault> {
    model.check()?;
    fs::create_dir_all(folder).map_err(|source| Fault::Io { file: ".".to_owned(), source })?;
    tokenizer::write(&model.vocabulary, model.shape.context, folder)?;
    let hidden = model.shape.hidden as usize;
    let rows = model.weights.output.as_ref().unwrap_or(&model.weights.embedding);
    let row = |label: Token| &rows[label as usize * hidden..][..hidden];
    let reward: Vec<f32> = row(good).iter().zip(row(bad)).map(|(good, bad)| good - bad).collect();
    // The layout of a tied shape ends before the output layer, which is not written.
    let shape = Shape { tied: true, ..model.shape };
    let others = head(&reward).into_iter().chain(biases(&shape));
    weights::write_with(&model.weights, &shape, others, folder)?;
    save(folder, config::FILE, &config::Config::new(model).of_rewards())
}

/// The layers of the head.
fn head(reward: &[f32]) -> [(String, Stored<'static>); 4] {
    let hidden = reward.len();
    let both = reward.iter().copied().chain(reward.iter().map(|weight| -weight));
    let mut first: Vec<f32> = both.collect();
    first.resize(hidden * hidden, 0.0);
    let mut second = vec![1.0, -1.0];
    second.resize(hidden, 0.0);
    let stored = |name: &str, shape: &[usize], values: Vec<f32>| {
        (format!("score.{name}"), Stored { shape: shape.to_vec(), values: values.into() })
    };
    [
        stored("0.weight", &[hidden, hidden], first),
        stored("0.bias", &[hidden], vec![0.0; hidden]),
        stored("2.weight", &[1, hidden], second),
        stored("2.bias", &[1], vec![0.0]),
    ]
}

/// What a Qwen2 has and other shapes have not, as zeros.
fn biases(shape: &Shape) -> Vec<(String, Stored<'static>)> {
    let qwen = Shape { bias: true, ..*shape };
    let missing = PARTS.iter().filter(|part| !part.is_of(shape));
    let of_block = |index: u32| {
        missing.clone().map(move |part| {
            let length = part.length(&qwen);
            (part.foreign_name(index), Stored { shape: vec![length], values: vec![0.0; length].into() })
        })
    };
    (0..shape.layers).flat_map(of_block).collect()
}
