//! The options of `deliberate tune`.

use clap::Args;
use std::num::{NonZeroU32, NonZeroU64, NonZeroUsize};
use std::path::PathBuf;

pub(crate) const EXAMPLES: &str = "\
Examples:
  deliberate tune solved.jsonl --model smollm2 --lora 16 --output tuned
  deliberate solve --model smollm2+tuned/adapter.gguf 'What is 17 * 23?'
  deliberate tune solved.jsonl --model ./SmolLM2-135M --output tuned --hugging-face
  deliberate solve --model tuned/model.gguf 'What is 17 * 23?'

Each line of the examples is a JSON object with `problem` (or `question`) and `solution`. The
question is put through the prompt that it will be asked with later, and the model learns to write
the solution and to stop after it. Write solutions as answers are to look: a step a line, the
answer in the last one.

All weights (the default) can learn the most, and give a whole model. An adapter (--lora) needs less
memory, forgets less of what the model knew, and is a small file beside the model.

Some questions are held out (--held-out): what is written in the end is what was best on them, and
training stops once that has not got better for a while (--patience).

Run the same command again to go on after an interruption; a killed process loses a minute at most.";

#[derive(Debug, Args)]
pub(crate) struct TuneArgs {
    /// Worked solutions: a JSONL file with `problem` (or `question`) and `solution`.
    #[arg(value_name = "EXAMPLES")]
    pub(crate) examples: PathBuf,
    /// Model to begin with: a name of `deliberate models list`, a GGUF file of a Llama or Qwen2 model, or a folder of Hugging
    /// Face's transformers; by default the bundled proposer, which `--model lab` is for `solve`.
    #[arg(long, value_name = "MODEL")]
    pub(crate) model: Option<String>,
    /// Where everything is kept: checkpoints, logs, and in the end `model.gguf` or `adapter.gguf`.
    #[arg(long, short, value_name = "FOLDER")]
    pub(crate) output: PathBuf,
    /// Learn an adapter of this rank in the place of all weights; 8 to 32 are usual.
    #[arg(long, value_name = "RANK")]
    pub(crate) lora: Option<NonZeroU32>,
    /// How much the adapter counts: alpha over rank; by default twice the rank.
    #[arg(long, value_name = "ALPHA", requires = "lora")]
    pub(crate) alpha: Option<f32>,
    /// Prompt that the questions are put through: as for `solve`.
    #[arg(long, value_name = "PROMPT")]
    pub(crate) prompt: Option<String>,
    /// Tokens to go through in all; by default three times those of the examples.
    #[arg(long, value_name = "N")]
    pub(crate) tokens: Option<NonZeroU64>,
    /// Tokens of one step; by default 4096.
    #[arg(long, value_name = "N")]
    pub(crate) batch_tokens: Option<NonZeroUsize>,
    /// Highest learning rate; by default 3e-5, and 3e-4 for an adapter.
    #[arg(long, value_name = "RATE")]
    pub(crate) rate: Option<f32>,
    /// Share of the blocks' outputs that is dropped at random, against learning by heart.
    #[arg(long, value_name = "SHARE")]
    pub(crate) dropout: Option<f32>,
    /// How many questions in a hundred are not learnt from, and decide when to stop; by default 5.
    #[arg(long, value_name = "PERCENT")]
    pub(crate) held_out: Option<f64>,
    /// Evaluations without a new best after which training stops; by default 5.
    #[arg(long, value_name = "N")]
    pub(crate) patience: Option<NonZeroU32>,
    /// Order, dropout, the adapter's beginning and what is held out follow from it.
    #[arg(long, value_name = "SEED", default_value = "0")]
    pub(crate) seed: u64,
    /// Learn on the first NVIDIA GPU (a program built with the feature `cuda`).
    #[arg(long)]
    pub(crate) gpu: bool,
    /// Write the model as a folder of Hugging Face's transformers, too.
    #[arg(long, conflicts_with = "lora")]
    pub(crate) hugging_face: bool,
    /// What came of it as one JSON object on stdout instead of a table.
    #[arg(long)]
    pub(crate) json: bool,
}
