//! A file whose tensors are read one at a time.

use super::{check_tensors, expect_model, order, read_shape, vocabulary};
use crate::{Asking, Eight, Fault, ModelError, Shape, Vocabulary};
use deliberate_gguf::{Tensor, TensorFile};
use std::collections::HashMap;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

/// An opened GGUF file that is known to hold a whole model: for those who have no room for all of it in floats.
#[derive(Debug)]
pub struct ModelFile {
    /// What the model is called.
    pub name: String,
    /// Its sizes, checked.
    pub shape: Shape,
    /// Its vocabulary, which is checked by whoever uses it.
    pub vocabulary: Vocabulary,
    /// How it wants to be asked.
    pub asking: Asking,
    path: PathBuf,
    file: TensorFile<BufReader<File>>,
    tensors: HashMap<String, Tensor>,
}

impl ModelFile {
    /// Opens a file and checks all but its values, as [`Model::read_gguf`](crate::Model::read_gguf) does.
    ///
    /// # Errors
    /// As there.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, ModelError> {
        let path = path.as_ref();
        open(path).map_err(ModelError::at(path))
    }

    /// Whether a tensor has eight bits for a value, or fewer.
    ///
    /// # Panics
    /// If the model has no tensor of this name.
    pub fn is_eight(&self, name: &str) -> bool {
        self.tensors[name].is_eight()
    }

    /// The values of a tensor, in the order of [`Weights`](crate::Weights).
    ///
    /// # Errors
    /// [`ModelError`] if they are no numbers, or the file was cut since it was opened.
    ///
    /// # Panics
    /// If the model has no tensor of this name.
    pub fn floats(&mut self, name: &str) -> Result<Vec<f32>, ModelError> {
        let values = self.file.read(&self.tensors[name]).map_err(|fault| self.fault(fault.into()))?;
        Ok(order(&self.shape).read(name, &self.shape, values))
    }

    /// The same in eight bits; none for a tensor that has more in the file.
    ///
    /// # Errors
    /// As [`ModelFile::floats`].
    ///
    /// # Panics
    /// As [`ModelFile::floats`].
    pub fn eight(&mut self, name: &str) -> Result<Option<Eight>, ModelError> {
        let eight = self.file.read_eight(&self.tensors[name]).map_err(|fault| self.fault(fault.into()))?;
        let (order, shape) = (order(&self.shape), &self.shape);
        Ok(eight.map(|Eight { digits, scales }| Eight {
            digits: order.read(name, shape, digits),
            scales: order.read(name, shape, scales),
        }))
    }

    fn fault(&self, fault: Fault) -> ModelError {
        ModelError::at(&self.path)(fault)
    }
}

/// Opens a file.
pub(super) fn open(path: &Path) -> Result<ModelFile, Fault> {
    let file = TensorFile::open(path)?;
    let header = file.header();
    expect_model(header)?;
    let vocabulary = vocabulary::read(header)?;
    let shape = read_shape(header, vocabulary.tokens.len())?;
    let tensors = check_tensors(header, &shape)?;
    let tensors = tensors.into_iter().map(|tensor| (tensor.name.clone(), tensor)).collect();
    let name = header.text("general.name").filter(|name| !name.is_empty());
    let stem = || path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    let name = name.unwrap_or_else(stem);
    let asking = Asking::of(header);
    Ok(ModelFile { name, shape, vocabulary, asking, path: path.to_owned(), file, tensors })
}
