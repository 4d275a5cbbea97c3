//! What `lab build` and `train` share: who watches a build, and what comes of it.

use crate::args::Global;
use crate::exit::{INTERRUPTED, bad_input};
use crate::interrupt::Interrupt;
use crate::output::{self, note};
use crate::progress::stage;
use crate::show::{Table, bytes, count, flops, seconds};
use deliberate_family::{BuildError, Built, Gathered, Observer};
use indicatif::ProgressBar;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::ExitCode;

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
        Err(error) if error.is_input() => Err(bad_input(error)),
        Err(error) => Err(error.into()),
    }
}

/// The models that were made.
pub(super) fn models(built: &Built) -> anyhow::Result<()> {
    let mut table =
        Table::new(["model", "weights learnt", "tokens", "time", "held-out loss", "size", "file"]);
    for (card, path) in &built.models {
        let best = card.validation.iter().map(|(_, loss, _)| *loss).fold(f64::INFINITY, f64::min);
        table.row([
            card.name.clone(),
            count(card.parameters),
            count(card.tokens),
            seconds(card.seconds),
            if best.is_finite() { format!("{best:.4}") } else { "–".to_owned() },
            bytes(card.bytes),
            path.display().to_string(),
        ]);
    }
    output::data(table)
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
