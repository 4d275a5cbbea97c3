//! Arguments of `deliberate diffuse`.

use clap::Args;
use deliberate_diffusion::command::{DenoiserSpec, RewardSpec};
use deliberate_diffusion::{Sampler, ScheduleSpec, Strategies};
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::str::FromStr;

pub(super) const EXAMPLES: &str = "\
Examples:
  deliberate diffuse --reward class:class=3 --output threes
  deliberate diffuse --reward class:class=8 --strategy steering:lambda=4 --budget 320 --output eights
  deliberate diffuse --denoiser ring --reward linear:slope=1/0 --strategy tree-sampling --samples 50
  deliberate diffuse --study runs/diffusion      closed forms and digits, all strategies; some minutes

A budget is in evaluations of the denoiser; what rewards cost is counted in the same unit. Strategies
are `pivot`, `steering`, `tree-sampling`, and those of the search core (`deliberate strategies`).";

#[derive(Debug, Args)]
pub(crate) struct DiffuseArgs {
    /// Who denoises: `digits` (a small network for digits of 8 × 8 points, part of this program), `gaussian` or `ring` (exact),
    /// `mixture:path=FILE.json` or `network:path=FILE.safetensors`.
    #[arg(long, value_name = "DENOISER", default_value = "digits", value_parser = DenoiserSpec::from_str)]
    pub(crate) denoiser: DenoiserSpec,
    /// What a sample is worth: `class:class=3` (a classifier's log-probability), `linear:slope=1/0.5` (a weighted sum), or
    /// `exact:slope=1/0.5,lambda=1` (the same, known for partial samples of a mixture).
    #[arg(long, value_name = "REWARD", default_value = "class:class=3", value_parser = RewardSpec::from_str)]
    pub(crate) reward: RewardSpec,
    /// How a sample is searched for.
    #[arg(long, value_name = "STRATEGY", default_value = "best-of-n", value_parser = Strategies::from_str)]
    pub(crate) strategy: Strategies,
    /// Function evaluations for one sample, hard.
    #[arg(long, value_name = "EVALUATIONS", default_value = "160")]
    pub(crate) budget: NonZeroU32,
    /// Noise levels: `uniform`, `log`, `rho`, `cosine`, `tangent`, each with `steps`, `max`, `min`, or `file:path=FILE`.
    #[arg(long, value_name = "SCHEDULE", default_value = "rho:rho=7,steps=10", value_parser = ScheduleSpec::from_str)]
    pub(crate) schedule: ScheduleSpec,
    /// How a step is taken: `euler`, `ddim:eta=1`, `heun`, `dpm` or `stochastic`.
    #[arg(long, value_name = "SAMPLER", default_value = "ddim:eta=1", value_parser = Sampler::from_str)]
    pub(crate) sampler: Sampler,
    /// Samples, each searched for on its own.
    #[arg(long, short = 'n', value_name = "N", default_value = "10")]
    pub(crate) samples: NonZeroU32,
    /// Every draw follows from it.
    #[arg(long, default_value = "0")]
    pub(crate) seed: u64,
    /// Write `samples.npy`, `samples.png`, `trees.html` and `bill.json` into this folder.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) output: Option<PathBuf>,
    /// Rewards and bills as one JSON object on stdout.
    #[arg(long)]
    pub(crate) json: bool,
    /// Measure everything into this folder, and write its page. Fetches the digits, 57 KB inside of a Python package.
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["output", "json"])]
    pub(crate) study: Option<PathBuf>,
}
