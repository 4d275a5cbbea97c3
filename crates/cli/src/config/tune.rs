//! How to fine-tune, complete and checked.

use crate::args::TuneArgs;
use crate::exit::bad_input;
use anyhow::anyhow;
use deliberate_train::{AdamW, Schedule, Settings};
use serde::Serialize;
use std::num::{NonZeroU32, NonZeroU64, NonZeroUsize};

/// How an adapter counts.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Lora {
    pub(crate) rank: u32,
    pub(crate) alpha: f32,
}

/// What was chosen; all of it decides what comes out.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Tuning {
    /// The adapter, where one learns.
    pub(crate) lora: Option<Lora>,
    /// Tokens to go through, where somebody chose.
    pub(crate) tokens: Option<u64>,
    pub(crate) batch_tokens: usize,
    pub(crate) rate: f32,
    pub(crate) dropout: f32,
    /// Questions in a hundred.
    pub(crate) held_out: f64,
    pub(crate) patience: u32,
    pub(crate) seed: u64,
}

/// What follows from the examples.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Extent {
    pub(crate) steps: u64,
    /// Whether anything is held out.
    pub(crate) validated: bool,
}

/// Times that the examples are gone through where nobody says how many tokens.
pub(crate) const EPOCHS: u64 = 3;
/// Evaluations of a training, about.
const EVALUATIONS: u64 = 20;

impl Tuning {
    pub(crate) fn resolve(args: &TuneArgs) -> anyhow::Result<Self> {
        let lora = args.lora.map(NonZeroU32::get);
        let tuning = Self {
            // Twice the rank is what most adapters are trained with.
            lora: lora.map(|rank| Lora { rank, alpha: args.alpha.unwrap_or(2.0 * rank as f32) }),
            tokens: args.tokens.map(NonZeroU64::get),
            batch_tokens: args.batch_tokens.map_or(4096, NonZeroUsize::get),
            rate: args.rate.unwrap_or(if lora.is_some() { 3e-4 } else { 3e-5 }),
            dropout: args.dropout.unwrap_or(0.0),
            held_out: args.held_out.unwrap_or(5.0),
            patience: args.patience.map_or(5, NonZeroU32::get),
            seed: args.seed,
        };
        let ranges = [
            (tuning.rate > 0.0 && tuning.rate.is_finite(), "--rate must be above 0"),
            ((0.0..1.0).contains(&tuning.dropout), "--dropout must be at least 0 and below 1"),
            (
                (0.0..=50.0).contains(&tuning.held_out),
                "--held-out must be from 0 to 50 (0 learns from everything, and stops at the end alone)",
            ),
            (
                lora.is_none_or(|rank| rank <= 1024),
                "--lora must be at most 1024 (leave it out to learn all weights)",
            ),
            (
                tuning.lora.is_none_or(|Lora { alpha, .. }| alpha.is_finite() && alpha != 0.0),
                "--alpha must be a number other than 0",
            ),
        ];
        match ranges.iter().find(|(fits, _)| !fits) {
            Some((_, reason)) => Err(bad_input(anyhow!("{reason}"))),
            None => Ok(tuning),
        }
    }

    /// The settings of the training.
    pub(crate) fn settings(&self, extent: Extent) -> Settings {
        let steps = extent.steps.max(1);
        Settings {
            seed: self.seed,
            steps,
            schedule: Schedule { peak: self.rate, warm_up: (steps / 10).min(100), floor: 0.1 },
            // Weights that are good already are not drawn towards 0.
            adamw: AdamW { weight_decay: 0.0, ..AdamW::default() },
            dropout: self.dropout,
            evaluate_every: (steps / EVALUATIONS).max(1),
            patience: extent.validated.then_some(self.patience),
            log_every: (steps / 200).clamp(1, 10),
            ..Settings::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Cli;
    use clap::Parser;

    fn resolve(rest: &[&str]) -> Result<Tuning, String> {
        let all = ["deliberate", "tune", "set.jsonl", "--output", "out"];
        let cli = Cli::try_parse_from(all.iter().chain(rest)).map_err(|error| error.to_string())?;
        let crate::args::Command::Tune(args) = cli.command else { panic!("another command") };
        Tuning::resolve(&args).map_err(|error| error.to_string())
    }

    #[test]
    fn an_adapter_learns_ten_times_as_fast_as_all_weights() {
        let (full, lora) = (resolve(&[]).unwrap(), resolve(&["--lora", "8"]).unwrap());
        assert_eq!((full.lora, full.rate), (None, 3e-5));
        assert_eq!((lora.lora, lora.rate), (Some(Lora { rank: 8, alpha: 16.0 }), 3e-4));
        let chosen = resolve(&["--lora", "8", "--alpha", "4", "--rate", "1e-3"]).unwrap();
        assert_eq!((chosen.lora, chosen.rate), (Some(Lora { rank: 8, alpha: 4.0 }), 1e-3));
        lora.settings(Extent { steps: 1, validated: true }).check().unwrap();
        let settings = full.settings(Extent { steps: 5000, validated: false });
        assert_eq!((settings.schedule.warm_up, settings.evaluate_every, settings.patience), (100, 250, None));
    }

    #[test]
    fn what_is_out_of_range_is_named() {
        let check = |rest: &[&str], words: &str| {
            let error = resolve(rest).unwrap_err();
            assert!(error.contains(words), "{error}");
        };
        check(&["--rate", "0"], "--rate");
        check(&["--rate", "NaN"], "--rate");
        check(&["--dropout", "1"], "--dropout");
        check(&["--held-out", "60"], "--held-out");
        check(&["--lora", "0"], "--lora");
        check(&["--lora", "4000"], "--lora");
        check(&["--alpha", "2"], "--lora <RANK>");
        check(&["--lora", "4", "--alpha", "0"], "--alpha");
        check(&["--lora", "4", "--hugging-face"], "cannot be used with");
    }
}
