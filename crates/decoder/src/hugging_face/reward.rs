//! A verifier by label tokens as a reward model: the same numbers from a head, which servers of reward models can read.
//!
//! The head of a `Qwen2ForRewardModel` has two layers with a `ReLU` between them. What labels come to is linear in the last hidden
//! state: the difference of two rows of the output layer. It passes through as it is and as its opposite, of which the `ReLU`
//! leaves one; their difference is the reward, whose sigmoid is the share of the good label in both.

use super::weights::Stored;
use super::{config, save, tokenizer, weights};
use crate::{Fault, Model, Shape, Weights};
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
    let (biased, shape) = biased(model);
    weights::write_with(&biased, &shape, head(&reward), folder)?;
    save(folder, config::FILE, &config::Config::new(model).of_rewards())
}

/// The layers of the head.
fn head(reward: &[f32]) -> [(&'static str, Stored<'static>); 4] {
    let hidden = reward.len();
    let both = reward.iter().copied().chain(reward.iter().map(|weight| -weight));
    let mut first: Vec<f32> = both.collect();
    first.resize(hidden * hidden, 0.0);
    let mut second = vec![1.0, -1.0];
    second.resize(hidden, 0.0);
    let stored = |shape: &[usize], values: Vec<f32>| Stored { shape: shape.to_vec(), values: values.into() };
    [
        ("score.0.weight", stored(&[hidden, hidden], first)),
        ("score.0.bias", stored(&[hidden], vec![0.0; hidden])),
        ("score.2.weight", stored(&[1, hidden], second)),
        ("score.2.bias", stored(&[1], vec![0.0])),
    ]
}

/// The weights as those of a Qwen2, which has biases, without an output layer.
fn biased(model: &Model) -> (Weights, Shape) {
    let shape = Shape { bias: true, tied: true, ..model.shape };
    let mut weights = model.weights.clone();
    weights.output = None;
    for block in &mut weights.blocks {
        for (bias, size) in [
            (&mut block.query_bias, shape.hidden),
            (&mut block.key_bias, shape.kv_width()),
            (&mut block.value_bias, shape.kv_width()),
        ] {
            bias.resize(size as usize, 0.0);
        }
    }
    (weights, shape)
}
