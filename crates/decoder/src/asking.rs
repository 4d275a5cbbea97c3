//! How a model wants to be asked: written into its file, so that it goes where the file goes.

use crate::ModelError;
use deliberate_gguf::{Entry, Gguf};
use std::path::Path;

/// What a model's file says about asking it. Keys that llama.cpp does not know, and leaves alone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asking {
    /// The team that it belongs to, whose prompt, verifier and reviser suit it.
    pub team: Option<String>,
    /// The prompt that it was trained with: the name of a built-in one, or a file in the model's folder.
    pub prompt: Option<String>,
}

const TEAM: &str = "deliberate.team";
const PROMPT: &str = "deliberate.prompt";

impl Asking {
    /// What the header of a GGUF file says, whatever model it is of.
    ///
    /// # Errors
    /// [`ModelError`] if it cannot be read.
    pub fn of_file(path: &Path) -> Result<Self, ModelError> {
        let header = Gguf::open(path).map_err(|error| ModelError::at(path)(error.into()))?;
        Ok(Self::of(&header))
    }

    pub(crate) fn of(header: &Gguf) -> Self {
        Self { team: header.text(TEAM), prompt: header.text(PROMPT) }
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = (String, Entry)> {
        let entry = |key: &str, value: &Option<String>| Some((key.to_owned(), Entry::Text(value.clone()?)));
        [entry(TEAM, &self.team), entry(PROMPT, &self.prompt)].into_iter().flatten()
    }
}
