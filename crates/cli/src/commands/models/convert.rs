//! `deliberate models convert`: the same weights in another format.

use crate::exit::bad_input;
use crate::output;
use anyhow::{Context, anyhow};
use deliberate::lm::Token;
use deliberate::text::LabelFormat;
use deliberate::{asking, files};
use deliberate_decoder::{Adapter, Encoder, Model, Precision};
use deliberate_models::Models;
use std::path::Path;

pub(super) fn convert(models: &Models, name: &str, to: &Path, reward: Option<&str>) -> anyhow::Result<()> {
    if to.exists() {
        return Err(bad_input(anyhow!(
            "`{}` is there already (give another name, or remove it first)",
            to.display()
        )));
    }
    let gguf = to.extension().is_some_and(|extension| extension == "gguf");
    let format = reward.map(LabelFormat::load).transpose().map_err(bad_input)?;
    if gguf && format.is_some() {
        return Err(bad_input(anyhow!(
            "a reward model is written as a folder (give a name without `.gguf`)"
        )));
    }
    let model = read(models, name)?;
    if let Some(format) = format {
        model.write_reward_model(to, labels(&model, &format)?)?;
    } else if gguf {
        model.write_gguf(to, Precision::F16)?;
    } else {
        model.write_hugging_face(to)?;
    }
    output::line(to.display())
}

/// The good label and the bad one.
fn labels(model: &Model, format: &LabelFormat) -> anyhow::Result<[Token; 2]> {
    let encoder = Encoder::new(&model.vocabulary)?;
    let token = |label: &str| match encoder.encode(label, false)[..] {
        [token] => Ok(token),
        ref several => Err(bad_input(anyhow!(
            "the label `{label}` is {} tokens of `{}`, and has to be one (is it the format that the model learnt?)",
            several.len(),
            model.name
        ))),
    };
    Ok([token(&format.positive)?, token(&format.negative)?])
}

fn read(models: &Models, name: &str) -> anyhow::Result<Model> {
    if Path::new(name).is_dir() {
        return Model::read_hugging_face(name).map_err(bad_input);
    }
    let (file, adapter) = files(models, name).map_err(bad_input)?;
    let mut model = Model::read_gguf(&file.path)
        .context(
            "only Llama and Qwen2 models can be converted, with a vocabulary like that of SmolLM or Qwen2",
        )
        .map_err(bad_input)?;
    model.asking = asking(&file);
    if let Some(adapter) = adapter {
        let adapter = Adapter::read_gguf(&adapter.path, &model.shape).map_err(bad_input)?;
        adapter.merge_into(&model.shape, &mut model.weights).map_err(bad_input)?;
    }
    Ok(model)
}
