//! The command line, as data.

mod act;
mod diffuse;
mod search;
mod serve;
mod train;

use crate::exit::{self, bad_input};
pub(crate) use act::ActArgs;
use anyhow::anyhow;
use clap::{Args, Parser, Subcommand, ValueEnum};
use deliberate_policy::Portion;
use deliberate_text::VerifierSpec;
pub(crate) use diffuse::DiffuseArgs;
pub(crate) use search::{EngineArgs, SearchArgs};
pub(crate) use serve::ServeArgs;
use std::path::PathBuf;
pub(crate) use train::{Make, TrainArgs};

/// Spend test-time compute where it pays: sample, search or revise with a language model, vote, and see the bill.
#[derive(Debug, Parser)]
#[command(name = "deliberate", version, after_help = exit::help(), max_term_width = 100, propagate_version = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options of every command.
#[derive(Debug, Clone, Args)]
pub(crate) struct Global {
    /// Settings file (TOML); by default `deliberate.toml` in this folder, if there is one. Flags win over it.
    #[arg(long, global = true, value_name = "FILE", env = "DELIBERATE_CONFIG", hide_env_values = true)]
    pub(crate) config: Option<PathBuf>,
    /// No progress on the terminal.
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    /// More log lines on stderr (twice for debug).
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Answer one question, showing the search, the support and the bill.
    #[command(after_help = SOLVE_EXAMPLES)]
    Solve(SolveArgs),
    /// Answer all questions of a dataset in a run directory that survives anything.
    #[command(after_help = RUN_EXAMPLES)]
    Run(RunArgs),
    /// Learn from data how to spend test-time compute: sample, score, search, fit, report.
    #[command(after_help = CALIBRATE_EXAMPLES)]
    Calibrate(CalibrateArgs),
    /// Write a study's findings, policy and report again, from what it keeps: no model is asked anything.
    Report(ReportArgs),
    /// Test-time compute or a larger model: who wins when both cost the same.
    #[command(after_help = EXCHANGE_EXAMPLES)]
    Exchange(ExchangeArgs),
    /// Measure the grader on labelled cases.
    #[command(after_long_help = GRADE_CONVENTIONS)]
    Grade(GradeArgs),
    /// Serve OpenAI's protocol: any client gets test-time compute.
    #[command(after_help = serve::EXAMPLES)]
    Serve(ServeArgs),
    /// Fetch, list, check and remove models.
    Models(ModelsArgs),
    /// Explain the strategies and their options.
    Strategies,
    /// Explain the formats of all files that are read and written.
    Formats,
    /// Report on this machine, this build and the models that are here.
    Doctor(DoctorArgs),
    /// Make questions with exact answers, and a family of small models trained on them.
    #[command(subcommand)]
    Lab(LabCommand),
    /// Train what searches need on a model of your own: proposer, PRM, ORM, reviser, from questions with answers.
    #[command(after_help = train::EXAMPLES)]
    Train(TrainArgs),
    /// Sample a diffusion model, and search for good samples.
    #[command(after_help = diffuse::EXAMPLES)]
    Diffuse(DiffuseArgs),
    /// Act in a world that cannot be reset, thinking in a model of it.
    #[command(after_help = act::EXAMPLES)]
    Act(ActArgs),
    /// Measure the engine and the search, side by side with simpler ways.
    Bench(BenchArgs),
    /// Print a completion script for a shell.
    Completions(CompletionsArgs),
}

const GRADE_CONVENTIONS: &str = "\
Conventions that hold unless switched off:
  units-optional          12 cm and 12
  currency-optional       $12 and 12
  percent-optional        12 % and 12
  degree-optional         12 degrees and 12
  lhs-optional            x = 5 and 5
  unordered-list          1, 2 and 2, 1
  set-braces-optional     1, 2 and {1, 2}
  interval-vs-inequality  (1,2) and 1 < x < 2
  vector-as-tuple         a column and (1, 2)
  base-optional           52_8 and 52
  decimal-comma           2,74 and 2.74
  choice-words-optional   B and (B) 12
Conventions that hold only if switched on:
  tuple-as-set            (1, 2) and {2, 1}
  base-converted          52_8 and 42
  rounded-value           0.33 for 1/3
  float-tolerance         decimals within a thousandth
  percent-as-share        25 % and 1/4";

