//! What `lab build` and `train` share: who watches a build, and what comes of it.

use crate::args::Global;
use crate::exit::{INTERRUPTED, bad_input};
use crate::interrupt::Interrupt;
use crate::output::{self, note};
use crate::progress::stage;
use crate::show::{Table, bytes, count, flops, seconds};
use deliberate_family::{BuildError, Built, Card, Gathered, Observer};
use deliberate_train::{TrainError, curve};
use indicatif::ProgressBar;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::ExitCode;

/// Columns of a loss curve.
const CURVE: usize = 10;

/// Shows a bar for every stage, and passes Ctrl-C on.
pub(super) struct Watch<'a> {
    pub(super) global: &'a Global,
    pub(super) interrupt: Interrupt,
    pub(super) bar: Option<ProgressBar>,
}

impl Observer for Watch<'_> {
    fn stage(&mut self, name: &str) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
        if !self.global.quiet {
            note(format_args!("stage {name}"));
        }
        self.bar = Some(stage(self.global));
    }

    fn at(&mut self, done: u64, all: u64, what: &str) -> ControlFlow<()> {
        if let Some(bar) = &self.bar {
            bar.set_length(all);
            bar.set_position(done);
            bar.set_message(what.to_owned());
        }
        if self.interrupt.pressed() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

/// Shows what came of a build, or why nothing did.
pub(super) fn ended(
    built: Result<Built, BuildError>,
    folder: &Path,
    show: impl FnOnce(&Built) -> anyhow::Result<()>,
) -> anyhow::Result<ExitCode> {
    match built {
        Ok(built) => show(&built).map(|()| ExitCode::SUCCESS),
        Err(BuildError::Interrupted) => {
            note(format_args!("interrupted; run the same command again to go on in `{}`", folder.display()));
            Ok(INTERRUPTED.into())
        }
        Err(error @ BuildError::Training(TrainError::Diverged { .. })) => {
            Err(anyhow::Error::new(error).context("a model went astray (a lower --rate, and another folder)"))
        }
        Err(error) if error.is_input() => Err(bad_input(error)),
        Err(error) => Err(error.into()),
    }
}

/// The models that were made.
pub(super) fn models(built: &Built) -> anyhow::Result<()> {
    let mut table = Table::new([
        "model",
        "weights learnt",
        "examples",
        "tokens",
        "time",
        "held-out loss",
        "size",
        "file",
    ]);
    for (card, path) in &built.models {
        table.row([
            card.name.clone(),
            count(card.parameters),
            examples(card),
            count(card.tokens),
            seconds(card.seconds),
            held_out(card),
            bytes(card.bytes),
            path.display().to_string(),
        ]);
    }
    output::data(table)
}

/// What a model learnt from, and what was left out.
fn examples(card: &Card) -> String {
    match (card.examples, card.too_long) {
        (None, _) => "–".to_owned(),
        (Some(examples), 0) => examples.to_string(),
        (Some(examples), too_long) => format!("{examples} ({too_long} too long)"),
    }
}

/// The first evaluation and the best one, and the way of all.
fn held_out(card: &Card) -> String {
    let losses: Vec<f64> = card.validation.iter().map(|(_, loss, _)| *loss).collect();
    let best = losses.iter().copied().reduce(f64::min);
    match (losses.first(), best) {
        (Some(first), Some(best)) => format!("{first:.4} → {best:.4} {}", curve(&losses, CURVE)),
        _ => "–".to_owned(),
    }
}

/// What was drawn for them.
pub(super) fn drawn(built: &Built) -> anyhow::Result<()> {
    let mut table = Table::new(["drawn", "questions", "solutions", "right", "tokens", "FLOPs"]);
    for Gathered { stage, questions, solutions, right, tokens, flops: operations } in &built.gathered {
        table.row([
            (*stage).to_owned(),
            questions.to_string(),
            count(*solutions),
            right.map_or("–".to_owned(), |right| format!("{:.1} %", right * 100.0)),
            count(*tokens),
            flops(*operations),
        ]);
    }
    output::data(table)
}
