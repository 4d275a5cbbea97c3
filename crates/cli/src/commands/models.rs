//! `deliberate models`.

mod convert;

use crate::args::{Global, ModelsArgs, ModelsCommand};
use crate::exit::bad_input;
use crate::output;
use crate::progress::transfer;
use crate::show::{Table, bytes, count};
use anyhow::Context;
use deliberate::ModelSettings;
use deliberate_models::{CatalogueEntry, ModelError, Models, Origin, PullEvent, PullObserver, Verification};
use indicatif::ProgressBar;
use serde_json::json;
use std::process::ExitCode;

pub(crate) fn run(args: ModelsArgs, global: &Global) -> anyhow::Result<ExitCode> {
    let models = Models::from_env().map_err(bad_input)?;
    let or_default = |name: Option<String>| name.unwrap_or_else(|| models.catalogue().default.clone());
    match args.command {
        ModelsCommand::Pull { model } => {
            let mut watch = Watch { bar: transfer(global), quiet: global.quiet };
            let file = models.pull(&or_default(model), &mut watch)?;
            watch.bar.finish_and_clear();
            output::line(file.path.display())?;
        }
        ModelsCommand::List { json } => list(&models, json)?,
        ModelsCommand::Path { model } => {
            output::line(models.resolve(&or_default(model)).map_err(bad_input)?.path.display())?;
        }
        ModelsCommand::Verify { model } => {
            let mut watch = Watch { bar: transfer(global), quiet: global.quiet };
            let name = or_default(model);
            models.resolve(&name).map_err(bad_input)?;
            let verification = models.verify(&name, &mut watch)?;
            watch.bar.finish_and_clear();
            match verification {
                Verification::Intact { model, sha256 } => {
                    output::line(format_args!("{}: as it was pulled (sha256 {sha256})", model.name))?;
                }
                Verification::Unrecorded { model, sha256 } => {
                    output::line(format_args!(
                        "{}: nothing to compare it with (sha256 {sha256})",
                        model.name
                    ))?;
                }
            }
        }
        ModelsCommand::Convert { model, output, reward } => {
            convert::convert(&models, &model, &output, reward.as_deref())?;
        }
        ModelsCommand::Remove { model } => {
            let removed = models.remove(&model).map_err(bad_input)?;
            output::line(format_args!("removed {} ({})", removed.path.display(), bytes(removed.bytes)))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Pulls the default model where it is wanted for the first time. Whoever names a model gets what is there, or an error.
pub(crate) fn fetch_default(wanted: &ModelSettings, global: &Global) -> anyhow::Result<()> {
    let models = Models::from_env().map_err(bad_input)?;
    let name = &models.catalogue().default;
    let default = wanted.model.is_none() && wanted.server.is_none();
    let missing = default && matches!(models.resolve(name), Err(ModelError::NotHere { .. }));
    if !missing || models.is_offline() {
        // What is not here is said where models are opened.
        return Ok(());
    }
    let size = models.catalogue().find(name).and_then(CatalogueEntry::bytes);
    output::note(format_args!(
        "the default model {name} is not here yet: fetching {} once, into {}",
        size.map_or_else(|| "it".to_owned(), bytes),
        models.folder().display()
    ));
    let mut watch = Watch { bar: transfer(global), quiet: global.quiet };
    let pulled = models.pull(name, &mut watch);
    watch.bar.finish_and_clear();
    pulled.with_context(|| {
        "the default model cannot be fetched (`deliberate models pull` goes on from here, --model names a GGUF file or \
         another model, and --model lab answers the lab's questions without any)"
    })?;
    Ok(())
}

fn list(models: &Models, json: bool) -> anyhow::Result<()> {
    let stored = models.list()?;
    if json {
        let own = deliberate_models::bundled().into_iter().map(|m| {
            json!({"name": m.name, "path": null, "bytes": m.bytes, "origin": Origin::Bundled, "sha256": m.sha256})
        });
        let others = stored.iter().map(|m| {
            json!({"name": m.name, "path": m.path, "bytes": m.bytes, "origin": m.origin, "sha256": m.sha256})
        });
        let rows: Vec<_> = own.chain(others).collect();
        return output::line(serde_json::to_string_pretty(&rows)?);
    }
    let mut table = Table::new(["model", "here", "parameters", "from"]);
    for model in deliberate_models::bundled() {
        table.row([model.name, bytes(model.bytes), count(model.parameters), "this program".to_owned()]);
    }
    for entry in &models.catalogue().models {
        if let Some(model) = stored.iter().find(|model| model.file == entry.file) {
            table.row([
                entry.name.clone(),
                bytes(model.bytes),
                count(entry.parameters),
                model.origin.to_string(),
            ]);
        } else {
            table.row([
                entry.name.clone(),
                "no".to_owned(),
                count(entry.parameters),
                "deliberate models pull".to_owned(),
            ]);
        }
    }
    let named = |file: &str| models.catalogue().models.iter().any(|entry| entry.file == file);
    for model in stored.iter().filter(|model| !named(&model.file)) {
        table.row([model.name.clone(), bytes(model.bytes), String::new(), model.origin.to_string()]);
    }
    output::data(table)
}

struct Watch {
    bar: ProgressBar,
    quiet: bool,
}

impl Watch {
    fn say(&self, text: &str) {
        if !self.quiet {
            self.bar.suspend(|| output::note(text));
        }
    }

    fn advance(&self, what: &'static str, done: u64, total: Option<u64>) {
        self.bar.set_message(what);
        if let Some(total) = total {
            self.bar.set_length(total);
        }
        self.bar.set_position(done);
    }
}

impl PullObserver for Watch {
    fn observe(&mut self, event: PullEvent<'_>) {
        match event {
            PullEvent::Waiting => self.say("another process is pulling this model; waiting for it"),
            PullEvent::Trying { source } => self.say(&format!("fetching from the {source}")),
            PullEvent::Received { bytes, total } => self.advance("fetching", bytes, total),
            PullEvent::Retrying { bytes: done, reason } => {
                self.say(&format!("the transfer broke after {} ({reason}); going on", bytes(done)));
            }
            PullEvent::Unpacking { bytes, total } => self.advance("unpacking", bytes, Some(total)),
            PullEvent::Hashing { bytes, total } => self.advance("checking", bytes, Some(total)),
            PullEvent::Unchecked { source } => {
                self.say(&format!("the {source} publishes no checksum: size compared only"));
            }
            PullEvent::SourceFailed { source, reason } => {
                self.say(&format!("not from the {source}: {}", reason.explain()));
            }
            _ => {}
        }
    }
}