const SOLVE_EXAMPLES: &str = "\
Examples:
  deliberate solve 'A cinema has 14 rows of 20 seats. 35 seats are empty. How many people are in the cinema?'
  deliberate solve @question.txt --strategy beam:branching=4 --budget 16 --tree
  deliberate solve --strategy 'beam + revisions:length=2' --budget 32 --json < question.txt

The first question fetches the default model, qwen2.5-0.5b, once: half a gigabyte. Without any
download the bundled models answer questions of the lab, and these alone:
  deliberate lab generate -n 1 --family purses
  printf 'Spend 8 on a=5,b=3\\nSpend 4 on c=4,d=9\\nitems?' > question.txt
  deliberate solve @question.txt --model lab
  deliberate solve @question.txt --model lab --strategy beam:branching=4 --budget 16 --tree

`deliberate strategies` explains all strategies and their options, `deliberate formats` all files.";

const RUN_EXAMPLES: &str = "\
Example:
  deliberate run gsm8k_test.jsonl --limit 50 --strategy best-of-n --budget 16 --run-directory runs/bon16

Each line of the dataset is a JSON object with `problem` (or `question`), and optionally `id` and `answer`. The files of
GSM8K, MATH and verl are read as they are published; `deliberate formats` says how.
Run the same command again to continue a run that was interrupted.";

const CALIBRATE_EXAMPLES: &str = "\
Examples:
  deliberate calibrate                        100 questions of the lab, with the bundled models
  deliberate calibrate --full                 the whole study: 500 questions, 256 samples of each
  deliberate calibrate gsm8k_test.jsonl --questions 60 --model smollm2
  deliberate calibrate --replay samples.jsonl recorded samples of any model: needs no model at all

Run the same command again to go on; with more questions, budgets or strategies only what is missing is computed.";

const EXCHANGE_EXAMPLES: &str = "\
Examples:
  deliberate calibrate && deliberate exchange runs/calibrate-lab
  deliberate calibrate gsm8k_test.jsonl --model small.gguf --larger-model large.gguf
  deliberate exchange runs/calibrate-lab --ratio 0.1 --ratio 10

R is inference tokens over pretraining tokens: the less a model is used after training, the more test-time compute the
saved pretraining pays for.";

#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    /// The run directory of `deliberate calibrate`.
    #[arg(value_name = "RUN")]
    pub(crate) run: PathBuf,
    #[command(flatten)]
    pub(crate) fit: FitArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ExchangeArgs {
    /// The run directory of `deliberate calibrate --larger-model`.
    #[arg(value_name = "RUN")]
    pub(crate) run: PathBuf,
    /// Inference tokens over pretraining tokens; again for more. By default those of the paper: 0.16, 0.79 and 22.
    #[arg(long, value_name = "R")]
    pub(crate) ratio: Vec<f64>,
    /// Which formula makes the bills equal; measured FLOPs are always shown beside it.
    #[arg(long, default_value = "paper")]
    pub(crate) account: AccountArg,
    #[command(flatten)]
    pub(crate) fit: FitArgs,
}

/// Formulas of section 7.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum AccountArg {
    /// The proposer's tokens alone.
    Paper,
    /// The verifier's as well, as in the conference version; ratios are half as large by default.
    Conference,
}

