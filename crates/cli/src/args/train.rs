//! The options of `deliberate train`.

use clap::{Args, ValueEnum};
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;

pub(crate) const EXAMPLES: &str = "\
Examples:
  deliberate train gsm8k_train.jsonl --model qwen2.5-0.5b --test gsm8k_test.jsonl --output gsm8k
  deliberate solve --config gsm8k/deliberate.toml --strategy beam:branching=4 'What is 17 * 23?'
  deliberate train questions.jsonl --model smollm2 --worked 0 --make prm,orm --questions 500 --output small
  deliberate train solved.jsonl --model smollm2 --make proposer --output tuned
  deliberate train questions.jsonl --model smollm2 --labels labels.jsonl --output brought-back
  deliberate train questions.jsonl --model smollm2 --show-plan > plan.toml
  deliberate train --plan plan.toml --output out

The file of questions has a right answer on every line, and a worked solution where the proposer
learns from them (`deliberate formats`). Each question is sorted by its own words: some the proposer
learns from, for the others samples are drawn, and some nothing learns from (`development.jsonl`),
for choices. A question of the --test file among them is an error.

The stages: the proposer learns worked solutions → samples → Monte-Carlo rollouts from every step →
PRM, ORM, reviser → chains of revisions → ORM of revisions → proposers that learn from their own
right samples (STaR, ReST-EM) and from what searches chose. --make says which of them are made.

Every stage leaves its lines and models in the folder. Run the same command again to go on after an
interruption; a killed process loses the questions in flight, or a minute of training. Labelled steps
for trainers elsewhere are written to `returns/labels.jsonl` (`prompt`, `completions`, `labels`).";

/// What is made, beside the proposer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Make {
    /// Nothing: it learns from all worked solutions but those that are kept for choices.
    Proposer,
    /// A verifier of steps, from rollouts.
    Prm,
    /// A verifier of whole solutions, from outcomes.
    Orm,
    /// A model that rewrites earlier attempts.
    Reviser,
    /// A verifier of revisions, with the attempts before them in its context.
    RevisionOrm,
    /// A proposer that learnt from its own right samples.
    Star,
    /// A second round of that, from the beginning.
    RestEm,
    /// A proposer that learnt what searches with the PRM chose.
    Distilled,
    /// A reviser that learnt from its own chains up to the first right answer.
    RevisionRestEm,
}

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(crate) struct TrainArgs {
    /// Questions with right answers: a JSONL file.
    #[arg(value_name = "QUESTIONS", required_unless_present = "plan", conflicts_with = "plan")]
    pub(crate) questions_file: Option<PathBuf>,
    /// Model to begin with: a name of `deliberate models list`, or a GGUF file of a Llama or Qwen2 model.
    #[arg(long, value_name = "MODEL", required_unless_present = "plan")]
    pub(crate) model: Option<String>,
    /// Where everything is kept.
    #[arg(long, short, value_name = "FOLDER", required_unless_present = "show_plan")]
    pub(crate) output: Option<PathBuf>,
    /// What is made beside the proposer; what it is made of comes with it.
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "prm")]
    pub(crate) make: Vec<Make>,
    /// Questions of the final measurement, which must not be among those that are learnt from.
    #[arg(long, value_name = "FILE")]
    pub(crate) test: Option<PathBuf>,
    /// Questions that samples are drawn for, at most; by default all that are left for it.
    #[arg(long, short = 'n', value_name = "N")]
    pub(crate) questions: Option<NonZeroUsize>,
    /// Of a hundred questions, those whose worked solutions the proposer learns; 0 leaves the model as it is. 40 by default,
    /// and all that are left where nothing else is made.
    #[arg(long, value_name = "PERCENT")]
    pub(crate) worked: Option<u32>,
    /// Of a hundred questions, those that nothing learns from; 10 by default.
    #[arg(long, value_name = "PERCENT")]
    pub(crate) development: Option<u32>,
    /// Samples of each question; 16 by default.
    #[arg(long, value_name = "N")]
    pub(crate) samples: Option<NonZeroU32>,
    /// Rollouts from the end of every step, of the first eight samples that give an answer; 4 by default. With 0, a sample
    /// is the one rollout from each of its own steps: noisier labels, which cost nothing.
    #[arg(long, value_name = "N")]
    pub(crate) rollouts: Option<u32>,
    /// Labelled steps in the place of rollouts.
    #[arg(long, value_name = "FILE")]
    pub(crate) labels: Option<PathBuf>,
    /// Rank of the adapters; 16 by default.
    #[arg(long, value_name = "RANK", conflicts_with = "all_weights")]
    pub(crate) lora: Option<NonZeroU32>,
    /// Adapters of the last so many blocks; of all by default. What lies below is computed forwards only: two thirds of the
    /// time where a third learns.
    #[arg(long, value_name = "N", conflicts_with = "all_weights")]
    pub(crate) blocks: Option<NonZeroU32>,
    /// Learn whole models in the place of adapters: more memory, and a file of the base's size for each.
    #[arg(long)]
    pub(crate) all_weights: bool,
    /// Highest learning rate; 3e-4 for adapters and 1e-5 for whole models by default.
    #[arg(long, value_name = "RATE")]
    pub(crate) rate: Option<f32>,
    /// Tokens of one step of learning; 4096 by default. Few examples want less.
    #[arg(long, value_name = "N")]
    pub(crate) batch_tokens: Option<NonZeroUsize>,
    /// How questions are put; by default what suits the model.
    #[arg(long, value_name = "PROMPT")]
    pub(crate) prompt: Option<String>,
    /// Tokens of one solution, at most; 400 by default.
    #[arg(long, value_name = "N")]
    pub(crate) max_tokens: Option<NonZeroU32>,
    /// Temperature of all sampling; by default that at which the model is asked, as its top-p and top-k are, or else 0.8.
    #[arg(long, value_name = "T")]
    pub(crate) temperature: Option<f32>,
    /// Every draw, every order and every weight follow from it.
    #[arg(long, value_name = "SEED", default_value = "0")]
    pub(crate) seed: u64,
    /// A plan (TOML) in the place of all these, as --show-plan prints one.
    #[arg(long, value_name = "FILE", conflicts_with_all = [
        "model", "make", "test", "questions", "worked", "development", "samples", "rollouts", "labels", "lora", "blocks",
        "all_weights", "rate", "batch_tokens", "prompt", "max_tokens", "temperature", "seed", "show_plan",
    ])]
    pub(crate) plan: Option<PathBuf>,
    /// Print the plan that these options make, and do nothing.
    #[arg(long)]
    pub(crate) show_plan: bool,
    /// Learn on the first NVIDIA GPU (a program built with the feature `cuda`); sampling stays on the CPU.
    #[arg(long)]
    pub(crate) gpu: bool,
    /// What was made and drawn as one JSON object on stdout instead of tables.
    #[arg(long)]
    pub(crate) json: bool,
}
