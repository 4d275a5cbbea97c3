//! `deliberate lab`: questions with exact answers, and the family of models trained on them.

use crate::args::{BuildArgs, GenerateArgs, Global, LabCommand, QuestionFamily, QuestionSplit};
use crate::exit::{INTERRUPTED, bad_input};
use crate::interrupt::Interrupt;
use crate::output::{self, note};
use crate::progress::stage;
use crate::show::{Table, bytes, count, seconds};
use anyhow::Context;
use deliberate_family::{BuildError, Built, Observer, Plan, build};
use deliberate_lab::{Family, Recipe, Split, generate_set};
use indicatif::ProgressBar;
use std::fmt::Write;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::ExitCode;

pub(crate) fn run(command: LabCommand, global: &Global) -> anyhow::Result<ExitCode> {
    match command {
        LabCommand::Generate(args) => generate(&args),
        LabCommand::Build(args) => make(&args, global),
    }
}

fn generate(args: &GenerateArgs) -> anyhow::Result<ExitCode> {
    let recipe = match (&args.recipe, args.family) {
        (Some(path), _) => toml::from_str(&read(path)?)
            .with_context(|| format!("`{}` is no recipe", path.display()))
            .map_err(bad_input)?,
        (None, QuestionFamily::Chain) => Recipe::of(Family::Chain),
        (None, QuestionFamily::Story) => Recipe::of(Family::Story),
        (None, QuestionFamily::Countdown) => Recipe::of(Family::Countdown),
        (None, QuestionFamily::Mixed) => Recipe::mixed(),
    };
    let split = match args.split {
        QuestionSplit::Train => Split::Train,
        QuestionSplit::Validation => Split::Validation,
        QuestionSplit::Test => Split::Test,
    };
    let questions = generate_set(&recipe, split, args.seed, args.count.get()).map_err(bad_input)?;
    let mut text = String::new();
    for question in &questions {
        let _ = writeln!(text, "{}", serde_json::to_string(question)?);
    }
    match &args.output {
        Some(path) => std::fs::write(path, text)
            .with_context(|| format!("cannot write `{}`", path.display()))
            .map_err(bad_input)?,
        None => output::data(text)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn make(args: &BuildArgs, global: &Global) -> anyhow::Result<ExitCode> {
    let plan = match &args.plan {
        Some(path) => Plan::parse(&read(path)?)
            .with_context(|| format!("cannot use the plan `{}`", path.display()))
            .map_err(bad_input)?,
        None => args.scale.plan(),
    };
    let runtime = super::runtime()?;
    let interrupt = runtime.block_on(async { Interrupt::listen() });
    let mut watch = Watch { global, interrupt, bar: None };
    let built = build(&plan, &args.folder, &mut watch);
    watch.bar = None;
    match built {
        Ok(built) => {
            print(&built, args.json)?;
            Ok(ExitCode::SUCCESS)
        }
        Err(BuildError::Interrupted) => {
            note(format_args!(
                "interrupted; run the same command again to go on in `{}`",
                args.folder.display()
            ));
            Ok(INTERRUPTED.into())
        }
        Err(error @ (BuildError::OtherPlan { .. } | BuildError::Questions(_))) => Err(bad_input(error)),
        Err(error) => Err(error.into()),
    }
}

fn print(built: &Built, json: bool) -> anyhow::Result<()> {
    if json {
        for (card, path) in &built.models {
            output::line(serde_json::json!({"card": card, "file": path}))?;
        }
        return Ok(());
    }
    let mut table = Table::new(["model", "parameters", "tokens", "time", "held-out loss", "size", "file"]);
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

fn read(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path)
        .with_context(|| format!("cannot read `{}`", path.display()))
        .map_err(bad_input)
}

/// Shows one bar a stage, and passes Ctrl-C on.
struct Watch<'a> {
    global: &'a Global,
    interrupt: Interrupt,
    bar: Option<ProgressBar>,
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