#[derive(Debug, Args)]
pub(crate) struct CalibrateArgs {
    /// Questions with right answers: a JSONL file. Held-out questions of the lab if it is left out.
    pub(crate) dataset: Option<PathBuf>,
    /// Recorded samples with answers and step scores (JSONL): sampling, choosing and stopping are evaluated on them,
    /// and nothing is computed by a model.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["dataset", "grid", "full", "questions", "concurrency"])]
    pub(crate) replay: Option<PathBuf>,
    /// Whose scores of the recorded samples count, where several verifiers scored them.
    #[arg(long, value_name = "NAME", requires = "replay")]
    pub(crate) replay_verifier: Option<String>,
    /// Only the first so many questions; of the lab as many as are wanted.
    #[arg(long, short = 'n', value_name = "N")]
    pub(crate) questions: Option<std::num::NonZeroUsize>,
    /// Only the `development` questions, a third of all by a digest of their ids, or only the `test` questions, the
    /// others: choose on the first, measure once on the second.
    #[arg(long, value_name = "PART", value_parser = portion)]
    pub(crate) only: Option<Portion>,
    /// What is tried (TOML): samples, budgets, strategies. By default a grid of minutes.
    #[arg(long, value_name = "FILE", conflicts_with = "full")]
    pub(crate) grid: Option<PathBuf>,
    /// The grid of the whole study.
    #[arg(long)]
    pub(crate) full: bool,
    /// Where everything is kept: searches, policy and report; by default `runs/calibrate-<dataset>`.
    #[arg(long, value_name = "DIRECTORY")]
    pub(crate) run_directory: Option<PathBuf>,
    /// A larger model whose greedy answers test-time compute is exchanged against. The bundled family has one of its own.
    #[arg(long, value_name = "MODEL")]
    pub(crate) larger_model: Option<String>,
    /// Another verifier that scores the samples as well, to be compared with the first, for example `orm:signs`.
    #[arg(long, value_name = "VERIFIER", conflicts_with = "replay")]
    pub(crate) compare_verifier: Option<VerifierSpec>,
    /// The model that it asks, if another one than the verifier.
    #[arg(long, value_name = "MODEL", requires = "compare_verifier")]
    pub(crate) compare_verifier_model: Option<String>,
    /// Searches under way at the same time; changes nothing but the speed.
    #[arg(long, value_name = "N", default_value = "32")]
    pub(crate) concurrency: std::num::NonZeroUsize,
    #[command(flatten)]
    pub(crate) search: SearchArgs,
    #[command(flatten)]
    pub(crate) engine: EngineArgs,
    #[command(flatten)]
    pub(crate) fit: FitArgs,
}

fn portion(text: &str) -> Result<Portion, String> {
    match text {
        "development" => Ok(Portion::Development),
        "test" => Ok(Portion::Test),
        _ => Err("`development` or `test`".to_owned()),
    }
}

impl CalibrateArgs {
    /// Refuses flags that would decide nothing.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        let Some(path) = &self.replay else {
            let alone = self.replay_verifier.is_some();
            return if alone { Err(bad_input(anyhow!("--replay-verifier needs --replay"))) } else { Ok(()) };
        };
        let SearchArgs { seed, .. } = self.search;
        let asks = self.search != SearchArgs { seed, ..SearchArgs::default() };
        if asks || self.engine != EngineArgs::default() || self.larger_model.is_some() {
            return Err(bad_input(anyhow!(
                "--replay {} asks no model, so flags for models and searches decide nothing (leave them out)",
                path.display()
            )));
        }
        Ok(())
    }
}

/// What is made of the numbers.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct FitArgs {
    /// In a bin of difficulty another strategy than the best single one is chosen if it is better there by so many
    /// standard errors; 2 is about what the luckiest of thirty equals shows. 0 chooses whatever looks better, as in the
    /// paper, which pays for noise.
    #[arg(long, value_name = "N", default_value = "2", value_parser = standard_errors)]
    pub(crate) standard_errors: f64,
    /// What was found as one JSON object on stdout instead of tables.
    #[arg(long)]
    pub(crate) json: bool,
}

fn standard_errors(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|number| (0.0..=10.0).contains(number))
        .ok_or_else(|| "a number from 0 to 10".to_owned())
}

