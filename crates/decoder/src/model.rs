//! A model: everything that its file holds.

use crate::{Asking, Fault, ModelError, Precision, Shape, Vocabulary, Weights, gguf, hugging_face};
use deliberate_lm::Token;
use std::path::Path;

/// A decoder with its weights and its vocabulary.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// What it is called.
    pub name: String,
    /// Its sizes.
    pub shape: Shape,
    /// Its weights, of these sizes.
    pub weights: Weights,
    /// Its vocabulary, with a token for each row of the embedding.
    pub vocabulary: Vocabulary,
    /// How it wants to be asked; kept by GGUF files alone.
    pub asking: Asking,
}

impl Model {
    /// Checks that shape, weights and vocabulary fit together.
    ///
    /// # Errors
    /// [`Fault::Shape`], [`Fault::Vocabulary`], [`Fault::VocabularySize`] or [`Fault::WeightSize`].
    pub fn check(&self) -> Result<(), Fault> {
        self.shape.check()?;
        self.vocabulary.check()?;
        let tokens = self.vocabulary.tokens.len();
        if tokens != self.shape.vocabulary as usize {
            return Err(Fault::VocabularySize { tokens, rows: self.shape.vocabulary });
        }
        self.weights.check(&self.shape)
    }

    /// Reads a GGUF file of the architectures `llama` and `qwen2`, with a vocabulary cut like that of `SmolLM` or Qwen2:
    /// weights in F32, F16, BF16, `Q4_0`, `Q4_1`, `Q5_0`, `Q5_1`, `Q8_0`, `Q4_K`, `Q5_K` or `Q6_K`, of which all become
    /// 32-bit floats in memory. [`ModelFile`](crate::ModelFile) is for those who want less.
    ///
    /// # Errors
    /// [`ModelError`] names what is damaged, missing or not supported.
    pub fn read_gguf(path: impl AsRef<Path>) -> Result<Self, ModelError> {
        gguf::read(path.as_ref())
    }

    /// Writes a GGUF file that [`Model::read_gguf`] and llama.cpp read: complete under this name, or not at all.
    /// `precision` is that of matrices. Norms keep 32 bits, and matrices whose rows are not multiples of 32 get 16
    /// where 8 are asked for.
    ///
    /// # Errors
    /// [`ModelError`] for a model that does not pass [`Model::check`] and for a file that cannot be written.
    pub fn write_gguf(&self, path: impl AsRef<Path>, precision: Precision) -> Result<(), ModelError> {
        let path = path.as_ref();
        gguf::write(self, path, precision).map_err(ModelError::at(path))
    }

    /// Reads a folder of Hugging Face's `transformers`: `config.json` of a `LlamaForCausalLM` or a
    /// `Qwen2ForCausalLM`, `model.safetensors` in F32, F16 or BF16, and `tokenizer.json` like that of `SmolLM` or Qwen2.
    ///
    /// # Errors
    /// [`ModelError`] names what is damaged, missing or not supported.
    pub fn read_hugging_face(folder: impl AsRef<Path>) -> Result<Self, ModelError> {
        let folder = folder.as_ref();
        hugging_face::read(folder).map_err(ModelError::at(folder))
    }

    /// Writes such a folder, in 32-bit floats, and creates it where it is not there. `config.json`, by which a folder
    /// is recognised, comes last.
    ///
    /// # Errors
    /// [`ModelError`] for a model that does not pass [`Model::check`] and for files that cannot be written.
    pub fn write_hugging_face(&self, folder: impl AsRef<Path>) -> Result<(), ModelError> {
        let folder = folder.as_ref();
        hugging_face::write(self, folder).map_err(ModelError::at(folder))
    }

    /// Writes a verifier by label tokens as a folder of a `Qwen2ForRewardModel`, which vLLM serves: its reward at a token is the
    /// difference of the logits of two `labels`, the good one and the bad one.
    ///
    /// # Errors
    /// As [`Model::write_hugging_face`].
    ///
    /// # Panics
    /// For a label that is no token.
    pub fn write_reward_model(&self, folder: impl AsRef<Path>, labels: [Token; 2]) -> Result<(), ModelError> {
        let folder = folder.as_ref();
        hugging_face::reward::write(self, folder, labels).map_err(ModelError::at(folder))
    }
}
