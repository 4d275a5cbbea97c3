//! `deliberate train`: from a model and questions with answers to every model that the method needs.

use super::building::{Watch, drawn, ended, models};
use crate::args::{EngineArgs, Global, SearchArgs, TrainArgs};
use crate::config;
use crate::exit::bad_input;
use crate::interrupt::Interrupt;
use crate::output;
use anyhow::Context;
use deliberate::Usual;
use deliberate_family::{Built, Plan, build};
use std::path::Path;
use std::process::ExitCode;

pub(crate) fn run(args: &TrainArgs, global: &Global) -> anyhow::Result<ExitCode> {
    let plan = match &args.plan {
        Some(path) => std::fs::read_to_string(path)
            .with_context(|| format!("cannot read `{}`", path.display()))
            .and_then(|text| Ok(Plan::parse(&text)?))
            .with_context(|| format!("cannot use the plan `{}`", path.display()))
            .map_err(bad_input)?,
        None => planned(args, global)?,
    };
    plan.check().map_err(bad_input)?;
    if args.show_plan {
        output::data(toml::to_string(&plan)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let folder = args.output.as_deref().expect("the arguments ask for it");
    let device = super::device(args.gpu)?;
    let runtime = super::runtime()?;
    let interrupt = runtime.block_on(async { Interrupt::listen() });
    let mut watch = Watch { global, interrupt, bar: None };
    let built = build(&plan, folder, &device, &mut watch);
    watch.bar = None;
    ended(built, folder, |built| if args.json { json(built) } else { print(built, folder) })
}

/// The plan that the flags make, over what the model wants by itself.
fn planned(args: &TrainArgs, global: &Global) -> anyhow::Result<Plan> {
    let search = SearchArgs { prompt: args.prompt.clone(), ..SearchArgs::default() };
    let engine = EngineArgs { model: args.model.clone(), ..EngineArgs::default() };
    let wanted = config::settle(global.config.as_deref(), search, engine, Usual::Bundled)?;
    Ok(config::plan(args, wanted.models.model, &wanted.search))
}

fn json(built: &Built) -> anyhow::Result<()> {
    let models: Vec<_> =
        built.models.iter().map(|(card, file)| serde_json::json!({"card": card, "file": file})).collect();
    output::line(serde_json::json!({"models": models, "drawn": built.gathered, "settings": built.settings}))
}

fn print(built: &Built, folder: &Path) -> anyhow::Result<()> {
    drawn(built)?;
    models(built)?;
    if let Some(settings) = &built.settings {
        output::line(format_args!("use it   deliberate solve --config {} '…'", settings.display()))?;
    }
    let (development, labels) = (folder.join("development.jsonl"), folder.join("returns/labels.jsonl"));
    for (what, file) in [("choices ", development), ("labels  ", labels)] {
        if file.is_file() {
            output::line(format_args!("{what} {}", file.display()))?;
        }
    }
    Ok(())
}
