//! Folders of Hugging Face's `transformers`: settings, weights and a tokenizer, each in a file of its own.

mod config;
pub(crate) mod reward;
mod tokenizer;
mod weights;

pub(crate) use tokenizer::Pairs;

use crate::{Asking, Fault, Model};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

/// Reads a folder.
pub(crate) fn read(folder: &Path) -> Result<Model, Fault> {
    let config: config::Config = load(folder, config::FILE)?;
    let mut vocabulary = tokenizer::read(folder)?;
    let shape = config.shape()?;
    vocabulary.endings = config.endings();
    let weights = weights::read(folder, &shape)?;
    // Now it is certain that there are so many rows.
    tokenizer::fill(&mut vocabulary, shape.vocabulary);
    let folder_name = || folder.file_name().unwrap_or(folder.as_os_str()).to_string_lossy().into_owned();
    let name = config.name().unwrap_or_else(folder_name);
    let model = Model { name, shape, weights, vocabulary, asking: Asking::default() };
    model.check()?;
    Ok(model)
}

/// Writes a folder.
pub(crate) fn write(model: &Model, folder: &Path) -> Result<(), Fault> {
    model.check()?;
    fs::create_dir_all(folder).map_err(|source| Fault::Io { file: ".".to_owned(), source })?;
    tokenizer::write(&model.vocabulary, model.shape.context, folder)?;
    weights::write_with(&model.weights, &model.shape, [], folder)?;
    save(folder, config::FILE, &config::Config::new(model))
}

fn load<T: DeserializeOwned>(folder: &Path, file: &str) -> Result<T, Fault> {
    let text = fs::read(folder.join(file)).map_err(|source| Fault::Io { file: file.to_owned(), source })?;
    serde_json::from_slice(&text).map_err(|source| Fault::Json { file: file.to_owned(), source })
}

/// The same where the file may be absent.
fn load_if_there<T: DeserializeOwned>(folder: &Path, file: &str) -> Result<Option<T>, Fault> {
    match load(folder, file) {
        Err(Fault::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => Ok(None),
        other => other.map(Some),
    }
}

fn save(folder: &Path, file: &str, value: &impl Serialize) -> Result<(), Fault> {
    let text =
        serde_json::to_vec_pretty(value).map_err(|source| Fault::Json { file: file.to_owned(), source })?;
    deliberate_files::replace(&folder.join(file), |to| to.write_all(&text))
        .map_err(|source| Fault::Io { file: file.to_owned(), source })
}
