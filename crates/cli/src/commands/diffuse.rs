//! `deliberate diffuse`: samples of a diffusion model, searched for.

use super::command;
use crate::args::{DiffuseArgs, Global};
use crate::exit::bad_input;
use crate::output::{self, note};
use crate::show::Table;
use anyhow::Context;
use deliberate_diffusion::command::{CommandError, Request, Sampled, sample};
use deliberate_diffusion::digits::Digits;
use deliberate_diffusion::study::{Extent, page, study};
use serde_json::json;
use std::path::Path;
use std::process::ExitCode;

pub(crate) fn run(args: DiffuseArgs, global: &Global) -> anyhow::Result<ExitCode> {
    if let Some(folder) = &args.study {
        return measure(folder, global);
    }
    let request = Request {
        denoiser: args.denoiser,
        reward: args.reward,
        strategy: args.strategy,
        schedule: args.schedule,
        sampler: args.sampler,
        budget: args.budget.get().into(),
        samples: args.samples.get(),
        seed: args.seed,
    };
    let sampled = sample(&request).map_err(|error| match error {
        CommandError::Write { .. } | CommandError::Sheet(_) => error.into(),
        error => bad_input(error),
    })?;
    if let Some(folder) = &args.output {
        sampled.write(folder)?;
    }
    if args.json {
        output::line(
            json!({"samples": sampled.bill.len(), "dimension": sampled.dimension, "bills": sampled.bill}),
        )?;
        return Ok(ExitCode::SUCCESS);
    }
    output::data(table(&sampled, request.budget))?;
    if let Some(folder) = &args.output {
        output::line(format_args!("written to {}", folder.display()))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn table(sampled: &Sampled, budget: f64) -> Table {
    let count = sampled.bill.len() as f64;
    let rewards: Vec<f64> = sampled.bill.iter().filter_map(|bill| bill.reward).collect();
    let charged: f64 = sampled.bill.iter().map(|bill| bill.charged).sum();
    let candidates: usize = sampled.bill.iter().map(|bill| bill.candidates).sum();
    let mut table = Table::new(["", "value"]);
    table.row(["samples".to_owned(), sampled.bill.len().to_string()]);
    table.row([
        "mean reward".to_owned(),
        format!("{:.3}", rewards.iter().sum::<f64>() / rewards.len().max(1) as f64),
    ]);
    table.row(["finished candidates for a sample".to_owned(), format!("{:.1}", candidates as f64 / count)]);
    let spent = format!("{:.1} of {budget}", charged / count);
    table.row(["function evaluations for a sample".to_owned(), spent]);
    table
}

/// The study and its page.
fn measure(folder: &Path, global: &Global) -> anyhow::Result<ExitCode> {
    let settings = deliberate_models::Settings::from_env().map_err(bad_input)?;
    let digits = Digits::fetch(&settings, &mut ())?;
    let mut progress = |what: &str| {
        if !global.quiet {
            note(what);
        }
    };
    let findings = study(&digits, Extent::FULL, &mut progress)?;
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.join(name);
        std::fs::write(&path, bytes).with_context(|| format!("cannot write `{}`", path.display()))
    };
    std::fs::create_dir_all(folder).with_context(|| format!("cannot write to `{}`", folder.display()))?;
    write("findings.json", &serde_json::to_vec_pretty(&findings)?)?;
    write("index.html", page(&findings, &command()).html().as_bytes())?;
    output::line(format_args!("report   {}", folder.join("index.html").display()))?;
    Ok(ExitCode::SUCCESS)
}