#[derive(Debug, Args)]
pub(crate) struct SolveArgs {
    /// The question; `@FILE` asks what stands in a file, and `-` (or nothing) what comes on standard input.
    #[arg(allow_negative_numbers = true)]
    pub(crate) question: Option<String>,
    #[command(flatten)]
    pub(crate) search: SearchArgs,
    #[command(flatten)]
    pub(crate) engine: EngineArgs,
    /// One JSON object on stdout instead of text.
    #[arg(long)]
    pub(crate) json: bool,
    /// Print the prompt exactly as the model reads it, and stop.
    #[arg(long, conflicts_with_all = ["json", "tree", "trace", "svg", "html"])]
    pub(crate) show_prompt: bool,
    /// Show the whole search tree after the answer.
    #[arg(long, conflicts_with = "json")]
    pub(crate) tree: bool,
    /// Write the search tree, with the text and the scores of every step, to this file.
    #[arg(long, value_name = "FILE")]
    pub(crate) trace: Option<PathBuf>,
    /// Draw the search tree as a picture to this file.
    #[arg(long, value_name = "FILE")]
    pub(crate) svg: Option<PathBuf>,
    /// Write a page to look through the search tree to this file: scores, votes, cost, what was left and why.
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// The questions: a JSONL file; `deliberate formats` says which fields are read.
    pub(crate) dataset: PathBuf,
    /// Where configuration, journal and results are kept; by default `runs/<dataset>-<strategy>-<budget>`.
    #[arg(long, value_name = "DIRECTORY")]
    pub(crate) run_directory: Option<PathBuf>,
    /// Only the first so many questions.
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) limit: Option<std::num::NonZeroUsize>,
    /// Questions in flight at the same time; changes nothing but the speed.
    #[arg(long, value_name = "N", default_value = "4", allow_negative_numbers = true)]
    pub(crate) concurrency: std::num::NonZeroUsize,
    /// Go on without lines that are no question, and name them.
    #[arg(long)]
    pub(crate) skip_bad_lines: bool,
    #[command(flatten)]
    pub(crate) search: SearchArgs,
    #[command(flatten)]
    pub(crate) engine: EngineArgs,
    /// The summary as one JSON object on stdout instead of a table.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct GradeArgs {
    /// Labelled cases: JSONL with `gold`, `prediction` and `expected`.
    pub(crate) cases: PathBuf,
    /// List every case that the grader gets wrong.
    #[arg(long)]
    pub(crate) wrong: bool,
    /// What mathematics leaves open, such as `units-optional=off,rounded-value`; `--help` lists all.
    #[arg(long, value_name = "NAME[=on|off],...", default_value = "", hide_default_value = true)]
    pub(crate) conventions: String,
    /// The report as one JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ModelsArgs {
    #[command(subcommand)]
    pub(crate) command: ModelsCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ModelsCommand {
    /// Fetch a model unless it is here: a name of the catalogue, or `owner/repository[/file.gguf]` of the hub.
    Pull {
        /// What to fetch; the default model if left out.
        model: Option<String>,
    },
    /// List the models that are here and those of the catalogue.
    List {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Print the path of a model.
    Path {
        /// Which; the default model if left out.
        model: Option<String>,
    },
    /// Compare a model with the checksum that it had when it came.
    Verify {
        /// Which; the default model if left out.
        model: Option<String>,
    },
    /// Write a model again in another format: with the adapter that its name carries as a part of it, as a folder for Hugging
    /// Face's transformers and vLLM, or from such a folder.
    Convert {
        /// Which: a name, a GGUF file, either with `+ADAPTER`, or a folder of Hugging Face's transformers.
        model: String,
        /// What to write: a GGUF file (weights of sixteen bits) where the name ends in `.gguf`, else a folder (of thirty-two).
        output: PathBuf,
        /// Write a PRM or ORM by label tokens as a reward model, for vLLM's `/pooling`: a folder whose head tells what the
        /// labels of this format tell, as `--verifier prm:LABELS` reads it from that server, all steps in one call.
        #[arg(long, value_name = "LABELS")]
        reward: Option<String>,
    },
    /// Delete a model.
    Remove {
        /// Which.
        model: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// Server to ask what it is and to try out, for example `http://localhost:8000`; the environment's `DELIBERATE_API_KEY` is
    /// its key. Several are tried out one by one, and must have the same model.
    #[arg(long, value_name = "URL")]
    pub(crate) server: Vec<String>,
    /// One of its models, where it has several.
    #[arg(long, value_name = "MODEL", requires = "server")]
    pub(crate) model: Option<String>,
    /// As JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct BenchArgs {
    /// What to measure.
    #[arg(value_enum, default_value = "engine")]
    pub(crate) subject: BenchSubject,
    /// Rounds; each measures all sides in turn, and medians are reported.
    #[arg(long, default_value = "3")]
    pub(crate) rounds: std::num::NonZeroUsize,
    #[command(flatten)]
    pub(crate) engine: EngineArgs,
    /// As JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum BenchSubject {
    /// Decoding against a bare llama.cpp loop; beam search against re-reading everything at each step. With SmolLM2 on
    /// llama.cpp where no other model or runtime is named.
    Engine,
}

#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// Which shell.
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

#[derive(Debug, Subcommand)]
pub(crate) enum LabCommand {
    /// Write questions as a dataset: one JSON object a line, with `problem`, `answer` and a reference solution.
    Generate(GenerateArgs),
    /// Train the whole family of models from nothing; run the same command again to go on.
    Build(BuildArgs),
    /// Measure a family on questions that none of it has seen.
    Measure(MeasureArgs),
    /// Copy a finished family, its cards and a manifest to where the program takes its bundled models from.
    Bundle(BundleArgs),
}

#[derive(Debug, Args)]
pub(crate) struct GenerateArgs {
    /// Which questions.
    #[arg(long, value_enum, default_value = "mixed", conflicts_with = "recipe")]
    pub(crate) family: QuestionFamily,
    /// A TOML file that says which questions, with the ranges of their knobs.
    #[arg(long, value_name = "FILE")]
    pub(crate) recipe: Option<PathBuf>,
    /// What the questions are for; no question of one split is a renamed question of another.
    #[arg(long, value_enum, default_value = "test")]
    pub(crate) split: QuestionSplit,
    /// How many, all different.
    #[arg(long, short = 'n', value_name = "N", default_value = "100")]
    pub(crate) count: std::num::NonZeroUsize,
    /// Every question follows from it.
    #[arg(long, default_value = "0")]
    pub(crate) seed: u64,
    /// Where they are written; standard output by default.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum QuestionFamily {
    /// Values defined from one another, modulo a prime.
    Chain,
    /// Word problems.
    Story,
    /// Numbers to be combined into a target.
    Countdown,
    /// Items to be taken or left so that every purse is spent exactly.
    Purses,
    /// All of them.
    Mixed,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum QuestionSplit {
    /// To learn from.
    Train,
    /// To stop training in time and to fit policies on.
    Validation,
    /// To report on.
    Test,
}

#[derive(Debug, Args)]
pub(crate) struct BuildArgs {
    /// A ready-made plan: `tiny` (minutes, for trying) or `full` (hours, the bundled family).
    #[arg(long, default_value = "full", conflicts_with = "plan")]
    pub(crate) scale: deliberate_family::Scale,
    /// A plan of your own (TOML).
    #[arg(long, value_name = "FILE")]
    pub(crate) plan: Option<PathBuf>,
    /// Learn on the first NVIDIA GPU (a program built with the feature `cuda`); sampling stays on the CPU.
    #[arg(long)]
    pub(crate) gpu: bool,
    /// Where the models and everything that they are made from are kept.
    #[arg(long, value_name = "DIRECTORY", default_value = "lab-build")]
    pub(crate) folder: PathBuf,
    /// One JSON object for each model on stdout instead of a table.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct BundleArgs {
    /// The folder that `deliberate lab build` made the family in.
    #[arg(value_name = "DIRECTORY", default_value = "lab-build")]
    pub(crate) folder: PathBuf,
    /// Where the files go.
    #[arg(long, value_name = "DIRECTORY", default_value = "models")]
    pub(crate) into: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct MeasureArgs {
    /// The folder that `deliberate lab build` made the family in. What is drawn is kept there: the same command goes on.
    #[arg(value_name = "DIRECTORY", default_value = "lab-build")]
    pub(crate) folder: PathBuf,
    /// The family that is part of this program, laid out in the folder first.
    #[arg(long)]
    pub(crate) bundled: bool,
    /// What the questions are for: results are of test questions, choices of validation questions.
    #[arg(long, value_enum, default_value = "test")]
    pub(crate) split: QuestionSplit,
    /// Questions.
    #[arg(long, short = 'n', value_name = "N", default_value = "200")]
    pub(crate) questions: std::num::NonZeroUsize,
    /// Samples of each.
    #[arg(long, value_name = "N", default_value = "64")]
    pub(crate) samples: std::num::NonZeroU32,
    /// Attempts of each chain of revisions.
    #[arg(long, value_name = "N", default_value = "8")]
    pub(crate) length: std::num::NonZeroU32,
    /// Writes figures and tables as a page of HTML.
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    /// Questions and draws follow from it.
    #[arg(long, default_value = "0")]
    pub(crate) seed: u64,
    /// One JSON object on stdout instead of tables.
    #[arg(long)]
    pub(crate) json: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
